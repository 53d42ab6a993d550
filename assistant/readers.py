"""What readers say who are not the asker: about an answer behind its permalink, or about a published page.

A reader is a random token of one browser. Its last rating of a thing counts, and never replaces the asker's own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from assistant.answers import (
    capability_hash,
    load_answer,
    put_rating,
    rating_values,
    report_answer,
    tell_of_answer,
)
from assistant.clock import now
from assistant.notices.outbox import Outbox
from assistant.publications import Publication
from assistant.reporting import Review, file_page_report, load_review
from assistant.values import Rating
from kb.records import Records, feedback
from kb.records.schema import page_feedback

__all__ = ["ReaderRatings"]


class ReaderRatings:
    """Readers' ratings in the database of the records; complaints are told to the `outbox`. Thread-safe.

    `reader` is the token, and everything that a rating says is stored as `rating_values` has it.
    """

    def __init__(self, records: Records, outbox: Outbox | None = None) -> None:
        self._records = records
        self._outbox = outbox or Outbox()

    def rate_answer(
        self,
        answer: str,
        reader: str,
        rating: Rating,
        reasons: Sequence[str] = (),
        comment: str = "",
        contact: str = "",
    ) -> None:
        """Store a reader's rating of an answer; a bad one is put before the experts.

        Raises:
            AnswerNotFound: no such answer.
            AnswerGone: its asker has deleted it.
        """
        values = rating_values(rating, reasons, comment, contact, now())
        with self._records.write() as connection:
            found = load_answer(connection, answer)
            before = put_rating(connection, feedback, _on_answer(answer, reader), values)
            if rating == "bad":
                report_answer(connection, found, "bad_rated")
                if before != "bad":
                    tell_of_answer(connection, self._outbox, "bad_rating", found)

    def rate_page(
        self,
        page: Publication,
        reader: str,
        rating: Rating,
        reasons: Sequence[str] = (),
        comment: str = "",
        contact: str = "",
    ) -> None:
        """Store a reader's rating of a published page; a bad one is put before the experts."""
        document, values = page.document, rating_values(rating, reasons, comment, contact, now())
        whose = _on_page(document.product, document.id, reader)
        with self._records.write() as connection:
            before = put_rating(connection, page_feedback, whose, values)
            if rating == "bad":
                review = file_page_report(
                    connection,
                    product=document.product,
                    document=document.id,
                    question=document.question or document.title,
                    before=_stored(connection, whose)["review"] or "",
                )
                own = [page_feedback.c[name] == value for name, value in whose.items()]
                connection.execute(update(page_feedback).where(*own).values(review=review))
                if before != "bad":
                    facts = {"product": document.product, "question": document.title, "language": document.language}
                    self._outbox.add(connection, "bad_rating", facts | {"path": f"/review/items/{review}"})

    def of_answer(self, answer: str, reader: str) -> str:
        """How a reader has rated an answer: "good", "bad", or "" where he has not."""
        own = [feedback.c[name] == value for name, value in _on_answer(answer, reader).items()]
        with self._records.read() as connection:
            return connection.execute(select(feedback.c.rating).where(*own)).scalar() or ""

    def of_page(self, product: str, document: str, reader: str) -> tuple[str, Review | None]:
        """How a reader has rated a published page, as `of_answer`, and the review that it led to."""
        with self._records.read() as connection:
            stored = _stored(connection, _on_page(product, document, reader))
            review = load_review(connection, stored["review"]) if stored and stored["review"] else None
        return (stored["rating"] if stored else ""), review

    def of_pages(self) -> list[dict[str, Any]]:
        """Every rating of a published page, oldest first."""
        names = ("product", "document", "rating", "reasons", "comment", "contact", "created_at")
        query = select(*(page_feedback.c[name] for name in names)).order_by(page_feedback.c.key)
        with self._records.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _on_answer(answer: str, reader: str) -> dict[str, str]:
    return {"answer": answer, "token_hash": capability_hash(f"reader {reader}")}  # never the hash of an asker's token


def _on_page(product: str, document: str, reader: str) -> dict[str, str]:
    return {"product": product, "document": document, "token_hash": capability_hash(f"reader {reader}")}


def _stored(connection: Connection, whose: Mapping[str, str]) -> Any:
    own = [page_feedback.c[name] == value for name, value in whose.items()]
    return connection.execute(select(page_feedback).where(*own)).mappings().first()
