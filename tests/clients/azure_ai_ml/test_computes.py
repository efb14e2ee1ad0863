from collections.abc import Iterator

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    AmlCompute,
    ComputeInstance,
    ComputeSchedules,
    ComputeStartStopSchedule,
    CronTrigger,
    IdentityConfiguration,
    KubernetesCompute,
    RecurrencePattern,
    RecurrenceTrigger,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError


@pytest.fixture
def instance(ml: MLClient, fresh: str) -> Iterator[ComputeInstance]:
    daily = RecurrencePattern(hours=[18], minutes=[0], week_days=["monday"])
    asked = ComputeInstance(
        name=fresh,
        size="Standard_DS3_v2",
        idle_time_before_shutdown_minutes=60,
        tags={"a": "b"},
        schedules=ComputeSchedules(
            compute_start_stop=[
                ComputeStartStopSchedule(
                    action="start",
                    trigger=CronTrigger(expression="0 8 * * 1-5", time_zone="UTC"),
                ),
                ComputeStartStopSchedule(
                    action="stop",
                    trigger=RecurrenceTrigger(frequency="week", interval=1, schedule=daily),
                ),
            ]
        ),
    )
    yield ml.compute.begin_create_or_update(asked).result()
    ml.compute.begin_delete(fresh).wait()


def test_a_new_workspace_has_a_cluster_examples_expect(ml: MLClient) -> None:
    found = ml.compute.get("cpu-cluster")
    assert isinstance(found, AmlCompute)
    assert (found.size, found.min_instances, found.max_instances) == ("Standard_DS3_v2", 0, 4)
    assert found.provisioning_state == "Succeeded"
    assert list(ml.compute.list_nodes("cpu-cluster")) == []


def test_a_cluster_reads_back_as_it_was_made(ml: MLClient, fresh: str) -> None:
    asked = AmlCompute(
        name=fresh,
        size="STANDARD_NC999_V9",
        min_instances=1,
        max_instances=3,
        idle_time_before_scale_down=90,
        tier="low_priority",
        description="mine",
        tags={"a": "b"},
        identity=IdentityConfiguration(type="system_assigned"),
    )
    made = ml.compute.begin_create_or_update(asked).result()
    got = ml.compute.get(fresh)
    for field in ("size", "min_instances", "max_instances", "tier", "description", "tags"):
        assert getattr(made, field) == getattr(got, field) == getattr(asked, field), field
    assert got.idle_time_before_scale_down == 90
    assert got.identity.type == "system_assigned"
    assert got.created_on and got.location == "local"
    assert [(n.node_id, n.node_state) for n in ml.compute.list_nodes(fresh)] == [("node-0", "idle")]
    got.max_instances = 5
    assert ml.compute.begin_update(got).result().max_instances == 5
    ml.compute.begin_delete(fresh).wait()
    with pytest.raises(ResourceNotFoundError, match=fresh):
        ml.compute.get(fresh)


def test_an_instance_reads_back_as_it_was_made(ml: MLClient, instance: ComputeInstance) -> None:
    got = ml.compute.get(instance.name)
    assert (got.state, got.size) == ("Running", "Standard_DS3_v2")
    assert (got.idle_time_before_shutdown, got.idle_time_before_shutdown_minutes) == ("PT60M", 60)
    triggers = [s.trigger for s in got.schedules.compute_start_stop]
    assert (triggers[0].expression, triggers[1].frequency) == ("0 8 * * 1-5", "week")
    assert instance.name in {c.name for c in ml.compute.list(compute_type="ComputeInstance")}
    assert instance.name not in {c.name for c in ml.compute.list(compute_type="AmlCompute")}


def test_an_instance_stops_starts_and_restarts(ml: MLClient, instance: ComputeInstance) -> None:
    ml.compute.begin_stop(instance.name).wait()
    assert ml.compute.get(instance.name).state == "Stopped"
    ml.compute.begin_start(instance.name).wait()
    started = ml.compute.get(instance.name)
    assert (started.state, started.last_operation["operationName"]) == ("Running", "Start")
    ml.compute.begin_restart(instance.name).wait()
    assert ml.compute.get(instance.name).last_operation["operationName"] == "Restart"


def test_single_sign_on_is_switched(ml: MLClient, instance: ComputeInstance) -> None:
    ml.compute.enable_sso(name=instance.name, enable_sso=False)
    assert ml.compute.get(instance.name).enable_sso is False


def test_only_an_instance_can_be_started(ml: MLClient) -> None:
    with pytest.raises(HttpResponseError, match="no ComputeInstance but AmlCompute"):
        ml.compute.begin_start("cpu-cluster")


def test_a_cluster_with_a_bad_name_or_scale_is_refused_with_a_reason(
    ml: MLClient, fresh: str
) -> None:
    with pytest.raises(HttpResponseError, match="3 to 32 letters"):
        ml.compute.begin_create_or_update(AmlCompute(name="ab", size="Standard_D2_v3"))
    upside_down = AmlCompute(name=fresh, size="Standard_D2_v3", min_instances=4, max_instances=1)
    with pytest.raises(HttpResponseError, match="maxNodeCount"):
        ml.compute.begin_create_or_update(upside_down)


def test_what_cannot_run_work_is_not_attached(ml: MLClient, fresh: str) -> None:
    with pytest.raises(HttpResponseError, match="attaching a compute of type Kubernetes"):
        ml.compute.begin_attach(KubernetesCompute(name=fresh, resource_id="/x", namespace="d"))


def test_the_sizes_and_the_usage_are_readable(ml: MLClient) -> None:
    sizes = {s.name: s for s in ml.compute.list_sizes(compute_type="amlcompute")}
    assert (sizes["Standard_DS3_v2"].v_cp_us, sizes["Standard_DS3_v2"].memory_gb) == (4, 14)
    (usage,) = ml.compute.list_usage()
    assert 0 <= usage.current_value <= usage.limit
    assert usage.limit >= 1
    assert usage._to_dict() and sizes["Standard_DS3_v2"]._to_dict()
