"""Evaluation of golden questions on the real sample knowledge base, and of results made by hand."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from assistant import AnswerStore, Assistant
from assistant.evaluate import Evaluated, evaluate_case
from assistant.figures import FIGURES, figure_values, scores_of, table_of
from assistant.golden import GoldenCase, golden_case, golden_line, unique_cases
from assistant.report import report_html
from assistant.runs import Run, compare, load_run
from kb import Records, RequestError
from ui.services import Services

PLAIN = Evaluated(
    id="1", question="Why?", product="p", answerable=True, documents=("a",), found=("a", "b"), found_title="A",
    confidence=0.9, outcome="answered", citations=2, true_quotes=2, relevant_citations=1, phrases=0, phrases_found=0,
    causes=1, steps=2, items=4, milliseconds=10.0,
)  # fmt: skip
SECOND = replace(PLAIN, id="2", found=("b", "a"), confidence=0.7, causes=0, relevant_citations=0)
REFUSED = replace(PLAIN, id="3", found=("x",), confidence=0.2, outcome="abstained", citations=0, true_quotes=0,
                  relevant_citations=0, causes=0, steps=0, items=0)  # fmt: skip
ALIEN = replace(REFUSED, id="4", answerable=False, documents=(), confidence=0.1)
FOOLED = replace(PLAIN, id="5", answerable=False, documents=(), confidence=0.7, causes=0, steps=0, items=1)
RESULTS = (PLAIN, SECOND, REFUSED, ALIEN, FOOLED)


def run_of(*results: Evaluated) -> Run:
    return Run("model", {"golden": "golden.jsonl"}, results)


@pytest.fixture
def assistant(services: Services, tmp_path: Path) -> Iterator[Assistant]:
    """The desk on the sample knowledge base; its answers go elsewhere."""
    answers = Records(f"sqlite:///{tmp_path}/answers.db")
    yield Assistant(services.search, AnswerStore(answers), base_url="http://localhost")
    answers.close()


# One question


def test_an_answerable_question_is_found_quoted_and_timed(assistant: Assistant, services: Services) -> None:
    """A stored question finds its own document, and every quote is where it says."""
    document = next(d for p, i in services.knowledge.records.ids("nacos")
                    if (d := services.knowledge.records.document(p, i)) and d.kind == "qa")  # fmt: skip
    case = GoldenCase("q", document.question, True, (document.id,), "nacos")
    result = evaluate_case(case, assistant, services.knowledge.records)
    assert result.is_right
    assert result.is_answered
    assert result.found[0] == document.id
    assert result.citations == result.true_quotes > 0
    assert result.items > 0
    assert result.milliseconds > 0


def test_an_alien_question_is_refused(assistant: Assistant, services: Services) -> None:
    """Nothing is cited, and it counts as no right answer."""
    case = GoldenCase("q", "How long do I boil an egg so that the yolk stays soft?", False)
    result = evaluate_case(case, assistant, services.knowledge.records)
    assert (result.outcome, result.citations, result.is_right) == ("abstained", 0, False)
    assert result.confidence < 0.5


def test_golden_phrases_are_looked_for_in_the_quotes(assistant: Assistant, services: Services) -> None:
    """Case and line breaks do not matter; a phrase that is not there is missed."""
    case = GoldenCase("q", "What is port 9848 for?", True, (), "nacos", ("9848", "no such words at all"))
    result = evaluate_case(case, assistant, services.knowledge.records)
    assert (result.phrases, result.phrases_found) == (2, 1)


def test_a_question_that_cannot_be_asked_is_named(assistant: Assistant, services: Services) -> None:
    """An unknown product stops the evaluation with the question's id."""
    case = GoldenCase("q-17", "What now?", True, (), "no-such")
    with pytest.raises(RequestError, match=r"q-17.*no-such"):
        evaluate_case(case, assistant, services.knowledge.records)


# Golden files


def test_a_case_survives_its_line() -> None:
    """What was written is read again."""
    case = GoldenCase("a", "为什么？", True, ("x", "y"), "p", ("words",))
    assert golden_case(json.loads(golden_line(case)), "line 1") == case
    alien = GoldenCase("b", "Eggs?", False)
    assert golden_case(json.loads(golden_line(alien)), "line 2") == alien


def test_documents_make_a_question_answerable() -> None:
    """Where nothing is said, a question with documents is answerable and one without is not."""
    assert golden_case({"id": 1, "question": "q", "documents": ["a"]}, "x").answerable
    assert not golden_case({"id": 1, "question": "q"}, "x").answerable


@pytest.mark.parametrize(
    "line",
    [
        {"question": "no id"},
        {"id": "a"},
        {"id": "a", "question": "  "},
        {"id": "a", "question": 5},
        {"id": "a", "question": "q", "documents": "a"},
        {"id": "a", "question": "q", "documents": [1]},
        {"id": "a", "question": "q", "answerable": "yes"},
        {"id": "a", "question": "q", "product": 3},
        {"id": "a", "question": "q", "documents": ["a"], "answerable": False},
    ],
    ids=lambda line: json.dumps(line),
)
def test_a_malformed_case_says_where(line: dict[str, object]) -> None:
    """The message names the line."""
    with pytest.raises(RequestError, match=r"golden\.jsonl:3"):
        golden_case(line, "golden.jsonl:3")


def test_ids_are_unique_and_some_question_is_there() -> None:
    """Two questions of one id, or none at all, are mistakes."""
    case = GoldenCase("a", "q", False)
    with pytest.raises(RequestError, match="'a'"):
        unique_cases([case, case])
    with pytest.raises(RequestError, match="no question"):
        unique_cases([])


# Figures


def test_figures_by_hand() -> None:
    """Three answerable questions, two of them answered; two others, one answered: worked out on paper."""
    values = dict(zip(FIGURES, figure_values(table_of(RESULTS)), strict=True))
    expected = {
        "mrr@10": (1 + 1 / 2 + 0) / 3,
        "ndcg@10": (1 + 1 / math.log2(3) + 0) / 3,
        "recall@1": 1 / 3,
        "recall@5": 2 / 3,
        "recall@10": 2 / 3,
        "auroc": (2 + 1.5 + 1) / 6,  # .9 beats both, .7 ties with one, .2 beats one
        "precision": 2 / 3,
        "recall": 2 / 3,
        "f1": 2 / 3,
        "refused": 1 / 2,
        "answered": 3 / 5,
        "right": 1 / 3,
        "quotes": 1,
        "citations": 1 / 4,
        "causes": 1 / 3,
        "steps": 2 / 3,
        "causes+steps": 1 / 3,
        "items": 3,
        "p50_ms": 10,
        "p95_ms": 10,
    }
    assert {name: values[name] for name in expected} == pytest.approx(expected)
    assert math.isnan(values["phrases"])


def test_an_unanswerable_question_has_no_rank() -> None:
    """Only what applies to a question is among its scores."""
    assert math.isnan(scores_of(ALIEN)["mrr@10"])
    assert scores_of(FOOLED)["right"] == 0
    assert math.isnan(scores_of(REFUSED)["right"])


def test_estimates_leave_out_what_cannot_be_known() -> None:
    """Without unanswerable questions there is no AUROC; every value lies in its interval."""
    estimates = run_of(PLAIN, SECOND).estimates
    assert not {"auroc", "refused", "phrases"} & set(estimates)
    assert all(one.low <= one.value <= one.high for one in estimates.values())
    assert estimates["mrr@10"].value == 0.75
    assert run_of(REFUSED).estimates["f1"].value == 0


def test_promises_by_hand() -> None:
    """Ordered by confidence: right; wrong document and unanswerable at .7; then refused ones."""
    answerable, right = run_of(*RESULTS).promises(0.35)
    assert (answerable.measure, answerable.threshold, answerable.coverage) == ("answerable", 0.2, 0.8)
    assert answerable.risk == 0.25
    assert (right.measure, right.threshold, right.coverage, right.risk) == ("right", 0.9, 0.2, 0)
    assert right.risk_below > 0.5  # one question proves little


def test_a_promise_that_no_threshold_keeps() -> None:
    """It says so, with the lowest risk there is."""
    promise = run_of(FOOLED, ALIEN).promises(0.05)[0]
    assert (promise.threshold, promise.risk) == (None, 1)


def test_without_golden_documents_no_document_is_wrong() -> None:
    """There is one promise then, about unanswerable questions."""
    assert [promise.measure for promise in run_of(ALIEN, FOOLED).promises(0.05)] == ["answerable"]


def test_each_product_gets_its_own_threshold() -> None:
    """With questions about two products, there are promises for all and for each."""
    other = [replace(one, id=f"{one.id}q", product="q") for one in RESULTS]
    promises = run_of(*RESULTS, *other).promises(0.1)
    assert [promise.product for promise in promises] == ["", "", "p", "p", "q", "q"]


# Runs


def many(*results: Evaluated, times: int = 40) -> Run:
    return run_of(*(replace(one, id=f"{one.id}-{n}") for n in range(times) for one in results))


def test_a_run_survives_its_file(tmp_path: Path) -> None:
    """What was stored is loaded again, question by question."""
    run, path = run_of(*RESULTS), tmp_path / "run.json"
    path.write_text(json.dumps(run.as_dict(run.promises(0.05))), encoding="utf-8")
    assert load_run(path) == run
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert {"model", "settings", "threshold", "metrics", "curves", "promises", "questions"} <= set(stored)
    assert stored["questions"][1]["scores"]["mrr@10"] == 0.5
    assert "NaN" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"model": "m", "settings": {}, "questions": [{}]}', "\x00"])
def test_what_is_no_run_is_refused(tmp_path: Path, text: str) -> None:
    """The message names the file."""
    path = tmp_path / "run.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RequestError, match=r"run\.json"):
        load_run(path)


def test_the_same_run_has_no_regression() -> None:
    """Nothing changed, and chance explains all of it."""
    changes = compare(many(*RESULTS), many(*RESULTS))
    assert not any(change.is_regression or change.difference for change in changes)
    assert all(change.p == 1 for change in changes)


def test_a_fall_for_certain_is_a_regression() -> None:
    """Every right document slid to the second rank: ranking fell, composition did not."""
    changes = {one.name: one for one in compare(many(*RESULTS), many(replace(PLAIN, found=("b", "a")), *RESULTS[1:]))}
    assert changes["mrr@10"].is_regression
    assert changes["mrr@10"].difference == pytest.approx(-1 / 6)
    assert changes["mrr@10"].high < 0
    assert changes["mrr@10"].p < 0.01
    assert not changes["recall@5"].is_regression
    assert not changes["steps"].is_regression


def test_a_gain_or_a_slower_answer_is_no_regression() -> None:
    """What rose is no regression, and times depend on the machine."""
    better = [replace(one, milliseconds=900.0) for one in (PLAIN, PLAIN, *RESULTS[2:])]
    changes = compare(many(*RESULTS), many(*(replace(one, id=str(n)) for n, one in enumerate(better, 1))))
    assert not any(change.is_regression for change in changes)
    assert next(change for change in changes if change.name == "mrr@10").low > 0


def test_one_question_alone_is_not_certain() -> None:
    """One of forty fell: the interval reaches zero, so the run does not fail."""
    before = many(PLAIN)
    after = replace(before, results=(replace(before.results[0], found=("b", "a")), *before.results[1:]))
    change = next(one for one in compare(before, after) if one.name == "mrr@10")
    assert change.difference < -0.005
    assert not change.is_regression


def test_only_shared_questions_are_compared() -> None:
    """A question that one run lacks does not count; runs without a shared one cannot be compared."""
    changes = compare(run_of(PLAIN), run_of(PLAIN, SECOND))
    assert {change.difference for change in changes} == {0}
    with pytest.raises(RequestError, match="none of these questions"):
        compare(run_of(PLAIN), run_of(SECOND))


# Report


class Page(HTMLParser):
    """Collects tags, and what they would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.loads: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "results",
    [RESULTS, (PLAIN, SECOND), (ALIEN,), (replace(PLAIN, documents=()),), (replace(REFUSED, found=()),)],
    ids=["all kinds", "only answerable", "only unanswerable", "no documents", "nothing found"],
)
def test_the_report_is_one_whole_page(results: tuple[Evaluated, ...]) -> None:
    """Well-formed, with charts, without scripts, and nothing is loaded from anywhere."""
    run = run_of(*results)
    html = report_html(run, run.promises(0.05))
    page = Page(html)
    assert page.open == []
    assert page.loads == []
    assert "svg" in page.tags
    assert not page.tags & {"script", "link", "img", "iframe"}
    assert not re.search(r"url\(|@import|\bnan\b", html)


def test_the_report_shows_what_went_wrong_and_escapes_it() -> None:
    """Hostile words of questions, titles and file names stay words."""
    hostile = "<script>alert(1)</script>"
    run = Run(hostile, {"golden": hostile}, (replace(SECOND, question=hostile, found_title=hostile), *RESULTS[2:]))
    html = report_html(run, run.promises(0.05))
    assert hostile not in html
    assert "&lt;script&gt;" in html
    for title in ("should not have been: 1", "from another document: 1", "could have been answered: 1"):
        assert title in html


def test_the_report_marks_the_threshold_that_the_desk_used(tmp_path: Path) -> None:
    """A threshold set in dayi.toml is the one in the charts, after storing the run and reading it as well."""
    run = replace(run_of(*RESULTS), threshold=0.4321)
    (tmp_path / "run.json").write_text(json.dumps(run.as_dict()), encoding="utf-8")
    for one in (run, load_run(tmp_path / "run.json")):
        assert "today's threshold, 0.4321;" in report_html(one, one.promises(0.05))
    assert report_html(run, ()).replace("0.4321", "") != report_html(replace(run, threshold=0.9), ()).replace("0.9", "")


def test_the_report_shows_changes() -> None:
    """Against a baseline there is a column of changes, with what fell marked."""
    before, after = many(*RESULTS), many(replace(PLAIN, found=("b", "a")), *RESULTS[1:])
    html = report_html(after, after.promises(0.05), compare(before, after))
    assert "Before" in html
    assert 'class="tag down">-0.167' in html
