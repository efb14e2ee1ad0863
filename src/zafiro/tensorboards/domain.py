"""What a TensorBoard shows, and where it is found. No I/O."""

import re
from dataclasses import dataclass
from pathlib import Path

HOME = "/tensorboard"


@dataclass(frozen=True)
class Shown:
    """The folders of one run by the names TensorBoard gives them; `why_none` says in a sentence
    why there is nothing to be seen, or is empty."""

    folders: dict[str, Path]
    why_none: str


def is_event_file(name: str) -> bool:
    """As TensorBoard tells them (io_wrapper.IsTensorFlowEventsFile, 2.21)."""
    return "tfevents" in name


def shown_name(output: str) -> str:
    """One segment of a path, whatever somebody called an output."""
    return re.sub(r"[^\w -]", "_", output) or "_"


def none_yet(run: str, running: bool) -> str:
    wait = "; it still runs, so they may come: look again" if running else ""
    return (
        f"run '{run}' has no TensorBoard event files (files with 'tfevents' in their name) below "
        f"./outputs, ./logs, its other artifacts or its named outputs{wait}"
    )
