"""Command jobs, by Microsoft's unmodified SDK: each behaviour is a test named after the fact."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import Input, MLClient, Output, command
from azure.ai.ml.entities import Data, Environment
from azure.ai.ml.exceptions import JobException
from azure.core.exceptions import HttpResponseError

from clients.azure_ai_ml.jobs_client import ENDED, ended, log, until
from zafiro.testing.live import Live


def test_a_job_runs_and_its_log_is_streamed(
    ml: MLClient, run: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    job = run("echo begin; sleep 3; echo epoch 1", wait=False)
    assert job.status in ("Queued", "Starting", "Preparing", "Running")
    ml.jobs.stream(job.name)
    said = capfd.readouterr().out
    assert "epoch 1" in said and "Execution Summary" in said
    assert ml.jobs.get(job.name).status == "Completed"


def test_literal_inputs_reach_the_command(ml: MLClient, run: Any, tmp_path: Path) -> None:
    job = run(
        "echo lr=${{inputs.lr}} name=${{inputs.name}} flag=${{inputs.flag}}",
        inputs={"lr": 0.1, "name": "pear", "flag": True},
    )
    assert "lr=0.1 name=pear flag=True" in log(ml, job.name, tmp_path)


@pytest.mark.parametrize("mode", ["ro_mount", "download"])
def test_a_local_file_is_uploaded_and_read(
    ml: MLClient, run: Any, tmp_path: Path, mode: str
) -> None:
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    job = run(
        "cat ${{inputs.d}}",
        inputs={"d": Input(type="uri_file", path=str(tmp_path / "data.csv"), mode=mode)},
    )
    assert job.status == "Completed"
    assert "1,2" in log(ml, job.name, tmp_path / "down")


def test_a_registered_folder_is_read_by_name_and_latest(
    ml: MLClient, run: Any, tmp_path: Path, fresh: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.txt").write_text("from the asset")
    ml.data.create_or_update(Data(name=fresh, type="uri_folder", path=str(tmp_path / "in")))
    job = run(
        "cat ${{inputs.d}}/x.txt",
        inputs={"d": Input(type="uri_folder", path=f"azureml:{fresh}@latest")},
    )
    assert "from the asset" in log(ml, job.name, tmp_path / "down")


def test_direct_mode_gives_the_uri(ml: MLClient, run: Any, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a")
    job = run(
        "echo uri=${{inputs.d}}",
        inputs={"d": Input(type="uri_file", path=str(tmp_path / "data.csv"), mode="direct")},
    )
    assert "uri=azureml://" in log(ml, job.name, tmp_path / "down")


@pytest.mark.parametrize("mode", ["rw_mount", "upload"])
def test_an_output_is_kept_and_downloaded(
    ml: MLClient, run: Any, tmp_path: Path, mode: str
) -> None:
    job = run(
        "echo 42 > ${{outputs.o}}/answer.txt",
        outputs={"o": Output(type="uri_folder", mode=mode)},
    )
    assert job.status == "Completed"
    ml.jobs.download(job.name, output_name="o", download_path=tmp_path)
    assert (tmp_path / "named-outputs" / "o" / "answer.txt").read_text() == "42\n"


def test_a_file_output_is_one_file(ml: MLClient, run: Any, tmp_path: Path) -> None:
    job = run("echo 7 > ${{outputs.o}}", outputs={"o": Output(type="uri_file")})
    assert job.status == "Completed"


def test_a_named_output_becomes_an_asset(ml: MLClient, run: Any, fresh: str) -> None:
    job = run(
        "echo 42 > ${{outputs.o}}/answer.txt",
        outputs={"o": Output(type="uri_folder", name=fresh, version="3")},
    )
    assert job.status == "Completed"
    assert ml.data.get(fresh, version="3").type == "uri_folder"


def test_the_output_of_one_job_is_the_input_of_another(
    ml: MLClient, run: Any, tmp_path: Path
) -> None:
    first = run("echo 42 > ${{outputs.o}}/answer.txt", outputs={"o": Output(type="uri_folder")})
    second = run(
        "cat ${{inputs.i}}/answer.txt",
        inputs={
            "i": Input(type="uri_folder", path=f"azureml://jobs/{first.name}/outputs/o/paths/")
        },
    )
    assert second.status == "Completed"
    assert "42" in log(ml, second.name, tmp_path)


def test_what_is_written_to_outputs_and_logs_is_kept(
    ml: MLClient, run: Any, tmp_path: Path
) -> None:
    job = run("mkdir -p outputs logs && echo m > outputs/model.txt && echo l > logs/x.log")
    ml.jobs.download(job.name, download_path=tmp_path)
    assert (tmp_path / "artifacts" / "outputs" / "model.txt").read_text() == "m\n"
    assert (tmp_path / "artifacts" / "logs" / "x.log").read_text() == "l\n"


def test_code_is_a_snapshot_that_honours_amlignore(ml: MLClient, run: Any, tmp_path: Path) -> None:
    src = tmp_path / "src"
    (src / "pkg").mkdir(parents=True)
    (src / "main.py").write_text("import pkg.b, os; print(pkg.b.X, sorted(os.listdir('.')))")
    (src / "pkg" / "b.py").write_text("X = 'hello from b'")
    (src / "secret.txt").write_text("no")
    (src / ".amlignore").write_text("secret.txt\n")
    job = run("python main.py", code=str(src))
    text = log(ml, job.name, tmp_path / "down")
    assert "hello from b" in text and "secret.txt" not in text


def test_environment_variables_reach_the_command(ml: MLClient, run: Any, tmp_path: Path) -> None:
    job = run("echo v=$MY_VARIABLE", environment_variables={"MY_VARIABLE": "plum"})
    assert "v=plum" in log(ml, job.name, tmp_path)


def test_a_failing_job_shows_its_own_traceback(ml: MLClient, run: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def f():\n    raise ValueError('the pear is rotten')\nf()\n")
    job = run("python bad.py", code=str(tmp_path), wait=False)
    with pytest.raises(JobException, match="ValueError: the pear is rotten") as caught:
        ml.jobs.stream(job.name)
    assert "bad.py" in str(caught.value)  # where it happened
    assert ml.jobs.get(job.name).status == "Failed"


def test_a_command_that_does_not_exist_is_named(ml: MLClient, run: Any) -> None:
    job = run("no-such-command --x", wait=False)
    with pytest.raises(JobException, match="no-such-command"):
        ml.jobs.stream(job.name)


def test_a_missing_input_is_named(ml: MLClient, run: Any) -> None:
    missing = "azureml://datastores/workspaceblobstore/paths/not/there.csv"
    job = run("cat ${{inputs.d}}", inputs={"d": Input(type="uri_file", path=missing)}, wait=False)
    with pytest.raises(JobException, match=r"not/there\.csv"):
        ml.jobs.stream(job.name)


def test_a_job_over_its_limit_is_stopped(ml: MLClient, plain: Environment) -> None:
    job = command(command="sleep 600", environment=plain)
    job.set_limits(timeout=1)
    sent = ml.jobs.create_or_update(job)
    assert ended(ml, sent.name).status == "Failed"
    with pytest.raises(JobException, match="longer than its limit"):
        ml.jobs.stream(sent.name)


def test_cancel_reaches_the_whole_tree(ml: MLClient, run: Any, tmp_path: Path) -> None:
    mark = f"600.{int(time.time() * 1000) % 100000}"
    job = run(f"sleep {mark} & (setsid sleep {mark} &) ; sleep {mark}", wait=False)
    until(ml, job.name, ("Running", *ENDED))
    assert alive(mark)
    ml.jobs.begin_cancel(job.name).result()
    assert ended(ml, job.name, 30).status == "Canceled"
    assert not alive(mark)


def alive(mark: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if text.startswith("sleep") and mark in text:
                found.append(text)
    return found


def test_a_queued_job_is_canceled_at_once(ml: MLClient, run: Any) -> None:
    jobs = [run("sleep 30", wait=False) for _ in range(4)]
    waiting = ml.jobs.get(jobs[-1].name)
    assert waiting.status == "Queued"  # this machine runs fewer at once
    shown = subprocess.run(
        [sys.executable, "-m", "zafiro", "job", "show", "-n", waiting.name, "--timeline"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "slots of this machine are busy" in shown
    ml.jobs.begin_cancel(waiting.name).result()
    assert ml.jobs.get(waiting.name).status == "Canceled"
    for job in jobs[:-1]:
        ml.jobs.begin_cancel(job.name).result()
    for job in jobs[:-1]:
        assert ended(ml, job.name, 30).status == "Canceled"


def test_update_archive_and_restore(ml: MLClient, run: Any) -> None:
    job = run("true", display_name="before", tags={"a": "1"})
    job.display_name, job.tags["b"], job.description = "after", "2", "told"
    changed = ml.jobs.create_or_update(job)
    assert (changed.display_name, changed.tags["b"], changed.description) == ("after", "2", "told")

    ml.jobs.archive(job.name)
    assert job.name not in {j.name for j in ml.jobs.list()}
    ml.jobs.restore(job.name)
    assert job.name in {j.name for j in ml.jobs.list()}


def test_jobs_are_listed_newest_first(ml: MLClient, run: Any) -> None:
    first, second = run("true"), run("true")
    names = [j.name for j in ml.jobs.list()]
    assert names.index(second.name) < names.index(first.name)


def test_experiment_tags_and_display_name_are_kept(ml: MLClient, run: Any) -> None:
    job = run("true", experiment_name="orchard", display_name="Pears", tags={"k": "v"})
    assert (job.experiment_name, job.display_name, job.tags["k"]) == ("orchard", "Pears", "v")


def test_mlflow_in_a_job_logs_to_the_jobs_own_run(
    ml: MLClient, run: Any, tmp_path: Path, pointed: Live
) -> None:
    import mlflow

    (tmp_path / "t.py").write_text(
        "import mlflow\n"
        "mlflow.log_param('depth', 3)\n"
        "for step in range(5):\n"
        "    mlflow.log_metric('loss', 1 / (step + 1), step=step)\n"
        "mlflow.set_tag('kind', 'pear')\n"
        "mlflow.log_text('hello', 'note.txt')\n"
    )
    job = run("python t.py", code=str(tmp_path))
    assert job.status == "Completed"
    mlflow.set_tracking_uri(pointed.variables["MLFLOW_TRACKING_URI"])
    kept = mlflow.get_run(job.name)
    assert kept.data.metrics["loss"] == pytest.approx(0.2)
    assert (kept.data.params["depth"], kept.data.tags["kind"]) == ("3", "pear")
    assert kept.info.status == "FINISHED"
    found = mlflow.search_runs(
        experiment_names=[job.experiment_name], filter_string="metrics.loss < 0.5"
    )
    assert job.name in set(found["run_id"])
    ml.jobs.download(job.name, download_path=tmp_path / "down")
    assert (tmp_path / "down" / "artifacts" / "note.txt").read_text() == "hello"


def test_a_jobs_own_pip_install_is_not_seen_by_another(
    ml: MLClient, run: Any, tmp_path: Path
) -> None:
    package = tmp_path / "code" / "pear"
    package.mkdir(parents=True)
    (package / "pyproject.toml").write_text(
        "[build-system]\nrequires=[]\nbuild-backend='b'\nbackend-path=['.']\n"
        "[project]\nname='zafiropear'\nversion='1'\n"
    )
    (package / "b.py").write_text(
        "import zipfile\n"
        "def build_wheel(d, c=None, m=None):\n"
        "    n='zafiropear-1-py3-none-any.whl'\n"
        "    with zipfile.ZipFile(d+'/'+n,'w') as z:\n"
        "        z.writestr('zafiropear.py','X=1')\n"
        "        i='zafiropear-1.dist-info/'\n"
        "        z.writestr(i+'METADATA','Metadata-Version: 2.1\\nName: zafiropear\\nVersion: 1\\n')\n"
        "        z.writestr(i+'WHEEL','Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        z.writestr(i+'RECORD','')\n"
        "    return n\n"
    )
    mine = run(
        "pip install -q ./pear && python -c 'import zafiropear; print(zafiropear.X)'",
        code=str(tmp_path / "code"),
    )
    assert mine.status == "Completed"
    other = run("python -c 'import zafiropear'")
    assert other.status == "Failed"


def test_an_unknown_compute_is_refused_by_name(ml: MLClient, run: Any) -> None:
    with pytest.raises(HttpResponseError, match="no-such-cluster"):
        run("true", compute="no-such-cluster", wait=False)


def test_an_unknown_environment_is_refused_by_name(ml: MLClient, run: Any, fresh: str) -> None:
    with pytest.raises(Exception, match=fresh):
        run("true", environment=f"{fresh}:1", wait=False)


def test_a_refused_job_leaves_nothing_behind(ml: MLClient, plain: Environment, fresh: str) -> None:
    with pytest.raises(HttpResponseError):
        ml.jobs.create_or_update(
            command(name=fresh, command="true", environment=plain, compute="no-such-cluster")
        )
    with pytest.raises(HttpResponseError, match="does not exist"):
        ml.jobs.get(fresh)


def test_an_environment_that_cannot_be_built_names_the_requirement(
    ml: MLClient, run: Any, tmp_path: Path
) -> None:
    (tmp_path / "conda.yml").write_text(
        "name: x\ndependencies:\n- python=3.11\n- pip:\n  - no-such-package-zafiro==9.9\n"
    )
    env = Environment(
        image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04",
        conda_file=str(tmp_path / "conda.yml"),
    )
    job = run("true", environment=env, wait=False)
    with pytest.raises(JobException, match="no-such-package-zafiro"):
        ml.jobs.stream(job.name)


def test_other_kinds_of_jobs_say_that_they_are_not_there_yet(
    ml: MLClient, plain: Environment
) -> None:
    from azure.ai.ml.sweep import Choice

    job = command(command="echo ${{inputs.x}}", environment=plain, inputs={"x": 1})
    sweep = job(x=Choice([1, 2])).sweep(
        compute="cpu-cluster", sampling_algorithm="grid", primary_metric="m", goal="Maximize"
    )
    sweep.set_limits(max_total_trials=2)
    with pytest.raises(HttpResponseError, match="not supported"):
        ml.jobs.create_or_update(sweep)
