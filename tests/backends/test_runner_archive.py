import subprocess
import sys
import zipfile
from pathlib import Path

from zafiro.backends import runner_archive

_TINY = {"main.py": "def main(arguments):\n    print('ran', __cached__)\n    return 7\n"}


def tiny(folder: Path, files: dict[str, str] = _TINY) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_the_archive_is_named_after_its_content_and_made_once(tmp_path: Path) -> None:
    sources = tiny(tmp_path / "sources")
    first = runner_archive.build(tmp_path, sources)
    made = first.stat().st_mtime_ns
    assert runner_archive.build(tmp_path, sources) == first
    assert first.stat().st_mtime_ns == made
    (sources / "main.py").write_text("def main(arguments): return 0\n")
    assert runner_archive.build(tmp_path, sources) != first
    assert first.exists()


def test_two_homes_get_the_same_bytes(tmp_path: Path) -> None:
    sources = tiny(tmp_path / "sources")
    one, two = (runner_archive.build(tmp_path / name, sources) for name in ("a", "b"))
    assert one.name == two.name and one.read_bytes() == two.read_bytes()


def test_it_runs_from_byte_code(tmp_path: Path) -> None:
    archive = runner_archive.build(tmp_path, tiny(tmp_path / "sources"))
    with zipfile.ZipFile(archive) as packed:
        assert "zafiro/runtime/main.pyc" in packed.namelist()
    done = subprocess.run(
        [sys.executable, "-I", "-S", archive], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()[0]) == (7, "ran")
    assert done.stdout.strip().endswith("main.pyc")


def test_another_python_runs_it_from_source(tmp_path: Path) -> None:
    archive = runner_archive.build(tmp_path, tiny(tmp_path / "sources"))
    foreign = tmp_path / "foreign.pyz"
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(foreign, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            new.writestr(name, b"\0\0\0\0" + body[4:] if name.endswith(".pyc") else body)
    done = subprocess.run([sys.executable, "-I", "-S", foreign], check=False, capture_output=True)
    assert done.returncode == 7
