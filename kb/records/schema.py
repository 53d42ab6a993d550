"""The tables. `migrations/` creates them; a test compares the two."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

__all__ = [
    "answers", "corrections", "deleted_answers", "documents", "expert_requests", "expert_sessions", "experts",
    "feedback", "golden_cases", "idempotency_keys", "links", "login_attempts", "meta", "metadata", "outbox",
    "page_feedback", "passages", "publications", "review_events", "review_reports", "reviews", "sequence", "usage",
]  # fmt: skip

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
    Column("site", Text, nullable=False, server_default=""),
    Index("answers_conversation", "conversation", "created_at"),
    Index("answers_figures", "created_at", "product", "site", "outcome", "id"),  # counting reads no bodies
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
    Column("notified_at", Text, nullable=False, server_default=""),
    UniqueConstraint("answer", "token_hash", name="feedback_answer_token"),
    Index("feedback_rating", "rating", "answer"),
)

# Answers that their askers deleted: the address says so for a while.
deleted_answers = Table(
    "deleted_answers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("deleted_at", Text, nullable=False),
)

# What language models were asked for; `day` is a date in UTC, `site` empty where no site asked.
usage = Table(
    "usage",
    metadata,
    Column("day", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("tokens", sa.BigInteger, nullable=False),
)

# ---- the learning loop

# `products` are those that a reviewer sees; none means all. `oidc` is who signs in through the provider, as "sub:…" or
# "email:…".
experts = Table(
    "experts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("products", sa.JSON, nullable=False),
    Column("disabled", sa.Boolean, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("oidc", Text),
    Index("experts_oidc", "oidc", unique=True),
)

expert_sessions = Table(
    "expert_sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("expert", Text, ForeignKey("experts.name", name="expert_sessions_expert_fk"), nullable=False),
    Column("expires_at", Text, nullable=False),
    Index("expert_sessions_expert", "expert"),
)

# Attempts to log in that did not succeed; `subject` is the hash of an account's name or of an address.
login_attempts = Table(
    "login_attempts",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("login_attempts_subject", "subject", "at"),
)

# What experts have to look at. `fingerprint` is equal for reports of the same thing; `version` counts changes, and a
# change names the version that it was made from.
reviews = Table(
    "reviews",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("reports", sa.Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("due", Text, nullable=False),
    Column("merged_into", Text, ForeignKey("reviews.id", name="reviews_merged_fk")),
    Column("version", sa.Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Index("reviews_state", "state", "created_at", "id"),
    Index("reviews_kind", "state", "kind", "created_at", "id"),
    Index("reviews_counts", "state", "kind", "product"),
    Index("reviews_fingerprint", "fingerprint"),
    Index("reviews_merged", "merged_into"),
)

# Which answers a review is about.
review_reports = Table(
    "review_reports",
    metadata,
    Column("answer", Text, ForeignKey("answers.id", name="review_reports_answer_fk", ondelete="CASCADE"),
           primary_key=True),
    Column("review", Text, ForeignKey("reviews.id", name="review_reports_review_fk"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Index("review_reports_review", "review", "created_at"),
)  # fmt: skip

# What readers say about published pages; `token_hash` is the reader, and a bad rating leads to a review.
page_feedback = Table(
    "page_feedback",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("product", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("token_hash", Text, nullable=False),
    Column("rating", Text, nullable=False),
    Column("reasons", sa.JSON, nullable=False),
    Column("comment", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("notified_at", Text, nullable=False, server_default=""),
    Column("review", Text, ForeignKey("reviews.id", name="page_feedback_review_fk")),
    UniqueConstraint("product", "document", "token_hash", name="page_feedback_reader"),
    Index("page_feedback_review", "review"),
)

# The audit trail: rows are added and never changed, and go with their review. `digest` is the hash of the text that an
# approval was given to.
review_events = Table(
    "review_events",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("review", Text, ForeignKey("reviews.id", name="review_events_review_fk"), nullable=False),
    Column("at", Text, nullable=False),
    Column("expert", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Index("review_events_review", "review", "key"),
    Index("review_events_action", "action", "at", "review"),
)

# Experts' texts for documents. At most one of a document is "approved" or "conflict": that one stands over the source.
# `source` is the document as its source has it now, null where there is none, and `base_digest` the digest of the words
# that the expert has seen: those of the source, which differ in the state "conflict", and in a draft those of the
# document. A new answer has none.
corrections = Table(
    "corrections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("review", Text, ForeignKey("reviews.id", name="corrections_review_fk")),
    Column("product", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("phrases", sa.JSON, nullable=False),
    Column("source", sa.JSON(none_as_null=True)),
    Column("base_digest", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Index("corrections_document", "product", "document", "state"),
    Index("corrections_state", "state"),
    Index("corrections_review", "review"),
)

golden_cases = Table(
    "golden_cases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("product", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("phrases", sa.JSON, nullable=False),
    Column("correction", Text, ForeignKey("corrections.id", name="golden_cases_correction_fk"), nullable=False),
    Column("created_at", Text, nullable=False),
    Index("golden_cases_product", "product"),
)

# Reviewed documents that are shown to the world; `body` is the document.
publications = Table(
    "publications",
    metadata,
    Column("product", Text, primary_key=True),
    Column("document", Text, primary_key=True),
    Column("body", sa.JSON, nullable=False),
    Column("question_date", Text, nullable=False),
    Column("review_date", Text, nullable=False),
    Column("versions", sa.JSON, nullable=False),
    Column("status", Text, nullable=False),
    Column("redirect_to", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)

expert_requests = Table(
    "expert_requests",
    metadata,
    Column("answer", Text, ForeignKey("answers.id", name="expert_requests_answer_fk", ondelete="CASCADE"),
           primary_key=True),
    Column("contact", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("notified_at", Text, nullable=False),
)  # fmt: skip

# Requests that took effect: a repeated one changes nothing, and gets the same reply because that follows from it.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key_hash", Text, primary_key=True),
    Column("request_digest", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Index("idempotency_keys_created_at", "created_at"),
)

# The references of documents as they were when somebody looked last; `status` is that of HTTP, 0 without an answer.
links = Table(
    "links",
    metadata,
    Column("product", Text, primary_key=True),
    Column("document", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("dead", sa.Boolean, nullable=False),
    Column("status", sa.Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("checked_at", Text, nullable=False),
)

# What is still to be told to others. `target` names an address of the settings without holding it; `due_at` is when it
# is tried next, empty when it was given up.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("body", sa.JSON, nullable=False),
    Column("attempts", sa.Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("due_at", Text, nullable=False),
    Index("outbox_due", "target", "due_at"),
)
