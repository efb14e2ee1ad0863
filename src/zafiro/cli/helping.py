"""The text of `--help`: for everything, a noun, a verb. Same width everywhere, so it can be tested."""

import textwrap
from collections.abc import Iterable, Sequence

import zafiro
from zafiro.cli.grammar import Flag, Noun, Verb
from zafiro.cli.grammar.index import AZ, NOUNS, VERBS

_WIDTH = 96
_SHARED = {
    "--resource-group",
    "--workspace-name",
    "--subscription",
    "--output",
    "--query",
    "--home",
    "--debug",
    "--verbose",
    "--only-show-errors",
}


def top(prog: str) -> str:
    nouns = [(name, help) for name, (_, help) in NOUNS.items()]
    other = [(name, help) for name, (_, help) in AZ.items()]
    return "\n".join(
        [
            f"zafiro {zafiro.__version__}: Azure Machine Learning on your own machines.",
            "",
            f"Usage: {prog} NOUN VERB [FLAGS]   as `az ml NOUN VERB [FLAGS]`",
            f"       {prog} VERB [FLAGS]        for the server itself",
            "",
            "Server:",
            *_table(VERBS.items()),
            "",
            "Nouns (`az ml` has the same):",
            *_table(nouns),
            "",
            "For scripts of the Azure CLI:",
            *_table(other),
            "",
            f"More: {prog} NOUN --help, {prog} NOUN VERB --help.",
        ]
    )


def az() -> str:
    said = [
        ("ml", "All of Azure Machine Learning: az ml --help."),
        ("configure", VERBS["configure"]),
        *[(name, help) for name, (_, help) in AZ.items() if name != "az"],
        ("extension", "Extensions: `ml` is part of Zafiro."),
        ("config", "Kept settings: get, set."),
        ("rest", VERBS["rest"]),
        ("login", "There is nothing to log in to."),
        ("version", "Which versions these are."),
    ]
    return "\n".join(
        [
            f"zafiro {zafiro.__version__}, speaking as the Azure CLI does.",
            "",
            "Usage: az GROUP ... [FLAGS]",
            "",
            *_table(said),
        ]
    )


def noun(what: Noun, prog: str) -> str:
    return "\n".join(
        [
            f"{what.help}",
            "",
            f"Usage: {prog} {what.name} VERB [FLAGS]",
            "",
            "Verbs:",
            *_table((v.name, v.help) for v in what.verbs),
            "",
            f"More: {prog} {what.name} VERB --help.",
        ]
    )


def verb(what: Noun | None, which: Verb, flags: Sequence[Flag], prog: str) -> str:
    own = [f for f in flags if what is None or f.names[0] not in _SHARED or f.required]
    shared = [f for f in flags if f not in own]
    said = [which.help, "", *_usage(prog, own), ""]
    for title, some in (("Flags:", own), ("For every command:", shared)):
        if some:
            said += [title, *_table(_row(f) for f in some), ""]
    if which.examples:
        said += ["Examples:", *(f"  {e}" for e in which.examples)]
    return "\n".join(said).rstrip()


def _usage(prog: str, flags: Sequence[Flag]) -> list[str]:
    needed = [f"{f.names[0]} {f.takes}" for f in flags if f.required]
    loose = [
        f"[{f.takes}{' ...' if f.nargs == '...' else ''}]" for f in flags if f.names[0][0] != "-"
    ]
    return textwrap.wrap(
        " ".join([prog, *needed, "[FLAGS]", *loose]),
        _WIDTH,
        initial_indent="Usage: ",
        subsequent_indent=" " * 9,
        break_on_hyphens=False,
    )


def _row(one: Flag) -> tuple[str, str]:
    if not one.names[0].startswith("-"):
        return one.takes, one.help
    more = " ..." if one.nargs == "+" else ""
    help = one.help + (" [needed]" if one.required else "")
    if one.choices and one.names[0] != "--output":
        help += f" {', '.join(one.choices)}."
    return f"{' '.join(one.names)} {one.takes}{more}".rstrip(), help


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    rows = list(rows)
    wide = min(max((len(a) for a, _ in rows), default=0), 36)
    lines = []
    for name, help in rows:
        if len(name) > wide:
            lines.append(f"  {name}")
            name = ""
        indent = " " * (wide + 4)
        lines += textwrap.wrap(
            help,
            _WIDTH,
            initial_indent=f"  {name:<{wide}}  ",
            subsequent_indent=indent,
            break_on_hyphens=False,
        )
    return lines
