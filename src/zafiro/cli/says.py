"""What the command line says when something is wrong: one sentence, and what mends it."""

from collections.abc import Sequence


class Said(Exception):
    """Ends the command with `Error: …` on stderr and this exit status: 1 went wrong, 2 misused,
    3 not there (as the Azure CLI has it)."""

    status = 1


class Missing(Said):
    status = 3


class Misused(Said):
    """A word that is no command, no flag, or a value that is none. `meant`: it, and what there is."""

    status = 2

    def __init__(
        self, message: str, help: str = "", meant: tuple[str, Sequence[str]] | None = None
    ) -> None:
        nearest = ""
        if meant is not None:
            from difflib import get_close_matches

            close = get_close_matches(meant[0], meant[1], n=1, cutoff=0.5)
            nearest = f"; did you mean '{close[0]}'?" if close else ""
        more = f" See `{help}`." if help else ""
        super().__init__(f"{message}{nearest or '.' if more else nearest}{more}".replace("..", "."))
