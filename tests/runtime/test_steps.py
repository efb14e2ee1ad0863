import json

from runtime.conftest import Node


def test_a_command_runs_to_its_end(node: Node) -> None:
    ended = node.run("echo hello; echo oops >&2; exit 0")
    assert ended["status"] == "Completed"
    assert (ended["exit_code"], ended["error"], ended["outputs"]) == (0, None, {})
    assert node.log == "hello\noops\n"
    assert node.server.phases == ["environment", "inputs", "running", "finalizing", "ended"]


def test_the_result_lies_in_the_work_folder_too(node: Node) -> None:
    ended = node.run("exit 3")
    result = json.loads((node.work / "result.json").read_text())
    assert result == {key: value for key, value in ended.items() if key != "received"}
    assert (result["status"], result["exit_code"]) == ("Failed", 3)
