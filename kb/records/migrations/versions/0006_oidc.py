"""Experts who sign in through an OpenID Connect provider."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nobody is bound."""
    op.add_column("experts", sa.Column("oidc", sa.Text))
    op.create_index("experts_oidc", "experts", ["oidc"], unique=True)
