"""What is old goes, what somebody still works on stays, and an asker's wish to delete is done at once."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from assistant.answers import AnswerStore
from assistant.clock import now
from assistant.notices.outbox import Outbox
from assistant.publications import Publication
from assistant.readers import ReaderRatings
from assistant.retention import Retention
from assistant.reviews import Queue
from kb.errors import AnswerGone, AnswerNotFound
from kb.records import Records
from kb.records.schema import metadata
from kb.values import Document
from tests.assistant.test_reviews import CHIEF, answer, rate, waiting

IN_91_DAYS = datetime.now(UTC) + timedelta(days=91)
HELD = ("answers", "feedback", "expert_requests", "review_reports", "review_events", "reviews", "page_feedback")


def ask(answers: AnswerStore, id: str, question: str = "Why is 9848 closed?", **changes: object) -> None:
    answers.save(answer(id, question, created_at=now(), **changes))


def close(queue: Queue, state: str = "dismissed") -> None:
    for review in waiting(queue):
        queue.change(CHIEF, review.id, review.version, state=state)


def rows(records: Records, *tables: str) -> dict[str, int]:
    with records.read() as connection:
        counts = {name: sa.select(sa.func.count()).select_from(metadata.tables[name]) for name in tables or HELD}
        return {name: connection.execute(count).scalar_one() for name, count in counts.items()}


def everything(records: Records) -> str:
    with records.read() as connection:
        return "\n".join(str(row) for name in HELD for row in connection.execute(sa.select(metadata.tables[name])))


PAGE = Publication(Document("doc", "nacos", "Title", "text", (), question="Q?", reviewed=True), "", "", ())


def test_after_91_days_nothing_is_left(records: Records, answers: AnswerStore, queue: Queue) -> None:
    """Answers, their conversation, ratings, requests, reviews that are done with and their trails."""
    ask(answers, "a", confidence=0.5)
    ask(answers, "b", "Unanswered 8848?", outcome="abstained", confidence=0.2)
    ask(answers, "c", "Fine 7848?")
    rate(answers, "c", "good", comment="thanks")
    answers.ask_expert("a", "token-a", created_at=now(), contact="me@example.org")
    ReaderRatings(records).rate_page(PAGE, "reader", "bad")
    ReaderRatings(records).rate_answer("c", "reader", "bad")
    close(queue)
    assert all(rows(records).values())
    assert Retention(records, 90).expire(IN_91_DAYS) == 3
    assert not any(rows(records).values())
    with pytest.raises(AnswerNotFound):
        answers.get("a")
    with pytest.raises(AnswerNotFound):
        answers.turns("c")


@pytest.mark.parametrize(("days", "later"), [(0, 10_000), (90, 89)])
def test_what_is_young_stays(records: Records, answers: AnswerStore, days: int, later: int) -> None:
    """And everything where the setting is 0."""
    ask(answers, "a")
    rate(answers, "a", "good")
    assert Retention(records, days).expire(datetime.now(UTC) + timedelta(days=later)) == 0
    assert rows(records, "answers", "feedback") == {"answers": 1, "feedback": 1}


def test_what_is_worked_on_stays_until_it_is_done(records: Records, answers: AnswerStore, queue: Queue) -> None:
    """A complaint, a request, and what an expert has taken up; not what the desk filed and nobody looks at."""
    retention = Retention(records, 90)
    for id in ("complaint", "request", "taken", "nobody", "unsure"):
        ask(answers, id, f"Question {id} 9848", confidence=0.5)
    rate(answers, "complaint")
    answers.ask_expert("request", "token-request", created_at=now())
    taken = queue.of_answer("taken")
    assert taken
    queue.change(CHIEF, taken.id, taken.version, state="in_progress")
    assert retention.expire(IN_91_DAYS) == 2
    for id in ("complaint", "request", "taken"):
        assert answers.get(id).id == id
    assert rows(records, "reviews") == {"reviews": 3}
    close(queue)
    review = queue.of_answer("taken")
    assert review
    queue.change(CHIEF, review.id, review.version, state="resolved")
    assert retention.expire(IN_91_DAYS) == 3
    assert not any(rows(records).values())


def test_many_answers(records: Records, answers: AnswerStore) -> None:
    """More than one transaction's worth."""
    for number in range(1_100):
        ask(answers, f"a{number}")
    assert Retention(records, 90).expire(IN_91_DAYS) == 1_100
    assert rows(records, "answers") == {"answers": 0}


def test_an_asker_deletes(records: Records, answers: AnswerStore, queue: Queue) -> None:
    """Only with the token; nothing of the question is left, and its address says so for as long as answers are kept."""
    ask(answers, "a", "My very own question 9848", confidence=0.5)
    rate(answers, "a", comment="my words")
    review = queue.of_answer("a")
    assert review
    queue.change(CHIEF, review.id, review.version, owner="chief")
    for id, token in (("a", "token-b"), ("a", ""), ("b", "token-a")):
        with pytest.raises(AnswerNotFound):
            answers.delete(id, token)
    answers.delete("a", "token-a")
    assert not any(rows(records).values())
    for again in (lambda: answers.get("a"), lambda: answers.delete("a", "token-a"), lambda: rate(answers, "a")):
        with pytest.raises(AnswerGone):
            again()
    Retention(records, 90).expire(IN_91_DAYS)
    assert rows(records, "deleted_answers") == {"deleted_answers": 0}


def test_others_keep_their_review(records: Records, answers: AnswerStore, queue: Queue) -> None:
    """One that somebody else's complaint led to as well stays, until that is deleted too."""
    for id in ("a", "b"):
        ask(answers, id)
        rate(answers, id)
    answers.delete("a", "token-a")
    (review,) = waiting(queue)
    assert [report.answer for report in queue.reports(review)] == ["b"]
    answers.delete("b", "token-b")
    assert waiting(queue) == []


def test_a_merged_complaint_is_deleted_as_well(records: Records, answers: AnswerStore, queue: Queue) -> None:
    """Its words stood in the review that was merged away."""
    ask(answers, "a", "My very own question 9848")
    ask(answers, "b", "Another one")
    rate(answers, "a")
    rate(answers, "b")
    mine, other = queue.of_answer("a"), queue.of_answer("b")
    assert mine
    assert other
    queue.merge(CHIEF, mine.id, mine.version, other.id)
    answers.delete("a", "token-a")
    assert "My very own" not in everything(records)
    assert [one.id for one in waiting(queue)] == [other.id]


@pytest.mark.parametrize("days", [0, 90])
def test_notices_that_nobody_took_go_after_30_days(records: Records, days: int) -> None:
    """Given up, or for a target that is no longer in the settings; however long answers are kept."""
    with records.write() as connection:
        Outbox(mails=True).add_mail(connection, {"to": "me@example.org", "question": "Why?"})
    retention = Retention(records, days)
    retention.expire(datetime.now(UTC) + timedelta(days=29))
    assert rows(records, "outbox") == {"outbox": 1}
    retention.expire(datetime.now(UTC) + timedelta(days=31))
    assert rows(records, "outbox") == {"outbox": 0}


def test_whoever_runs_the_server_deletes_by_id(records: Records, answers: AnswerStore) -> None:
    """Without a token; an id that is not there is told."""
    ask(answers, "a")
    Retention(records, 90).delete("a")
    with pytest.raises(AnswerGone):
        answers.get("a")
    with pytest.raises(AnswerNotFound, match="There is no answer a"):
        Retention(records, 90).delete("a")
