"""what lists of runs ask for: saved views, the extremes of each metric, an index in their order"""

import sqlalchemy as sa
from alembic import op

from zafiro.core.db import Json, Moment, Serial

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "studio_views",
        sa.Column("key", Serial, nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("modified_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("workspace", "id"),
    )
    op.create_index("runs_listed", "runs", ["workspace", "lifecycle", "hidden", "parent", "key"])
    for of in ("low", "high"):
        op.add_column("metric_latest", sa.Column(f"{of}_value", sa.Double()))
        op.add_column("metric_latest", sa.Column(f"{of}_step", sa.BigInteger()))
        op.add_column("metric_latest", sa.Column(f"{of}_ms", sa.BigInteger()))
    # Each metric is read once, in the order of its key.
    of_metric = (
        "p.run = metric_latest.run AND NOT p.nan"
        " AND p.metric = (SELECT n.key FROM metric_names n WHERE n.name = metric_latest.key)"
    )
    op.execute(
        "UPDATE metric_latest SET"
        f" low_value = (SELECT min(p.value) FROM metric_points p WHERE {of_metric}),"
        f" high_value = (SELECT max(p.value) FROM metric_points p WHERE {of_metric})"
    )
    for of in ("low", "high"):
        first = (
            f"FROM metric_points p WHERE {of_metric} AND p.value = metric_latest.{of}_value"
            " ORDER BY p.timestamp_ms, p.step LIMIT 1"
        )
        op.execute(
            f"UPDATE metric_latest SET {of}_step = (SELECT p.step {first}),"
            f" {of}_ms = (SELECT p.timestamp_ms {first})"
        )


def downgrade() -> None:
    with op.batch_alter_table("metric_latest", schema=None) as batch_op:
        for of in ("low", "high"):
            for part in ("value", "step", "ms"):
                batch_op.drop_column(f"{of}_{part}")
    op.drop_index("runs_listed", "runs")
    op.drop_table("studio_views")
