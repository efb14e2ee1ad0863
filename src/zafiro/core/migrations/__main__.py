"""python -m zafiro.core.migrations "message": write the migration the tables now need."""

import sys
import tempfile
from pathlib import Path

from alembic import command

from zafiro.core import documents, slices  # noqa: F401 - documents declares a table
from zafiro.core.db import Database, sqlite_url
from zafiro.core.migrations import VERSIONS, config


def main() -> None:
    for found in slices.find():
        if found.has("store"):
            found.module("store")
    with tempfile.TemporaryDirectory() as folder:
        db = Database(sqlite_url(Path(folder) / "scratch.db"))
        made = config(db)
        command.upgrade(made, "head")
        number = 1 + len(list(VERSIONS.glob("*.py")))
        command.revision(made, sys.argv[1], autogenerate=True, rev_id=f"{number:04}")


main()
