import signal
import time

import pytest

from runtime.conftest import Node
from zafiro.testing.backend_contract import alive, wait_until


def pid_in_log(node: Node, word: str) -> int:
    node.wait_for_log(f"{word}=")
    wait_until(lambda: node.log.partition(f"{word}=")[2].endswith("\n"))
    return int(node.log.partition(f"{word}=")[2].split()[0])


def test_a_signal_cancels_the_job_and_lets_it_save(node: Node) -> None:
    node.describe("trap 'echo saved; exit 1' TERM; echo ready; while :; do sleep 0.01; done")
    runner = node.start()
    node.wait_for_log("ready")
    runner.send_signal(signal.SIGTERM)
    ended = node.server.wait_for("ended")
    assert (ended["status"], ended["error"]) == ("Canceled", None)
    assert node.log.endswith("saved\n")
    assert runner.wait(10) == 0


def test_the_server_cancels_by_its_answer_to_a_report(node: Node) -> None:
    node.describe("echo ready; sleep 60")
    runner = node.start()
    node.server.cancel = True
    assert node.server.wait_for("ended")["status"] == "Canceled"
    assert runner.wait(10) == 0


@pytest.mark.parametrize("status", [401, 403, 404, 409, 410])
def test_a_job_that_nobody_wants_any_more_is_stopped(node: Node, status: int) -> None:
    node.server.status = status
    node.describe("echo pid=$$; sleep 60; true")
    runner = node.start()
    assert runner.wait(20) == 0
    assert '"Canceled"' in (node.work / "result.json").read_text()


def test_work_that_ignores_being_asked_is_killed_after_the_grace(node: Node) -> None:
    node.describe("trap '' TERM; echo pid=$$; while :; do sleep 60; done", grace_s=0.2)
    runner = node.start()
    pid = pid_in_log(node, "pid")
    asked = time.monotonic()
    runner.send_signal(signal.SIGTERM)
    assert node.server.wait_for("ended")["status"] == "Canceled"
    assert 0.2 <= time.monotonic() - asked < 5
    assert not alive(pid)


def test_a_job_over_its_time_limit_fails(node: Node) -> None:
    ended = node.run("echo begun; sleep 60; true", timeout_s=0.3)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "Timeout")
    assert ended["error"]["message"] == "the job ran longer than its limit of 0.3 s"
    assert ended["error"]["tail"].split()[0] == "begun"  # bash may tell of the sleep it lost


@pytest.mark.parametrize(
    "hide",
    [
        "sh -c 'echo pid=$$; exec sleep 60' &",
        "setsid sh -c 'echo pid=$$; exec sleep 60' &",
        "(env -i setsid sh -c 'echo pid=$$; exec sleep 60' &) &",
        "sh -c 'trap \"\" TERM; echo pid=$$; while :; do sleep 60; done' &",
    ],
)
def test_nothing_survives_the_command(node: Node, hide: str) -> None:
    ended = node.run(f"{hide} until grep -q pid= $LOG; do sleep 0.01; done; exit 0", variables={
        "LOG": str(node.artifacts / "user_logs" / "std_log.txt")})  # fmt: skip
    assert ended["status"] == "Completed"
    assert not alive(pid_in_log(node, "pid"))


def test_nothing_survives_a_cancel(node: Node) -> None:
    node.describe("(env -i setsid sh -c 'trap \"\" TERM; echo pid=$$; sleep 60; sleep 60' &) ; sleep 60",
                  grace_s=0.2)  # fmt: skip
    runner = node.start()
    pid = pid_in_log(node, "pid")
    runner.send_signal(signal.SIGTERM)
    assert node.server.wait_for("ended")["status"] == "Canceled"
    assert not alive(pid)


def test_the_log_goes_on_when_the_runner_is_killed(node: Node) -> None:
    go = node.store / "go"
    node.describe(f"echo pid=$$; until [ -e {go} ]; do sleep 0.01; done; echo still here")
    runner = node.start()
    pid = pid_in_log(node, "pid")
    runner.kill()
    runner.wait()
    go.touch()
    node.wait_for_log("still here")
    wait_until(lambda: not alive(pid))
    assert not (node.work / "result.json").exists()


def test_a_folder_is_good_for_one_run(node: Node) -> None:
    node.run("echo once")
    assert node.start().wait(10) == 0
    assert node.log == "once\n"


def test_canceling_while_inputs_come_ends_the_job_before_the_command(node: Node) -> None:
    node.describe(
        "echo ran",
        inputs={"f": {"type": "uri_file", "mode": "mount", "uri": "u",
                      "url": node.server.origin + "/files/slow"}},
    )  # fmt: skip
    node.server.failures_left = 1000
    runner = node.start()
    node.server.wait_for("inputs")
    runner.send_signal(signal.SIGTERM)
    assert node.server.wait_for("ended")["status"] == "Canceled"
    assert node.log == ""
