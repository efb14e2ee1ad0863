"""Assets, their files, lineage and builds, as a browser asks for them."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from studio_room import API, Room
from zafiro.assets import service as assets
from zafiro.environments import overview as builds
from zafiro.identity import service as identity
from zafiro.jobs import overview as jobs
from zafiro.jobs import store
from zafiro.jobs.domain import Job, Status
from zafiro.runtime.chronicle import Chronicle
from zafiro.studio import building
from zafiro.tracking import service as tracking

DATA = "azureml://datastores/workspaceblobstore/paths/LocalUpload/x/{}"


def store_of(room: Room, name: str) -> Path:
    """A folder of that name in the workspace's store."""
    account = room.made.ctx.home.storage / room.main.storage_account
    container = next(p for p in account.iterdir() if p.name.startswith("azureml-blobstore"))
    folder: Path = container / "LocalUpload" / "x" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def data(room: Room, db: Session, name: str, version: str = "1", type: str = "uri_folder") -> None:
    said = {"dataType": type, "dataUri": DATA.format(name)}
    assets.put(db, room.main, "data", name, version, {"properties": said}, by="ana")


def model(room: Room, db: Session, name: str, version: str, **more: Any) -> None:
    said = {"modelType": "custom_model", "modelUri": DATA.format(name), **more}
    assets.put(db, room.main, "models", name, version, {"properties": said}, by="ana")


def job(room: Room, db: Session, name: str, **properties: Any) -> None:
    """A row of a job that has ended, with its run."""
    made = Job(0, room.main.id, room.main.guid, name, "x/serverless", Status.COMPLETED)
    store.add(db, made, {"properties": {"jobType": "Command", **properties}}, by="ana")
    if not tracking.get_runs(db, room.main.guid, [name]):
        experiment = tracking.ensure_experiment(db, room.main.guid, "fraud")
        tracking.create_run(db, room.main.guid, name, experiment, name, user="ana", owned=True,
                            state="Completed")  # fmt: skip


def reads(uri: str, type: str = "uri_folder") -> dict[str, Any]:
    return {"inputs": {"given": {"jobInputType": type, "uri": uri}, "n": {"jobInputType": "literal",
            "value": "1"}}}  # fmt: skip


def lineage(room: Room, kind: str, name: str, version: str = "") -> dict[str, Any]:
    answer = room.browser.get(f"{API}/lineage?kind={kind}&name={name}&version={version}")
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def arrows(said: dict[str, Any]) -> set[str]:
    names = {one["id"]: one["name"] for one in said["nodes"]}
    return {f"{names[e['source']]} > {names[e['target']]}" for e in said["edges"]}


@pytest.fixture(scope="module")
def grown(room: Room) -> Room:
    """soil:1 → sow → seed:1 → grow → crop:1 → eat; grow2 and grow3 read seed:1 too."""
    with room.made.ctx.db.begin() as db:
        for name in ("soil", "seed"):
            data(room, db, name)
        job(room, db, "sow", **reads(f"{room.main.id}/data/soil/versions/1"))
        said = {"dataType": "uri_folder", "dataUri": "azureml://jobs/sow/outputs/artifacts/seed"}
        assets.put(db, room.main, "data", "seed", "2", {"properties": said}, by="ana")
        for name in ("grow", "grow2", "grow3"):
            job(room, db, name, **reads(f"{room.main.id}/data/SEED/versions/2"))
        model(room, db, "crop", "1", jobName="grow")
        model(room, db, "crop", "2", jobName="grow2")
        job(room, db, "eat", **reads("azureml:crop:1", "custom_model"))
        job(room, db, "after", **reads("azureml://jobs/eat/outputs/out/paths/"))
    return room


def test_lineage_goes_both_ways_over_several_steps(grown: Room) -> None:
    said = lineage(grown, "models", "crop", "1")
    assert arrows(said) == {
        "soil > sow",
        "sow > seed",
        "seed > grow",
        "grow > crop",
        "crop > eat",
        "eat > after",
    }
    columns = {one["name"]: one["column"] for one in said["nodes"]}
    assert columns == {
        "soil": -4, "sow": -3, "seed": -2, "grow": -1, "crop": 0, "eat": 1, "after": 2,
    }  # fmt: skip
    assert "crop > eat" in arrows(lineage(grown, "data", "seed", "2"))
    assert {one["state"] for one in said["nodes"] if one["kind"] == "jobs"} == {"Completed"}


def test_another_version_has_a_lineage_of_its_own(grown: Room) -> None:
    assert arrows(lineage(grown, "models", "crop", "2")) >= {"grow2 > crop"}
    assert "eat" not in {one["name"] for one in lineage(grown, "models", "crop", "2")["nodes"]}
    assert lineage(grown, "data", "seed", "1")["edges"] == []


def test_lineage_of_what_is_not_there_is_refused(grown: Room) -> None:
    for query in ("kind=models&name=nobody", "kind=jobs&name=nobody", "kind=shoes&name=x"):
        assert grown.browser.get(f"{API}/lineage?{query}").status_code == 404


def test_lineage_counts_what_it_leaves_out(grown: Room) -> None:
    with grown.made.ctx.db.begin() as db:
        data(grown, db, "well")
        for n in range(30):
            job(grown, db, f"drink{n}", **reads(f"{grown.main.id}/data/well/versions/1"))
    said = lineage(grown, "data", "well", "1")
    assert len(said["nodes"]) == 1 + 8
    assert said["more"] == [{"node": said["start"], "up": False, "count": 22}]


def test_a_text_with_the_signs_of_patterns_stands_for_itself(grown: Room) -> None:
    with grown.made.ctx.db.read() as db:
        found, total = jobs.readers(db, grown.main.guid, ["/data/s__d/versions/2"], limit=5)
        assert (found, total) == ([], 0)
        found, total = jobs.readers(db, grown.main.guid, ["/data/seed/versions/2"], limit=2)
        assert ([one.name for one in found], total) == (["grow3", "grow2"], 3)


@pytest.fixture
def files(room: Room) -> str:
    folder = store_of(room, "files")
    (folder / "more").mkdir(exist_ok=True)
    (folder / "table.csv").write_text('n;word\n1;"a;b"\n2;\n')
    (folder / "more" / "lines.jsonl").write_text('{"a": 1}\n{"b": [true]}\n')
    (folder / "wrong.jsonl").write_text('{"a": 1}\nno json\n')
    (folder / "wrong.parquet").write_bytes(b"PAR1 no")
    (folder / "latin.csv").write_bytes("größe\n1\n".encode("latin-1"))
    (folder / "long.txt").write_text("é" * 200_000)
    (folder / "raw.bin").write_bytes(b"\0\1\2")
    link = folder / "out"
    if not link.is_symlink():
        link.symlink_to("/etc")
    with room.made.ctx.db.begin() as db:
        data(room, db, "files")
    return f"{API}/assets/data/files/1"


def test_files_are_listed_folders_first(room: Room, files: str) -> None:
    said = room.browser.get(f"{files}/files").json()
    assert [one["path"] for one in said["files"]][:2] == ["more", "out"]
    below = room.browser.get(f"{files}/files?path=more").json()
    assert [one["path"] for one in below["files"]] == ["more/lines.jsonl"]


@pytest.mark.parametrize("path", ["../x", "out/passwd", "/etc/passwd", "more/../../..", "a%00b"])
def test_no_path_leads_out_of_an_asset(room: Room, files: str, path: str) -> None:
    for verb in ("preview", "raw", "files"):
        answer = room.browser.get(f"{files}/{verb}?path={path}")
        assert answer.status_code in (400, 404), (verb, answer.text)
        assert "root:" not in answer.text


def test_tables_have_types_and_spreads(room: Room, files: str) -> None:
    table = room.browser.get(f"{files}/preview?path=table.csv").json()["table"]
    assert table["rows"] == [["1", "a;b"], ["2", None]]
    number, word = table["columns"]
    assert (number["type"], number["low"], number["high"], sum(number["bins"])) == (
        "integer", 1, 2, 2,
    )  # fmt: skip
    assert (word["type"], word["missing"], word["distinct"]) == ("text", 1, 1)
    lines = room.browser.get(f"{files}/preview?path=more/lines.jsonl").json()["table"]
    assert lines["rows"] == [["1", None], [None, "[true]"]]


@pytest.mark.parametrize(
    ("path", "said", "shown"),
    [
        ("wrong.jsonl", "line 2", "text"),
        ("latin.csv", "UnicodeDecodeError", "text"),
        ("wrong.parquet", "Arrow", "text"),
    ],
)
def test_a_table_that_is_none_is_told_in_the_readers_words(
    room: Room, files: str, path: str, said: str, shown: str
) -> None:
    found = room.browser.get(f"{files}/preview?path={path}").json()
    assert said in found["error"] and found["table"] is None and found["shown"] == shown


def test_parquet_shows_what_arrow_calls_its_types(room: Room, files: str) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    made = arrow.table({"n": list(range(3000)), "word": ["x"] * 3000})
    parquet.write_table(made, store_of(room, "files") / "good.parquet")
    table = room.browser.get(f"{files}/preview?path=good.parquet").json()["table"]
    assert (len(table["rows"]), table["total"]) == (1000, 3000)
    assert [one["type"] for one in table["columns"]] == ["int64", "string"]


def test_text_comes_in_pieces_that_break_no_letter(room: Room, files: str) -> None:
    text, begin = "", 0
    for _ in range(5):
        piece = room.browser.get(f"{files}/preview?path=long.txt&begin={begin}").json()
        text += piece["text"]
        if piece["next"] is None:
            break
        begin = piece["next"]
    assert text == "é" * 200_000
    assert room.browser.get(f"{files}/preview?path=raw.bin").json()["shown"] == "binary"


def test_a_model_reads_its_own_file(room: Room) -> None:
    folder = store_of(room, "signed")
    inputs = json.dumps([{"name": "h", "type": "double", "required": True}])
    (folder / "MLmodel").write_text(
        f"flavors: {{sklearn: {{sklearn_version: '1.5'}}}}\nsignature: {{inputs: '{inputs}'}}\n"
    )
    with room.made.ctx.db.begin() as db:
        model(room, db, "signed", "1", modelType="mlflow_model", jobName="run_07")
    said = room.browser.get(f"{API}/assets/models/signed/1").json()
    assert said["model"]["signature"]["inputs"][0]["type"] == "double"
    assert said["source"]["metrics"]["auc"] == 0.07 and said["source"]["params"] == {"n": "7"}
    rows = room.browser.get(f"{API}/assets/models/signed").json()["versions"]
    assert rows[0]["metrics"]["auc"] == 0.07


def test_an_alias_moves_once_and_only_from_where_it_was_seen(grown: Room) -> None:
    def move(version: str | None, was: str | None) -> int:
        sent = {"alias": "best", "version": version, "was": was}
        return grown.browser.post(f"{API}/models/crop/alias", json=sent).status_code

    def where() -> Any:
        return grown.browser.get(f"{API}/assets/models/crop").json()["aliases"].get("best")

    assert (move("1", None), where()) == (204, "1")
    assert (move("2", None), where()) == (409, "1")
    assert (move("2", "1"), where()) == (204, "2")
    assert (move("9", "2"), where()) == (404, "2")
    assert (move(None, "2"), where()) == (204, None)
    bad = {"alias": "v3", "version": "1", "was": None}
    assert grown.browser.post(f"{API}/models/crop/alias", json=bad).status_code == 400


def test_a_change_says_how_it_was(grown: Room) -> None:
    at = f"{API}/assets/models/crop/1"
    before = grown.browser.post(f"{at}/change", json={"tags": {"a": "1"}, "archived": True}).json()
    assert before == {"description": None, "tags": {}, "archived": False}
    said = grown.browser.get(at).json()
    assert said["tags"] == {"a": "1"} and said["archived"] is True
    grown.browser.post(f"{at}/change", json={"tags": {}, "archived": False})
    assert grown.browser.get(at).json()["archived"] is False
    all_of = f"{API}/assets/models/crop/change"
    assert grown.browser.post(all_of, json={"archived": True}).json()["archived"] is False
    assert "crop" not in grown.browser.get(f"{API}/assets/models").text
    grown.browser.post(all_of, json={"archived": False})


def test_strangers_and_jobs_may_change_nothing(grown: Room) -> None:
    posts = (
        ("assets/data/seed/1/change", {"archived": True}),
        ("assets/data/seed/change", {"archived": True}),
        ("environments/any/1/build", {}),
        ("computes/cpu-cluster/act", {"verb": "scale", "max_nodes": 9}),
    )
    token = identity.of(grown.made.ctx).for_job(grown.main.id, "eat", timedelta(hours=1))
    bearer = {"authorization": f"Bearer {token.token}"}
    for path, body in posts:
        assert grown.stranger.post(f"{API}/{path}", json=body).status_code == 401, path
        asked = grown.stranger.post(f"{API}/{path}", json=body, headers=bearer)
        assert asked.status_code in (401, 403), (path, asked.text)
    assert grown.stranger.get(f"{API}/assets/data/seed/1/files").status_code == 401


def test_two_definitions_are_told_apart_line_by_line(grown: Room) -> None:
    at = f"{API}/assets/models/crop/difference"
    lines = grown.browser.get(f"{at}?a=1&b=2").json()["lines"]
    assert {"sign": "-", "text": "jobName: grow"} in lines
    assert {"sign": "+", "text": "jobName: grow2"} in lines
    assert grown.browser.get(f"{at}?a=1&b=1").json()["lines"] == []


def environment(room: Room, db: Session, name: str, version: str, *pip: str) -> None:
    conda = json.dumps({"dependencies": ["python=3.11", {"pip": list(pip)}]})
    said = {"image": "library/python:3.11", "condaFile": conda}
    assets.put(db, room.main, "environments", name, version, {"properties": said}, by="ana")


def test_a_build_tells_its_steps_its_cause_and_what_changed(room: Room) -> None:
    ctx = room.made.ctx
    with ctx.db.begin() as db:
        environment(room, db, "jam", "1", "six==1.16.0", "idna")
        environment(room, db, "jam", "2", "six==99", "idna", "-i https://ana:secret@index.test/")
        recipes = [
            building.recipe(ctx, db, room.main, assets.get(db, room.main, "environments", "jam", v))
            for v in "12"
        ]
    at = f"{API}/environments/jam/2/build"
    assert room.browser.get(at).json()["state"] == "none"
    ctx.home.environments.mkdir(exist_ok=True)
    good, bad = (ctx.home.environments / one["hash"] for one in recipes)
    (good / "bin").mkdir(parents=True)
    (good / ".zafiro.json").write_text('{"built_s": 1.5}')
    told: list[str] = []
    story = Chronicle(bad, "jam", told.append)
    story.begin()
    with pytest.raises(ValueError), story.step("packages"):
        story.line("No solution found")
        raise ValueError
    story.end("failed", "six==99 cannot be satisfied")
    said = room.browser.get(at).json()
    assert (said["state"], said["cause"]) == ("failed", "six==99 cannot be satisfied")
    assert [(s["name"], s["failed"]) for s in said["steps"]] == [("packages", True)]
    changed = {one["name"]: one for one in said["changed"]["packages"]}
    assert said["changed"]["version"] == "1" and said["changed"]["good"] is True
    assert changed["six"] == {"name": "six", "before": "six==1.16.0", "after": "six==99"}
    assert "idna" not in changed and "secret" not in json.dumps(said)
    log = room.browser.get(f"{API}/environments/jam/2/log").json()
    assert log["text"] == told == ["No solution found"]
    listed = room.browser.get(f"{API}/assets/environments").json()["assets"]
    assert next(one for one in listed if one["name"] == "jam")["build"]["state"] == "failed"


def test_a_build_whose_builder_died_is_not_shown_as_going_on(room: Room) -> None:
    root = room.made.ctx.home.environments / ("a" * 64)
    root.parent.mkdir(exist_ok=True)
    Chronicle(root, "left", lambda line: None).begin()
    found = builds.last_build(room.made.ctx.home, "a" * 64)
    assert found is not None and found.state == "failed" and "interrupted" in str(found.cause)


def test_a_cluster_is_scaled_and_says_how_to_undo_it(room: Room) -> None:
    at = f"{API}/computes/cpu-cluster"
    done = room.browser.post(f"{at}/act", json={"verb": "scale", "max_nodes": 9}).json()
    assert room.browser.get(at).json()["row"]["max_nodes"] == 9
    room.browser.post(f"{at}/act", json=done["undo"])
    assert room.browser.get(at).json()["row"]["max_nodes"] == 4
    wrong = room.browser.post(f"{at}/act", json={"verb": "scale", "min_nodes": 9})
    assert wrong.status_code == 400 and "minNodeCount" in wrong.json()["message"]
    assert room.browser.post(f"{at}/act", json={"verb": "stop"}).status_code == 400
    assert room.browser.post(f"{API}/computes/none/act", json={"verb": "stop"}).status_code == 404


def test_a_compute_shows_who_waits_and_why(room: Room) -> None:
    with room.made.ctx.db.begin() as db:
        where = f"{room.main.guid}/cpu-cluster"
        made = Job(0, room.main.id, room.main.guid, "patient", where, Status.QUEUED)
        store.add(db, made, {"properties": {"jobType": "Command"}}, by="ana")
        experiment = tracking.ensure_experiment(db, room.main.guid, "fraud")
        tracking.create_run(
            db, room.main.guid, "patient", experiment, "patient", user="ana", owned=True,
            state="Queued", target="cpu-cluster",
        )  # fmt: skip
    said = room.browser.get(f"{API}/computes/cpu-cluster").json()
    assert [one["name"] for one in said["queue"]] == ["patient"] and said["row"]["queued"] == 1
    assert said["queue"][0]["why"]["text"] and said["row"]["idle_since"] is None
    with room.made.ctx.db.begin() as db:
        tracking.set_status(db, room.main.guid, "patient", "Canceled")
        store.remove_all(db, room.main.guid)
    row = room.browser.get(f"{API}/computes").json()[0]
    assert row["last"]["name"] == "patient" and row["queued"] == 0


def test_every_list_can_be_copied_for_each_client(room: Room) -> None:
    for kind in ("jobs", "data", "models", "environments", "components", "computes"):
        copies = room.browser.get(f"{API}/copy?kind={kind}&name=").json()["copies"]
        assert {one["id"] for one in copies} >= {"sdk", "cli", "rest"}, kind
    assert room.browser.get(f"{API}/copy?kind=shoes&name=").status_code == 404
