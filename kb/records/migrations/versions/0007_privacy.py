"""What readers say about published pages, and which answers their askers deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "page_feedback",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("product", "document", "token_hash", "rating")),
        sa.Column("reasons", sa.JSON, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("comment", "contact", "created_at")),
        sa.Column("notified_at", sa.Text, nullable=False, server_default=""),
        sa.Column("review", sa.Text, sa.ForeignKey("reviews.id", name="page_feedback_review_fk")),
        sa.UniqueConstraint("product", "document", "token_hash", name="page_feedback_reader"),
    )
    op.create_index("page_feedback_review", "page_feedback", ["review"])
    op.create_table(
        "deleted_answers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("deleted_at", sa.Text, nullable=False),
    )
