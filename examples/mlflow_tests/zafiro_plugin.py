"""pytest plugin: MLflow's own tests, with a live Zafiro in place of MLflow's server.

How to run it, and what came out: docs/how/mlflow-tests.md.

ZAFIRO_PYTHON     the interpreter that has Zafiro (default: that of the .venv of this checkout)
ZAFIRO_FLUENT=1   also point the default tracking URI of every test (their sqlite mock) at Zafiro,
                  for the tests of the fluent API
ZAFIRO_REPORT=f   append one JSON line per test: id, outcome, requests answered by Zafiro, reason
ZAFIRO_STORE=1    for the tests of their database stores: their `store` becomes their REST store over
                  a fresh server
REFERENCE=1       MLflow's own server, by REST, in place of Zafiro: what fails there as well asks for
                  MLflow's in-process store, not for a server
ZAFIRO_LOG=f      log of the server (default: zafiro-conformance.<pid>.log in the temporary folder)
"""

import contextlib
import json
import os
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
import requests

HERE = Path(__file__).resolve().parent
PYTHON = os.environ.get("ZAFIRO_PYTHON") or str(HERE.parents[1] / ".venv" / "bin" / "python")
FLUENT = os.environ.get("ZAFIRO_FLUENT") == "1"
REPORT = os.environ.get("ZAFIRO_REPORT")

REFERENCE = os.environ.get("REFERENCE") == "1"
_tokens: dict[str, str] = {}  # url -> token
_containers: list[str] = []  # where the artifacts of the running instances lie
_hits: list = []
_lock = threading.Lock()


class Servers:
    """The process with the instances; started on first use."""

    def __init__(self):
        self.process = None

    def ask(self, **what):
        with _lock:
            if self.process is None:
                environment = {
                    k: v
                    for k, v in os.environ.items()
                    if not k.startswith(("AZURE", "MLFLOW_", "ZAFIRO_", "PYTHONPATH", "PYTEST"))
                }
                log = os.environ.get("ZAFIRO_LOG") or str(
                    Path(tempfile.gettempdir()) / f"zafiro-conformance.{os.getpid()}.log"
                )
                self.log = Path(log).open("w")  # noqa: SIM115 — as long as the process
                self.process = subprocess.Popen(
                    [PYTHON, str(HERE / "serve.py")],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self.log,
                    text=True,
                    cwd=HERE,
                    env=environment,
                )
                self._read()
            self.process.stdin.write(json.dumps(what) + "\n")
            self.process.stdin.flush()
            return self._read()

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the Zafiro process ended; see its log")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def end(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(20)


servers = Servers()


@contextlib.contextmanager
def instance(port=0):
    """A fresh Zafiro; its token is in MLFLOW_TRACKING_TOKEN meanwhile."""
    made = servers.ask(op="new", port=port)
    _tokens[made["url"]] = made["token"]
    _containers.append(made["storage"] + "/azureml")
    before = os.environ.get("MLFLOW_TRACKING_TOKEN")
    os.environ["MLFLOW_TRACKING_TOKEN"] = made["token"]
    try:
        yield made
    finally:
        if before is None:
            os.environ.pop("MLFLOW_TRACKING_TOKEN", None)
        else:
            os.environ["MLFLOW_TRACKING_TOKEN"] = before
        _tokens.pop(made["url"], None)
        _containers.pop()
        _hits.extend(servers.ask(op="close", id=made["id"])["requests"])


# Raw requests of their tests carry no credentials, as their server asks for none.
_prepare = requests.Session.prepare_request


def _with_token(self, request):
    prepared = _prepare(self, request)
    if "Authorization" not in prepared.headers:
        for url, token in list(_tokens.items()):
            if (prepared.url or "").startswith(url):
                prepared.headers["Authorization"] = f"Bearer {token}"
    return prepared


requests.Session.prepare_request = _with_token


@contextlib.contextmanager
def reference():
    """MLflow's own server over a fresh database."""
    import mlflow.server.handlers as handlers
    from mlflow.server.fastapi_app import app
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from tests.helper_functions import get_safe_port

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        template = Path(tempfile.gettempdir()) / "zafiro-conformance-reference.db"
        if not template.exists():
            SqlAlchemyStore(f"sqlite:///{template}", folder).engine.dispose()
        database = Path(folder) / "mlflow.db"
        database.write_bytes(template.read_bytes())
        handlers._tracking_store = None
        handlers._model_registry_store = None
        handlers._artifact_repo = None
        os.environ["_MLFLOW_SERVER_SERVE_ARTIFACTS"] = "true"
        os.environ["_MLFLOW_SERVER_ARTIFACT_DESTINATION"] = f"{folder}/artifacts"
        _containers.append(f"{folder}/artifacts")
        handlers.initialize_backend_stores(
            f"sqlite:///{database}", default_artifact_root="mlflow-artifacts:/"
        )
        try:
            with _their_thread(app, get_safe_port()) as url:
                yield {"url": url}
        finally:
            _containers.pop()


_their_thread = None


def _local_path(uri):
    """Their tests read what was logged from the disk; Zafiro keeps plain files too."""
    if uri.startswith("mlflow-artifacts:/"):
        return str(Path(_containers[-1]) / uri.removeprefix("mlflow-artifacts:/").lstrip("/"))
    from mlflow.utils.file_utils import local_file_uri_to_path

    return local_file_uri_to_path(uri)


@contextlib.contextmanager
def _init_server(
    backend_uri=None, root_artifact_uri=None, extra_env=None, app=None, server_type=""
):
    import mlflow

    mlflow.set_tracking_uri(None)
    with instance() as made:
        yield made["url"]


class ServerThread:
    def __init__(self, app, port):
        self._port = port

    def __enter__(self):
        from mlflow.tracking._tracking_service.utils import _use_tracking_uri

        self._stack = contextlib.ExitStack()
        self.url = self._stack.enter_context(instance(self._port))["url"]
        # Theirs is the database behind the server; nothing may go past Zafiro to that.
        self._stack.enter_context(_use_tracking_uri(self.url))
        return self.url

    def __exit__(self, *error):
        self._stack.__exit__(*error)


@contextlib.contextmanager
def _launch_server(host, port, backend_store_uri, default_artifact_root, artifacts_destination):
    """tests/tracking/test_mlflow_artifacts.py: the destination becomes a link to the container."""
    with instance(port) as made:
        place = Path(made["storage"]) / "azureml"
        place.mkdir(parents=True, exist_ok=True)
        destination = Path(str(artifacts_destination).removeprefix("file://"))
        if not destination.exists():
            destination.symlink_to(place)
        yield servers.process


def _no_store_of_theirs(*args, **kwargs):
    """Their in-process store: nothing may be answered by it."""


def pytest_configure(config):
    import tests.tracking.integration_test_utils as theirs

    global _their_thread
    _their_thread = theirs.ServerThread
    if not REFERENCE:
        theirs._init_server = _init_server
        theirs.ServerThread = ServerThread


def _rest_store(item):
    def store():
        from mlflow.utils.rest_utils import MlflowHostCreds

        if "model_registry" in item.nodeid:
            from mlflow.store.model_registry.rest_store import RestStore
        else:
            from mlflow.store.tracking.rest_store import RestStore as Theirs

            class RestStore(Theirs):
                def create_run(self, experiment_id, user_id, start_time, tags, run_name):
                    return super().create_run(
                        experiment_id, user_id, start_time, tags or [], run_name
                    )

        with (reference if REFERENCE else instance)() as made:
            yield RestStore(lambda: MlflowHostCreds(made["url"], token=made.get("token")))

    return store


def pytest_collection_modifyitems(config, items):
    kept, dropped = [], []
    for item in items:
        if os.environ.get("ZAFIRO_STORE") == "1":
            if "workspace-enabled" in item.nodeid or "store" not in item.fixturenames:
                dropped.append(item)
                continue
            fixture = item._fixtureinfo.name2fixturedefs["store"][-1]
            fixture.func, fixture.argnames = _rest_store(item), ()
        params = getattr(getattr(item, "callspec", None), "params", {})
        is_file = params.get("store_type") == "file" or params.get("client") == "file"
        (dropped if is_file else kept).append(item)
        if FLUENT and hasattr(item, "module") and hasattr(item.module, "local_file_uri_to_path"):
            item.module.local_file_uri_to_path = _local_path
        if REFERENCE:
            continue
        if hasattr(item, "module") and hasattr(item.module, "_launch_server"):
            item.module._launch_server = _launch_server
        if hasattr(item, "module") and hasattr(item.module, "initialize_backend_stores"):
            item.module.initialize_backend_stores = _no_store_of_theirs
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.fixture(autouse=FLUENT)
def zafiro_as_tracking_uri(request):
    if "notrackingurimock" in request.keywords:
        yield
        return
    with contextlib.suppress(Exception):
        request.getfixturevalue("tracking_uri_mock")
    from mlflow.tracking._tracking_service.utils import _use_tracking_uri

    with (reference if REFERENCE else instance)() as made, _use_tracking_uri(made["url"]):
        yield made["url"]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    kept = item.__dict__.setdefault("_zafiro", {})
    if call.when == "setup":
        kept["outcome"] = "error" if report.failed else "skipped" if report.skipped else ""
    if call.when == "call":
        kept["outcome"] = "failed" if report.failed else "skipped" if report.skipped else "passed"
        kept["s"] = round(call.duration, 2)
    if report.failed and "why" not in kept:
        crash = getattr(report.longrepr, "reprcrash", None)
        kept["why"] = (crash.message if crash else str(report.longrepr))[:1500]
        last = str(report.longrepr).rstrip().splitlines()
        kept["where"] = crash and f"{crash.path}:{crash.lineno}"
        kept["lines"] = [one for one in last if one.startswith((">", "E"))][-12:]
    if report.skipped and "why" not in kept:
        kept["why"] = str(
            report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        )[:300]
    if call.when == "teardown":
        if report.failed and kept.get("outcome") == "passed":
            kept["outcome"] = "error"
        line = {"id": item.nodeid, "requests": [list(h) for h in _hits], **kept}
        _hits.clear()
        if REPORT:
            with open(REPORT, "a") as f:
                f.write(json.dumps(line) + "\n")


def pytest_unconfigure(config):
    servers.end()
