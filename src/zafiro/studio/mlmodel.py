"""What an MLflow model says of itself: its MLmodel file and its input example."""

import json
from pathlib import Path
from typing import Any

import yaml

from zafiro.studio import asset_wire as wire

_FILE_BYTES = 1 << 20
_EXAMPLE_BYTES = 16 * 1024


def read(folder: Path) -> wire.MlModel | None:
    """None for a folder without an MLmodel file; `error` says why one cannot be read."""
    file = folder / "MLmodel"
    if not file.is_file():
        return None
    if file.stat().st_size > _FILE_BYTES:
        return wire.MlModel(error="the MLmodel file is larger than 1 MiB")
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        return wire.MlModel(error=f"{type(e).__name__}: {e}")
    if not isinstance(said, dict):
        return wire.MlModel(error="the MLmodel file is no mapping")
    flavors = said.get("flavors")
    signature = said.get("signature")
    return wire.MlModel(
        flavors={
            str(name): {str(k): str(v) for k, v in (options or {}).items()}
            for name, options in (flavors if isinstance(flavors, dict) else {}).items()
            if isinstance(options or {}, dict)
        },
        signature=_signature(signature) if isinstance(signature, dict) else None,
        example=_example(folder, said),
        mlflow_version=str(said.get("mlflow_version") or ""),
        size_bytes=int(said.get("model_size_bytes") or 0),
    )


def _signature(said: dict[str, Any]) -> wire.Signature:
    def ports(key: str) -> list[wire.SignatureField]:
        try:
            found = json.loads(said.get(key) or "[]")
        except (TypeError, ValueError):
            return [wire.SignatureField(name=key, type=str(said.get(key))[:500])]
        listed = found if isinstance(found, list) else [found]
        return [_field(one) for one in listed if isinstance(one, dict)]

    return wire.Signature(inputs=ports("inputs"), outputs=ports("outputs"), params=ports("params"))


def _field(one: dict[str, Any]) -> wire.SignatureField:
    kind = str(one.get("type") or "")
    tensor = one.get("tensor-spec")
    if isinstance(tensor, dict):
        kind = f"{tensor.get('dtype')} {tensor.get('shape')}"
    elif kind in ("array", "object", "map"):
        kind = json.dumps({k: v for k, v in one.items() if k not in ("name", "required")})
    default = one.get("default")
    return wire.SignatureField(
        name=str(one.get("name") or "-"),
        type=kind,
        optional=one.get("required") is False,
        default=None if default is None else str(default),
    )


def _example(folder: Path, said: dict[str, Any]) -> str | None:
    info = said.get("saved_input_example_info")
    named = info.get("artifact_path") if isinstance(info, dict) else None
    if not isinstance(named, str):
        return None
    file = (folder / named).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        return None
    with file.open("rb") as opened:
        raw = opened.read(_EXAMPLE_BYTES)
    if file.stat().st_size > _EXAMPLE_BYTES:
        return raw.decode("utf-8", "replace") + "…"
    try:
        return json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except ValueError:
        return raw.decode("utf-8", "replace")
