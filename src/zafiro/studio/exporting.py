"""A list as CSV: every row of it, as spreadsheets read it."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from zafiro.core import clock
from zafiro.core.caller import Caller
from zafiro.core.context import Context
from zafiro.studio import filters, list_wire
from zafiro.studio.rooms import Rooms, room
from zafiro.studio.rows import at, kind
from zafiro.tracking import overview as runs
from zafiro.tracking.domain import Run

_AT_ONCE = 1000
_FIXED = ("name", "display_name", "status", "experiment", "type", "compute", "user", "created")
_TIMES = ("began", "ended", "duration_s")
_FORMULA = re.compile(r"[=+\-@\t\r]")


def lines(
    ctx: Context, rooms: Rooms, caller: Caller, workspace: str, asked: list_wire.JobsQuery
) -> Iterator[bytes]:
    """The head, then every job of the list in its order, a thousand at a time, all of one moment.
    Raises Denied, NotFound, Invalid before the head."""
    wanted = filters.parse(asked.filter, me=caller.name, now=clock.now())
    with ctx.db.read() as db:
        found = room(db, workspace)
        rooms.authorise(caller, "jobs/read", found.id)
        keys = runs.keys_of(
            db,
            found.guid,
            wanted,
            sort=asked.sort.removeprefix("-"),
            descending=asked.sort.startswith("-"),
        )
        yield _line([[*_FIXED, *_TIMES, *asked.columns]])
        for start in range(0, len(keys), _AT_ONCE):
            some, values = runs.with_keys(db, keys[start : start + _AT_ONCE], asked.columns)
            yield _line([_cells(run, values[run.key], asked.columns) for run in some])


def _cells(run: Run, values: dict[str, float | str], columns: Sequence[str]) -> list[object]:
    began, ended = run.began_ms, run.ended_ms
    return [
        run.run_id,
        run.name,
        run.state,
        run.experiment,
        kind(run),
        run.target,
        run.user,
        at(run.created_ms).isoformat(),
        None if began is None else at(began).isoformat(),
        None if ended is None else at(ended).isoformat(),
        None if began is None or ended is None else (ended - began) / 1000,
        *(values.get(column) for column in columns),
    ]


def _line(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([[_safe(cell) for cell in row] for row in rows])
    return text.getvalue().encode()


def _safe(cell: object) -> object:
    """A text that a spreadsheet would compute gets an apostrophe, as spreadsheets themselves do."""
    if isinstance(cell, str) and _FORMULA.match(cell):
        try:
            float(cell)
        except ValueError:
            return f"'{cell}"
    return cell
