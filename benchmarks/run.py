"""`make bench`: every benchmark in turn, in its quick form; each prints ours, the peer's, the ratio.

    python benchmarks/run.py [NAME ...]

A benchmark is no test: it never fails the suite. Figures on a shared machine drift, ratios hold;
docs/performance.md keeps the table and the commands.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
QUICK = {
    "start": ["--rounds", "3"],
    "submit": [],
    "cli": ["--rounds", "3"],
    "environment": [],
    "blob": ["--quick"],
    "tracking": [],
    "studio": ["--runs", "1000", "--rounds", "3"],
}


def main() -> int:
    wanted = sys.argv[1:] or list(QUICK)
    unknown = [name for name in wanted if name not in QUICK]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(QUICK)}", file=sys.stderr)
        return 2
    failed = []
    for name in wanted:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, HERE / f"{name}.py", *QUICK[name]]).returncode:
            failed.append(name)
    if failed:
        print(f"did not finish: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
