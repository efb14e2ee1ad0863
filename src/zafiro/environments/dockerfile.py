"""A Dockerfile, read for the Python packages its image would have.

Steps that install with pip or conda are taken; steps without an effect on a Python environment
(folders, clean-ups, labels) are passed over; the others are named in `Content.missing`.
"""

import fnmatch
import json
import posixpath
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from zafiro.core.errors import Invalid
from zafiro.environments import conda, requirements
from zafiro.environments.domain import Content
from zafiro.environments.requirements import Read

_HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_REDIRECT = re.compile(r"\s(?:\d|&)?>>?\s*(?:&\d|/\S+)")
_PIP = re.compile(r"pip(?:3(?:\.\d+)?)?")
_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?")
_CONDA = {"conda", "mamba", "micromamba", "microconda"}
# Commands that put no program and no package into the image.
_IDLE = re.compile(
    r"rm|mkdir|rmdir|echo|printf|chmod|chown|chgrp|cd|set|true|:|ls|cat|touch|test|\[|export|unset"
    r"|useradd|groupadd|adduser|addgroup|usermod|locale-gen|ldconfig|find|source|\.|which|env|id"
    r"|update-ca-certificates|hash|pwd|sed|eval"
)
_BRANCHES = {"if", "case", "for", "while", "until"}
_KEYWORDS = {"if", "then", "elif", "else", "fi", "while", "until", "do", "done", "!", "{", "}"}
_IDLE_APT = {"update", "clean", "autoclean", "autoremove", "upgrade", "dist-upgrade", "purge"}
_CONDA_VALUED = re.compile(r"-n|--name|-p|--prefix|-c|--channel|--solver|--format|-f|--file")
# These name folders of the image.
_OF_IMAGE = re.compile(r"PATH|LD_LIBRARY_PATH|PYTHONPATH|PYTHONHOME|VIRTUAL_ENV|CONDA_.*|HOME")
_OF_IMAGE_TOO = {"AZUREML_CONDA_ENVIRONMENT_PATH"}


@dataclass
class _Stage:
    """What a stage of the build has come to. copies: (path in the image, path in the context)."""

    content: Content
    folder: str = "/"
    variables: dict[str, str] = field(default_factory=dict)
    copies: list[tuple[str, str]] = field(default_factory=list)


def parse(text: str, read: Read, *, base: Callable[[str], Content]) -> Content:
    """The content of the last stage. `read`: files of the build context; `base`: what an image
    contains. Raises Invalid naming the step that cannot be read."""
    stages: dict[str, _Stage] = {}
    arguments: dict[str, str] = {}
    stage: _Stage | None = None
    for word, rest in _instructions(text):
        if word == "ARG" and stage is None:
            arguments.update(_pairs(_filled(rest, arguments)))
        elif word == "FROM":
            parts = [w for w in _filled(rest, arguments).split() if not w.startswith("--")]
            if not parts:
                raise Invalid("Dockerfile", "has a FROM without an image")
            below = stages.get(parts[0].lower())
            stage = _Stage(below.content if below else base(parts[0]))
            if below:
                stage.folder, stage.copies = below.folder, list(below.copies)
                stage.variables = dict(below.variables)
            stages[str(len(stages))] = stage
            if len(parts) > 2 and parts[1].lower() == "as":
                stages[parts[2].lower()] = stage
            stage.variables.update(arguments)
        elif stage is None:
            raise Invalid("Dockerfile", f"has '{word}' before the first FROM")
        else:
            _step(stage, word, rest, read)
    if stage is None:
        raise Invalid("Dockerfile", "has no FROM")
    return stage.content


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """(instruction in capitals, the rest in one line; the lines of a heredoc joined by ';')."""
    lines = iter(text.splitlines())
    for line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        while line.endswith("\\"):
            line = line[:-1].rstrip()
            for more in lines:
                # Comments and empty lines may stand between the lines of one instruction.
                if more.strip() and not more.lstrip().startswith("#"):
                    line = f"{line} {more.strip()}"
                    break
            else:
                break
        word, _, rest = line.partition(" ")
        word = word.upper()
        if word in ("RUN", "COPY", "ADD") and (here := _HEREDOC.search(rest)):
            body = []
            for more in lines:
                if more.strip() == here[1]:
                    break
                body.append(more.strip())
            written = [said for said in body if said and not said.startswith("#")]
            rest = "; ".join(written) if word == "RUN" else ""
            rest = rest.replace("\\;", " ")
        yield word, rest.strip()


def _step(stage: _Stage, word: str, rest: str, read: Read) -> None:
    if word == "RUN":
        _run(stage, rest, read)
    elif word in ("COPY", "ADD"):
        _copy(stage, _filled(rest, stage.variables))
    elif word == "ENV":
        pairs = _pairs(_filled(rest, stage.variables))
        stage.variables.update(pairs)
        of_image = [n for n in pairs if _OF_IMAGE.fullmatch(n) or n in _OF_IMAGE_TOO]
        kept = {name: value for name, value in pairs.items() if name not in of_image}
        stage.content = stage.content.plus(Content(variables=kept))
        if of_image:
            said = f"the Dockerfile's {', '.join(of_image)} name folders of the image: left out"
            stage.content = stage.content.noting(said)
    elif word == "ARG":
        for name, value in _pairs(_filled(rest, stage.variables)).items():
            stage.variables.setdefault(name, value)
    elif word == "WORKDIR":
        stage.folder = posixpath.join(stage.folder, _filled(rest, stage.variables).strip("'\""))


def _pairs(rest: str) -> dict[str, str]:
    """`A=1 B="x y"`, or the older `A 1`."""
    try:
        words = shlex.split(rest)
    except ValueError as e:
        raise Invalid("Dockerfile", f"'{rest}' cannot be read ({e})") from e
    if words and "=" not in words[0]:
        return {words[0]: " ".join(words[1:])} if words[1:] else {}
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def _filled(text: str, variables: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        return variables.get(name, match[2] if match[2] is not None else match[0])

    return _VARIABLE.sub(value, text)


def _words(rest: str) -> list[str]:
    if rest.startswith("["):
        try:
            return [str(word) for word in json.loads(rest)]
        except ValueError:
            pass
    return rest.split()


def _copy(stage: _Stage, rest: str) -> None:
    flags = re.match(r"(?:--\S+\s+)*", rest)
    if flags and "--from" in flags[0]:
        return
    words = _words(rest[flags.end() :] if flags else rest)
    if len(words) < 2:
        return
    goal = posixpath.normpath(posixpath.join(stage.folder, words[-1]))
    for source in words[:-1]:
        if re.match(r"https?://|git@", source):
            stage.content = stage.content.lacking(f"step 'ADD {source}'")
        else:
            stage.copies.append((goal, posixpath.normpath(source.lstrip("/") or ".")))


def _reader(stage: _Stage, read: Read) -> Read:
    """Reads what lies in the image by finding what was copied there."""

    def inside(path: str) -> str | None:
        whole = posixpath.normpath(posixpath.join(stage.folder, path))
        for goal, source in reversed(stage.copies):
            tries = [source] if whole == goal else []
            if rest := _below(whole, goal):
                if source == ".":
                    tries.append(rest)
                elif fnmatch.fnmatch(rest, posixpath.basename(source)):
                    tries.append(posixpath.join(posixpath.dirname(source), rest))
                else:
                    tries.append(posixpath.join(source, rest))
            for name in tries:
                if ".." not in name.split("/") and (found := read(name)) is not None:
                    return found
        return None

    return inside


def _below(path: str, folder: str) -> str:
    start = folder.rstrip("/") + "/"
    return path[len(start) :] if path.startswith(start) else ""


def _run(stage: _Stage, rest: str, read: Read) -> None:
    while match := re.match(r"--(\w+)=(\S+)\s+", rest):
        options = dict(p.partition("=")[::2] for p in match[2].split(","))
        if match[1] == "mount" and options.get("type", "bind") == "bind":
            source = options.get("source") or options.get("src") or "."
            goal = options.get("target") or options.get("dst") or options.get("destination") or "/"
            goal = posixpath.normpath(posixpath.join(stage.folder, goal))
            stage.copies.append((goal, posixpath.normpath(source.lstrip("/"))))
        rest = rest[match.end() :]
    if rest.startswith("["):
        _command(stage, _words(rest), read)
    else:
        _shell(stage, rest, read)


def _shell(stage: _Stage, line: str, read: Read) -> None:
    line = _REDIRECT.sub(" ", _filled(line, stage.variables))
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();|&")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError as e:
        raise Invalid("Dockerfile", f"step 'RUN {line[:80]}' cannot be read ({e})") from e
    commands: list[list[str]] = [[]]
    for word in words:
        if set(word) <= set("();|&"):
            commands.append([])
        else:
            commands[-1].append(word)
    missing = stage.content.missing
    for command in commands:
        while command and command[0] in _KEYWORDS:
            command = command[1:]
        _command(stage, command, read)
    if stage.content.missing != missing and any(c and c[0] in _BRANCHES for c in commands):
        # Which branch would be taken only the image knows: the step is named as a whole.
        whole = f"step 'RUN {_short(line.split())}'"
        stage.content = replace(stage.content, missing=missing).lacking(whole)


def _command(stage: _Stage, words: list[str], read: Read) -> None:
    while words and (re.match(r"[A-Za-z_]\w*=", words[0]) or words[0] in ("sudo", "exec", "time")):
        words = words[1:]
    if not words:
        return
    program, rest = posixpath.basename(words[0]), words[1:]
    if program in ("sh", "bash") and rest[:1] and rest[0].endswith("c") and len(rest) > 1:
        _shell(stage, rest[1], read)
    elif _PYTHON.fullmatch(program) and rest[:2] == ["-m", "pip"]:
        _pip(stage, words, rest[2:], read)
    elif _PIP.fullmatch(program):
        _pip(stage, words, rest, read)
    elif program == "uv" and rest[:1] == ["pip"]:
        _pip(stage, words, [w for w in rest[1:] if w != "--system"], read)
    elif program in _CONDA:
        _conda(stage, words, rest, read)
    elif program in ("apt-get", "apt") and _IDLE_APT & set(rest):
        return
    elif not _IDLE.fullmatch(program):
        stage.content = stage.content.lacking(f"step 'RUN {_short(words)}'")


def _pip(stage: _Stage, words: list[str], rest: list[str], read: Read) -> None:
    verb = next((word for word in rest if not word.startswith("-")), "")
    arguments = rest[rest.index(verb) + 1 :] if verb else []
    if verb == "uninstall":
        stage.content = stage.content.without(w for w in arguments if not w.startswith("-"))
    elif verb == "install":
        where = f"step 'RUN {_short(words)}'"
        found = requirements.of_words(arguments, _reader(stage, read), where=where)
        # pip is there anyway, and which one plays no part in what runs.
        stage.content = stage.content.then(found.without(["pip"]))


def _conda(stage: _Stage, words: list[str], rest: list[str], read: Read) -> None:
    verb = next((word for word in rest if not word.startswith("-")), "")
    after = rest[rest.index(verb) + 1 :] if verb else []
    if verb == "env":
        verb = f"env {after[0] if after else ''}"
        after = after[1:]
    plain, options = _split(after)
    if verb == "run":
        while after and after[0].startswith("-"):
            after = after[2:] if _CONDA_VALUED.fullmatch(after[0]) else after[1:]
        _command(stage, after, read)
    elif verb in ("install", "create", "env create", "env update"):
        file = options.get("-f") or options.get("--file")
        found = Content()
        if file:
            text = _reader(stage, read)(file)
            if text is None:
                step = f"step 'RUN {_short(words)}'"
                raise Invalid("Dockerfile", f"{step} names '{file}', which the context lacks")
            if file.endswith((".yml", ".yaml")):
                found = conda.parse(text, _reader(stage, read))
            else:
                found = conda.parse({"dependencies": text.split()}, read)
        if not verb.startswith("env") and plain:
            found = found.plus(conda.parse({"dependencies": plain}, read))
        stage.content = stage.content.then(found)


def _split(words: list[str]) -> tuple[list[str], dict[str, str]]:
    plain: list[str] = []
    options: dict[str, str] = {}
    given = list(words)
    while given:
        word = given.pop(0)
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            plain.append(word)
        elif equals:
            options[name] = value
        elif _CONDA_VALUED.fullmatch(word) and given:
            options[word] = given.pop(0)
    return plain, options


def _short(words: list[str]) -> str:
    text = " ".join(words)
    return text if len(text) <= 100 else f"{text[:97]}..."
