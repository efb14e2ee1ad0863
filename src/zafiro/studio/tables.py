"""The first rows of a file that holds a table, as text, with the type and the spread of each column.

CSV by the standard library, JSON lines, Parquet where pyarrow is installed. What cannot be read
is told in the reader's own words."""

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from zafiro.studio import file_wire as wire

HEAD_BYTES = 256 * 1024
ROWS = 1000
_CELL = 500  # characters of one that are sent
_BINS = 12
_COMMON = 3
_SUFFIXES = {".csv": "csv", ".tsv": "csv", ".jsonl": "lines", ".ndjson": "lines"}


class Unreadable(Exception):
    """The message is the reader's."""


def is_table(path: Path) -> bool:
    return path.suffix.lower() in (*_SUFFIXES, ".parquet")


def table(path: Path) -> wire.Sheet:
    """Raises Unreadable."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _parquet(path)
    with path.open("rb") as file:
        raw = file.read(HEAD_BYTES)
        whole = not file.read(1)
    if not whole:
        raw = raw[: raw.rfind(b"\n") + 1] or raw
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise Unreadable(f"{type(e).__name__}: {e}") from e
    try:
        names, rows = _csv(text, suffix) if _SUFFIXES[suffix] == "csv" else _lines(text)
    except (csv.Error, ValueError) as e:
        raise Unreadable(f"{type(e).__name__}: {e}") from e
    shown = rows[:ROWS]
    return _table(names, shown, more=not whole or len(rows) > ROWS, total=None)


def _csv(text: str, suffix: str) -> tuple[list[str], list[list[Any]]]:
    dialect: Any = csv.excel_tab if suffix == ".tsv" else csv.excel
    if suffix == ".csv":
        try:
            dialect = csv.Sniffer().sniff(text[:8192], delimiters=",;\t|")
        except csv.Error:
            dialect = csv.excel
    rows: list[list[Any]] = []
    for row in csv.reader(io.StringIO(text), dialect):
        if row:
            rows.append([cell if cell != "" else None for cell in row])
        if len(rows) > ROWS + 1:
            break
    if not rows:
        return [], []
    width = max(len(row) for row in rows)
    first = rows[0]
    headed = all(cell is not None and _number(cell) is None for cell in first)
    names = [str(cell) for cell in first] if headed else []
    names += [str(n + 1) for n in range(len(names), width)]
    body = rows[1:] if headed else rows
    return names, [row + [None] * (width - len(row)) for row in body]


def _lines(text: str) -> tuple[list[str], list[list[Any]]]:
    found: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as e:
            raise ValueError(f"line {number}: {e}") from e
        found.append(value if isinstance(value, dict) else {"value": value})
        if len(found) > ROWS:
            break
    names = list(dict.fromkeys(key for one in found for key in one))
    return names, [[one.get(name) for name in names] for one in found]


def _parquet(path: Path) -> wire.Sheet:
    try:
        from zafiro.studio import parquet
    except ImportError as e:
        raise Unreadable(
            f"reading Parquet needs the package pyarrow on the server: pip install pyarrow ({e})"
        ) from e
    try:
        names, types, rows, total = parquet.head(path, ROWS)
    except parquet.ERRORS as e:
        raise Unreadable(f"{type(e).__name__}: {e}") from e
    made = _table(names, rows, more=total > len(rows), total=total)
    for column, type_ in zip(made.columns, types, strict=True):
        column.type = type_
    return made


def _table(
    names: Sequence[str], rows: Sequence[Sequence[Any]], *, more: bool, total: int | None
) -> wire.Sheet:
    columns = [_column(name, [row[n] for row in rows]) for n, name in enumerate(names)]
    shown = [[_text(cell) for cell in row] for row in rows]
    return wire.Sheet(columns=columns, rows=shown, more=more, total=total)


def _column(name: str, cells: list[Any]) -> wire.Column:
    there = [cell for cell in cells if cell is not None]
    numbers = [number for cell in there if (number := _number(cell)) is not None]
    made = wire.Column(name=name, type=_type(there), missing=len(cells) - len(there))
    finite = [number for number in numbers if math.isfinite(number)]
    if there and len(numbers) == len(there) and finite:
        low, high = min(finite), max(finite)
        bins = [0] * _BINS
        for number in finite:
            at = int((number - low) / (high - low) * _BINS) if high > low else 0
            bins[min(at, _BINS - 1)] += 1
        made.low, made.high, made.bins = low, high, bins
    elif there:
        counted = Counter(_text(cell) or "" for cell in there)
        made.common = [wire.Common(text=t, count=n) for t, n in counted.most_common(_COMMON)]
        made.distinct = len(counted)
    return made


def _type(cells: list[Any]) -> str:
    if not cells:
        return "empty"
    if all(isinstance(cell, bool) or str(cell).lower() in ("true", "false") for cell in cells):
        return "boolean"
    if all(_number(cell) is not None for cell in cells):
        whole = all(isinstance(cell, int) or str(cell).lstrip("+-").isdigit() for cell in cells)
        return "integer" if whole else "number"
    if all(isinstance(cell, str) and _is_date(cell) for cell in cells):
        return "date"
    if all(isinstance(cell, (dict, list)) for cell in cells):
        return "object"
    return "text"


def _number(cell: Any) -> float | None:
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
        return None
    try:
        # float() takes "1_000" and "infinity", which are words in a table
        if isinstance(cell, str) and not cell.strip().lstrip("+-")[:1].isdigit():
            return float(cell) if cell.strip().lower() in ("nan",) else _pointed(cell)
        return None if isinstance(cell, str) and "_" in cell else float(cell)
    except (ValueError, OverflowError):
        return None


def _pointed(cell: str) -> float | None:
    bare = cell.strip().lstrip("+-")
    return float(cell) if bare[:1] == "." and bare[1:2].isdigit() and "_" not in bare else None


def _is_date(cell: str) -> bool:
    if len(cell) < 8:
        return False
    try:
        datetime.fromisoformat(cell.replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


def _text(cell: Any) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, str):
        said = cell
    elif isinstance(cell, (dict, list)):
        said = json.dumps(cell, ensure_ascii=False, default=str)
    elif isinstance(cell, bool):
        said = str(cell).lower()
    else:
        said = str(cell)
    return said if len(said) <= _CELL else said[: _CELL - 1] + "…"
