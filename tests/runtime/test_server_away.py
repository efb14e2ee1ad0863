import json
from pathlib import Path

import pytest

from runtime import certificate
from runtime.conftest import Node
from runtime.execution_server import ExecutionServer
from zafiro.testing.backend_contract import wait_until


def test_the_runner_speaks_tls_and_checks_who_it_speaks_with(node: Node, tmp_path: Path) -> None:
    tls = certificate.make(tmp_path)
    node.server.down()
    node.server = ExecutionServer(tls)
    node.describe("echo ran")
    assert node.start(ZAFIRO_CA=str(tls[0])).wait(20) == 0
    assert node.server.wait_for("ended")["status"] == "Completed"
    node.server.down()


def test_a_server_of_unknown_authority_is_not_told_the_token(node: Node, tmp_path: Path) -> None:
    tls = certificate.make(tmp_path)
    node.server.down()
    node.server = ExecutionServer(tls)
    node.describe("echo ran")
    runner = node.start()
    wait_until(lambda: "CERTIFICATE_VERIFY_FAILED" in node.runner_log)
    runner.terminate()
    assert runner.wait(10) == 0
    assert json.loads((node.work / "result.json").read_text())["status"] == "Canceled"
    node.server.down()


def test_a_job_goes_on_while_the_server_is_away(node: Node) -> None:
    go = node.store / "go"
    node.describe(f"echo ready; until [ -e {go} ]; do sleep 0.01; done; exit 3")
    runner = node.start()
    node.server.wait_for("running")
    node.server.down()
    go.touch()
    wait_until((node.work / "result.json").exists)
    assert runner.poll() is None
    node.server.up()
    ended = node.server.wait_for("ended")
    assert (ended["status"], ended["exit_code"]) == ("Failed", 3)
    assert node.server.phases == ["environment", "inputs", "running", "finalizing", "ended"]
    assert runner.wait(10) == 0


@pytest.mark.parametrize("status", [500, 503, 429])
def test_trouble_of_the_server_never_stops_a_job(node: Node, status: int) -> None:
    node.server.status = status
    node.describe("echo ran")
    runner = node.start()
    wait_until((node.work / "result.json").exists)
    node.server.status = 200
    assert node.server.wait_for("ended")["status"] == "Completed"
    assert node.server.phases == ["environment", "inputs", "running", "finalizing", "ended"]
    assert runner.wait(10) == 0


def test_a_report_the_server_does_not_understand_stops_nothing(node: Node) -> None:
    node.server.status = 400
    node.describe("echo ran")
    assert node.start().wait(20) == 0
    assert json.loads((node.work / "result.json").read_text())["status"] == "Completed"


def test_a_server_that_stays_away_keeps_the_runner_only_for_a_while(node: Node) -> None:
    node.describe("sleep 0.2; exit 4")
    runner = node.start(ZAFIRO_LINGER_S="0.2")
    node.server.wait_for("running")
    node.server.down()
    assert runner.wait(10) == 0
    assert json.loads((node.work / "result.json").read_text())["exit_code"] == 4


def test_a_server_that_starts_later_is_waited_for(node: Node) -> None:
    node.describe("echo ran")
    node.server.down()
    runner = node.start()
    wait_until(lambda: "could not be reached" in node.runner_log)
    node.server.up()
    assert node.server.wait_for("ended")["status"] == "Completed"
    assert runner.wait(10) == 0


@pytest.mark.parametrize("status", [401, 404, 410])
def test_a_job_the_server_does_not_know_is_not_run(node: Node, status: int) -> None:
    node.server.description_status = status
    node.describe("echo ran")
    assert node.start().wait(10) == 0
    result = json.loads((node.work / "result.json").read_text())
    assert (result["status"], result["error"]["code"]) == ("Failed", "SystemError")
    assert str(status) in result["error"]["message"]
    assert not node.artifacts.exists()


def test_a_description_of_another_version_is_refused(node: Node) -> None:
    node.describe("echo ran", version=2)
    assert node.start().wait(10) == 0
    result = json.loads((node.work / "result.json").read_text())
    assert "version 2" in result["error"]["message"]
