"""Reporting to the review queue: answers and conflicts that experts should look at, and the audit trail.

Everything here happens within a transaction that somebody else began: what is reported is stored together with the
reason why. Reports of the same question about the same product share one review.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection, RowMapping, exists, select, update

from assistant.clock import now
from kb.records.schema import corrections, review_events, review_reports, reviews
from kb.text import tokens

__all__ = [
    "KINDS", "STATES", "WAITING", "Review", "ReviewKind", "ReviewState", "file_conflicts", "file_page_report",
    "file_report", "load_review", "log_event", "sharpen", "to_review", "unfiled_conflicts",
]  # fmt: skip

ReviewKind = Literal["asked_expert", "bad_rated", "stale", "abstained", "low_confidence"]
ReviewState = Literal["open", "in_progress", "resolved", "dismissed"]

KINDS: tuple[ReviewKind, ...] = get_args(
    ReviewKind
)  # the most urgent first: a review has that of its most urgent report
STATES: tuple[ReviewState, ...] = get_args(ReviewState)
WAITING: tuple[ReviewState, ...] = ("open", "in_progress")


@dataclass(frozen=True, slots=True)
class Review:
    """One thing to look at.

    `document` is the entry that was corrected for it, whose source changed, or whose page was rated badly. `reports`
    counts what led here, `merged_into` is the review that took over.
    """

    id: str
    kind: ReviewKind
    state: ReviewState
    product: str
    document: str
    question: str
    reports: int
    owner: str
    due: str
    merged_into: str
    version: int
    created_at: str
    updated_at: str


def file_report(connection: Connection, *, answer: str, kind: ReviewKind, product: str, question: str) -> None:
    """Bring an answer before the experts, within the transaction that stores why."""
    reported = connection.execute(select(review_reports).where(review_reports.c.answer == answer)).mappings().first()
    review = load_review(connection, reported["review"]) if reported else None
    if reported and review and review.state in WAITING:
        sharpen(connection, review, kind)
        worst = min(kind, reported["kind"], key=KINDS.index)
        connection.execute(update(review_reports).where(review_reports.c.answer == answer).values(kind=worst))
        return
    if reported:  # what was dealt with before is a new matter when its reader complains again
        connection.execute(review_reports.delete().where(review_reports.c.answer == answer))
    review = _waiting_for(connection, _fingerprint(product, question))
    review_id = (
        _one_more(connection, review, kind) if review else _insert(connection, kind, product, question, "", reports=1)
    )
    connection.execute(review_reports.insert().values(answer=answer, review=review_id, kind=kind, created_at=now()))


def file_page_report(connection: Connection, *, product: str, document: str, question: str, before: str = "") -> str:
    """Bring a published page before the experts; the review's id.

    All complaints about a page share one review as long as that waits. `before` is the review that the same reader's
    earlier complaint led to.
    """
    mark = _digest("page", product, document)
    review = load_review(connection, before) if before else None
    if review and review.state in WAITING:
        sharpen(connection, review, "bad_rated")
        return review.id
    if review := _waiting_for(connection, mark):
        return _one_more(connection, review, "bad_rated")
    return _insert(connection, "bad_rated", product, question, document, reports=1, fingerprint=mark)


def unfiled_conflicts(connection: Connection) -> list[RowMapping]:
    """The corrections whose source has changed under them and that were not brought before the experts yet."""
    rows = connection.execute(select(corrections).where(corrections.c.state == "conflict")).mappings().all()
    return [row for row in rows if not _is_filed(connection, _fingerprint_of_conflict(row))]


def file_conflicts(connection: Connection) -> None:
    """A review for each of the `unfiled_conflicts`; what was filed once is not filed again."""
    for row in unfiled_conflicts(connection):
        mark = _fingerprint_of_conflict(row)
        _insert(connection, "stale", row["product"], row["title"], row["document"], fingerprint=mark)


def log_event(
    connection: Connection, review: str, expert: str, action: str, detail: str = "", digest: str = ""
) -> None:
    """Add a line to the audit trail of a review."""
    values = {"review": review, "at": now(), "expert": expert, "action": action, "detail": detail, "digest": digest}
    connection.execute(review_events.insert().values(values))


def _insert(
    connection: Connection,
    kind: ReviewKind,
    product: str,
    question: str,
    document: str,
    *,
    reports: int = 0,
    fingerprint: str = "",
) -> str:
    id, at = secrets.token_urlsafe(16), now()
    connection.execute(
        reviews.insert().values(
            id=id,
            kind=kind,
            state="open",
            product=product,
            document=document,
            question=question,
            fingerprint=fingerprint or _fingerprint(product, question),
            reports=reports,
            owner="",
            due="",
            version=1,
            created_at=at,
            updated_at=at,
        )
    )
    return id


def _one_more(connection: Connection, review: Review, kind: ReviewKind) -> str:
    sharpen(connection, review, kind)
    connection.execute(update(reviews).where(reviews.c.id == review.id).values(reports=reviews.c.reports + 1))
    return review.id


def _waiting_for(connection: Connection, fingerprint: str) -> Review | None:
    same = (reviews.c.fingerprint == fingerprint) & reviews.c.state.in_(WAITING)
    row = connection.execute(select(reviews).where(same).limit(1)).mappings().first()
    return to_review(row) if row else None


def sharpen(connection: Connection, review: Review, kind: ReviewKind) -> None:
    """Note a further report of this kind: a review is as urgent as its most urgent report."""
    worst = min(kind, review.kind, key=KINDS.index)
    connection.execute(update(reviews).where(reviews.c.id == review.id).values(kind=worst, updated_at=now()))


def load_review(connection: Connection, review_id: str) -> Review | None:
    """A review, whoever may see it."""
    row = connection.execute(select(reviews).where(reviews.c.id == review_id)).mappings().first()
    return to_review(row) if row else None


def _is_filed(connection: Connection, fingerprint: str) -> bool:
    return bool(connection.execute(select(exists().where(reviews.c.fingerprint == fingerprint))).scalar())


def _fingerprint(product: str, question: str) -> str:
    return _digest("question", product, *tokens(question))


def _fingerprint_of_conflict(row: RowMapping) -> str:
    source = row["source"] or {}
    return _digest("source", row["id"], row["base_digest"], source.get("title", ""), source.get("text", ""))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def to_review(row: RowMapping) -> Review:
    """The review of a row of its table."""
    values: dict[str, Any] = {name: row[name] for name in Review.__slots__}
    return Review(**values | {"merged_into": row["merged_into"] or ""})
