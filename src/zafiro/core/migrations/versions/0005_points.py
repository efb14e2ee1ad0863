"""points by the number of their metric, and what plots need of long metrics"""

import sqlalchemy as sa
from alembic import op

from zafiro.core.db import Serial

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "metric_names",
        sa.Column("key", Serial, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "metric_blocks",
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("metric", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        *(
            column
            for of in ("first", "last", "low", "high")
            for column in (
                sa.Column(f"{of}_step", sa.BigInteger(), nullable=False),
                sa.Column(f"{of}_ms", sa.BigInteger(), nullable=False),
                sa.Column(f"{of}_value", sa.Double(), nullable=False),
            )
        ),
        sa.ForeignKeyConstraint(["run"], ["runs.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "metric", "level", "block"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO metric_names (name) SELECT DISTINCT key FROM metric_latest")
    old = "metric_points_by_name"
    _put_aside(old)
    op.create_table(
        "metric_points",
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("metric", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("timestamp_ms", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("nan", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "metric", "timestamp_ms", "step", "value", "nan"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO metric_points (run, metric, timestamp_ms, step, value, nan)"
        " SELECT p.run, n.key, p.timestamp_ms, p.step, p.value, p.nan"
        f" FROM {old} p JOIN metric_names n ON n.name = p.key ORDER BY p.run, n.key"
    )
    op.drop_table(old)
    # Long metrics are said to be just short of having blocks: the next value makes them.
    op.add_column(
        "metric_latest", sa.Column("count", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.execute(
        "UPDATE metric_latest SET count ="
        " (SELECT CASE WHEN count(*) > 4095 THEN 4095 ELSE count(*) END FROM metric_points p"
        " WHERE p.run = metric_latest.run"
        " AND p.metric = (SELECT n.key FROM metric_names n WHERE n.name = metric_latest.key))"
    )


def downgrade() -> None:
    with op.batch_alter_table("metric_latest", schema=None) as batch_op:
        batch_op.drop_column("count")
    new = "metric_points_by_number"
    _put_aside(new)
    op.create_table(
        "metric_points",
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("timestamp_ms", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("nan", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "key", "timestamp_ms", "step", "value", "nan"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO metric_points (run, key, timestamp_ms, step, value, nan)"
        " SELECT p.run, n.name, p.timestamp_ms, p.step, p.value, p.nan"
        f" FROM {new} p JOIN metric_names n ON n.key = p.metric"
    )
    op.drop_table(new)
    op.drop_table("metric_blocks")
    op.drop_table("metric_names")


def _put_aside(name: str) -> None:
    op.rename_table("metric_points", name)
    if op.get_bind().dialect.name == "postgresql":  # whose constraints keep their names
        for what in ("pkey", "run_fkey"):
            op.execute(
                f"ALTER TABLE {name} RENAME CONSTRAINT metric_points_{what} TO {name}_{what}"
            )
