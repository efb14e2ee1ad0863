"""zafiro doctor: what is wrong, and the command that mends it."""

import json
import socket
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import zafiro as package
from zafiro.cli import certificates, doctor
from zafiro.core import clock
from zafiro.core.home import Home
from zafiro.testing.live import Live


def found(done: Any) -> dict[str, dict[str, str]]:
    return {one["what"]: one for one in json.loads(done.stdout)}


def test_a_server_that_runs_is_well(zafiro: Any, server: Live) -> None:
    done = zafiro("doctor", "--home", server.home, "--json")
    rows = found(done)
    assert done.returncode == 0, done.stderr
    assert rows["server"]["state"] == "ok" and server.url in rows["server"]["is"]
    assert rows["certificate"]["is"].startswith("good for ")
    assert rows["environment"]["mend"] == 'eval "$(zafiro env)"'
    text = zafiro("doctor", "--home", server.home, **server.variables).stdout
    assert "points Microsoft's clients at the server" in text


def test_no_server_and_a_taken_port_are_wrong(zafiro: Any, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8443))
            taken.listen()
        except OSError:
            pass  # somebody else has it: as good
        done = zafiro("doctor", "--home", tmp_path / "none", "--json")
    assert done.returncode == 1
    rows = found(done)
    assert rows["server"]["mend"] == "zafiro up --detach"
    wrong = [
        one for one in json.loads(done.stdout) if one["what"] == "port" and one["state"] == "bad"
    ]
    assert any("8443 cannot be listened on" in one["is"] for one in wrong)
    assert "wrong" in done.stderr


def test_a_secret_that_others_can_read_is_wrong(zafiro: Any, tmp_path: Path) -> None:
    key = tmp_path / "home" / "keys" / "master.key"
    key.parent.mkdir(parents=True)
    key.write_text("x")
    key.chmod(0o644)
    rows = found(zafiro("doctor", "--home", tmp_path / "home", "--json"))
    assert rows["secrets"]["mend"] == f"chmod 600 {key}"


def test_a_home_that_is_a_file_is_wrong(zafiro: Any, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    row = found(zafiro("doctor", "--home", tmp_path / "home", "--json"))["home"]
    assert row["state"] == "bad" and "is a file, not a folder" in row["is"]
    assert "export ZAFIRO_HOME=" in row["mend"]


# What the check needs, then the rights of nobody, then the check.
AS_NOBODY = """
import os, sys
from pathlib import Path
from zafiro.cli import doctor
from zafiro.core.home import Home
if os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)
print(list(doctor._home(Home(Path(sys.argv[1])))))
"""


def test_a_home_that_cannot_be_written_is_wrong() -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to nobody
        Path(folder).chmod(0o755)
        _check_as_nobody(Path(folder) / "home")


def _check_as_nobody(home: Path) -> None:
    home.mkdir(mode=0o555)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, home], capture_output=True, text=True, check=True
    )
    assert f"('home', 'bad', '{home} cannot be written', 'sudo chown -R $(id -u) {home}," in (
        done.stdout
    )


@pytest.mark.parametrize(("free", "state"), [(0.5, "bad"), (3.0, "note"), (50.0, "ok")])
def test_a_full_disk_is_wrong_and_what_frees_it_is_said(free: float, state: str) -> None:
    home = Home(Path("/home/me/.zafiro"))
    what, is_, text, mend = doctor.disk_row(home, free, home.root)
    assert (what, is_, text) == ("disk", state, f"{free:.1f} GiB free at /home/me/.zafiro")
    assert ("zafiro gc" in mend) == (state != "ok")


def test_ports_that_settings_ask_for_are_looked_at(zafiro: Any, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        given = {
            "ZAFIRO_PORT": port,
            "ZAFIRO_STORAGE_PORT": "99999",
            "ZAFIRO_STUDIO_PORT": port,
        }
        done = zafiro("doctor", "--home", tmp_path, "--json", **given)
    wrong = [one for one in json.loads(done.stdout) if one["what"] == "port"]
    assert [one["is"] for one in wrong] == [
        f"{port} cannot be listened on: Address already in use",
        "99999 cannot be listened on: there is no such port",
        f"{port} cannot be listened on: Address already in use",
    ]
    for one, option in zip(wrong, ("port", "storage-port", "studio-port"), strict=True):
        assert one["mend"].startswith(f"zafiro up --detach --{option} ")


def test_a_server_that_hangs_is_wrong(zafiro: Any, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{free.getsockname()[1]}"
    # A process of the server's name that listens to nobody.
    child = subprocess.Popen([sys.executable, "-c", "input()", "zafiro"], stdin=subprocess.PIPE)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "admin.json").write_text('{"client_secret": "x", "msi_secret": "y"}')
    (tmp_path / "tls").mkdir()
    certificates.make(tmp_path / "tls", ["127.0.0.1"])
    (tmp_path / "server.json").write_text(
        json.dumps({"pid": child.pid, "url": url, "storage_url": url, "started": 0})
    )
    try:
        row = found(zafiro("doctor", "--home", tmp_path, "--json"))["server"]
    finally:
        child.communicate(b"\n")
    assert row["state"] == "bad" and f"{url} does not answer: Connection refused" in row["is"]
    assert row["mend"].startswith("zafiro down && zafiro up --detach")


@pytest.mark.parametrize(
    ("noted", "state", "said"),
    [
        ({"until": (clock.now() - timedelta(days=3)).isoformat()}, "bad", "ended 3 days ago"),
        ({"until": (clock.now() + timedelta(days=9)).isoformat()}, "note", "good for 9 days"),
        ({}, "bad", "'until'"),
    ],
)
def test_a_certificate_that_ends_is_told(
    zafiro: Any, tmp_path: Path, noted: dict[str, str], state: str, said: str
) -> None:
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "server.json").write_text(json.dumps(noted))
    (tmp_path / "tls" / "ca.pem").write_text("no certificate")
    done = zafiro("doctor", "--home", tmp_path, "--json")
    row = found(done)["certificate"]
    assert row["state"] == state and said in row["is"]
    assert "zafiro down && zafiro up --detach" in row["mend"]
    authorities = [one for one in json.loads(done.stdout) if one["what"] == "authority"]
    assert [one["is"] for one in authorities] == [
        f"{tmp_path / 'tls' / 'ca.pem'}: holds no certificate",
        f"{tmp_path / 'tls' / 'bundle.pem'}: No such file or directory",
    ]
    assert authorities[0]["mend"].startswith(f"rm -f {tmp_path / 'tls' / 'ca.pem'} && ")


def test_a_shell_that_points_elsewhere_is_wrong(zafiro: Any, server: Live, tmp_path: Path) -> None:
    given = {
        **server.variables,
        "ARM_CLOUD_METADATA_URL": "https://127.0.0.1:1/metadata/endpoints",
        "REQUESTS_CA_BUNDLE": str(tmp_path / "gone.pem"),
        "MSI_SECRET": "old",
    }
    row = found(zafiro("doctor", "--json", **given))["environment"]
    assert row["state"] == "bad" and row["mend"] == 'eval "$(zafiro env)"'
    assert row["is"] == (
        "this shell points clients at https://127.0.0.1:1 and "
        f"names {tmp_path / 'gone.pem'} in REQUESTS_CA_BUNDLE, which is not there and "
        "has another server's MSI_SECRET"
    )


def test_a_server_of_another_machine_is_looked_at_too(
    zafiro: Any, server: Live, tmp_path: Path
) -> None:
    there = {**server.variables, "ZAFIRO_HOME": str(tmp_path)}
    row = found(zafiro("doctor", "--json", **there))["server"]
    assert row["state"] == "ok" and "(of another home or machine)" in row["is"]
    wrong = found(zafiro("doctor", "--json", **{**there, "MLFLOW_TRACKING_PASSWORD": "x"}))
    assert wrong["server"]["state"] == "bad"
    assert wrong["server"]["mend"] == 'eval "$(zafiro env)", from where it runs'


def test_what_is_not_installed_is_told_with_the_command_that_installs_it(tmp_path: Path) -> None:
    """Under a Python that has this package and no other, on a machine with no program at all."""
    python = tmp_path / "python"
    python.symlink_to(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
    variables = {
        "PYTHONPATH": str(Path(package.__file__).parents[1]),
        "PATH": str(tmp_path),
        "PYENV_ROOT": str(tmp_path),
        "HOME": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [python, "-m", "zafiro", "doctor", "--json"], capture_output=True, text=True, env=variables
    )
    assert done.returncode == 1, done.stderr
    rows = found(done)
    states = {what: row["state"] for what, row in rows.items()}
    assert {what: states[what] for what in ("uv", "azure-ai-ml", "mlflow", "engines", "git")} == {
        "uv": "bad",
        "azure-ai-ml": "bad",
        "mlflow": "note",
        "engines": "note",
        "git": "note",
    }
    assert rows["uv"]["mend"].endswith("-m pip install uv")
    assert "-m pip install azure-ai-ml" in rows["azure-ai-ml"]["mend"]
    assert rows["pythons"]["state"] == "note" and "pyenv" in rows["pythons"]["mend"]


def test_a_client_that_is_compiled_by_every_command_is_told(zafiro: Any, tmp_path: Path) -> None:
    ml = tmp_path / "azure" / "ai" / "ml" / "__init__.py"
    ml.parent.mkdir(parents=True)
    ml.write_text("")
    given = {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    # A folder of a namespace package before the installed one: the first that has the module is it.
    told = [
        one
        for one in json.loads(zafiro("doctor", "--home", tmp_path, "--json", **given).stdout)
        if one["what"] == "azure-ai-ml" and one["state"] == "note"
    ]
    assert [one["mend"] for one in told] == [f"{sys.executable} -m compileall -q {tmp_path}"]
    subprocess.run([sys.executable, "-m", "compileall", "-q", tmp_path], check=True)
    assert "compiled anew" not in zafiro("doctor", "--home", tmp_path, **given).stdout


def test_every_finding_has_what_mends_it(zafiro: Any, tmp_path: Path) -> None:
    done = zafiro("doctor", "--home", tmp_path / "none", "--json", PATH="/nowhere")
    for one in json.loads(done.stdout):
        assert bool(one["mend"]) == (one["state"] != "ok"), one
