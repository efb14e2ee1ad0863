"""Our search beside MLflow's own SQL store, over the same runs: same runs, same order."""

import math
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    Metric,
    Param,
    RunStatus,
    RunTag,
    ViewType,
)
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from clients.mlflow.conftest import serving
from conftest import schema
from zafiro.tracking import search

FILTERS = [
    "",
    "metrics.acc > 0.5",
    "metrics.acc != 0.5",
    "metrics.acc <= 0.5 and metrics.loss > 1",
    "metrics.`val loss` = 2",
    "metrics.loss >= 1e300",
    "metrics.none != 1",
    "params.lr = '0.1'",
    "params.lr != '0.1'",
    "params.lr LIKE '0.%'",
    "params.opt LIKE 'Ad_m'",
    "params.opt LIKE 'ADAM'",
    "params.opt ILIKE 'ADAM'",
    "params.lr IS NULL",
    "params.lr IS NOT NULL and tags.team IS NULL",
    "tags.team = 'red' and params.opt = 'Adam'",
    "tags.team != 'red'",
    "tags.team ILIKE 'R%'",
    "tags.mlflow.runName LIKE 'run-1%'",
    "tags.`mlflow.parentRunId` = 'p1'",
    "attributes.run_name LIKE 'run-_'",
    "run_name = 'run-7'",
    "attributes.status = 'FINISHED'",
    "status != 'FINISHED' and metrics.acc < 0.7",
    "attributes.start_time > 105 and start_time <= 120",
    "attributes.end_time > 0",
    "user_id = 'u1'",
    "dataset.name = 'd1'",
    "dataset.name IN ('d0', 'd2') and dataset.context = 'train'",
    "dataset.digest LIKE 'x%'",
    "run_name = 'it''s'",
    "run_name ILIKE 'RUN-1%' and metrics.acc < 0.6",
    "tags.mlflow.parentRunId = 'p1' and metrics.loss < 2",
    "params.lr = '0.01' and params.opt = 'adam'",
    "params.lr = '0.1' and metrics.acc > 0.2 and tags.team != 'blue'",
    "tags.team = 'blue' and dataset.name = 'd0'",
    "tags.`mlflow.runName` = 'run-12'",
    "metrics.loss = 1 and status = 'FINISHED'",
    "params.opt = 'none'",
    "dataset.context = 'test'",
    "start_time >= 110",
]
ORDERS: list[list[str]] = [
    [],
    ["metrics.acc DESC"],
    ["metrics.acc ASC", "params.lr DESC"],
    ["metrics.loss"],
    ["params.opt ASC", "metrics.acc DESC"],
    ["tags.team DESC"],
    ["attributes.start_time ASC"],
    ["attributes.end_time DESC"],
    ["attributes.run_name DESC"],
    ["tags.mlflow.runName ASC"],
    ["status ASC", "start_time ASC"],
]
BAD = [
    "metrics.acc > 'x'",
    "params.lr > 3",
    "params.lr > '3'",
    "foo.bar = 'x'",
    "metrics.acc LIKE 'x'",
    "status = 5",
    "start_time = 'x'",
    "params.a = 'x' OR params.b = 'y'",
    "color = 'red'",
    "status IN ('FINISHED')",
    "metrics.acc IS NULL",
]


class Both:
    """One set of runs in two stores. Runs are told apart by their name."""

    def __init__(self, ours: MlflowClient, theirs: SqlAlchemyStore) -> None:
        self.ours, self.theirs = ours, theirs
        self.our_id = ours.create_experiment("agree")
        self.their_id = theirs.create_experiment("agree")
        dice = random.Random(7)
        for n in range(40):
            self._add(n, dice)

    def _add(self, n: int, dice: random.Random) -> None:
        name = "it's" if n == 39 else f"run-{n}"
        tags = {"mlflow.runName": name}
        if dice.random() < 0.6:
            tags["team"] = dice.choice(["red", "Red", "blue"])
        if dice.random() < 0.3:
            tags["mlflow.parentRunId"] = dice.choice(["p1", "p2"])
        params = {}
        if dice.random() < 0.7:
            params["lr"] = dice.choice(["0.1", "0.01", "1e-3"])
        if dice.random() < 0.7:
            params["opt"] = dice.choice(["Adam", "adam", "SGD"])
        metrics = {}
        if dice.random() < 0.8:
            metrics["acc"] = dice.choice([0.1, 0.5, 0.7, 0.9, math.nan])
        if dice.random() < 0.6:
            metrics["loss"] = dice.choice([0.0, 1.0, 2.5, -3.0, math.inf, -math.inf, math.nan])
        if dice.random() < 0.3:
            metrics["val loss"] = 2
        data = [
            DatasetInput(
                Dataset(f"d{dice.randrange(3)}", dice.choice(["x1", "y1"]), "local", "{}"),
                [InputTag("mlflow.data.context", dice.choice(["train", "test"]))],
            )
        ]
        end = dice.choice([None, 500 + n])
        at, user = 100 + n, f"u{n % 3}"
        with_data = dice.random() < 0.5
        batch = (
            [Metric(k, v, 1, 0) for k, v in metrics.items()],
            [Param(k, v) for k, v in params.items()],
            [],
        )
        store = self.ours._tracking_client.store
        for one, experiment in ((store, self.our_id), (self.theirs, self.their_id)):
            said = [RunTag(k, v) for k, v in tags.items()]
            run = one.create_run(experiment, user, at, said, name).info.run_id
            one.log_batch(run, *batch)
            if with_data:
                one.log_inputs(run, data)
            if end:
                one.update_run_info(run, RunStatus.FINISHED, end, None)
            if n % 10 == 9:
                one.delete_run(run)

    def pages(self, text: str, orders: list[str], view: int, size: int) -> tuple[object, object]:
        """The names in order, as either store gives them, or the code it fails with."""
        found: list[object] = []
        stores = (self.ours._tracking_client.store, self.our_id), (self.theirs, self.their_id)
        for store, experiment in stores:
            names: list[str] = []
            token = None
            try:
                while True:
                    page = store.search_runs([experiment], text, view, size, orders, token)
                    names += [run.info.run_name for run in page]
                    token = page.token
                    if not token:
                        break
                found.append(names)
            except MlflowException as e:
                found.append(e.error_code)
        return found[0], found[1]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Both]:
    root: Path = tmp_path_factory.mktemp("peer")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("MLFLOW_TRACKING_TOKEN", "admin")
        if request.param == "sqlite":
            url = request.getfixturevalue("live").url
        else:
            database = stack.enter_context(schema(request.getfixturevalue("postgresql")))
            url = stack.enter_context(serving(tmp_path_factory.mktemp("home"), database)).url
        store = SqlAlchemyStore(f"sqlite:///{root / 'peer.db'}", str(root / "artifacts"))
        yield Both(MlflowClient(url), store)


@pytest.fixture(params=["begin with few", "walk in order"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either way a search is done, whatever the number of runs."""
    if request.param == "walk in order":
        monkeypatch.setattr(search, "FEW", 0)


@pytest.mark.usefixtures("way")
def test_every_filter_and_every_order(both: Both) -> None:
    """Each filter in two of the orders; all 341 pairs agreed with mlflow 3.17.2 when written."""
    for n, text in enumerate(FILTERS):
        for orders in (ORDERS[n % len(ORDERS)], ORDERS[(3 * n + 1) % len(ORDERS)]):
            ours, theirs = both.pages(text, orders, ViewType.ACTIVE_ONLY, 1000)
            assert ours == theirs, (text, orders)


@pytest.mark.usefixtures("way")
def test_pages_join_to_the_whole(both: Both) -> None:
    for text in ("metrics.acc != 0.5", "params.lr = '0.1'"):
        for orders in ORDERS:
            ours, theirs = both.pages(text, orders, ViewType.ALL, 5)
            assert ours == theirs and ours, (text, orders)


def test_deleted_runs_alone(both: Both) -> None:
    ours, theirs = both.pages("", ["start_time ASC"], ViewType.DELETED_ONLY, 100)
    assert ours == theirs == ["run-9", "run-19", "run-29", "it's"]


def test_what_they_refuse_we_refuse(both: Both) -> None:
    for text in BAD:
        ours, theirs = both.pages(text, [], ViewType.ACTIVE_ONLY, 10)
        assert ours == theirs == "INVALID_PARAMETER_VALUE", text
