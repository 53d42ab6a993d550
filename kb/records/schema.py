"""The tables. `migrations/` creates them; a test compares the two."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

__all__ = ["answers", "documents", "feedback", "meta", "metadata", "passages", "sequence", "usage"]

metadata = sa.MetaData()

# SQLite gives only the type INTEGER a key that counts up by itself.
_Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

# One row. Writers lock it first and hold it until they commit, so the order of `seq` is the order of commits.
sequence = Table(
    "sequence",
    metadata,
    Column("id", sa.Integer, primary_key=True, autoincrement=False),
    Column("value", sa.BigInteger, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("product", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sections", sa.JSON, nullable=False),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("references", sa.JSON, nullable=False),
    Column("version", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("reviewed", sa.Boolean, nullable=False),
    Column("metadata", sa.JSON, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("indexed_at", Text, nullable=False),
    Column("seq", sa.BigInteger, nullable=False),
    UniqueConstraint("product", "id", name="documents_product_id"),
    Index("documents_id", "id"),
)

# A deleted passage stays as a tombstone (`deleted`, no document, no text, no vectors) that tells followers to drop it.
passages = Table(
    "passages",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("document", _Key, ForeignKey("documents.key", name="passages_document_fk")),
    Column("product", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("heading", Text, nullable=False),
    Column("start", sa.Integer, nullable=False),
    Column("end", sa.Integer, nullable=False),
    Column("text", Text),
    Column("embedded", Text),  # the text whose vector this is, where it is not `text`
    Column("text_digest", Text, nullable=False),
    Column("vector", sa.LargeBinary),
    Column("sentences", sa.LargeBinary),
    Column("seq", sa.BigInteger, nullable=False),
    Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
    Index("passages_document", "document"),
    Index("passages_seq", "seq", unique=True),
    sqlite_autoincrement=True,  # a key is never given out twice: an index may still hold the old passage
)

answers = Table(
    "answers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("confidence", sa.Float, nullable=False),
    Column("question", Text, nullable=False),
    Column("token_hash", Text, nullable=False),
    Column("body", sa.JSON, nullable=False),
    Index("answers_conversation", "conversation", "created_at"),
    Index("answers_created_at", "created_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("answer", Text, ForeignKey("answers.id", name="feedback_answer_fk", ondelete="CASCADE"), nullable=False),
    Column("token_hash", Text, nullable=False),
    Column("rating", Text, nullable=False),
    Column("reasons", sa.JSON, nullable=False),
    Column("comment", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    UniqueConstraint("answer", "token_hash", name="feedback_answer_token"),
)

# What language models were asked for; `day` is a date in UTC, `site` empty where no site asked.
usage = Table(
    "usage",
    metadata,
    Column("day", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("tokens", sa.BigInteger, nullable=False),
    Column("questions", sa.BigInteger, nullable=False),
)
