from typing import Any

import pytest
from sqlalchemy.orm import Session

from zafiro.computes import service
from zafiro.computes.domain import Node, check_duration
from zafiro.computes.sizes import SIZES
from zafiro.core import documents
from zafiro.core.context import Context
from zafiro.core.errors import Conflict, Invalid, Unsupported
from zafiro.workspaces.domain import Workspace


def cluster(**inner: Any) -> dict[str, Any]:
    wanted = {"vmSize": "STANDARD_D2_V3", "scaleSettings": {"maxNodeCount": 2}, **inner}
    return {"properties": {"computeType": "AmlCompute", "properties": wanted}}


def instance(**inner: Any) -> dict[str, Any]:
    wanted = {"vmSize": "Standard_DS3_v2", **inner}
    return {"properties": {"computeType": "ComputeInstance", "properties": wanted}}


@pytest.fixture
def at(main: Workspace) -> str:
    return f"{main.id}/computes"


@pytest.mark.parametrize(
    "reference",
    [
        "cpu-cluster",
        "azureml:CPU-cluster",
        "{at}/cpu-cluster",
        "azureml:{at}/azureml:cpu-cluster",
        "{at_upper}/cpu-cluster",
    ],
)
def test_a_compute_is_found_by_every_name_clients_use(
    db: Session, main: Workspace, at: str, reference: str
) -> None:
    named = reference.format(at=at, at_upper=at.replace("resourceGroups", "RESOURCEGROUPS"))
    found = service.get(db, main, named)
    assert (found.name, found.kind, found.max_nodes) == ("cpu-cluster", "AmlCompute", 4)
    assert found.can_run_jobs


@pytest.mark.parametrize("reference", [None, "", "serverless", "azureml:serverless", "Serverless"])
def test_no_compute_is_serverless(db: Session, main: Workspace, reference: str | None) -> None:
    found = service.get(db, main, reference)
    assert (found.id, found.name, found.max_nodes, found.can_run_jobs) == (
        "",
        "serverless",
        None,
        True,
    )


def test_an_unknown_compute_is_answered_with_those_there_are(db: Session, main: Workspace) -> None:
    with pytest.raises(Invalid, match="no compute 'gpu'; it has cpu-cluster, serverless"):
        service.get(db, main, "azureml:gpu")


def test_a_reference_elsewhere_is_refused(db: Session, main: Workspace, at: str) -> None:
    with pytest.raises(Invalid, match="another workspace"):
        service.get(db, main, at.replace("/main/", "/other/") + "/cpu-cluster")
    with pytest.raises(Invalid, match="no compute"):
        service.get(db, main, f"{main.id}/datastores/workspaceblobstore")
    with pytest.raises(Unsupported, match="virtual cluster"):
        service.get(db, main, "azureml://virtualclusters/vc")


def test_a_stopped_instance_runs_no_jobs_and_says_what_to_do(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    record, _ = service.put(ctx, db, f"{at}/ci-1", instance())
    assert service.get(db, main, "ci-1").can_run_jobs
    service.operate(db, record, "Stop")
    assert service.get(db, main, "ci-1").why_not == (
        "the compute instance 'ci-1' is stopped; start it"
    )
    assert service.nodes(db, service.get(db, main, "ci-1")) == []
    service.operate(db, documents.get(db, record.id), "Start")
    assert service.get(db, main, "ci-1").can_run_jobs


def test_an_instance_keeps_its_state_when_it_is_changed(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    record, _ = service.put(ctx, db, f"{at}/ci-1", instance())
    service.operate(db, record, "Stop")
    service.put(ctx, db, f"{at}/ci-1", {**instance(state="Running"), "tags": {"a": "b"}})
    assert "stopped" in service.get(db, main, "ci-1").why_not


def test_nodes_are_given_once_and_taken_back(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    service.put(ctx, db, f"{at}/two", cluster(scaleSettings={"maxNodeCount": 2, "minNodeCount": 1}))
    two = service.get(db, main, "two")
    assert service.nodes(db, two) == [Node("node-0")]
    assert service.occupy(db, main, two, "run-a")
    assert service.occupy(db, main, two, "run-a")  # asked again after a restart
    assert service.nodes(db, two) == [Node("node-0", "run-a")]
    assert not service.occupy(db, main, two, "run-b", nodes=2)
    assert service.occupy(db, main, two, "run-c")
    assert not service.occupy(db, main, two, "run-d")
    assert service.usage(ctx, db, main.subscription)[0] == 2
    service.free(db, main, two, "run-a")
    assert service.nodes(db, two) == [Node("node-1", "run-c")]
    assert service.occupy(db, main, two, "run-d")
    assert [n.run for n in service.nodes(db, two)] == ["run-d", "run-c"]


def test_serverless_never_runs_out_of_nodes(db: Session, main: Workspace) -> None:
    anywhere = service.get(db, main, None)
    assert all(service.occupy(db, main, anywhere, f"r{n}", nodes=4) for n in range(3))
    service.free(db, main, anywhere, "r1")
    assert [c.name for c in service.all_of(db, main)] == ["cpu-cluster"]


def test_a_compute_with_work_on_it_stays(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    record, _ = service.put(ctx, db, f"{at}/ci-1", instance())
    ci = service.get(db, main, "ci-1")
    service.occupy(db, main, ci, "run-a")
    with pytest.raises(Conflict, match="run-a"):
        service.delete(db, record.id)
    with pytest.raises(Conflict, match="run-a"):
        service.operate(db, record, "Stop")
    service.free(db, main, ci, "run-a")
    assert service.delete(db, record.id)
    assert not service.delete(db, record.id)


@pytest.mark.parametrize("kind", ["Kubernetes", "VirtualMachine", "SynapseSpark"])
def test_what_cannot_run_work_is_not_attached(
    ctx: Context, db: Session, at: str, kind: str
) -> None:
    asked = {"properties": {"computeType": kind, "resourceId": "x", "properties": {}}}
    with pytest.raises(Unsupported, match=f"attaching a compute of type {kind}"):
        service.put(ctx, db, f"{at}/cluster", asked)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (cluster(vmSize=None), "vmSize"),
        (cluster(vmSize="big one"), "no VM size"),
        (cluster(scaleSettings={"minNodeCount": 3, "maxNodeCount": 2}), "minNodeCount"),
        (cluster(scaleSettings={"maxNodeCount": "many"}), "whole numbers"),
        (cluster(scaleSettings={"nodeIdleTimeBeforeScaleDown": "2 min"}), "duration"),
        (cluster(vmPriority="Cheap"), "LowPriority"),
        (instance(idleTimeBeforeShutdown="1h"), "duration"),
        ({"properties": {"computeType": "Toaster"}}, "Toaster"),
    ],
)
def test_what_no_compute_can_have_is_refused(
    ctx: Context, db: Session, at: str, body: dict[str, Any], why: str
) -> None:
    with pytest.raises(Invalid, match=why):
        service.put(ctx, db, f"{at}/it-is", body)


@pytest.mark.parametrize("name", ["ab", "1abc", "a_b", "abc-", "x" * 33, "local", "Serverless"])
def test_azures_rules_for_names_hold(ctx: Context, db: Session, at: str, name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        service.put(ctx, db, f"{at}/{name}", cluster())


def test_the_size_of_a_cluster_stays(ctx: Context, db: Session, at: str) -> None:
    service.put(ctx, db, f"{at}/fixed", cluster())
    service.put(ctx, db, f"{at}/fixed", cluster(vmSize="standard_d2_v3"))
    with pytest.raises(Invalid, match="stays so"):
        service.put(ctx, db, f"{at}/fixed", cluster(vmSize="Standard_D4_v3"))


def test_a_password_is_sealed(ctx: Context, db: Session, at: str) -> None:
    account = {"adminUserName": "me", "adminUserPassword": "s3cret"}
    record, _ = service.put(ctx, db, f"{at}/fixed", cluster(userAccountCredentials=account))
    assert "s3cret" not in repr(record.body)
    assert record.properties["properties"]["userAccountCredentials"] == {"adminUserName": "me"}


@pytest.mark.parametrize("text", ["PT2M", "PT120S", "P1D", "PT1H30M", "P1DT2H", "PT0.5S"])
def test_a_duration_has_many_forms(text: str) -> None:
    check_duration("x", text)


@pytest.mark.parametrize("text", ["", "P", "PT", "120", "PT2", "2M"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        check_duration("x", text)


def test_the_table_of_sizes_is_in_order() -> None:
    assert len({size.name for size in SIZES}) == len(SIZES) > 100
    known = {size.name: size for size in SIZES}
    ds3 = known["Standard_DS3_v2"]
    assert (ds3.cores, ds3.memory_gb, ds3.disk_gb, ds3.premium) == (4, 14, 28, True)
    assert known["Standard_NC24s_v3"].gpus == 4
    assert not known["Standard_D2_v2"].premium
    assert known["Standard_E4as_v4"].premium
