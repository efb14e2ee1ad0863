"""python -m zafiro.core.migrations "message": write the migration the tables now need."""

import sys
import tempfile
from pathlib import Path

from alembic import command

from zafiro.core import slices
from zafiro.core.db import Database, sqlite_url
from zafiro.core.migrations import config


def main() -> None:
    for found in slices.find():
        found.module("store") if found.has("store") else None
    with tempfile.TemporaryDirectory() as folder:
        db = Database(sqlite_url(Path(folder) / "scratch.db"))
        made = config(db)
        command.upgrade(made, "head")
        command.revision(made, sys.argv[1], autogenerate=True)


main()
