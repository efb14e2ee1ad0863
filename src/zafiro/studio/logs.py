"""Windows into log files of any size, by line: an index of how many lines end before each 64 KiB,
kept while a file grows. Counting line ends costs a hundredth of looking at each line."""

import os
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = 1 << 16
_CHUNK = 1 << 20  # read at once while searching
_KEPT = 64  # files
_LINE_BYTES = 20_000  # of a line that is shown


@dataclass
class _Index:
    """ends[i]: how many lines end before byte (i + 1) · 64 KiB. read: bytes seen; lines: line ends
    among them."""

    inode: int
    read: int = 0
    lines: int = 0
    ends: list[int] = field(default_factory=list)

    def extend(self, chunk: bytes) -> None:
        """`chunk` follows what was read, and ends no later than its block."""
        self.read += len(chunk)
        self.lines += chunk.count(b"\n")
        if self.read % _BLOCK == 0:
            self.ends.append(self.lines)

    def begin(self, descriptor: int, line: int) -> int:
        """The byte at which a line begins; 1 is the first line."""
        if line <= 1:
            return 0
        wanted = line - 1  # that many line ends stand before it
        block = bisect_left(self.ends, wanted)
        missing = wanted - (self.ends[block - 1] if block else 0)
        found = os.pread(descriptor, _BLOCK, block * _BLOCK)
        at = -1
        for _ in range(missing):
            at = found.find(b"\n", at + 1)
        return block * _BLOCK + at + 1


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
                file.seek(index.begin(file.fileno(), first))
                for _ in range(first, min(first + count, total + 1)):
                    text.append(shown(file.readline()))
            return Part(size, total, first, text)

    def search(
        self, path: Path, words: str, *, first: int, limit: int
    ) -> tuple[list[tuple[int, str]], int | None]:
        """[(line number, line)] with `words`, whatever the case of their ASCII letters, from the
        line `first`; and where to go on, None at the end."""
        wanted = words.encode().lower()
        hits: list[tuple[int, str]] = []
        with path.open("rb") as file:
            index = self._index(path, file.fileno())
            if first > index.lines + 1:
                return [], None
            file.seek(index.begin(file.fileno(), first))
            number = max(1, first)
            for chunk in _whole_lines(file.read):
                lower = chunk.lower()
                at, counted = lower.find(wanted), 0
                while at >= 0:
                    number += lower.count(b"\n", counted, at)
                    if len(hits) == limit:
                        return hits, number
                    begin = chunk.rfind(b"\n", 0, at) + 1
                    end = chunk.find(b"\n", at)
                    end = len(chunk) if end < 0 else end
                    hits.append((number, shown(chunk[begin:end])))
                    counted = end
                    at = lower.find(wanted, end)
                number += lower.count(b"\n", counted)
        return hits, None

    def _index(self, path: Path, descriptor: int) -> _Index:
        stat = os.fstat(descriptor)
        with self._lock:
            found = self._known.pop(path, None)
            if found is None or found.inode != stat.st_ino or found.read > stat.st_size:
                found = _Index(stat.st_ino)
            while found.read < stat.st_size:
                left = min(_BLOCK - found.read % _BLOCK, stat.st_size - found.read)
                chunk = os.pread(descriptor, left, found.read)
                if not chunk:
                    break
                found.extend(chunk)
            self._known[path] = found
            while len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
            return _Index(found.inode, found.read, found.lines, list(found.ends))


def _whole_lines(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """What is read, cut between lines; the last may not be whole."""
    rest = b""
    while more := read(_CHUNK):
        chunk = rest + more
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield chunk[:cut]
        rest = chunk[cut:]
    if rest:
        yield rest


def _unended(descriptor: int, size: int) -> bool:
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def shown(line: bytes) -> str:
    """As a terminal would leave it: the last of what overwrote itself (progress bars)."""
    text = line[:_LINE_BYTES].decode("utf-8", "replace").rstrip("\r\n")
    return text.rsplit("\r", 1)[-1]
