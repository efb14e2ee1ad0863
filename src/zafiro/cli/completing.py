"""Completion for bash, zsh, fish: the shell asks `zafiro __complete WORDS`, which reads the grammar.

Names of resources are completed too (`job show -n <TAB>`), when a server runs.
"""

from collections.abc import Sequence

from zafiro.cli.grammar import Flag, Noun, Verb
from zafiro.cli.grammar.index import AZ, NOUNS, VERBS
from zafiro.cli.parser import Asked, flags_of, noun_of
from zafiro.cli.says import Said

_BASH = """\
_zafiro() {
    local IFS=$'\\n'
    COMPREPLY=($(zafiro __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
    if [[ ${COMPREPLY[0]} == __files ]]; then
        COMPREPLY=()
        compopt -o default 2>/dev/null
    fi
}
complete -F _zafiro zafiro
"""
_ZSH = """\
#compdef zafiro
_zafiro() {
    local -a found
    found=("${(@f)$(zafiro __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ ${found[1]} == __files ]]; then
        _files
    else
        compadd -a found
    fi
}
compdef _zafiro zafiro
"""
_FISH = """\
function __zafiro_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (zafiro __complete $words[2..-1] 2>/dev/null)
    if test "$found[1]" = __files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $found
    end
end
complete -c zafiro -f -a '(__zafiro_complete)'
"""
SHELLS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
_FILES = ("YAML", "FILE", "FOLDER", "PATH")


def completion(asked: Asked) -> None:
    print(SHELLS[asked.shell], end="")


def candidates(words: Sequence[str]) -> int:
    """Prints what the last of `words` may become, one a line; `__files` leaves it to the shell."""
    *before, begun = words or [""]
    print("\n".join(w for w in _candidates(before, begun) if w.startswith(begun) or w == "__files"))
    return 0


def _candidates(before: Sequence[str], begun: str) -> list[str]:
    if not before:
        return [*VERBS, *NOUNS, *AZ, "--help", "--version"]
    first = before[0]
    noun: Noun | None = None
    if first in VERBS:
        from zafiro.cli.grammar.server import VERBS as described

        verb: Verb | None = described[first]
    elif first in NOUNS or first in AZ:
        noun = noun_of(first)
        if len(before) == 1:
            return [*noun.verb, "--help"]
        verb = noun.verb.get(before[1])
    else:
        return []
    if verb is None:
        return []
    flags = flags_of(noun, verb)
    last = next((f for f in flags if before[-1] in f.names), None)
    if last is not None and last.takes:
        return _values(noun, last)
    if not begun.startswith("-"):
        loose = [f for f in flags if not f.names[0].startswith("-")]
        if loose:
            return _values(noun, loose[0])
    given = set(before)
    names = [n for f in flags for n in f.names if n.startswith("--") and not given & set(f.names)]
    return [*names, "--help"]


def _values(noun: Noun | None, flag: Flag) -> list[str]:
    if flag.choices:
        return list(flag.choices)
    if flag.names[0] in ("--name", "job", "--compute") and noun is not None:
        return _names(noun)
    return ["__files"] if flag.takes in _FILES else []


def _names(noun: Noun) -> list[str]:
    from zafiro.cli.reading import COLLECTIONS

    if noun.name not in COLLECTIONS:
        return []
    from zafiro.cli.client import Client, workspace_of
    from zafiro.cli.state import home_of

    try:
        client = Client(home_of(None))
        where = workspace_of(Asked(noun, noun.verbs[0], {}))
        return [str(o["name"]) for o in client.pages(f"{where}/{COLLECTIONS[noun.name]}", 50)]
    except Said:
        return []
