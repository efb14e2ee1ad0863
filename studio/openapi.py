"""Print the studio API's OpenAPI document, which the TypeScript client is generated from."""

import json
import sys
import tempfile
from pathlib import Path

from zafiro import app
from zafiro.core.settings import Settings
from zafiro.studio import api


def document() -> str:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), database="sqlite://", durable=False)
        made = app.create(settings, url="https://here", storage_url="https://storage")
        found = api.described(made.ctx)
        made.ctx.db.close()
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
