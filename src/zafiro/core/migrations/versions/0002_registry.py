"""MLflow's registry: a version as a number, webhooks and their deliveries.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from zafiro.core.db import Json, Serial

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("asset_versions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("counted", sa.BigInteger(), nullable=False, server_default="0")
        )
    digits = (
        "version ~ '^[0-9]{1,18}$'"
        if op.get_bind().dialect.name == "postgresql"
        else "version NOT GLOB '*[^0-9]*' AND length(version) BETWEEN 1 AND 18"
    )
    op.execute(f"UPDATE asset_versions SET counted = CAST(version AS BIGINT) WHERE {digits}")
    op.create_table(
        "webhooks",
        sa.Column("key", Serial, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("events", Json, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ix_webhooks_workspace", "webhooks", ["workspace"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("key", Serial, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("webhook", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["webhook"], ["webhooks.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("webhook_deliveries_due", "webhook_deliveries", ["due_ms"])
    op.create_index("ix_webhook_deliveries_webhook", "webhook_deliveries", ["webhook"])


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
    with op.batch_alter_table("asset_versions", schema=None) as batch_op:
        batch_op.drop_column("counted")
