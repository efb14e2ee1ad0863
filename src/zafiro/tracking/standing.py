"""How a run stands and when it ended, as SQL over its row: what its job says of itself where a job
made it, else what MLflow says."""

from typing import Any

from sqlalchemy import case, literal

from zafiro.tracking.domain import AZURE_STATE
from zafiro.tracking.store import RunRow

# Azure's word.
STATE: Any = case(
    (RunRow.owned.is_(True), RunRow.state),
    *[(RunRow.status == status, literal(state)) for status, state in AZURE_STATE.items()],
)
ENDED_MS: Any = case((RunRow.owned.is_(True), RunRow.state_end_ms), else_=RunRow.end_ms)
