"""Figures of what was asked: counts by day, time to fix, topics, and tables that spreadsheets open as text."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, update

from assistant.answers import AnswerStore
from assistant.charts import timeline
from assistant.clusters import group
from assistant.insight import Counts, DayCounts, Insight, daily_rows, days_ago, periods, total
from kb import load_embedder
from kb.records import Records
from kb.records.schema import review_events, reviews
from tests.assistant.test_reviews import answer, rate
from ui.spreadsheet import csv_text

NACOS_ON_KUBERNETES = ["如何在 Kubernetes 上部署 Nacos 集群？", "How do I deploy a Nacos cluster on Kubernetes?"]
NACOS_ON_ORACLE = [
    "nacos 支持 oracle 数据库吗",
    "Nacos 能不能用 Oracle 做存储",
    "Does Nacos support Oracle as its database?",
]


@pytest.fixture
def insight(records: Records) -> Insight:
    return Insight(records, load_embedder("bundled"))


def fix(records: Records, id: str, opened: str, approved: str) -> None:
    """A review of an answer that was opened and whose correction was approved at these times."""
    with records.write() as connection:
        connection.execute(update(reviews).where(reviews.c.id == id).values(created_at=opened))
        event = {"review": id, "at": approved, "expert": "lin", "action": "approved", "detail": "", "digest": ""}
        connection.execute(insert(review_events).values(event))


def review_ids(records: Records) -> list[str]:
    with records.read() as connection:
        return list(connection.execute(reviews.select().order_by(reviews.c.created_at)).scalars())


def test_counts_by_day_product_and_site(answers: AnswerStore, insight: Insight) -> None:
    """A rating that was taken back no longer counts, and days before the first do not."""
    for number, (day, changes) in enumerate(
        [
            ("2026-01-01", {}),
            ("2026-01-01", {"outcome": "abstained"}),
            ("2026-01-01", {"outcome": "degraded", "product": "arthas"}),
            ("2026-01-02", {}),
            ("2025-12-31", {}),
        ]
    ):
        answers.save(
            answer(str(number), created_at=f"{day}T08:00:00.000000Z", **changes), site="docs" if number else ""
        )
    rate(answers, "0")
    rate(answers, "3")
    rate(answers, "3", "good")
    found = insight.daily(since="2026-01-01")
    assert found == [
        DayCounts("2026-01-01", "arthas", "docs", Counts(1, 1, 0, 0)),
        DayCounts("2026-01-01", "nacos", "", Counts(1, 1, 0, 1)),
        DayCounts("2026-01-01", "nacos", "docs", Counts(1, 0, 1, 0)),
        DayCounts("2026-01-02", "nacos", "docs", Counts(1, 1, 0, 0)),
    ]
    assert [row.product for row in insight.daily(["arthas"], since="2026-01-01")] == ["arthas"]
    assert len(insight.daily(since="2026-01-01", site="docs")) == 3
    assert daily_rows(found)[1] == ("2026-01-01", "nacos", "", 1, 1, 0, 1)


def test_time_to_fix_is_a_median(records: Records, answers: AnswerStore, insight: Insight) -> None:
    """From the report to the last approval; of products, sites and a time."""
    assert insight.hours_to_fix(since="2026-01-01") is None
    for number, product in enumerate(["nacos", "nacos", "arthas"]):
        answers.save(answer(str(number), f"question {number}", product=product), site="docs" if number else "blog")
        rate(answers, str(number))
    first, second, third = review_ids(records)
    fix(records, first, "2026-01-01T00:00:00.000000Z", "2026-01-01T02:00:00.000000Z")
    fix(records, second, "2026-01-01T00:00:00.000000Z", "2026-01-01T10:00:00.000000Z")
    fix(records, third, "2026-01-01T00:00:00.000000Z", "2026-01-05T04:00:00.000000Z")
    assert insight.hours_to_fix(since="2026-01-01") == 10
    assert insight.hours_to_fix(["nacos"], since="2026-01-01") == 6
    assert insight.hours_to_fix(since="2026-01-01", site="blog") == 2
    assert insight.hours_to_fix(since="2026-01-03") == 100


def test_questions_that_ask_the_same_are_one_topic() -> None:
    """In both languages; other questions, and other products, are not among them."""
    embedder = load_embedder("bundled")
    questions = [NACOS_ON_ORACLE[0], *NACOS_ON_KUBERNETES, *NACOS_ON_ORACLE[1:], "Nacos 鉴权开启后 user not found"]
    groups = group(embedder, embedder.encode_queries(questions), ["nacos"] * 6)
    assert [sorted(one) for one in groups] == [[0, 3, 4], [1, 2], [5]]
    apart = group(embedder, embedder.encode_queries(questions), ["nacos", "arthas", *["nacos"] * 4])
    assert [len(one) for one in apart] == [3, 1, 1, 1]
    assert group(embedder, embedder.encode_queries([]), []) == []


@given(st.lists(st.text(max_size=20), max_size=30), st.data())
def test_every_question_is_in_one_group(questions: list[str], data: st.DataObject) -> None:
    """Whatever they say."""
    embedder = load_embedder("bundled")
    keys = [data.draw(st.sampled_from("ab")) for _ in questions]
    groups = group(embedder, embedder.encode_queries(questions), keys)
    assert sorted(n for one in groups for n in one) == list(range(len(questions)))
    assert all(len({keys[n] for n in one}) == 1 for one in groups)


def test_unanswered_topics(answers: AnswerStore, insight: Insight) -> None:
    """The most asked first, the most central question as the title, and what was answered is none."""
    for number, question in enumerate(NACOS_ON_KUBERNETES + NACOS_ON_ORACLE + NACOS_ON_ORACLE[:1]):
        at = f"2026-01-0{number + 1}T00:00:00.000000Z"
        unanswered = {"outcome": "abstained", "confidence": 0.2, "citations": ()}
        answers.save(answer(str(number), question, created_at=at, **unanswered))
    answers.save(answer("x", "How do I roll back a configuration?"))
    rate(answers, "x")
    oracle, kubernetes = insight.unanswered()
    assert (oracle.asked, kubernetes.asked) == (4, 2)
    assert oracle.title in NACOS_ON_ORACLE
    assert {review.question for review in oracle.reviews} == set(NACOS_ON_ORACLE)
    assert insight.unanswered(["arthas"]) == []


def test_quality_is_of_a_product_or_of_a_site(answers: AnswerStore, insight: Insight) -> None:
    """The last ninety days."""
    for number in range(4):
        at = f"{days_ago(number * 40)}T00:00:00.000000Z"
        answers.save(answer(str(number), created_at=at), site="docs" if number else "")
    quality = insight.quality("nacos")
    assert (quality.first, quality.last, quality.counts.asked) == (days_ago(89), days_ago(0), 3)
    assert (quality.hours_to_fix, quality.reviewed) == (None, 0)
    assert insight.quality("nacos", "docs").counts.asked == 2


def test_periods_have_no_gaps() -> None:
    """Days without a question are there, days outside are not."""
    rows = [
        DayCounts("2026-01-01", "a", "", Counts(1, 1, 0, 0)),
        DayCounts("2026-01-08", "a", "", Counts(2, 1, 1, 1)),
        DayCounts("2026-01-08", "b", "", Counts(1, 1, 0, 0)),
        DayCounts("2026-02-01", "b", "", Counts(9, 9, 0, 0)),
    ]
    found = periods(rows, first="2026-01-01", last="2026-01-20", days=7)
    assert [(one.first, one.counts.asked) for one in found] == [("2026-01-01", 1), ("2026-01-08", 3), ("2026-01-15", 0)]
    assert total([]) == Counts()
    assert Counts().share("answered") == 0


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=60))
def test_charts_are_drawn_inside(counts: list[tuple[int, int]]) -> None:
    """Any counts; words are escaped, and no bar is higher than the chart."""
    columns = [("01-01", [("answered", a), ("abstained", b)], min(a, 9), "<b>") for a, b in counts]
    drawn = timeline(columns, '"')
    assert "<b>" not in drawn
    heights = [float(part.partition('"')[0]) for part in drawn.split('height="')[1:]]
    assert all(0 <= height <= 300 for height in heights)


FORMULAS = [
    '=HYPERLINK("https://evil.example")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1",
    " =1+1",
    "＝1+1",
    "－1",
    "　=1",
]


@pytest.mark.parametrize("payload", FORMULAS)
def test_no_cell_is_a_formula(payload: str) -> None:
    """A spreadsheet program opens them as text; numbers stay numbers."""
    rows = list(csv.reader(io.StringIO(csv_text(["a", "b"], [(payload, -5)]), newline="")))
    assert rows[1] == ["'" + payload, "-5"]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=4))
def test_tables_are_read_back(row: list[str]) -> None:
    """Cell by cell, with nothing but the apostrophe added."""
    read = list(csv.reader(io.StringIO(csv_text([], [row]), newline="")))[1]
    assert all(cell in (text, "'" + text) for cell, text in zip(read, row, strict=True))
