"""A conda environment file, read as Python packages.

conda's solver and channels are not needed for what jobs ask for nearly always: a Python, packages
that the Python index has as well, and a `pip:` list. What is no Python package (compilers, CUDA,
C libraries) is left out and said.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from zafiro.core.errors import Invalid, Unsupported
from zafiro.environments import requirements
from zafiro.environments.domain import Content
from zafiro.environments.requirements import Read

# conda's name → the Python index's, where they differ.
_NAMES = {
    "dask-core": "dask",
    "msgpack-python": "msgpack",
    "matplotlib-base": "matplotlib",
    "opencv": "opencv-python-headless",
    "psycopg2": "psycopg2-binary",
    "py-opencv": "opencv-python-headless",
    "py-xgboost": "xgboost",
    "py-xgboost-cpu": "xgboost",
    "py-xgboost-gpu": "xgboost",
    "pysoundfile": "soundfile",
    "pytables": "tables",
    "python-blosc": "blosc",
    "python-graphviz": "graphviz",
    "python-snappy": "python-snappy",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "pytorch-lightning": "pytorch-lightning",
    "ray-core": "ray",
    "ray-default": "ray[default]",
    "ray-tune": "ray[tune]",
    "ruamel_yaml": "ruamel.yaml",
    "seaborn-base": "seaborn",
    "tensorflow-base": "tensorflow",
    "tensorflow-gpu": "tensorflow",
    "tensorflow-mkl": "tensorflow",
    "torchvision-cpu": "torchvision",
}
# No Python packages: the wheels bring what they need of these, the rest is the system's.
_NATIVE = re.compile(
    r"_.*|lib(?!rosa$|cst$|sass$|tmux$).*|cuda.*|cudnn|nccl|magma.*|mkl(-service|_fft|_random)?|blas"
    r"|nomkl|openblas|intel-openmp|llvm-openmp|tbb|gcc.*|gxx.*|gfortran.*|c-compiler|cxx-compiler"
    r"|compilers|binutils.*|ld_impl.*|sysroot.*|kernel-headers.*|make|pkg-config|openssl"
    r"|ca-certificates|zlib|zstd|xz|bzip2|lz4-c|sqlite|readline|tk|ncurses|expat|icu|jpeg|freetype"
    r"|fontconfig|glib|gstreamer|qt|pcre2?|openmpi|mpich?|impi.*|ucx|git|git-lfs|curl|wget|unzip"
    r"|nodejs|openjdk|ffmpeg|graphviz|hdf5|snappy|geos|proj|gdal-bin|xorg-.*|pytorch-cuda"
    r"|pytorch-mutex|xgboost-proc|tzdata|yaml|arrow-cpp|python_abi|conda|conda-.*|mamba|htop|vim"
)
_R = re.compile(r"r(-.*)?|rpy2-base")
_SPEC = re.compile(r"(?:[\w./:-]+::)?\s*([A-Za-z0-9_][\w.-]*)\s*(.*)", re.DOTALL)
_PYTHONS = ("3.10", "3.11", "3.12", "3.9", "3.8", "3.13", "3.14", "3.7", "3.6")


def parse(document: str | Mapping[str, Any], read: Read) -> Content:
    """The content of a conda environment file, given as text or as the mapping it stands for.

    Raises Invalid naming the dependency that cannot be read, Unsupported for Python 2.
    """
    if isinstance(document, str):
        try:
            document = yaml.safe_load(document) or {}
        except yaml.YAMLError as e:
            why = " ".join(str(e).split())
            raise Invalid("conda file", f"is not YAML: {why}") from e
    if not isinstance(document, Mapping):
        raise Invalid("conda file", "is not a mapping with the key 'dependencies'")
    given = document.get("dependencies") or []
    if not isinstance(given, list):
        raise Invalid("conda file", "'dependencies' is not a list")
    content = Content(
        variables={str(k): str(v) for k, v in (document.get("variables") or {}).items()}
    )
    native: list[str] = []
    for entry in given:
        if isinstance(entry, str):
            name, python, requirement = dependency(entry)
            if python:
                content = content.plus(Content(python=python))
            elif requirement:
                content = content.plus(Content(requirements=(requirement,)))
            elif name != "python":
                native.append(name)
        elif isinstance(entry, Mapping) and list(entry) == ["pip"]:
            for line in entry["pip"] or []:
                bare = re.sub(r"(^|\s)#.*$", "", str(line)).strip()
                if bare:
                    content = content.plus(
                        requirements.of_line(bare, read, where="pip list of the conda file")
                    )
        elif entry is not None:
            raise Invalid("conda file", f"dependency {entry!r} is neither a name nor a pip list")
    if others := [name for name in native if _R.fullmatch(name)]:
        content = content.lacking(f"R ({', '.join(others)})")
    if others := [name for name in native if not _R.fullmatch(name)]:
        said = "not Python packages, left out (the system or the wheels bring them)"
        content = content.noting(f"conda dependencies {', '.join(others)}: {said}")
    return content


def dependency(spec: str) -> tuple[str, str | None, str | None]:
    """A conda match spec as (name, Python's minor version, requirement).

    The second is set for `python` alone, the third for what the Python index has.
    """
    bare = re.sub(r"(^|\s)#.*$", "", spec).strip()
    match = _SPEC.fullmatch(bare)
    if match is None:
        raise Invalid("conda file", f"'{spec}' is not a dependency")
    name, version = match[1].lower(), match[2]
    if name == "python":
        return name, _python(spec, version), None
    if _NATIVE.fullmatch(name) or _R.fullmatch(name):
        return name, None, None
    requirement = f"{_NAMES.get(name, name)}{_specifier(spec, version)}"
    try:
        return name, None, str(Requirement(requirement))
    except InvalidRequirement as e:
        raise Invalid("conda file", f"'{spec}' is not a dependency that can be read") from e


def _python(spec: str, version: str) -> str | None:
    specifier = _specifier(spec, version)
    if specifier in ("", "==3", "==3.*", ">=3", ">=3.0"):
        return None
    try:
        allowed = SpecifierSet(specifier)
    except InvalidSpecifier as e:
        raise Invalid("conda file", f"'{spec}' is not a version of Python") from e
    if exact := re.match(r"={2}\s*(\d+)\.(\d+)", specifier):
        if exact[1] != "3":
            raise Unsupported(f"Python {exact[1]} ('{spec}')")
        return f"3.{exact[2]}"
    for minor in _PYTHONS:
        if allowed.contains(f"{minor}.99") or allowed.contains(f"{minor}.0"):
            return minor
    raise Unsupported(f"the Python asked for by '{spec}'")


def _specifier(spec: str, version: str) -> str:
    """conda's version expression in the words of PEP 440.

    `=1.2` is fuzzy (1.2, 1.2.5), `==1.2` and ` 1.2` are exact; a build string is dropped, as the
    Python index has none; of alternatives (`1.1|1.2`) the last is taken.
    """
    text = version.strip()
    if text.startswith("["):
        found = re.search(r"version\s*=\s*['\"]?([^'\"\]]+)", text)
        text = found[1] if found else ""
    text = re.sub(r"\[.*]$", "", text)
    text = re.sub(r"([<>=!~,|])\s+", r"\1", text.strip())
    text = re.sub(r"\s+([,|])", r"\1", text)
    text = text.split(" ")[0].split("|")[-1]
    if not text or text in ("*", "=*", "==*"):
        return ""
    if match := re.fullmatch(r"(==?)([^=<>!~,]+)=[^=]*", text):  # with a build string
        text = match[1] + match[2]
    parts = []
    for part in text.split(","):
        match = re.fullmatch(r"(==|=|>=|<=|!=|~=|>|<)?([^<>=!~]+)", part)
        if match is None:
            raise Invalid("conda file", f"'{spec}' has no version that can be read")
        operator, number = match[1] or "==", match[2]
        starred = number.endswith("*")
        number = number.rstrip("*").rstrip(".")
        if not number:
            continue
        # PEP 440 has no prefix match on a pre-release.
        fuzzy = starred or (operator == "=" and re.fullmatch(r"[\d.]+", number))
        operator = "==" if operator == "=" else operator
        parts.append(f"{operator}{number}" + (".*" if fuzzy and operator in ("==", "!=") else ""))
    return ",".join(parts)
