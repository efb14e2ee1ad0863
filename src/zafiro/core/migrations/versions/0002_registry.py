"""A version as a number, for MLflow's registry.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

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


def downgrade() -> None:
    with op.batch_alter_table("asset_versions", schema=None) as batch_op:
        batch_op.drop_column("counted")
