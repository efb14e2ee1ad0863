"""make demo: a server in a temporary home, the main job, and nothing left running.

Everything that talks to Azure ML is in examples/wine/submit.py, the same code a user writes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ZAFIRO = Path(sys.executable).with_name("zafiro")


def say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def zafiro(*arguments: str, **given: object) -> None:
    subprocess.run([ZAFIRO, *arguments], check=True, **given)  # type: ignore[call-overload]


def main() -> int:
    began = time.monotonic()
    # Environments outlive the demo, so that the second one is quick.
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zafiro-demo"
    cache.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="zafiro-demo-"))
    (home / "environments").symlink_to(cache, target_is_directory=True)
    try:
        say("1. A server on this machine")
        zafiro("up", "--home", str(home), "--port", "0", "--storage-port", "0", "--detach")

        say("2. Microsoft's azure-ai-ml, unmodified, trains a model on it")
        submit = HERE / "wine" / "submit.py"
        zafiro("exec", "--home", str(home), "--", sys.executable, "-W", "ignore", str(submit))

        say("3. Where the time went")
        zafiro("job", "show", "--timeline", "--home", str(home))
    finally:
        zafiro("down", "--home", str(home), stdout=subprocess.DEVNULL)
        shutil.rmtree(home, ignore_errors=True)

    say(f"Done in {time.monotonic() - began:.0f} s; nothing is left running. To go on:")
    folder = os.path.relpath(ZAFIRO.parent)
    print(f"  export PATH=$PWD/{folder}:$PATH")
    print("  zafiro up --detach              # a server that stays, in ~/.zafiro")
    print('  eval "$(zafiro env)"            # point Microsoft\'s clients at it')
    print("  python examples/wine/submit.py  # or your own azure-ai-ml code, or az ml YAML")
    return 0


if __name__ == "__main__":
    sys.exit(main())
