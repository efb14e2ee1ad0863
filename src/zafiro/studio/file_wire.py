"""Shapes of the files of an asset, and of what is in them."""

from pydantic import BaseModel


class AssetFile(BaseModel):
    """path: below the asset, with slashes."""

    path: str
    folder: bool
    size_bytes: int


class AssetFiles(BaseModel):
    """What lies directly in a folder of an asset, folders first; `more` are not listed."""

    path: str
    files: list[AssetFile]
    more: int


class Common(BaseModel):
    text: str
    count: int


class Column(BaseModel):
    """Of the rows shown. Of numbers low, high and how many lie in each twelfth between them; of
    others how many differ, and the most common."""

    name: str
    type: str
    missing: int
    low: float | None = None
    high: float | None = None
    bins: list[int] = []
    distinct: int | None = None
    common: list[Common] = []


class Sheet(BaseModel):
    """rows: cells as text, null where there is none. more: there are further rows; total: how
    many in all, where the file says so."""

    columns: list[Column]
    rows: list[list[str | None]]
    more: bool
    total: int | None


class Preview(BaseModel):
    """shown: table, text, image or binary. text: from byte `begin` to byte `next` (null: the end).
    error: why a table is shown as text, in the words of the reader."""

    path: str
    size_bytes: int
    shown: str
    text: str | None = None
    begin: int = 0
    next: int | None = None
    table: Sheet | None = None
    error: str | None = None
