"""What pages ask of assets beside the verbs. Reads only. Public to other slices
(docs/decisions/0008)."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from zafiro.assets import store
from zafiro.assets.domain import MODELS, Asset
from zafiro.assets.store import VersionRow
from zafiro.workspaces.domain import Workspace


def of_runs(db: Session, workspace: Workspace, runs: Sequence[str], *, limit: int) -> list[Asset]:
    """The versions registered from what these runs made, newest first."""
    row = VersionRow
    query = select(row).where(
        row.workspace == workspace.guid,
        row.run_id.in_(runs),
        row.kind.in_(("models", "data")),
        row.is_anonymous.is_(False),
    )
    found = db.scalars(query.order_by(row.number.desc()).limit(limit))
    return [store.asset(workspace.id, one) for one in found]


def from_sources(db: Session, workspace: Workspace, sources: Sequence[str]) -> list[Asset]:
    """The model versions that were registered from one of these URIs, newest first."""
    row = VersionRow
    query = select(row).where(
        row.workspace == workspace.guid, row.kind == MODELS, row.source.in_(sources)
    )
    return [store.asset(workspace.id, one) for one in db.scalars(query.order_by(row.number.desc()))]
