"""Parquet files, by pyarrow: an optional package that the server does without."""

from pathlib import Path
from typing import Any

import pyarrow  # type: ignore[import-untyped, import-not-found, unused-ignore]
import pyarrow.parquet  # type: ignore[import-untyped, import-not-found, unused-ignore]

ERRORS = (pyarrow.ArrowException, OSError, ValueError)
_GROUP_BYTES = 512 << 20  # of the first row group, unpacked


def head(path: Path, rows: int) -> tuple[list[str], list[str], list[list[Any]], int]:
    """(names, types as Arrow calls them, the first rows, how many rows there are)."""
    with pyarrow.parquet.ParquetFile(path) as file:
        kept = file.metadata
        if kept.num_row_groups and kept.row_group(0).total_byte_size > _GROUP_BYTES:
            raise ValueError("its first row group is larger than 512 MiB; download the file")
        schema = file.schema_arrow
        first = next(file.iter_batches(batch_size=rows), None)
        columns = [] if first is None else [column.to_pylist() for column in first.columns]
        found = [list(row) for row in zip(*columns, strict=True)] if columns else []
        return list(schema.names), [str(t) for t in schema.types], found, kept.num_rows
