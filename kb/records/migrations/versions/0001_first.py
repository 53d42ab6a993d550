"""Documents, passages, their change log; answers, feedback."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables and the rows that must exist."""
    meta = op.create_table(
        "meta", sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )
    sequence = op.create_table(
        "sequence",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(meta, [{"key": "store", "value": uuid.uuid4().hex}])
    op.bulk_insert(sequence, [{"id": 1, "value": 0}])
    _create_documents()
    _create_passages()
    _create_answers()


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("key", _key(), primary_key=True),
        *_texts("product", "id", "title", "text"),
        sa.Column("sections", sa.JSON, nullable=False),
        *_texts("kind", "language", "question"),
        sa.Column("references", sa.JSON, nullable=False),
        *_texts("version", "source", "url", "date"),
        sa.Column("reviewed", sa.Boolean, nullable=False),
        sa.Column("metadata", sa.JSON, nullable=False),
        *_texts("content_hash", "origin", "indexed_at"),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("product", "id", name="documents_product_id"),
    )
    op.create_index("documents_id", "documents", ["id"])


def _create_passages() -> None:
    op.create_table(
        "passages",
        sa.Column("key", _key(), primary_key=True),
        sa.Column("document", _key(), sa.ForeignKey("documents.key", name="passages_document_fk")),
        *_texts("product", "kind", "heading"),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("embedded", sa.Text),
        *_texts("text_digest"),
        sa.Column("vector", sa.LargeBinary),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
        sqlite_autoincrement=True,
    )
    op.create_index("passages_document", "passages", ["document"])
    op.create_index("passages_seq", "passages", ["seq"], unique=True)


def _create_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("conversation", "created_at", "product", "language", "outcome", "engine"),
        sa.Column("confidence", sa.Float, nullable=False),
        *_texts("question", "token_hash"),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_index("answers_conversation", "answers", ["conversation", "created_at"])
    op.create_index("answers_created_at", "answers", ["created_at"])
    op.create_table(
        "feedback",
        sa.Column("key", _key(), primary_key=True),
        sa.Column(
            "answer",
            sa.Text,
            sa.ForeignKey("answers.id", name="feedback_answer_fk", ondelete="CASCADE"),
            nullable=False,
        ),
        *_texts("token_hash", "rating"),
        sa.Column("reasons", sa.JSON, nullable=False),
        *_texts("comment", "contact", "created_at"),
        sa.UniqueConstraint("answer", "token_hash", name="feedback_answer_token"),
    )
