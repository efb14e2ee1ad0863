"""create, update, archive, delete: through the real client, on a real server."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def fresh() -> str:
    return f"t{uuid.uuid4().hex[:10]}"


def test_a_model_is_made_of_flags_changed_hidden_and_shown_again(
    typed: Any, fresh: str, tmp_path: Path
) -> None:
    (tmp_path / "model.pkl").write_text("weights")
    done = typed(
        *("model", "create", "-n", fresh, "-v", "1", "-p", tmp_path / "model.pkl"),
        *(
            "-t",
            "custom_model",
            "--tags",
            "a=b",
            "c=d",
            "--query",
            "[name,version,type]",
            "-o",
            "tsv",
        ),
    )
    # Nothing on stderr either: a bar and the end of its colour are no news to a script.
    assert (done.code, done.out, done.err) == (0, f"{fresh}\n1\ncustom_model\n", "")
    named = ("-n", fresh, "-v", "1")
    done = typed("model", "update", *named, "--set", "description=better", "tags.year=2026")
    assert done.code == 0, done.err
    shown = json.loads(typed("model", "show", *named).out)
    assert shown["description"] == "better"
    assert shown["tags"] == {"a": "b", "c": "d", "year": "2026"}
    assert typed("model", "archive", *named).code == 0
    assert typed("model", "list", "-n", fresh).out == "[]\n"
    assert (
        typed("model", "list", "-n", fresh, "--archived-only", "--query", "[0].version").out
        == '"1"\n'
    )
    assert typed("model", "restore", *named).code == 0
    assert typed("model", "list", "-n", fresh, "-o", "tsv", "--query", "[].version").out == "1\n"
    assert typed("model", "download", *named, "-p", tmp_path / "got").code == 0
    assert [p.read_text() for p in (tmp_path / "got").rglob("model.pkl")] == ["weights"]


def test_set_goes_over_what_the_file_says(typed: Any, fresh: str, tmp_path: Path) -> None:
    path = tmp_path / "data.yml"
    (tmp_path / "x.csv").write_text("1")
    path.write_text(f"name: {fresh}\nversion: 1\ntype: uri_file\npath: x.csv\n")
    for version in ("1", "2"):
        done = typed(
            "data", "create", "-f", path, "--set", f"version={version}", "tags.n=1", "-o", "none"
        )
        assert (done.code, done.out) == (0, ""), done.err
    rows = json.loads(typed("data", "list", "-n", fresh).out)
    assert sorted((r["version"], r["tags"]["n"]) for r in rows) == [("1", "1"), ("2", "1")]
    assert json.loads(typed("data", "show", "-n", fresh).out)["version"] == "2"


def test_an_environment_is_made_of_flags(typed: Any, fresh: str, tmp_path: Path) -> None:
    conda = tmp_path / "conda.yml"
    conda.write_text("dependencies:\n- python=3.11\n")
    done = typed("environment", "create", "-n", fresh, "-i", "a/b", "-c", conda, "-d", "mine")
    assert done.code == 0, done.err
    made = json.loads(done.out)
    assert (made["image"], made["description"]) == ("a/b", "mine")
    assert made["conda_file"] == {"dependencies": ["python=3.11"]}


def test_a_cluster_is_made_changed_and_deleted(typed: Any, fresh: str) -> None:
    done = typed("compute", "create", "-n", fresh, "--type", "amlcompute", "--max-instances", 3)
    assert done.code == 0, done.err
    assert json.loads(done.out)["max_instances"] == 3
    done = typed("compute", "update", "-n", fresh, "--max-instances", 5, "--query", "max_instances")
    assert (done.code, done.out) == (0, "5\n"), done.err
    refused = typed("compute", "delete", "-n", fresh)
    assert (refused.code, refused.err) == (
        1,
        f"Error: delete compute '{fresh}': nobody is here to be asked; say --yes\n",
    )
    assert typed("compute", "delete", "-n", fresh, "--yes").code == 0
    gone = typed("compute", "show", "-n", fresh)
    assert (gone.code, gone.err) == (3, f"Error: compute '{fresh}' does not exist\n")
    assert typed("compute", "delete", "-n", fresh, "--yes").code == 3


def test_an_instance_is_stopped_and_started(typed: Any, fresh: str) -> None:
    assert typed("compute", "create", "-n", fresh, "-t", "ComputeInstance", "-o", "none").code == 0
    for verb, state in (("stop", "Stopped"), ("start", "Running"), ("restart", "Running")):
        assert typed("compute", verb, "-n", fresh).code == 0
        assert (
            typed("compute", "show", "-n", fresh, "--query", "state", "-o", "tsv").out
            == f"{state}\n"
        )
    assert typed("compute", "delete", "-n", fresh, "-y").code == 0


def test_a_workspace_is_made_used_by_default_and_deleted(typed: Any, fresh: str) -> None:
    done = typed("workspace", "create", "-n", fresh, "--description", "of a test")
    assert done.code == 0, done.err
    assert typed("configure", "--defaults", f"workspace={fresh}").code == 0
    assert typed("workspace", "show", "--query", "name", "-o", "tsv").out == f"{fresh}\n"
    assert typed("model", "list").out == "[]\n"
    assert typed("model", "list", "-w", "main", "-o", "none").code == 0
    assert typed("configure", "--defaults", "workspace=").code == 0
    done = typed("workspace", "delete", "-n", fresh, "--yes", "--all-resources")
    assert done.code == 0, done.err
    assert typed("workspace", "show", "-n", fresh).code == 3


def test_sizes_are_listed(typed: Any) -> None:
    done = typed(
        "compute", "list-sizes", "--query", "[?name=='Standard_DS3_v2'].{Name:name, Gpus:gpus}"
    )
    assert done.code == 0, done.err
    assert json.loads(done.out) == [{"Name": "Standard_DS3_v2", "Gpus": 0}]


def test_what_the_server_does_not_do_yet_is_said_by_name(typed: Any) -> None:
    for words in (
        ("job", "connect-ssh", "-n", "x"),
        ("feature-set", "backfill", "-n", "x", "-v", "1"),
    ):
        done = typed(*words)
        assert done.code == 1
        assert "is not supported by this version of Zafiro" in done.err
        assert len(done.err.strip().splitlines()) == 1


def test_a_path_that_leads_nowhere_is_told(typed: Any) -> None:
    done = typed("compute", "update", "-n", "cpu-cluster", "--set", "max_instance=5")
    assert done.code == 2
    assert "there is no field 'max_instance'; did you mean 'max_instances'?" in done.err


def test_debug_shows_requests_without_their_secrets(typed: Any, server: Any) -> None:
    secret = json.loads((server.home / "keys" / "admin.json").read_text())["client_secret"]
    done = typed("datastore", "show", "-n", "workspaceblobstore", "--debug", "-o", "none")
    assert done.code == 0
    assert "> GET /subscriptions/" in done.err and "< 200 in " in done.err
    assert secret not in done.err and "Basic" not in done.err


def test_a_workspace_that_is_not_there_says_how_to_find_one(typed: Any) -> None:
    done = typed("job", "list", "-w", "nowhere")
    assert done.code == 3
    assert "workspace 'nowhere' does not exist" in done.err
    assert "zafiro workspace list" in done.err
