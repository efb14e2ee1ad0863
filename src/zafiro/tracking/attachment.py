"""A file as MLflow's server sends it: saved by a browser, never shown on our own origin, where a
page somebody logged could act as whoever looks at it.

Source: mlflow/server/handlers.py _response_with_file_attachment_headers,
mlflow/utils/mime_type_utils.py, mlflow 3.17.
"""

import mimetypes
import re
from pathlib import Path

from starlette.responses import FileResponse

# What people read as text whatever the system's own table of types says of it.
_TEXT = re.compile(
    "txt|log|err|cfg|conf|cnf|cf|ini|properties|prop|hocon|toml|yaml|yml|xml|json|js|py|py3|csv|"
    "tsv|md|rst|MLmodel|MLproject|mlproject"
)
_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


def attachment(file: Path) -> FileResponse:
    headers = {"Content-Type": mime_type(file.name), "X-Content-Type-Options": "nosniff"}
    if _TOKEN.fullmatch(file.name):  # as werkzeug writes it: what needs no quotes has none
        headers["Content-Disposition"] = f"attachment; filename={file.name}"
    return FileResponse(file, filename=file.name, headers=headers)


def mime_type(name: str) -> str:
    if _TEXT.fullmatch(name.rpartition(".")[2] or name):
        return "text/plain"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
