"""Windows into log files of any size, by line: an index of where every thousandth line begins,
kept while a file grows."""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

_EVERY = 1000
_CHUNK = 1 << 20
_KEPT = 64  # files
_LINE_BYTES = 20_000  # of a line that is shown


@dataclass
class _Index:
    """marks[i]: where line i·1000 + 1 begins. read: bytes seen; lines: line ends among them."""

    inode: int
    read: int = 0
    lines: int = 0
    marks: list[int] = field(default_factory=lambda: [0])


@dataclass(frozen=True)
class Part:
    size_bytes: int
    lines: int
    first: int
    text: list[str]


class Lines:
    """Thread-safe. Remembers the files asked for last."""

    def __init__(self) -> None:
        self._known: dict[Path, _Index] = {}
        self._lock = threading.Lock()

    def part(self, path: Path, first: int, count: int) -> Part:
        """`count` lines from `first` (1 is the first; negative counts from the end)."""
        with path.open("rb") as file:
            index = self._index(path, file.fileno())
            size = index.read
            total = index.lines + (1 if _unended(file.fileno(), size) else 0)
            if first < 0:
                first = max(1, total + first + 1)
            first = max(1, first)
            text = []
            if first <= total:
                mark = min((first - 1) // _EVERY, len(index.marks) - 1)
                file.seek(index.marks[mark])
                for number in range(mark * _EVERY + 1, min(first + count, total + 1)):
                    line = file.readline()
                    if number >= first:
                        text.append(shown(line))
            return Part(size, total, first, text)

    def search(
        self, path: Path, words: str, *, first: int, limit: int
    ) -> tuple[list[tuple[int, str]], int | None]:
        """[(line number, line)] with `words` in any case, and where to go on, None at the end."""
        wanted = words.lower().encode()
        hits: list[tuple[int, str]] = []
        with path.open("rb") as file:
            index = self._index(path, file.fileno())
            mark = min(max(0, first - 1) // _EVERY, len(index.marks) - 1)
            file.seek(index.marks[mark])
            for number, line in enumerate(file, mark * _EVERY + 1):
                if number >= first and wanted in line.lower():
                    if len(hits) == limit:
                        return hits, number
                    hits.append((number, shown(line)))
        return hits, None

    def _index(self, path: Path, descriptor: int) -> _Index:
        stat = os.fstat(descriptor)
        with self._lock:
            found = self._known.pop(path, None)
            if found is None or found.inode != stat.st_ino or found.read > stat.st_size:
                found = _Index(stat.st_ino)
            while found.read < stat.st_size:
                chunk = os.pread(descriptor, min(_CHUNK, stat.st_size - found.read), found.read)
                if not chunk:
                    break
                _extend(found, chunk)
            self._known[path] = found
            while len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
            return _Index(found.inode, found.read, found.lines, list(found.marks))


def _extend(index: _Index, chunk: bytes) -> None:
    ends = chunk.count(b"\n")
    if index.lines // _EVERY == (index.lines + ends) // _EVERY:
        index.lines += ends
    else:
        at = chunk.find(b"\n")
        while at >= 0:
            index.lines += 1
            if index.lines % _EVERY == 0:
                index.marks.append(index.read + at + 1)
            at = chunk.find(b"\n", at + 1)
    index.read += len(chunk)


def _unended(descriptor: int, size: int) -> bool:
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def shown(line: bytes) -> str:
    """As a terminal would leave it: the last of what overwrote itself (progress bars)."""
    text = line[:_LINE_BYTES].decode("utf-8", "replace").rstrip("\r\n")
    return text.rsplit("\r", 1)[-1]
