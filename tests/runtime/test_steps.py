import json
import os
from pathlib import Path

import pytest

from runtime.conftest import Node

FOLDER = {"type": "uri_folder", "mode": "mount", "uri": "azureml://datastores/d/paths/rows"}


def asset(node: Node, name: str, text: str = "1,2\n") -> Path:
    path = node.store / "assets" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


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


def test_the_disk_is_given_back_at_the_end(node: Node) -> None:
    node.run("mkdir big; echo 1 > big/file; echo 2 > $TMPDIR/file")
    assert not (node.work / "code").exists() and not (node.work / "tmp").exists()


def test_commands_run_as_by_bash_without_stopping_at_the_first_error(node: Node) -> None:
    assert node.run("false\n[[ a == a ]] && echo {1..3}")["status"] == "Completed"
    assert node.log == "1 2 3\n"


def test_a_very_long_command_runs(node: Node) -> None:
    assert node.run(f"echo {'x' * 200_000} | wc -c")["status"] == "Completed"
    assert node.log.strip() == "200001"


def test_a_literal_input_stands_in_command_and_variables(node: Node) -> None:
    node.run(
        "echo ${{inputs.rate}} $[[--k ${{inputs.k}}]] $AZUREML_PARAMETER_rate $SAID",
        inputs={"rate": {"type": "literal", "value": "0.1"}},
        variables={"SAID": "rate=${{inputs.rate}}"},
    )
    assert node.log == "0.1 0.1 rate=0.1\n"


def test_an_unknown_expression_fails_the_job_before_the_command(node: Node) -> None:
    ended = node.run("echo ran ${{inputs.nope}}")
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "UserError")
    assert "${{inputs.nope}}" in ended["error"]["message"]
    assert ended["exit_code"] is None and "ran" not in node.log.split()


def test_why_a_job_never_ran_stands_in_its_own_log(node: Node) -> None:
    source = {**FOLDER, "path": str(node.store / "assets" / "gone")}
    ended = node.run("echo ran", inputs={"d": source})
    assert node.log == f"InputUnavailable: {ended['error']['message']}\n"


@pytest.mark.parametrize("mode", ["mount", "download"])
def test_an_input_folder_can_be_read(node: Node, mode: str) -> None:
    asset(node, "rows/a.csv", "1\n")
    asset(node, "rows/deep/b.csv", "2\n")
    source = {**FOLDER, "mode": mode, "path": str(node.store / "assets" / "rows")}
    node.run(
        "cat ${{inputs.d}}/a.csv $AZURE_ML_INPUT_d/deep/b.csv; test -L ${{inputs.d}}; echo $?",
        inputs={"d": source},
    )
    assert node.log == f"1\n2\n{0 if mode == 'mount' else 1}\n"


@pytest.mark.parametrize("mode", ["mount", "download"])
def test_an_input_file_keeps_its_name(node: Node, mode: str) -> None:
    path = asset(node, "v1/rows.csv.gz", "bytes\n")
    source = {"type": "uri_file", "mode": mode, "uri": "azureml:rows:1", "path": str(path)}
    node.run("cat ${{inputs.f}}; basename ${{inputs.f}}", inputs={"f": source})
    assert node.log == "bytes\nrows.csv.gz\n"


def test_a_download_can_be_written_without_harm_to_the_original(node: Node) -> None:
    path = asset(node, "rows.csv", "original")
    source = {"type": "uri_file", "mode": "download", "uri": "azureml:rows:1", "path": str(path)}
    ended = node.run("echo changed > ${{inputs.f}}", inputs={"f": source})
    assert (ended["status"], path.read_text()) == ("Completed", "original")


def test_a_direct_input_is_its_uri(node: Node) -> None:
    node.run("echo ${{inputs.d}}", inputs={"d": {**FOLDER, "mode": "direct"}})
    assert node.log == "azureml://datastores/d/paths/rows\n"


@pytest.mark.parametrize("where", [{"path": "/nowhere/at/all"}, {}])
def test_an_input_that_is_not_there_fails_the_job_and_is_named(
    node: Node, where: dict[str, str]
) -> None:
    ended = node.run("echo ran", inputs={"d": {**FOLDER, **where}})
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "InputUnavailable")
    assert "'d'" in ended["error"]["message"]
    assert "azureml://datastores/d/paths/rows" in ended["error"]["message"]
    assert "running" not in node.server.phases and "ran" not in node.log.split()


@pytest.mark.parametrize("name", ["../escape", "a/b", "", ".hidden"])
def test_a_name_cannot_lead_out_of_the_work_folder(node: Node, name: str) -> None:
    asset(node, "rows/a.csv")
    source = {**FOLDER, "path": str(node.store / "assets" / "rows")}
    ended = node.run("true", inputs={name: source})
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "UserError")
    assert not (node.work / "escape").exists()


@pytest.mark.parametrize("mode", ["mount", "upload"])
@pytest.mark.parametrize("command", ["exit 0", "exit 5"])
def test_an_output_folder_is_in_the_store_at_the_end(node: Node, mode: str, command: str) -> None:
    path = node.store / "d" / "out"
    ended = node.run(
        "mkdir ${{outputs.o}}/sub; echo 7 > ${{outputs.o}}/sub/x; cp $0 $AZURE_ML_OUTPUT_o/tool;"
        + command,
        outputs={"o": {"type": "uri_folder", "mode": mode, "uri": "u", "path": str(path)}},
    )
    assert (path / "sub" / "x").read_text() == "7\n"
    assert os.access(path / "tool", os.X_OK)
    assert ended["outputs"] == {"o": {"path": str(path), "exists": True}}


def test_an_upload_adds_to_what_is_there_already(node: Node) -> None:
    path = node.store / "d" / "out"
    (path / "sub").mkdir(parents=True)
    (path / "sub" / "old").write_text("old")
    (path / "same").write_text("old")
    node.run(
        "cd ${{outputs.o}}; mkdir sub; echo 1 > sub/new; echo 2 > same; ln -s sub/new link; ln -s .. up",
        outputs={"o": {"type": "mlflow_model", "mode": "upload", "uri": "u", "path": str(path)}},
    )
    found = {str(f.relative_to(path)): f.read_text() for f in path.rglob("*") if f.is_file()}
    assert found == {"sub/old": "old", "sub/new": "1\n", "same": "2\n", "link": "1\n"}
    assert not (path / "link").is_symlink()


@pytest.mark.parametrize("mode", ["mount", "upload"])
def test_an_output_file_is_in_the_store_at_the_end(node: Node, mode: str) -> None:
    path = node.store / "d" / "job" / "scores.csv"
    output = {"type": "uri_file", "mode": mode, "uri": "u", "path": str(path)}
    ended = node.run("echo 1 > ${{outputs.f}}; basename ${{outputs.f}}", outputs={"f": output})
    assert (path.read_text(), node.log) == ("1\n", "scores.csv\n")
    assert ended["outputs"]["f"]["exists"] is True


@pytest.mark.parametrize("mode", ["mount", "upload"])
def test_an_output_file_nobody_wrote_does_not_exist(node: Node, mode: str) -> None:
    output = {"type": "uri_file", "mode": mode, "uri": "u", "path": str(node.store / "d" / "f")}
    ended = node.run("true", outputs={"f": output})
    assert (ended["status"], ended["outputs"]["f"]["exists"]) == ("Completed", False)


def test_a_direct_output_is_its_uri(node: Node) -> None:
    node.run("echo ${{outputs.o}}", outputs={"o": {"type": "uri_folder", "mode": "direct", "uri": "u://x"}})  # fmt: skip
    assert node.log == "u://x\n"


def test_the_code_is_a_copy_in_the_working_directory(node: Node) -> None:
    code = node.store / "code"
    (code / "pkg").mkdir(parents=True)
    (code / "run.sh").write_text("#!/bin/sh\ncat pkg/word; echo changed > pkg/word\n")
    (code / "run.sh").chmod(0o755)
    (code / "pkg" / "word").write_text("hello\n")
    ended = node.run("./run.sh", code={"path": str(code)})
    assert (ended["status"], node.log) == ("Completed", "hello\n")
    assert (code / "pkg" / "word").read_text() == "hello\n"


def test_code_that_is_not_there_fails_the_job(node: Node) -> None:
    ended = node.run("true", code={"path": str(node.store / "gone")})
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "SystemError")
    assert str(node.store / "gone") in ended["error"]["message"]


def test_what_is_written_to_outputs_and_logs_is_kept(node: Node) -> None:
    code = node.store / "code"
    (code / "outputs").mkdir(parents=True)
    (code / "outputs" / "given").write_text("1")
    (code / "logs").write_text("a file of that name is just a file\n")
    ended = node.run("echo 2 > outputs/made; cat logs", code={"path": str(code)})
    assert ended["status"] == "Completed"
    assert (node.artifacts / "outputs" / "made").read_text() == "2\n"
    assert (node.artifacts / "outputs" / "given").read_text() == "1"
    assert node.log == "a file of that name is just a file\n"
    assert sorted(p.name for p in code.rglob("*")) == ["given", "logs", "outputs"]


def test_a_python_failure_is_told_with_its_traceback(node: Node) -> None:
    ended = node.run("python -c 'import json; json.loads(\"[\")'; ", variables={"A": "b"})
    assert (ended["status"], ended["exit_code"]) == ("Failed", 1)
    assert ended["error"]["message"].startswith("json.decoder.JSONDecodeError: Expecting value")
    assert ended["error"]["tail"].startswith("Traceback (most recent call last):")
    assert ended["error"]["tail"] == node.log.rstrip("\n")


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("no-such-program --x", 127, "command not found: no-such-program"),
        ("./train.sh", 127, "cannot run ./train.sh: No such file or directory"),
        ("echo > f; ./f", 126, "cannot run ./f: Permission denied"),
        ("echo nearly done; kill -9 $$", 137, "the command was killed (SIGKILL); most often the machine ran out of memory"),
    ],
)  # fmt: skip
def test_what_the_shell_could_not_do_is_the_message(
    node: Node, command: str, code: int, message: str
) -> None:
    ended = node.run(command)
    assert (ended["exit_code"], ended["error"]["message"]) == (code, message)


def test_the_token_of_the_job_stays_with_the_runner(node: Node) -> None:
    node.run("env")
    assert "token-of-the-job" not in node.log
    assert "ZAFIRO_JOB=" in node.log and "PYTHONUNBUFFERED=1" in node.log


def test_an_environment_that_cannot_be_had_fails_the_job(node: Node) -> None:
    recipe = {"hash": "0" * 64, "name": "x", "requirements": [], "failure": "there is no R here"}
    ended = node.run("echo ran", environment=recipe)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "EnvironmentFailed")
    assert ended["error"]["message"] == "there is no R here"


def test_notes_of_the_environment_are_seen_in_the_log(node: Node) -> None:
    from zafiro.testing.backend_contract import BARE_RECIPE

    node.run("echo ran", environment={**BARE_RECIPE, "notes": ["image x: plain Python instead"]})
    first, second = node.log.splitlines()
    assert "image x: plain Python instead" in first and second == "ran"
    assert "image x" in (node.artifacts / "system_logs" / "environment.log").read_text()


def test_the_life_of_the_job_is_in_a_log_of_its_own(node: Node) -> None:
    node.run("exit 2")
    life = (node.artifacts / "system_logs" / "lifecycle.log").read_text()
    assert "running" in life and "ended with exit code 2" in life and "ended: Failed" in life
