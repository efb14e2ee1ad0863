"""zafiro doctor: what is wrong, and the command that mends it."""

import json
import socket
from pathlib import Path
from typing import Any

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
