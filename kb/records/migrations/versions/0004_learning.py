"""The learning loop: experts, reviews, corrections, publications, and what belongs to them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_experts()
    _create_reviews()
    _create_corrections()
    _create_publications()
    _create_requests()


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _to(name: str, table: str, target: str, *, key: bool = False, required: bool = True) -> sa.Column[str]:
    """A column that refers to a row; those of answers go with them."""
    cascade = "CASCADE" if target == "answers.id" else None
    reference = sa.ForeignKey(target, name=f"{table}_{name.removesuffix('_into')}_fk", ondelete=cascade)
    return sa.Column(name, sa.Text, reference, primary_key=key, nullable=not (required or key))


def _create_experts() -> None:
    op.create_table(
        "experts",
        sa.Column("name", sa.Text, primary_key=True),
        *_texts("password_hash", "role"),
        sa.Column("products", sa.JSON, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        *_texts("created_at"),
    )
    op.create_table(
        "expert_sessions",
        sa.Column("token_hash", sa.Text, primary_key=True),
        _to("expert", "expert_sessions", "experts.name"),
        *_texts("expires_at"),
    )
    op.create_index("expert_sessions_expert", "expert_sessions", ["expert"])
    op.create_table("login_attempts", sa.Column("key", _key(), primary_key=True), *_texts("subject", "at"))
    op.create_index("login_attempts_subject", "login_attempts", ["subject", "at"])


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("kind", "state", "product", "document", "question", "fingerprint"),
        sa.Column("reports", sa.Integer, nullable=False),
        *_texts("owner", "due"),
        _to("merged_into", "reviews", "reviews.id", required=False),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("created_at", "updated_at"),
    )
    op.create_index("reviews_state", "reviews", ["state", "created_at", "id"])
    op.create_index("reviews_kind", "reviews", ["state", "kind", "created_at", "id"])
    op.create_index("reviews_counts", "reviews", ["state", "kind", "product"])
    op.create_index("reviews_fingerprint", "reviews", ["fingerprint"])
    op.create_index("reviews_merged", "reviews", ["merged_into"])
    op.create_table(
        "review_reports",
        _to("answer", "review_reports", "answers.id", key=True),
        _to("review", "review_reports", "reviews.id"),
        *_texts("kind", "created_at"),
    )
    op.create_index("review_reports_review", "review_reports", ["review", "created_at"])
    op.create_table(
        "review_events",
        sa.Column("key", _key(), primary_key=True),
        _to("review", "review_events", "reviews.id"),
        *_texts("at", "expert", "action", "detail", "digest"),
    )
    op.create_index("review_events_review", "review_events", ["review", "key"])


def _create_corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.Text, primary_key=True),
        _to("review", "corrections", "reviews.id", required=False),
        *_texts("product", "document", "state", "title", "text"),
        sa.Column("phrases", sa.JSON, nullable=False),
        sa.Column("source", sa.JSON),
        *_texts("base_digest", "author", "reviewer"),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("created_at", "updated_at"),
    )
    op.create_index("corrections_document", "corrections", ["product", "document", "state"])
    op.create_index("corrections_state", "corrections", ["state"])
    op.create_index("corrections_review", "corrections", ["review"])
    op.create_table(
        "golden_cases",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("product", "question", "document"),
        sa.Column("phrases", sa.JSON, nullable=False),
        _to("correction", "golden_cases", "corrections.id"),
        *_texts("created_at"),
    )
    op.create_index("golden_cases_product", "golden_cases", ["product"])


def _create_publications() -> None:
    op.create_table(
        "publications",
        sa.Column("product", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
        *_texts("question_date", "review_date"),
        sa.Column("versions", sa.JSON, nullable=False),
        *_texts("status", "redirect_to", "updated_at"),
    )


def _create_requests() -> None:
    op.create_table(
        "expert_requests",
        _to("answer", "expert_requests", "answers.id", key=True),
        *_texts("contact", "comment", "state", "created_at", "notified_at"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key_hash", sa.Text, primary_key=True),
        *_texts("request_digest", "created_at"),
    )
    op.create_index("idempotency_keys_created_at", "idempotency_keys", ["created_at"])
