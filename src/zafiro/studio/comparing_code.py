"""The code of two jobs, file by file and line by line. Only snapshots that lie on this machine."""

import difflib
import filecmp
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.core.errors import NotFound
from zafiro.jobs import overview as jobs
from zafiro.studio import compare_wire as wire
from zafiro.studio import snapshot
from zafiro.studio.rows import short
from zafiro.tracking import service as tracking
from zafiro.workspaces.domain import Workspace

_FILES = 2_000  # of a snapshot
_FILE_BYTES = 1 << 20
_LINES = 10_000  # of a file; difflib's time grows with their square
_COUNTED = 200  # changed files whose lines are counted for the list
_AROUND = 3
_LINE_LENGTH = 2_000


_WHY = {
    "run": "it is a run of MLflow, which keeps no snapshot of the code",
    "none": "it was sent without code that lies here",
    "gone": "its code was deleted",
}


class _Code:
    """The snapshot a job was sent with; `why` there is none to read."""

    def __init__(self, ctx: Context, db: Session, workspace: Workspace, name: str) -> None:
        run = tracking.get_run(db, workspace.guid, name)
        self.run, self.display_name = run.run_id, run.name
        self.sent = snapshot.of(ctx, db, workspace, name)
        self.root, self.why = self.sent.root, _WHY.get(self.sent.why)
        body = jobs.bodies(db, workspace.guid, [run.run_id]).get(run.run_id) or {}
        self.code = short(workspace, (body.get("properties") or {}).get("codeId"))

    def files(self) -> tuple[dict[str, Path], bool]:
        return snapshot.files(self.sent, at_most=_FILES)

    def shown(self, files: int) -> wire.Snapshot:
        return wire.Snapshot(
            run=self.run,
            display_name=self.display_name,
            code=self.code,
            why=self.why,
            files=files,
        )


def difference(
    ctx: Context, db: Session, workspace: Workspace, a: str, b: str
) -> wire.CodeDifference:
    """Which files differ. Raises NotFound for a run that is not there; one without a snapshot says
    why in its place."""
    one, other = _Code(ctx, db, workspace, a), _Code(ctx, db, workspace, b)
    mine, more = one.files()
    theirs, more_there = other.files()
    limits = []
    if more or more_there:
        limits.append(f"Of each snapshot the first {_FILES} files are compared.")
    files, same, counted = [], 0, 0
    if one.root is not None and other.root is not None:
        for path in sorted({*mine, *theirs}):
            left, right = mine.get(path), theirs.get(path)
            if left and right and (one.root == other.root or filecmp.cmp(left, right, False)):
                same += 1
                continue
            counted += 1
            files.append(_changed(path, left, right, count=counted <= _COUNTED))
        if counted > _COUNTED:
            limits.append(f"Lines are counted in the first {_COUNTED} changed files.")
    return wire.CodeDifference(
        a=one.shown(len(mine)),
        b=other.shown(len(theirs)),
        files=files,
        same=same,
        limits=limits,
    )


def file(
    ctx: Context, db: Session, workspace: Workspace, a: str, b: str, path: str
) -> wire.FileDifference:
    """One file line by line. Raises NotFound for a path that neither snapshot lists: nothing else
    is ever opened."""
    left = _Code(ctx, db, workspace, a).files()[0].get(path)
    right = _Code(ctx, db, workspace, b).files()[0].get(path)
    if left is None and right is None:
        raise NotFound("file", path, "neither snapshot has it")
    before, after, why = _texts(left, right)
    if why is not None:
        return wire.FileDifference(path=path, hunks=[], added=0, removed=0, why=why)
    hunks = hunks_of(before, after)
    lines = [line for hunk in hunks for line in hunk]
    return wire.FileDifference(
        path=path,
        hunks=hunks,
        added=sum(line.op == "+" for line in lines),
        removed=sum(line.op == "-" for line in lines),
        why=None,
    )


def _changed(path: str, left: Path | None, right: Path | None, *, count: bool) -> wire.ChangedFile:
    added = removed = None
    why = None
    if count:
        before, after, why = _texts(left, right)
        if why is None:
            added = removed = 0
            for op, i, j, k, m in _codes(before, after):
                if op != "equal":
                    removed, added = removed + j - i, added + m - k
    change = "added" if left is None else "removed" if right is None else "changed"
    return wire.ChangedFile(path=path, change=change, added=added, removed=removed, why=why)  # type: ignore[arg-type]


def _texts(left: Path | None, right: Path | None) -> tuple[list[str], list[str], str | None]:
    """(lines before, lines after, why not)."""
    texts: list[list[str]] = []
    for place in (left, right):
        if place is None:
            texts.append([])
            continue
        if place.stat().st_size > _FILE_BYTES:
            return [], [], "larger than 1 MiB: not compared line by line"
        raw = place.read_bytes()
        if b"\0" in raw:
            return [], [], "not text"
        lines = raw.decode("utf-8", "replace").splitlines()
        if len(lines) > _LINES:
            return [], [], f"longer than {_LINES} lines: not compared line by line"
        texts.append(lines)
    return texts[0], texts[1], None


def _codes(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """difflib's opcodes; what is alike at either end is set aside first, which is most of it."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    a_end, b_end = len(before) - tail, len(after) - tail
    matcher = difflib.SequenceMatcher(None, before[head:a_end], after[head:b_end])
    found: list[tuple[str, int, int, int, int]] = []
    if head:
        found.append(("equal", 0, head, 0, head))
    for op, i, j, k, m in matcher.get_opcodes():
        found.append((op, i + head, j + head, k + head, m + head))
    if tail:
        found.append(("equal", a_end, len(before), b_end, len(after)))
    return found


def hunks_of(before: Sequence[str], after: Sequence[str]) -> list[list[wire.DiffLine]]:
    """What changed, with three lines around it."""
    hunks: list[list[wire.DiffLine]] = []
    lines: list[wire.DiffLine] = []
    codes = _codes(before, after)
    for n, (op, i, j, k, m) in enumerate(codes):
        if op == "equal":
            alike = [_line(" ", i + at, k + at, before[i + at]) for at in range(j - i)]
            first, last = n == 0, n == len(codes) - 1
            if not first and not last and len(alike) <= 2 * _AROUND:
                lines += alike
                continue
            if not first:
                lines += alike[:_AROUND]
                hunks.append(lines)
            lines = [] if last else alike[-_AROUND:]
        else:
            lines += [_line("-", at, None, before[at]) for at in range(i, j)]
            lines += [_line("+", None, at, after[at]) for at in range(k, m)]
    if any(line.op != " " for line in lines):
        hunks.append(lines)
    return [hunk for hunk in hunks if any(line.op != " " for line in hunk)]


def _line(op: str, a: int | None, b: int | None, text: str) -> wire.DiffLine:
    return wire.DiffLine(
        op=op,  # type: ignore[arg-type]
        a=None if a is None else a + 1,
        b=None if b is None else b + 1,
        text=text if len(text) <= _LINE_LENGTH else text[:_LINE_LENGTH] + " …",
    )
