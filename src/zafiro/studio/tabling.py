"""Files that are tables, read as far as a page shows them: CSV, TSV, JSON lines, and what
`mlflow.log_table`, pandas and Azure's `run.log_*` write as JSON."""

import csv
import io
import json
import math
from itertools import islice
from pathlib import Path
from typing import Any

from zafiro.core.errors import Invalid
from zafiro.studio import job_wire

TABLES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson")
_JSON_BYTES = 32 * 1024 * 1024  # more takes seconds to read
_LINES_BYTES = 64 * 1024 * 1024
_CELL = 500  # characters of a cell that are shown
_COLUMNS = 200

Rows = tuple[
    list[str], list[list[Any]], int, bool
]  # columns, rows, how many, whether there are more


def table(path: Path, first: int, count: int) -> job_wire.Table:
    """`count` rows from `first` (0 is the first). `kind` None: it is no table, or too long to be
    read as one. Raises Invalid for a file that is not what its name says."""
    suffix, size = path.suffix.lower(), path.stat().st_size
    kind = "table"
    try:
        if suffix in (".csv", ".tsv"):
            found = _separated(path, "\t" if suffix == ".tsv" else None, first, count)
        elif suffix in (".jsonl", ".ndjson"):
            found = _lines(path, first, count)
        elif suffix == ".json" and size <= _JSON_BYTES:
            said = json.loads(path.read_bytes())
            kind, whole = _of_json(said)
            if whole is None:
                return _none(path, size)
            columns, rows = whole
            found = columns, rows[first : first + count], len(rows), False
        else:
            return _none(path, size)
    except (ValueError, csv.Error, RecursionError) as e:
        raise Invalid("path", f"'{path.name}' is no readable {suffix[1:].upper()}: {e}") from e
    columns, rows, total, more = found
    return job_wire.Table(
        kind=kind,
        size_bytes=size,
        columns=columns[:_COLUMNS],
        rows=[[_cell(one) for one in row[:_COLUMNS]] for row in rows],
        first=first,
        total=total,
        more=more or len(columns) > _COLUMNS,
    )


def _none(path: Path, size: int) -> job_wire.Table:
    return job_wire.Table(
        kind=None, size_bytes=size, columns=[], rows=[], first=0, total=0, more=False
    )


def _cell(value: Any) -> str | float | None:
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        if isinstance(value, int) and abs(value) > 1 << 53:
            return str(value)
        return value if value is None or math.isfinite(value) else str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _CELL else text[:_CELL] + "…"


def _separated(path: Path, delimiter: str | None, first: int, count: int) -> Rows:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        head = file.read(_LINES_BYTES)
        more = bool(file.read(1))
    if delimiter is None:
        try:
            delimiter = csv.Sniffer().sniff(head[:8192], ",;\t|").delimiter
        except csv.Error:
            delimiter = ","
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    columns = next(reader, [])
    rows: list[list[Any]] = [list(row) for row in islice(reader, first, first + count)]
    total = first + len(rows) + sum(1 for _ in reader)
    return columns, rows, total, more


def _lines(path: Path, first: int, count: int) -> Rows:
    columns: dict[str, None] = {}
    picked: list[dict[str, Any]] = []
    total, read = 0, 0
    with path.open("rb") as file:
        for line in file:
            read += len(line)
            if not line.strip():
                continue
            if total < first + count:
                said = json.loads(line)
                one = said if isinstance(said, dict) else {"value": said}
                columns.update(dict.fromkeys(one))
                if total >= first:
                    picked.append(one)
            total += 1
            if read > _LINES_BYTES:
                break
    rows = [[one.get(column) for column in columns] for one in picked]
    return list(columns), rows, total, read > _LINES_BYTES


def _of_json(said: Any) -> tuple[str, tuple[list[str], list[list[Any]]] | None]:
    """(kind, (columns, rows)): "table", "confusion_matrix" or "accuracy_table"."""
    if isinstance(said, dict):
        data, schema = said.get("data"), said.get("schema_type")
        if isinstance(said.get("columns"), list) and isinstance(data, list):
            rows = [one if isinstance(one, list) else [one] for one in data]
            return "table", ([str(c) for c in said["columns"]], rows)
        if schema == "confusion_matrix" and isinstance(data, dict):
            labels = [str(one) for one in data.get("class_labels") or ()]
            matrix = data.get("matrix") or []
            rows = [[label, *row] for label, row in zip(labels, matrix, strict=False)]
            return "confusion_matrix", (["", *labels], rows)
        if schema == "accuracy_table" and isinstance(data, dict):
            return "accuracy_table", _accuracy(data)
        if said and all(isinstance(one, list) for one in said.values()):
            height = max(len(one) for one in said.values())
            rows = [
                [one[n] if n < len(one) else None for one in said.values()] for n in range(height)
            ]
            return "table", ([str(key) for key in said], rows)
    if isinstance(said, list) and said and all(isinstance(one, dict) for one in said):
        columns: dict[str, None] = {}
        for one in said:
            columns.update(dict.fromkeys(one))
        return "table", (list(columns), [[one.get(c) for c in columns] for one in said])
    return "", None


def _accuracy(data: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """True and false positives and negatives of each class at each threshold (azureml-core 1.61,
    log_accuracy_table): probability_tables[class][threshold] = [tp, fp, tn, fn]."""
    labels = data.get("class_labels") or []
    thresholds = data.get("probability_thresholds") or data.get("percentile_thresholds") or []
    tables = data.get("probability_tables") or []
    rows = []
    for label, table in zip(labels, tables, strict=False):
        for at, counts in zip(thresholds, table, strict=False):
            tp, fp, tn, fn = (float(one) for one in counts)
            recall = tp / (tp + fn) if tp + fn else None
            precision = tp / (tp + fp) if tp + fp else None
            rows.append([str(label), at, tp, fp, tn, fn, precision, recall])
    columns = ["class", "threshold", "tp", "fp", "tn", "fn", "precision", "recall"]
    return columns, rows
