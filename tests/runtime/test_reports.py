from collections.abc import Iterator

import pytest

from runtime.execution_server import TOKEN, ExecutionServer
from zafiro.runtime import reports
from zafiro.runtime.api import Api


@pytest.fixture
def told(server: ExecutionServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[reports.Reports]:
    monkeypatch.setattr(reports, "ALIVE_S", 0.05)
    stopped.clear()
    told = reports.Reports(Api(server.url, TOKEN, ""), stopped.append, lambda line: None)
    yield told
    server.status, server.cancel = 200, False
    assert told.ended({"phase": "ended", "at": 1.0}, patience_s=20)


stopped: list[str] = []


def test_a_job_that_has_nothing_new_says_that_it_lives(
    server: ExecutionServer, told: reports.Reports
) -> None:
    told.phase("running")
    server.wait(lambda: [r["phase"] for r in server.reports][:3] == ["running", "alive", "alive"])


def test_a_cancel_is_heard_while_the_command_runs(
    server: ExecutionServer, told: reports.Reports
) -> None:
    told.phase("running")
    server.wait_for("running")
    server.cancel = True
    seen = len(server.reports)
    server.wait(lambda: len(server.reports) > seen + 1)
    assert set(stopped) == {"canceled by the user"}


def test_signs_of_life_are_not_kept_for_later(
    server: ExecutionServer, told: reports.Reports
) -> None:
    server.down()
    told.phase("inputs")
    told.phase("running", "go")
    server.up()
    server.wait_for("running")
    assert [r["phase"] for r in server.reports][:2] == ["inputs", "running"]
    assert server.reports[1]["reason"] == "go"
    assert server.reports[0]["at"] <= server.reports[1]["at"]
