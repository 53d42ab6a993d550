"""Vectors of the sentences of passages; empty until the passages are embedded again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("passages", sa.Column("sentences", sa.LargeBinary))
