from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from zafiro.assets import service, store
from zafiro.assets.domain import Asset, PathFixed
from zafiro.core.db import Database
from zafiro.core.errors import Conflict, Invalid, NotFound
from zafiro.workspaces.domain import Workspace

WEB = {"dataUri": "https://h/a", "dataType": "uri_file"}
MODEL = {"modelUri": "https://h/m", "modelType": "custom_model"}


def data(db: Database, room: Workspace, name: str, version: str | None = None) -> Asset:
    with db.begin() as session:
        return service.register(session, room, "data", name, version, WEB)


def test_versions_count_by_themselves(db: Database, main: Workspace) -> None:
    assert [data(db, main, "d").version for _ in range(3)] == ["1", "2", "3"]
    data(db, main, "d", "40")
    data(db, main, "d", "raw")
    assert data(db, main, "d").version == "41"


def test_writers_at_the_same_time_get_different_versions(db: Database, main: Workspace) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: data(db, main, "d").version, range(24)))
    assert sorted(map(int, made)) == list(range(1, 25))
    with db.read() as session:
        assert service.container(session, main, "data", "d").latest == "24"


def test_a_deleted_versions_number_is_not_given_again(db: Database, main: Workspace) -> None:
    data(db, main, "d")
    data(db, main, "d")
    with db.begin() as session:
        assert service.delete(session, main, "data", "d", "2")
        assert not service.delete(session, main, "data", "d", "2")
        assert service.latest(session, main, "data", "d").version == "1"
    assert data(db, main, "d").version == "3"


def test_deleting_a_name_takes_its_versions(db: Database, main: Workspace) -> None:
    data(db, main, "d")
    with db.begin() as session:
        assert service.delete(session, main, "data", "D")
        assert not service.delete(session, main, "data", "d")
        with pytest.raises(NotFound):
            service.get(session, main, "data", "d", "1")


def test_workspaces_do_not_see_each_other(db: Database, main: Workspace, other: Workspace) -> None:
    data(db, main, "d")
    with db.begin() as session:
        with pytest.raises(NotFound):
            service.get(session, other, "data", "d", "1")
        with pytest.raises(Invalid, match="lies in another workspace"):
            service.resolve(session, other, service.latest(session, main, "data", "d").id)
        store.clear(session, other.guid)
        assert service.get(session, main, "data", "d", "1")
        store.clear(session, main.guid)
        assert service.containers(session, main, "data") == []


@pytest.fixture
def three(db: Database, main: Workspace) -> Iterator[Database]:
    for _ in range(3):
        data(db, main, "Name")
    yield db


@pytest.mark.parametrize(
    ("reference", "version"),
    [
        ("azureml:name:2", "2"),
        ("azureml:Name@latest", "3"),
        ("name", "3"),
        ("{ws}/data/NAME/versions/1", "1"),
        ("azureml:{ws}/data/name/labels/latest", "3"),
        ("azureml://locations/l/workspaces/{guid}/data/name/versions/2", "2"),
    ],
)
def test_every_way_to_name_an_asset_leads_to_it(
    three: Database, main: Workspace, reference: str, version: str
) -> None:
    with three.read() as session:
        written = reference.format(ws=main.id, guid=main.guid)
        found = service.resolve(session, main, written, "data")
        assert (found.version, found.uri, found.type) == (version, "https://h/a", "uri_file")
        assert found.id == f"{main.id}/data/Name/versions/{version}"
        upper = written.upper().replace("AZUREML", "azureml")
        if not reference.startswith("azureml:/"):
            assert service.resolve(session, main, upper, "data") == found


def test_an_unknown_label_says_which_there_are(three: Database, main: Workspace) -> None:
    with three.read() as session, pytest.raises(NotFound, match="labels of data are: latest"):
        service.resolve(session, main, "name@best", "data")


def test_the_latest_is_not_archived_unless_all_are(three: Database, main: Workspace) -> None:
    for version, latest in (("3", "2"), ("2", "1"), ("1", "3")):
        with three.begin() as session:
            body = {"properties": {"isArchived": True}}
            service.put(session, main, "data", "name", version, body)
            assert service.container(session, main, "data", "name").latest == latest
            assert service.latest(session, main, "data", "name").version == latest


def test_what_is_not_sent_again_is_kept(db: Database, main: Workspace) -> None:
    with db.begin() as session:
        first = {**MODEL, "stage": "Production", "tags": {"a": "b"}, "unknown": {"x": 1}}
        service.put(session, main, "models", "m", "1", {"properties": first})
        put = {"properties": {"isArchived": True, "tags": {}, "provisioningState": "Failed"}}
        made, new = service.put(session, main, "models", "m", "1", put)
    assert (new, made.stage, made.is_archived) == (False, "Production", True)
    assert made.properties["tags"] == {} and made.properties["unknown"] == {"x": 1}
    assert "provisioningState" not in made.properties


def test_a_container_keeps_what_is_read_only(three: Database, main: Workspace) -> None:
    with three.begin() as session:
        sent = {"isArchived": True, "latestVersion": "77", "nextVersion": "78", "dataType": "x"}
        made, new = service.put_container(session, main, "data", "name", sent)
    assert (new, made.latest, made.next, made.type) == (False, "3", "4", "uri_file")
    with pytest.raises(Invalid, match="is archived; restore it"):
        data(three, main, "name")
    with three.read() as session:
        assert service.versions(session, main, "data", "name") == ([], None)
        shown, _ = service.versions(session, main, "data", "name", archived=True)
        assert [v.version for v in shown] == ["3", "2", "1"]


def test_pages_are_complete_in_every_order(three: Database, main: Workspace) -> None:
    with three.begin() as session:
        service.put(session, main, "data", "name", "1", {"properties": {"tags": {"a": "b"}}})
    for by, descending, expected in (
        ("created", True, "321"),
        ("created", False, "123"),
        ("modified", True, "132"),
        ("modified", False, "231"),
    ):
        seen, after = "", None
        with three.read() as session:
            while True:
                page, after = service.versions(
                    session,
                    main,
                    "data",
                    "name",
                    by=by,
                    descending=descending,
                    after=after,
                    limit=1,
                )
                seen += "".join(v.version for v in page)
                if after is None:
                    break
        assert seen == expected


def test_a_filter_does_not_cut_pages_short(three: Database, main: Workspace) -> None:
    with three.read() as session:
        page, more = service.versions(
            session, main, "data", "name", wanted=lambda a: a.version != "2", limit=1
        )
        assert [v.version for v in page] == ["3"]
        page, more = service.versions(
            session, main, "data", "name", wanted=lambda a: a.version != "2", limit=1, after=more
        )
        assert ([v.version for v in page], more) == (["1"], None)


def test_anonymous_assets_are_found_but_not_shown(db: Database, main: Workspace) -> None:
    code = {
        "codeUri": "https://h/c",
        "isAnonymous": True,
        "properties": {"hash_sha256": "abc", "hash_version": "202208"},
    }
    with db.begin() as session:
        made = service.register(session, main, "codes", "guid-1", "1", code)
        assert service.find_by_hash(session, main, "codes", "abc") == [made]
        assert service.find_by_hash(session, main, "codes", "abd") == []
        assert service.containers(session, main, "codes") == []
        assert service.versions(session, main, "codes", "guid-1") == ([], None)
        assert service.get(session, main, "codes", "guid-1", "1") == made


def test_an_anonymous_environment_may_be_sent_again_and_again(
    db: Database, main: Workspace
) -> None:
    name, body = "CliV2AnonymousEnvironment", {"image": "i", "isAnonymous": True}
    with db.begin() as session:
        first = service.register(session, main, "environments", name, "abc", body)
        again = service.register(session, main, "environments", name, "abc", body)
    assert (first.id, first.created_at) == (again.id, again.created_at)


def test_an_assigned_version_stands_in_the_spec_of_a_component(
    db: Database, main: Workspace
) -> None:
    spec = {"name": "c", "type": "command", "command": "x"}
    with db.begin() as session:
        service.register(session, main, "components", "c", None, {"componentSpec": spec})
        made = service.register(
            session, main, "components", "c", None, {"componentSpec": {**spec, "command": "y"}}
        )
    assert made.properties["componentSpec"]["version"] == "2"  # type: ignore[index, call-overload]
    assert made.type == "command"


def test_the_output_of_a_job_is_registered_where_it_lies(
    db: Database, main: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known(session: object, room: Workspace, job: str, output: str) -> str | None:
        return (
            "azureml://datastores/d/paths/azureml/j/out/" if (job, output) == ("j", "o") else None
        )

    monkeypatch.setattr(service, "resolvers", [known])
    with db.begin() as session:
        of_job = {**MODEL, "modelUri": "azureml://jobs/j/outputs/o/paths/model"}
        made = service.register(session, main, "models", "m", None, of_job)
        assert made.uri.endswith("/workspaces/main/datastores/d/paths/azureml/j/out/model")
        assert (made.source, made.run_id) == ("azureml://jobs/j/outputs/o/paths/model", "j")
        service.register(session, main, "models", "m", "1", of_job)  # the same place again
        with pytest.raises(Invalid, match="job 'j' has no output 'p'"):
            unknown = {**MODEL, "modelUri": "azureml://jobs/j/outputs/p"}
            service.register(session, main, "models", "m", None, unknown)


def test_the_same_place_spelled_otherwise_is_no_change(db: Database, main: Workspace) -> None:
    short = {"dataUri": "azureml://datastores/d/paths/a", "dataType": "uri_folder"}
    with db.begin() as session:
        made = service.register(session, main, "data", "d", "1", short)
        service.register(session, main, "data", "d", "1", {**short, "dataUri": made.uri})
        with pytest.raises(PathFixed):
            service.register(session, main, "data", "d", "1", {**short, "dataUri": "https://h"})
        with pytest.raises(Conflict):
            service.register(session, main, "data", "d", "1", {**short, "dataType": "mltable"})


def test_a_refused_version_leaves_nothing_behind(db: Database, main: Workspace) -> None:
    with pytest.raises(Invalid), db.begin() as session:
        service.register(session, main, "data", "d", None, {"dataType": "uri_file"})
    with db.read() as session, pytest.raises(NotFound):
        service.container(session, main, "data", "d")
