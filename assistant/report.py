"""A run as one HTML page: nothing is loaded from anywhere, no script, light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assistant.charts import bars, histogram, interval_mark, risk_chart
from assistant.evaluate import Evaluated
from assistant.figures import FIGURES, scores_of
from assistant.runs import Change, Estimate, Promise, Run

__all__ = ["report_html"]

_HEADLINES = (
    ("mrr@10", "Right document, by rank", "检索排名"),
    ("recall@10", "Right document in the first ten", "前十命中"),
    ("f1", "Knows when to answer", "该答则答"),
    ("refused", "Refuses what it does not know", "不知则拒"),
    ("quotes", "Quotes stand in their source", "引文属实"),
    ("p95_ms", "95 of 100 answers within", "回答耗时"),
)
_GROUPS = {
    "ranking": "Ranking 检索",
    "abstention": "Abstention 拒答",
    "citations": "Citations 引用",
    "composition": "Composition 组成",
    "latency": "Latency 耗时",
}
_RANKS = (("first", 1, 1), ("2 – 3", 2, 3), ("4 – 5", 4, 5), ("6 – 10", 6, 10))
_WORST = 12  # questions of each kind


@dataclass(frozen=True, slots=True)
class _Kind:
    """One way of failing, with the questions where it weighs most."""

    title: str
    chinese: str
    number: int
    worst: Sequence[Evaluated]


def report_html(run: Run, promises: Sequence[Promise], changes: Sequence[Change] = ()) -> str:
    """The page; `changes` against a baseline are shown where there are any."""
    estimates = run.estimates
    answerable = [one.confidence for one in run.results if one.answerable]
    others = [one.confidence for one in run.results if not one.answerable]
    max_risk = promises[0].max_risk if promises else 0.0
    curves = [("strict" if measure == "right" else "mild", run.curve(measure)) for measure in run.measures]
    return _ENVIRONMENT.get_template("report.html").render(
        run=run,
        headlines=[(label, chinese, name, estimates[name]) for name, label, chinese in _HEADLINES if name in estimates],
        groups=[(title, _rows(group, estimates, changes)) for group, title in _GROUPS.items()],
        compared=bool(changes),
        promises=promises,
        risk=risk_chart(curves, run.threshold, max_risk),
        confidences=histogram(answerable, others, run.threshold),
        ranks=bars(_ranks(run.results)) if any(one.documents for one in run.results) else "",
        kinds=[kind for kind in _kinds(run.results) if kind.worst],
        others=len(others),
        questions={id: one.question for one in run.results for id in one.documents},  # held-out answers have no title
        max_risk=max_risk,
    )


def _rows(
    group: str, estimates: dict[str, Estimate], changes: Sequence[Change]
) -> list[tuple[str, Estimate, Markup, Change | None]]:
    by_name = {change.name: change for change in changes}
    return [
        (name, estimates[name], _mark(estimates[name]), by_name.get(name))
        for name, figure in FIGURES.items()
        if figure.group == group and name in estimates
    ]


def _mark(estimate: Estimate) -> Markup:
    is_share = estimate.high <= 1
    return interval_mark(estimate.value, estimate.low, estimate.high) if is_share else Markup("")


def _ranks(results: Sequence[Evaluated]) -> list[tuple[str, int]]:
    ranked = [one for one in results if one.documents]
    places = [next((n for n, id in enumerate(one.found, 1) if id in one.documents), 0) for one in ranked]
    counts = [(label, sum(low <= place <= high for place in places)) for label, low, high in _RANKS]
    return [*counts, ("not found", places.count(0))]


def _kinds(results: Sequence[Evaluated]) -> list[_Kind]:
    boldest = sorted(results, key=lambda one: -one.confidence)
    alien = [one for one in boldest if one.is_answered and not one.answerable]
    refused = [one for one in boldest if one.answerable and not one.is_answered]
    astray = sorted((one for one in boldest if one.is_answered and one.answerable and not one.is_right),
                    key=lambda one: scores_of(one)["mrr@10"])  # fmt: skip
    return [
        _Kind("Answered, and should not have been", "不该回答却回答了", len(alien), alien[:_WORST]),
        _Kind("Answered from another document", "依据了其他文档", len(astray), astray[:_WORST]),
        _Kind("Refused, and could have been answered", "可以回答却拒绝了", len(refused), refused[:_WORST]),
    ]


def _short(text: str, limit: int = 160) -> str:
    words = " ".join(text.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.0f}"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals["figures"] = FIGURES
_ENVIRONMENT.filters |= {"short": _short, "number": _number}
