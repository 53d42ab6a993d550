"""Retention, deletion and readers' ratings on PostgreSQL."""

import pytest

from assistant.answers import AnswerStore
from assistant.readers import ReaderRatings
from assistant.retention import Retention
from assistant.reviews import Queue
from kb.errors import AnswerGone
from kb.records import Records
from tests.assistant.test_retention import IN_91_DAYS, PAGE, ask, close, rows
from tests.assistant.test_reviews import CHIEF, rate
from tests.postgresql import empty, needs_postgresql, records

__all__ = ["empty", "records"]

pytestmark = needs_postgresql


def test_nothing_is_left(records: Records) -> None:
    """Deleted by the asker, or old and done with."""
    answers, queue, readers = AnswerStore(records), Queue(records), ReaderRatings(records)
    for id in ("a", "b", "c"):
        ask(answers, id, f"Question {id} 9848", confidence=0.5)
        rate(answers, id)
        readers.rate_answer(id, "reader", "bad")
    for _ in range(2):
        readers.rate_page(PAGE, "reader", "bad")
    answers.delete("a", "token-a")
    with pytest.raises(AnswerGone):
        answers.get("a")
    assert [review.reports for review in queue.page(CHIEF).reviews] == [1, 1, 1]
    assert {len(queue.reports(review)) for review in queue.page(CHIEF).reviews} == {1, 2}
    assert Retention(records, 90).expire(IN_91_DAYS) == 0
    close(queue)
    assert Retention(records, 90).expire(IN_91_DAYS) == 2
    assert not any(rows(records).values())
