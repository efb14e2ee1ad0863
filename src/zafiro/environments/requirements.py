"""Lines of a requirements file or of conda's `pip:` list, as pip reads them."""

import posixpath
import re
import shlex
from collections.abc import Callable, Iterable

from packaging.requirements import InvalidRequirement, Requirement

from zafiro.core.errors import Invalid
from zafiro.environments.domain import Content

# Gives the text of a file by its path relative to what names it; None when there is none.
Read = Callable[[str], str | None]

_URL = re.compile(r"(?:(?:git|hg|svn|bzr)\+)?[a-z][a-z0-9+]*://\S+")
_EGG = re.compile(r"#(?:.*&)?egg=([A-Za-z0-9._-]+)(?:\[[^]]*])?")
_LOCAL = re.compile(r"(?:\.{1,2}(?:/|$|\[)|/|~/|file:)|.*\.(?:whl|tar\.gz|zip)$")
_COMMENT = re.compile(r"(^|\s)#.*$")

_TAKEN = {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host"}
_TAKEN |= {"--no-binary", "--only-binary"}
_FLAGS = {"--pre", "--no-index"}
_FILES = {"-r", "--requirement", "-c", "--constraint"}
# Options of `pip install` that take a value and say nothing about what gets installed.
_IDLE = {"--timeout", "--retries", "--cache-dir", "--progress-bar", "--use-feature", "--log"}
_IDLE |= {"--default-timeout", "--proxy", "--cert", "--root-user-action", "--exists-action", "-t"}
_IDLE |= {"--target", "--prefix", "--root", "--src", "--upgrade-strategy", "--use-deprecated"}
_IDLE |= {"--global-option", "--config-settings", "--python", "-p", "--index-strategy"}


def parse(text: str, read: Read, *, where: str, deep: int = 0) -> Content:
    """The content of a requirements file. `where` names it in errors.

    Raises Invalid, naming the line, for a requirement that is none and for a file that is absent.
    """
    lines = re.sub(r"\\\r?\n", " ", text).splitlines()
    content = Content()
    for line in lines:
        bare = _COMMENT.sub("", line).strip()
        if bare:
            content = content.plus(of_line(bare, read, where=where, deep=deep))
    return content


def of_line(line: str, read: Read, *, where: str, deep: int = 0) -> Content:
    """One line: a requirement, an option or a file to read."""
    if not line.startswith("-"):
        # Hashes pin files of one platform; the version beside them is what was meant.
        return of_requirement(re.sub(r"\s--[a-z-]+[= ]\S+", "", line).strip(), where=where)
    try:
        words = shlex.split(line)
    except ValueError as e:
        raise Invalid(where, f"'{line}' is not a line pip could read ({e})") from e
    return of_words(words, read, where=where, deep=deep)


def of_words(words: Iterable[str], read: Read, *, where: str, deep: int = 0) -> Content:
    """The arguments of `pip install`, or the words of a line that begins with an option."""
    given, content = list(words), Content()
    while given:
        word = given.pop(0)
        option, equals, value = word.partition("=")
        if not word.startswith("-"):
            content = content.plus(of_requirement(word, where=where))
            continue
        if len(word) > 2 and word[:2] in ("-r", "-c", "-i", "-f", "-e"):  # -rfile
            option, equals, value = word[:2], "=", word[2:].lstrip("=")
        known = option in _FILES | _TAKEN | _IDLE or option in ("-e", "--editable")
        if known and not equals:
            value = given.pop(0) if given else ""
        if option in _FILES:
            content = content.plus(
                _file(value, read, where=where, deep=deep, limits=option in ("-c", "--constraint"))
            )
        elif option in ("-e", "--editable"):
            content = content.plus(of_requirement(value, where=where))
        elif option in _TAKEN:
            content = content.plus(Content(pip_options=(option, value)))
        elif option in _FLAGS:
            content = content.plus(Content(pip_options=(option,)))
    return content


def of_requirement(line: str, *, where: str) -> Content:
    """One requirement, checked. Raises Invalid naming it."""
    line = line.strip()
    if len(line) > 1 and line[0] in "'\"" and line[0] == line[-1]:
        line = line[1:-1].strip()
    if not line:
        return Content()
    if _URL.fullmatch(line) and not line.startswith("file:"):
        if match := _EGG.search(line):
            return Content(requirements=(f"{match[1]} @ {line[: match.start()]}",))
        return Content(requirements=(line,))
    if _LOCAL.match(line) and "@" not in line:
        return Content(missing=(f"the local package '{line}' of {where}",))
    try:
        asked = Requirement(line)
    except InvalidRequirement as e:
        why = str(e).splitlines()[0]
        raise Invalid(where, f"'{line}' is not a requirement pip could read ({why})") from e
    return Content(requirements=(re.sub(r"\s+", " ", line) if asked.url else str(asked),))


def _file(path: str, read: Read, *, where: str, deep: int, limits: bool) -> Content:
    if deep > 8:
        raise Invalid(where, f"'{path}' names itself again")
    if _URL.match(path):
        raise Invalid(where, f"'-r {path}' names a file on the web; name the packages instead")
    text = read(path)
    if text is None:
        raise Invalid(where, f"names the file '{path}', which did not come with the definition")
    folder = posixpath.dirname(path)

    def beside(name: str) -> str | None:
        return read(posixpath.join(folder, name))

    content = parse(text, beside, where=path, deep=deep + 1)
    if limits:
        return Content(constraints=content.requirements, pip_options=content.pip_options)
    return content
