"""The pictures a run logged, as series over steps."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from zafiro.studio import job_wire

IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")

# images/{key}+step+{step}+timestamp+{ms}+{uuid}[+compressed].{png,webp}: mlflow.log_image, 3.17;
# earlier ones write % for +. A / of the key is ~ there, before 3.11 #.
_LOGGED = re.compile(
    r"images/(?P<key>[^/]+)(?P<s>[+%])step(?P=s)(?P<step>-?\d+)(?P=s)timestamp(?P=s)(?P<at>\d+)(?P=s)"
    r"(?P<id>[^/+%]+)(?P<small>(?P=s)compressed)?\.\w+"
)
_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>\d{1,18})(?P<rest>\D*\.\w+)")


@dataclass(frozen=True)
class Logged:
    """What the name of a file says that mlflow.log_image wrote. small: the same in few bytes."""

    key: str
    step: int
    at_ms: int
    id: str
    small: bool


def logged(path: str) -> Logged | None:
    """None for a picture that was logged as a file."""
    found = _LOGGED.fullmatch(path)
    if found is None:
        return None
    key = unquote(found["key"]).replace("~", "/").replace("#", "/")
    return Logged(key, int(found["step"]), int(found["at"]), found["id"], bool(found["small"]))


def series(paths: Sequence[str]) -> list[job_wire.Pictures]:
    """Of the pictures among these paths, by name: those of one key in the order of their steps.
    Files whose names differ in their last number only are one series too (sample_0001.png …)."""
    keyed: dict[str, dict[tuple[int, int, str], job_wire.Picture]] = {}
    numbered: dict[tuple[str, str], list[tuple[int, str]]] = {}
    single: list[str] = []
    for path in paths:
        if not path.lower().endswith(IMAGES):
            continue
        if one := logged(path):
            frames = keyed.setdefault(one.key, {})
            name = (one.step, one.at_ms, one.id)
            frame = frames.get(name) or job_wire.Picture(step=one.step, at_ms=one.at_ms, path=path)
            update = {"small" if one.small else "path": path}
            frames[name] = frame.model_copy(update=update)
        elif found := _NUMBERED.fullmatch(path):
            same = numbered.setdefault((found["stem"], found["rest"]), [])
            same.append((int(found["number"]), path))
        else:
            single.append(path)
    made = [
        job_wire.Pictures(
            key=key, frames=sorted(frames.values(), key=lambda f: (f.step, f.at_ms or 0))
        )
        for key, frames in keyed.items()
    ]
    for (stem, rest), some in numbered.items():
        frames_ = [job_wire.Picture(step=n, path=path) for n, path in sorted(some)]
        key = f"{stem}*{rest}" if len(some) > 1 else some[0][1]
        made.append(job_wire.Pictures(key=key, frames=frames_))
    made += [
        job_wire.Pictures(key=path, frames=[job_wire.Picture(step=0, path=path)]) for path in single
    ]
    return sorted(made, key=lambda one: one.key)
