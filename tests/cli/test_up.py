"""Starting and stopping: what may stand in the way is said in one sentence."""

import json
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from zafiro.testing import live
from zafiro.testing.live import Live

ANY = ("--port", 0, "--storage-port", 0, "--detach")


def refused(done: "CompletedProcess[str]") -> str:
    """The one sentence of a command that failed."""
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("Error: ")
    return line


@pytest.mark.parametrize("option", ["port", "storage-port"])
def test_a_port_that_is_taken_is_named(zafiro: Any, home: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        said = refused(zafiro("up", "--home", home, *ANY, f"--{option}", number))
    assert f"127.0.0.1:{number} cannot be listened on: Address already in use" in said
    assert f"choose another with --{option}" in said
    assert zafiro("status", "--home", home).returncode == 3


def test_a_home_that_cannot_be_written_is_named(zafiro: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for detach in ([], ["--detach"]):
        said = refused(zafiro("up", "--home", tmp_path / "file" / "home", *detach))
        assert f"{tmp_path}/file/home cannot be written: Not a directory" in said


def test_a_database_of_a_newer_version_is_refused(zafiro: Any, home: Path) -> None:
    live.up(home)
    live.down(home)
    with sqlite3.connect(home / "zafiro.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    assert "newer Zafiro" in refused(zafiro("up", "--home", home, *ANY))


def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    zafiro: Any, home: Path
) -> None:
    url = "postgresql+psycopg://pear:secret@127.0.0.1:9/orchard"
    said = refused(zafiro("up", "--home", home, *ANY, "--database", url))
    assert "127.0.0.1:9/orchard cannot be used: " in said and "refused" in said
    assert "secret" not in said
    assert "secret" not in (home / "logs" / "server.log").read_text()


def test_a_setting_that_makes_no_sense_is_named(zafiro: Any, home: Path) -> None:
    assert "slots is 'many': " in refused(zafiro("up", "--home", home, *ANY, ZAFIRO_SLOTS="many"))
    assert "port is 70000: " in refused(zafiro("up", "--home", home, "--port", 70000))
    assert "is no URL" in refused(zafiro("up", "--home", home, *ANY, "--database", "pears"))


def test_a_second_server_on_one_home_is_refused(zafiro: Any, server: Live) -> None:
    for detach in (ANY, ANY[:-1]):
        said = refused(zafiro("up", "--home", server.home, *detach))
        assert f"runs on {server.home} already (pid {server.pid}, {server.url}" in said
    assert zafiro("status", "--home", server.home).returncode == 0


def test_status_says_by_its_exit_code_whether_a_server_runs(
    zafiro: Any, home: Path, server: Live
) -> None:
    without = zafiro("status", "--home", home)
    assert without.returncode == 3 and "zafiro up --detach" in without.stdout
    shown = zafiro("status", "--home", server.home)
    assert shown.returncode == 0 and server.url in shown.stdout
    said = json.loads(zafiro("status", "--json", ZAFIRO_HOME=str(server.home)).stdout)
    assert (said["running"], said["pid"], said["url"]) == (True, server.pid, server.url)


def test_down_stops_it_and_once_more_is_fine(zafiro: Any, home: Path) -> None:
    running = live.up(home)
    first, second = zafiro("down", "--home", home), zafiro("down", "--home", home)
    assert (first.returncode, first.stdout) == (0, "stopped\n")
    assert (second.returncode, second.stdout) == (0, f"no server runs on {home}\n")
    after = zafiro("status", "--home", home, "--json")
    assert after.returncode == 3
    assert json.loads(after.stdout) == {"home": str(home), "running": False}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(running.url.rsplit(":", 1)[1])))


def test_what_a_killed_server_left_does_not_stop_the_next(zafiro: Any, home: Path) -> None:
    live.up(home).kill()
    assert (home / "server.json").exists()
    assert zafiro("up", "--home", home, *ANY).returncode == 0
    assert zafiro("status", "--home", home).returncode == 0


def test_a_number_given_to_another_process_since_is_not_taken_for_the_server(
    zafiro: Any, home: Path
) -> None:
    running = live.up(home)
    running.kill()
    state = json.loads((home / "server.json").read_text())
    other = subprocess.Popen(["sleep", "600"])
    try:
        (home / "server.json").write_text(json.dumps({**state, "pid": other.pid}))
        assert zafiro("status", "--home", home).returncode == 3
        assert zafiro("down", "--home", home).returncode == 0
        assert other.poll() is None
        assert zafiro("up", "--home", home, *ANY).returncode == 0
    finally:
        other.kill()
        other.wait()


def test_control_c_stops_a_server_in_the_foreground(home: Path) -> None:
    command = [sys.executable, "-m", "zafiro", "up", "--home", str(home)]
    with subprocess.Popen(
        [*command, "--port", "0", "--storage-port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env=live.clean(os.environ),
    ) as server:
        assert server.stderr is not None
        for line in server.stderr:
            if "listening on https://" in line:
                break
        server.send_signal(signal.SIGINT)
        assert server.wait(15) == 0
    assert not (home / "server.json").exists()


def test_listening_everywhere_has_the_machines_name_in_the_certificate(
    zafiro: Any, home: Path
) -> None:
    running = live.up(home, "--host", "0.0.0.0")
    name = socket.gethostname()
    assert running.url.startswith(f"https://{name}:")
    port = int(running.url.rsplit(":", 1)[1])
    trust = ssl.create_default_context(cafile=str(home / "tls" / "ca.pem"))
    for host in (name, "localhost", "127.0.0.1"):
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            trust.wrap_socket(plain, server_hostname=host) as secured,  # raises for a wrong name
        ):
            assert secured.version() in ("TLSv1.2", "TLSv1.3")
