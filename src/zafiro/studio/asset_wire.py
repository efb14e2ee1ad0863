"""Shapes of the pages of assets."""

from datetime import datetime

from pydantic import BaseModel


class AssetRow(BaseModel):
    name: str
    version: str
    type: str
    description: str | None
    modified: datetime
    created_by: str
    archived: bool


class Assets(BaseModel):
    kind: str
    assets: list[AssetRow]


class Version(BaseModel):
    version: str
    created: datetime
    created_by: str
    archived: bool


class Asset(BaseModel):
    """definition: the resource as YAML. used_by, made_by: names of runs."""

    kind: str
    name: str
    version: str
    type: str
    description: str | None
    uri: str
    created: datetime
    created_by: str
    archived: bool
    tags: dict[str, str]
    definition: str
    versions: list[Version]
    made_by: str | None
