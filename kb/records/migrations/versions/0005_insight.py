"""Insight: which site asked, indexes for counting, references that were looked at, and what is still to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and indexes, create the tables."""
    op.add_column("answers", sa.Column("site", sa.Text, nullable=False, server_default=""))
    op.drop_index("answers_created_at", "answers")
    op.create_index("answers_figures", "answers", ["created_at", "product", "site", "outcome", "id"])
    op.add_column("feedback", sa.Column("notified_at", sa.Text, nullable=False, server_default=""))
    op.create_index("feedback_rating", "feedback", ["rating", "answer"])
    op.create_index("review_events_action", "review_events", ["action", "at", "review"])
    op.create_table(
        "links",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("product", "document", "url")),
        sa.Column("dead", sa.Boolean, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("checked_at", sa.Text, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("due_at", sa.Text, nullable=False),
    )
    op.create_index("outbox_due", "outbox", ["target", "due_at"])
