"""What readers asked and said is kept for a while only, and goes at once when its asker wants that.

An answer goes with its ratings, its requests for an expert, and the review that it alone led to. What stays is what
experts made of it: a correction, the regression question that came with it, and the trail of both, which hold the
question's text with secrets hidden.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, or_, select

from assistant.clock import now, stored_time
from assistant.reporting import WAITING
from kb.errors import AnswerNotFound
from kb.records import Records, answers, insert_new
from kb.records.schema import (
    corrections,
    deleted_answers,
    outbox,
    page_feedback,
    review_events,
    review_reports,
    reviews,
)

__all__ = ["Retention", "forget"]

_NOTICES_KEPT = timedelta(days=30)  # for those that nobody took
_AT_ONCE = 500  # answers in one transaction: nobody waits long to write meanwhile


class Retention:
    """Deletes what is older than `days` days; 0 keeps everything but old notices. Thread-safe."""

    def __init__(self, records: Records, days: int) -> None:
        self._records = records
        self._days = days

    def expire(self, at: datetime | None = None) -> int:
        """Delete what is too old at a moment, now by default; how many answers that were.

        Answers stay that a reader complained about, or that an expert has taken up, until the review is done with.
        Notices go after 30 days, whether they were given up or are for a target that is no longer in the settings.
        """
        at = at or datetime.now(UTC)
        with self._records.write() as connection:
            connection.execute(delete(outbox).where(outbox.c.created_at < stored_time(at - _NOTICES_KEPT)))
        if not self._days:
            return 0
        before, total = stored_time(at - timedelta(days=self._days)), 0
        while deleted := self._expire_some(before):
            total += deleted
        with self._records.write() as connection:
            done = ~exists().where(reviews.c.id == page_feedback.c.review, reviews.c.state.in_(WAITING))
            connection.execute(delete(page_feedback).where(page_feedback.c.created_at < before, done))
            _drop_reviews(connection, and_(reviews.c.updated_at < before, _is_nobodys_work()))
            connection.execute(delete(deleted_answers).where(deleted_answers.c.deleted_at < before))
        return total

    def delete(self, answer_id: str) -> None:
        """Delete an answer for whoever runs the server. See `forget`.

        Raises:
            AnswerNotFound: there is no such answer.
        """
        with self._records.write() as connection:
            if not connection.execute(select(answers.c.id).where(answers.c.id == answer_id)).first():
                raise AnswerNotFound(f"There is no answer {answer_id}; its id is the end of its address, /a/ID.")
            forget(connection, [answer_id])

    def _expire_some(self, before: str) -> int:
        old = select(answers.c.id).where(answers.c.created_at < before, ~_is_needed()).limit(_AT_ONCE)
        with self._records.write() as connection:
            ids = connection.execute(old).scalars().all()
            connection.execute(delete(answers).where(answers.c.id.in_(ids)))
        return len(ids)


def forget(connection: Connection, ids: Sequence[str]) -> None:
    """Delete answers with what belongs to them; their addresses answer that they were deleted.

    A review goes with its last answer unless an expert wrote a correction in it. One that others led to as well stays
    with its wording.
    """
    led_to = select(review_reports.c.review).where(review_reports.c.answer.in_(ids))
    touched = connection.execute(led_to).scalars().all()
    asked = connection.execute(select(answers.c.question).where(answers.c.id.in_(ids))).scalars().all()
    insert_new(connection, deleted_answers, [{"id": id, "deleted_at": now()} for id in ids])
    connection.execute(delete(answers).where(answers.c.id.in_(ids)))
    untold = [id for id, body in connection.execute(select(outbox.c.id, outbox.c.body)) if body["question"] in asked]
    connection.execute(delete(outbox).where(outbox.c.id.in_(untold)))
    _drop_reviews(connection, and_(reviews.c.merged_into.in_(touched), reviews.c.question.in_(asked)))
    _drop_reviews(connection, reviews.c.id.in_(touched))


def _is_needed() -> ColumnElement[bool]:
    """An answer that a reader complained about, or an expert has taken up, and that is not dealt with yet."""
    report = and_(review_reports.c.answer == answers.c.id, review_reports.c.review == reviews.c.id)
    return exists().where(report, reviews.c.state.in_(WAITING), ~_is_nobodys_work())


def _is_nobodys_work() -> ColumnElement[bool]:
    """A review that is done with, or that the desk itself filed and nobody has taken up.

    Reviews of changed sources hold nothing of readers, and say that experts were told.
    """
    by_itself = reviews.c.kind.in_(("abstained", "low_confidence"))
    untaken = and_(by_itself, reviews.c.state == "open", reviews.c.owner == "")
    return and_(reviews.c.kind != "stale", or_(reviews.c.state.not_in(WAITING), untaken))


def _drop_reviews(connection: Connection, which: ColumnElement[bool]) -> None:
    """Delete those of the reviews that nothing leads to and nothing came of, with their trail."""
    merged = reviews.alias()
    empty: Select[tuple[str]] = select(reviews.c.id).where(
        which,
        ~exists().where(review_reports.c.review == reviews.c.id),
        ~exists().where(page_feedback.c.review == reviews.c.id),
        ~exists().where(corrections.c.review == reviews.c.id),
        ~exists().where(merged.c.merged_into == reviews.c.id),
    )
    connection.execute(delete(review_events).where(review_events.c.review.in_(empty)))
    connection.execute(delete(reviews).where(reviews.c.id.in_(empty)))
