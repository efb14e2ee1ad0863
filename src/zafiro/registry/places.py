"""Where the files of a version lie: as it was registered, for MLflow's clients, and for ARM's."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.assets.domain import MODELS, PROMPTS, Asset, text
from zafiro.assets.service import registered
from zafiro.core.context import Context
from zafiro.core.errors import Invalid, NotFound, ZafiroError
from zafiro.core.names import ARTIFACT_STORE
from zafiro.datastores import service as datastores
from zafiro.mlflow_rest.call import Call
from zafiro.registry import domain
from zafiro.tracking import service as tracking
from zafiro.workspaces.domain import Workspace

# Files that are no run's artifacts are read below this folder of the artifact API.
SHELF = "registered-models"
_ARTIFACTS = "mlflow-artifacts:/"
_OWN = ("ExperimentRun/dcid.", "models/")


@dataclass(frozen=True)
class Place:
    """source    as it is kept and shown
    location  where MLflow's clients read it; "" for what `location` has to work out each time
    uri       where ARM's clients read it
    """

    source: str
    location: str
    uri: str
    run_id: str
    model_id: str


def resolve(
    ctx: Context,
    db: Session,
    workspace: Workspace,
    source: str,
    *,
    run_id: str | None,
    model_id: str | None,
) -> Place:
    """What a version is registered from: a run, a logged model, another version, a job's output,
    a path in a datastore, or a place elsewhere. Raises Invalid; NotFound for a model that is not
    there."""
    domain.source(source)
    named = domain.model_uri(source)
    if named is not None and not named.model_id:
        return _of_version(ctx, db, workspace, source, named, run_id, model_id)
    if named is not None and model_id and named.model_id != model_id:
        raise Invalid(
            "",
            f"Invalid model version source: '{source}'. The model_id request parameter must "
            "identify the resource that contains the source.",
        )
    model_id = model_id or (named.model_id if named else "")
    if model_id and (named or not run_id):
        logged = tracking.models.get(db, workspace.guid, model_id)
        run_id = run_id or logged.source_run
        if named is not None:
            place = f"{_ARTIFACTS}{logged.folder}"
            return Place(source, place, _uri(db, workspace, logged.folder), run_id or "", model_id)
    path = unquote(domain.artifact_path(source))
    if path.startswith(_OWN):
        return Place(source, source, _uri(db, workspace, path), run_id or "", model_id)
    uri = assets.placed(db, workspace, assets.kind_of(MODELS), source)
    location = "" if source.lower().startswith("azureml:") else source
    return Place(source, location, uri, run_id or "", model_id)


def _of_version(
    ctx: Context,
    db: Session,
    workspace: Workspace,
    source: str,
    named: domain.ModelUri,
    run_id: str | None,
    model_id: str | None,
) -> Place:
    of = _named_version(db, workspace, source, named)
    if run_id and run_id != of.run_id:
        raise Invalid(
            "",
            f"Invalid model version source: '{source}'. The run_id and model_id request "
            "parameters must match the referenced model version.",
        )
    return Place(
        f"models:/{of.name}/{of.version}",
        text(of.notes, "location"),
        of.uri,
        of.run_id,
        model_id or "",
    )


def _named_version(db: Session, workspace: Workspace, source: str, named: domain.ModelUri) -> Asset:
    holder = registered.get(db, workspace, named.name)
    if holder.kind == PROMPTS:
        raise Invalid(
            "",
            f"Invalid model version source: '{source}'. Prompt versions cannot be used as model "
            "version sources.",
        )
    if named.version:
        return registered.version(db, workspace, named.name, domain.number(named.version))
    if named.alias:
        if named.alias not in holder.aliases:
            raise NotFound("alias", f"{named.name}@{named.alias}")
        return registered.version(db, workspace, named.name, holder.aliases[named.alias])
    stage = domain.stage(named.stage) if named.stage else None
    found = [
        one
        for one in registered.latest(db, workspace, MODELS, [named.name]).get(
            named.name.lower(), []
        )
        if stage is None or (one.stage or domain.NO_STAGE) == stage
    ]
    if not found:
        raise NotFound("model version", source)
    return max(found, key=lambda one: int(one.version))


def _uri(db: Session, workspace: Workspace, path: str) -> str:
    uri = f"azureml://datastores/{ARTIFACT_STORE}/paths/{path}"
    return assets.placed(db, workspace, assets.kind_of(MODELS), uri)


def location(ctx: Context, db: Session, workspace: Workspace, version: Asset) -> str:
    """Where MLflow's clients find the files. What lies on this server and is no run's artifact is
    read through the artifact API; what lies elsewhere the client reads itself."""
    kept = text(version.notes, "location")
    if kept or version.kind == PROMPTS:
        return kept or version.source
    try:
        found = datastores.locate(ctx, db, workspace, version.uri).path
    except ZafiroError:
        found = None
    if found is None:
        return version.uri or version.source
    return f"{_ARTIFACTS}{SHELF}/{version.name}/{version.version}"


def shelf(call: Call, path: str) -> tuple[Path, str]:
    """The files of the version that `name/version/…` begins with, and the path in them."""
    name, _, rest = path.partition("/")
    number, _, rest = rest.partition("/")
    call.may("models/versions/read")
    with call.ctx.db.read() as db:
        version = registered.version(db, call.workspace, name, domain.number(number))
        found = datastores.locate(call.ctx, db, call.workspace, version.uri).path
    if found is None:
        raise NotFound("artifacts of the model version", f"{name}:{number}", "they lie elsewhere")
    return found, rest
