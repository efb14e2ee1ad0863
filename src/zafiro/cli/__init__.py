"""The command line. Verbs import what they need when they run: `zafiro --help` stays instant."""

import os
import sys
from collections.abc import Sequence

from zafiro.cli.says import Said


def main(words: Sequence[str] | None = None) -> None:
    """The command `zafiro`. Exits with 0, or as `says` has it; 130 when interrupted."""
    sys.exit(run(sys.argv[1:] if words is None else words))


def run(words: Sequence[str], *, prog: str = "zafiro") -> int:
    if list(words[:1]) == ["--version"]:
        import zafiro

        print(f"zafiro, version {zafiro.__version__}")
        return 0
    if list(words[:1]) == ["__complete"]:  # what the shells' completions call
        from zafiro.cli import completing

        code: int = completing.candidates(words[1:])
        return code
    if prog == "zafiro" and list(words[:1]) == ["az"] and list(words[1:2]) != ["install-shim"]:
        from zafiro.cli import az

        return az.run(words[1:])
    from zafiro.cli import parser

    try:
        asked = parser.parse(words, prog=prog)
        if isinstance(asked, str):
            print(asked)
            return 0
        if asked.get("debug"):
            os.environ["ZAFIRO_DEBUG"] = "1"
        if asked.noun is not None and (asked.noun.collection or asked.get("registry_name")):
            from zafiro.cli import missing

            missing.refuse(asked)
        answer = parser.main_of(asked.verb.does)(asked)
        if answer is not None:
            from zafiro.cli import output

            output.show(answer, asked)
        return 0
    except Said as e:
        hint = ""
        if str(e).startswith("workspace '"):
            hint = f"; see `{prog} workspace list -o table`, and `configure --defaults` for the default"
        print(f"Error: {e}{hint}", file=sys.stderr)
        return e.status
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    main()
