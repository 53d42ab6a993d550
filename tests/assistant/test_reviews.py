"""The review queue: what gets in, who sees it, and that nobody overwrites what he has not seen."""

import threading
from dataclasses import replace

import pytest

from assistant.answers import AnswerStore
from assistant.experts import Expert
from assistant.reporting import Review
from assistant.reviews import Queue
from assistant.values import Answer, Citation
from kb.errors import AnswerNotFound, EditConflict, KeyReused, RequestError

CHIEF = Expert("chief", "maintainer")
LIN = Expert("lin", "reviewer", ("nacos",))
WEI = Expert("wei", "reviewer", ("arthas",))
CITATION = Citation(1, "doc", "nacos", "T", "", "q", 0, 1, True)


def answer(id: str, question: str = "Why is 9848 closed?", **changes: object) -> Answer:
    plain = Answer(
        id, "", question, "nacos", "en", "answered", "extractive", 0.9, "", (), (), (), (CITATION,), (), "", "c",
        f"token-{id}", "2026-01-01T00:00:00Z", 1,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def rate(answers: AnswerStore, id: str, rating: str = "bad", **words: str) -> None:
    answers.rate(id, f"token-{id}", rating, created_at="2026-01-02T00:00:00Z", **words)  # type: ignore[arg-type]


def waiting(queue: Queue, expert: Expert = CHIEF) -> list[Review]:
    return list(queue.page(expert).reviews)


def test_good_answers_need_nobody(answers: AnswerStore, queue: Queue) -> None:
    """A sure answer that is rated well, or not at all, is no work."""
    answers.save(answer("a"))
    answers.save(answer("b"))
    rate(answers, "b", "good")
    assert waiting(queue) == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"outcome": "abstained", "confidence": 0.1, "citations": ()}, "abstained"),
        ({"confidence": 0.6}, "low_confidence"),
    ],
)
def test_missing_and_unsure_answers_are_work(
    answers: AnswerStore, queue: Queue, changes: dict[str, object], kind: str
) -> None:
    answers.save(answer("a", **changes))
    assert [(one.kind, one.question, one.reports) for one in waiting(queue)] == [(kind, "Why is 9848 closed?", 1)]


@pytest.mark.parametrize("changes", [{"confidence": 0.0}, {"confidence": 0.4, "choices": ("Nacos", "Arthas")}])
def test_questions_back_are_no_work(answers: AnswerStore, queue: Queue, changes: dict[str, object]) -> None:
    """What the desk itself asks its reader about is no gap in the knowledge base."""
    answers.save(answer("a", outcome="abstained", citations=(), **changes))
    assert waiting(queue) == []


def test_the_most_urgent_report_names_the_kind(answers: AnswerStore, queue: Queue) -> None:
    """An unsure answer that is then rated badly, and whose reader then asks for an expert, is one review."""
    answers.save(answer("a", confidence=0.6))
    rate(answers, "a", comment="wrong port")
    assert [one.kind for one in waiting(queue)] == ["bad_rated"]
    answers.ask_expert("a", "token-a", created_at="2026-01-03T00:00:00Z", comment="help", contact="me@example.org")
    (review,) = waiting(queue)
    assert (review.kind, review.reports) == ("asked_expert", 1)
    (report,) = queue.reports(review)
    assert (report.rating, report.comment, report.contact) == ("bad", "wrong port\nhelp", "me@example.org")
    assert queue.of_answer("a") == review


def test_the_same_question_is_one_review(answers: AnswerStore, queue: Queue) -> None:
    """However it is written; another product's is another one."""
    answers.save(answer("a", "Why is 9848 closed?", confidence=0.6))
    answers.save(answer("b", "  why is 9848  CLOSED", confidence=0.6))
    answers.save(answer("c", "Why is 9848 closed?", confidence=0.6, product="arthas"))
    assert sorted((one.product, one.reports) for one in waiting(queue)) == [("arthas", 1), ("nacos", 2)]


def test_a_complaint_after_the_end_is_a_new_review(answers: AnswerStore, queue: Queue) -> None:
    """What was dealt with comes back when its reader is still not content."""
    answers.save(answer("a"))
    rate(answers, "a")
    (first,) = waiting(queue)
    queue.change(LIN, first.id, first.version, state="resolved")
    rate(answers, "a")
    (second,) = waiting(queue)
    assert second.id != first.id


def test_experts_see_their_products(answers: AnswerStore, queue: Queue) -> None:
    """What is not theirs is not there, in lists, counts and by id."""
    answers.save(answer("a"))
    rate(answers, "a")
    (review,) = waiting(queue, LIN)
    page = queue.page(WEI)
    assert (page.reviews, page.counts) == ((), {})
    messages = set()
    for id in (review.id, "unknown"):
        with pytest.raises(AnswerNotFound) as caught:
            queue.get(WEI, id)
        messages.add(str(caught.value))
        with pytest.raises(AnswerNotFound):
            queue.change(WEI, id, 1, state="dismissed")
    assert len(messages) == 1
    assert queue.get(LIN, review.id).state == "open"


def test_changes_name_the_version_they_were_made_from(answers: AnswerStore, queue: Queue) -> None:
    """The second of two experts who saw the same page is told; the trail holds who did what."""
    answers.save(answer("a"))
    rate(answers, "a")
    (seen,) = waiting(queue)
    changed = queue.change(LIN, seen.id, seen.version, state="in_progress", owner="lin", due="2026-02-01")
    assert (changed.state, changed.owner, changed.due, changed.version) == ("in_progress", "lin", "2026-02-01", 2)
    with pytest.raises(EditConflict):
        queue.change(CHIEF, seen.id, seen.version, owner="chief")
    assert queue.get(CHIEF, seen.id) == changed
    events = [(event.expert, event.action, event.detail) for event in queue.history(seen)]
    assert events == [("lin", "state", "in_progress"), ("lin", "owner", "lin"), ("lin", "due", "2026-02-01")]


@pytest.mark.parametrize("values", [{"state": "approved"}, {"due": "tomorrow"}, {"due": "2026-02-31"}])
def test_malformed_changes_are_refused(answers: AnswerStore, queue: Queue, values: dict[str, str]) -> None:
    answers.save(answer("a"))
    rate(answers, "a")
    (review,) = waiting(queue)
    with pytest.raises(RequestError):
        queue.change(LIN, review.id, review.version, **values)
    assert queue.get(LIN, review.id) == review


def test_filters(answers: AnswerStore, queue: Queue) -> None:
    """By state, kind, product, owner and due date; counts are those of all that the expert sees."""
    answers.save(answer("a", "one", confidence=0.6))
    answers.save(answer("b", "two", confidence=0.6, product="arthas"))
    answers.save(answer("c", "three"))
    rate(answers, "c")
    (three,) = queue.page(CHIEF, kind="bad_rated").reviews
    queue.change(CHIEF, three.id, three.version, owner="lin", due="2020-01-01")
    assert [one.question for one in queue.page(CHIEF, product="arthas").reviews] == ["two"]
    assert [one.question for one in queue.page(CHIEF, owner="lin").reviews] == ["three"]
    assert [one.question for one in queue.page(CHIEF, overdue=True).reviews] == ["three"]
    assert queue.page(CHIEF, state="resolved").reviews == ()
    assert queue.page(LIN).counts == {("open", "bad_rated"): 1, ("open", "low_confidence"): 1}


def test_paging_shows_everything_once(answers: AnswerStore, queue: Queue) -> None:
    """Newest first, also while new ones come in."""
    for number in range(120):
        answers.save(answer(f"a{number}", f"question number {number}", confidence=0.6))
    seen, after = [], ""
    while True:
        page = queue.page(CHIEF, after=after)
        seen += [one.question for one in page.reviews]
        answers.save(answer(f"late{len(seen)}", f"late {len(seen)}", confidence=0.6))
        after = page.after
        if not after:
            break
    assert seen == [f"question number {number}" for number in reversed(range(120))]


def test_merging_moves_the_reports(answers: AnswerStore, queue: Queue) -> None:
    """Near duplicates are proposed; the merged one points to the other, which is as urgent as both."""
    answers.save(answer("a", "Why is port 9848 closed on my server?", confidence=0.6))
    answers.save(answer("b", "Why is the port 9848 closed on our server?"))
    answers.save(answer("c", "How do I rename a namespace?", confidence=0.6))
    rate(answers, "b")
    target = next(one for one in waiting(queue) if one.kind == "low_confidence" and "9848" in one.question)
    (source,) = queue.page(LIN, kind="bad_rated").reviews
    assert queue.similar(LIN, source) == [target]
    merged = queue.merge(LIN, source.id, source.version, target.id)
    assert (merged.kind, merged.reports) == ("bad_rated", 2)
    gone = queue.get(LIN, source.id)
    assert (gone.state, gone.merged_into) == ("dismissed", target.id)
    assert {report.answer for report in queue.reports(merged)} == {"a", "b"}
    assert queue.of_answer("b") == merged
    with pytest.raises(RequestError):
        queue.merge(LIN, merged.id, merged.version, gone.id)


def test_products_are_not_merged_across(answers: AnswerStore, queue: Queue) -> None:
    """Nor a review with itself, nor into one that the expert does not see."""
    answers.save(answer("a", confidence=0.6))
    answers.save(answer("b", confidence=0.6, product="arthas"))
    mine, other = sorted(waiting(queue), key=lambda one: one.product, reverse=True)
    for target in (mine, other):
        with pytest.raises(RequestError):
            queue.merge(CHIEF, mine.id, mine.version, target.id)
    with pytest.raises(AnswerNotFound):
        queue.merge(LIN, mine.id, mine.version, other.id)


def test_rating_needs_the_asker(answers: AnswerStore, queue: Queue) -> None:
    """A foreign answer is not there; fifty repeats leave one rating and one report."""
    answers.save(answer("a"))
    for id, token in (("a", "token-b"), ("b", "token-b"), ("a", "")):
        with pytest.raises(AnswerNotFound):
            answers.rate(id, token, "bad", created_at="t")
        with pytest.raises(AnswerNotFound):
            answers.ask_expert(id, token, created_at="t")
    assert waiting(queue) == []
    for _ in range(50):
        rate(answers, "a")
    assert len(answers.ratings()) == 1
    assert [one.reports for one in waiting(queue)] == [1]


def test_a_repeated_request_counts_once(answers: AnswerStore, queue: Queue) -> None:
    """Twenty at once with one key; a late repeat does not undo what was said since; another one is refused."""
    answers.save(answer("a"))
    failures: list[Exception] = []

    def send() -> None:
        try:
            rate(answers, "a", comment="no", key="k1")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    rate(answers, "a", "good", key="k2")
    rate(answers, "a", comment="no", key="k1")
    assert [one["rating"] for one in answers.ratings()] == ["good"]
    with pytest.raises(KeyReused):
        rate(answers, "a", comment="something else", key="k1")
    answers.save(answer("b"))
    rate(answers, "b", comment="something else", key="k1")  # another asker's keys are his own


def test_an_expert_is_asked_once_per_key(answers: AnswerStore) -> None:
    answers.save(answer("a"))
    for comment in ("first", "first"):
        answers.ask_expert("a", "token-a", created_at="t", comment=comment, key="k")
    with pytest.raises(KeyReused):
        answers.ask_expert("a", "token-a", created_at="t", comment="second", key="k")


@pytest.mark.slow
def test_many_raters_meet_no_lock(answers: AnswerStore, queue: Queue) -> None:
    """50 threads of 20 ratings: 1 000 rows and reports, no error reaches anybody."""
    for number in range(1000):
        answers.save(answer(f"a{number}", f"question {number}"))
    failures: list[Exception] = []

    def work(worker: int) -> None:
        try:
            for number in range(20):
                rate(answers, f"a{worker * 20 + number}")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(answers.ratings()) == 1000
    assert queue.page(CHIEF).counts == {("open", "bad_rated"): 1000}
