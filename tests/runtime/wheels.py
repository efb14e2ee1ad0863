"""A folder of wheels made here, so that installing needs no network."""

import ensurepip
import shutil
import zipfile
from pathlib import Path

_SAYS = "import sys\nVERSION = {version!r}\ndef says(): print({name!r}, VERSION)\ndef where(): print(sys.prefix)\n"
_BACKEND = """
import zipfile
from pathlib import Path
NAME, VERSION = {name!r}, {version!r}
def build_editable(folder, config_settings=None, metadata_directory=None):
    wheel = f"{{NAME}}-{{VERSION}}-py3-none-any.whl"
    about = f"{{NAME}}-{{VERSION}}.dist-info"
    with zipfile.ZipFile(Path(folder, wheel), "w") as archive:
        archive.writestr(f"{{NAME}}_editable.pth", str(Path.cwd()) + "\\n")
        archive.writestr(f"{{about}}/METADATA", f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: {{VERSION}}\\n")
        archive.writestr(f"{{about}}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(f"{{about}}/RECORD", "")
    return wheel
"""


class Wheels:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bring_pip()
        # Jobs get setuptools; nothing here builds with it, so that an empty one will do.
        self.wheel("setuptools", "80.0", scripts=False)
        for version in ("1.0", "2.0"):
            self.wheel("demo", version)
        self.wheel("other", "1.0")
        self.wheel("torch", "1.0")
        self.wheel("needs-demo-2", "1.0", requires="demo>=2")
        path = {"with_path.pth": "behind\n", "behind/behind_a_path.py": "HERE = 'yes'\n"}
        self.wheel("with-path", "1.0", files=path)

    def wheel(
        self,
        name: str,
        version: str,
        *,
        requires: str = "",
        scripts: bool = True,
        files: dict[str, str] | None = None,
    ) -> None:
        module = name.replace("-", "_")
        about, data = f"{module}-{version}.dist-info", f"{module}-{version}.data"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        content = {
            f"{module}/__init__.py": _SAYS.format(name=name, version=version),
            f"{data}/data/share/{name}/about.txt": f"{name} {version}",
            f"{about}/METADATA": metadata + (f"Requires-Dist: {requires}\n" if requires else ""),
            f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            **(files or {}),
        }
        if scripts:
            content[f"{about}/entry_points.txt"] = (
                f"[console_scripts]\n{name}-says = {module}:says\n{name}-where = {module}:where\n"
            )
        content[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in content)
        with zipfile.ZipFile(self.folder / f"{module}-{version}-py3-none-any.whl", "w") as archive:
            for path, text in content.items():
                archive.writestr(path, text)

    def project(self, folder: Path, name: str, version: str) -> None:
        """A source folder that builds itself, for `pip install -e`."""
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f"VERSION = {version!r}")
        (folder / "backend.py").write_text(_BACKEND.format(name=name, version=version))
        (folder / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            f'[project]\nname = "{name}"\nversion = "{version}"\n'
        )

    def _bring_pip(self) -> None:
        """pip's own wheel comes with Python (in a folder of its own on Debian)."""
        places = (Path(ensurepip.__file__).parent / "_bundled", Path("/usr/share/python-wheels"))
        found = [wheel for place in places for wheel in sorted(place.glob("pip-*.whl"))]
        shutil.copy(found[0], self.folder)
