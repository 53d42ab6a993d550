"""What readers ask and how it ends: counts over time, how long a fix takes, and what is asked without an answer.

Everything is counted by the database, from indexes that hold what is counted; no answer's body is read.
"""

import statistics
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from sqlalchemy import ColumnElement, case, func, select

from assistant.clusters import group
from assistant.reporting import WAITING, Review, ReviewKind, to_review
from kb.embedding.base import Embedder, Vectors
from kb.records import Records, answers, documents, feedback
from kb.records.schema import review_events, review_reports, reviews

__all__ = [
    "COLUMNS",
    "Counts",
    "DayCounts",
    "Insight",
    "Period",
    "Quality",
    "Topic",
    "daily_rows",
    "days_ago",
    "periods",
    "total",
]

COLUMNS = ("day", "product", "site", "asked", "answered", "abstained", "bad_rated")
"""Header of the daily counts as a table."""

_UNANSWERED: tuple[ReviewKind, ...] = ("abstained", "asked_expert")
_GROUPED = 1000  # newest unanswered questions that are grouped
_TOPICS = 20
_EXAMPLES = 3
_QUALITY_DAYS = 90


@dataclass(frozen=True, slots=True)
class Counts:
    """Questions, and how many of them were answered, were not, and got a bad rating."""

    asked: int = 0
    answered: int = 0
    abstained: int = 0
    bad_rated: int = 0

    def share(self, name: str) -> float:
        """One of the counts as a share (0..1) of the questions; 0 where nothing was asked."""
        return float(getattr(self, name)) / self.asked if self.asked else 0.0


@dataclass(frozen=True, slots=True)
class DayCounts:
    """One day (YYYY-MM-DD, UTC) of one product and site; empty names where none was known."""

    day: str
    product: str
    site: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` (YYYY-MM-DD) on, as many as `days`."""

    first: str
    days: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Topic:
    """Questions that ask about the same: the most central one, how often it was asked, the newest reviews."""

    title: str
    product: str
    asked: int
    reviews: tuple[Review, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """The figures of a product or site that its readers may see; `hours_to_fix` is a median, None without a fix."""

    first: str
    last: str
    counts: Counts
    hours_to_fix: float | None
    reviewed: int


class Insight:
    """Figures from the database of the records. `products` name those to count, none means all. Thread-safe."""

    def __init__(self, records: Records, embedder: Embedder) -> None:
        self._records = records
        self._embedder = embedder
        self._vectors: dict[str, Vectors] = {}
        self._encoding = threading.Lock()

    def daily(self, products: Sequence[str] = (), *, since: str, site: str = "") -> list[DayCounts]:
        """Counts from the day `since` (YYYY-MM-DD) on, by day, product and site, the oldest first."""
        day = func.substr(answers.c.created_at, 1, 10).label("day")
        bad = answers.c.id.in_(select(feedback.c.answer).where(feedback.c.rating == "bad"))
        columns = (
            func.count().label("asked"),
            func.sum(case((answers.c.outcome == "abstained", 1), else_=0)).label("abstained"),
            func.sum(case((bad, 1), else_=0)).label("bad_rated"),
        )
        keys = (day, answers.c.product, answers.c.site)
        query = select(*keys, *columns).where(answers.c.created_at >= since).group_by(*keys).order_by(*keys)
        if products:
            query = query.where(answers.c.product.in_(products))
        if site:
            query = query.where(answers.c.site == site)
        with self._records.read() as connection:
            rows = connection.execute(query).all()
        return [
            DayCounts(row.day, row.product, row.site, Counts(row.asked, row.asked - row.abstained, row.abstained,
                                                             row.bad_rated))
            for row in rows
        ]  # fmt: skip

    def hours_to_fix(self, products: Sequence[str] = (), *, since: str, site: str = "") -> float | None:
        """Median hours from a reader's report to the approval of its correction, of those approved since a day.

        None where nothing was.
        """
        approved = func.max(review_events.c.at)
        query = (
            select(reviews.c.created_at, approved.label("approved"))
            .join(reviews, reviews.c.id == review_events.c.review)
            .where(review_events.c.action == "approved", review_events.c.at >= since, reviews.c.kind != "stale")
            .group_by(reviews.c.id, reviews.c.created_at)
        )
        if products:
            query = query.where(reviews.c.product.in_(products))
        if site:
            query = query.where(reviews.c.id.in_(_asked_on(site)))
        with self._records.read() as connection:
            spans = [_hours(row.created_at, row.approved) for row in connection.execute(query)]
        return statistics.median(spans) if spans else None

    def unanswered(self, products: Sequence[str] = ()) -> list[Topic]:
        """What waits for an answer, grouped by what it asks, the most asked first: at most twenty topics."""
        waiting = self._waiting(products)
        groups = group(self._embedder, self._encoded(waiting), [review.product for review in waiting])
        return sorted((_topic([waiting[n] for n in one]) for one in groups), key=lambda topic: -topic.asked)[:_TOPICS]

    def quality(self, product: str, site: str = "") -> Quality:
        """What a product's, or a site's, readers may see of the last 90 days."""
        first = days_ago(_QUALITY_DAYS - 1)
        asked = self.daily([product] if product and not site else [], since=first, site=site)
        reviewed = select(func.count()).where(documents.c.product == product, documents.c.reviewed)
        with self._records.read() as connection:
            entries = int(connection.execute(reviewed).scalar_one()) if product else 0
        hours = self.hours_to_fix([product] if product and not site else [], since=first, site=site)
        return Quality(first, days_ago(0), total(row.counts for row in asked), hours, entries)

    def _waiting(self, products: Sequence[str]) -> list[Review]:
        """The newest reviews of questions without an answer; each state and kind is in order in an index."""
        found: list[Review] = []
        with self._records.read() as connection:
            for state in WAITING:
                for kind in _UNANSWERED:
                    query = select(reviews).where(reviews.c.state == state, reviews.c.kind == kind)
                    if products:
                        query = query.where(reviews.c.product.in_(products))
                    query = query.order_by(reviews.c.created_at.desc(), reviews.c.id.desc()).limit(_GROUPED)
                    found += [to_review(row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda review: review.created_at, reverse=True)[:_GROUPED]

    def _encoded(self, waiting: Sequence[Review]) -> Vectors:
        """Vectors of the questions; those of the last call are kept, for models that take their time."""
        with self._encoding:
            new = list({review.question for review in waiting} - self._vectors.keys())
            if new:
                self._vectors |= dict(zip(new, self._embedder.encode_queries(new), strict=True))
            self._vectors = {review.question: self._vectors[review.question] for review in waiting}
            return np.array([self._vectors[review.question] for review in waiting], dtype=np.float32)


def total(counts: Iterable[Counts]) -> Counts:
    """The sum of counts."""
    rows = [(one.asked, one.answered, one.abstained, one.bad_rated) for one in counts]
    return Counts(*map(sum, zip(*rows, strict=True)))


def daily_rows(rows: Sequence[DayCounts]) -> list[tuple[object, ...]]:
    """The counts in the order of `COLUMNS`."""
    return [(row.day, row.product, row.site, *(getattr(row.counts, name) for name in COLUMNS[3:])) for row in rows]


def periods(rows: Sequence[DayCounts], *, first: str, last: str, days: int) -> list[Period]:
    """The counts in steps of `days` from `first` to `last` (YYYY-MM-DD), empty steps included."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    steps: list[list[Counts]] = [[] for _ in range((end - start).days // days + 1)]
    for row in rows:
        step = (date.fromisoformat(row.day) - start).days // days
        if 0 <= step < len(steps):
            steps[step].append(row.counts)
    return [Period(str(start + timedelta(n * days)), days, total(counts)) for n, counts in enumerate(steps)]


def days_ago(days: int) -> str:
    """The date (UTC, YYYY-MM-DD) so many days ago."""
    return str(datetime.now(UTC).date() - timedelta(days))


def _topic(found: Sequence[Review]) -> Topic:
    newest = sorted(found, key=lambda review: review.created_at, reverse=True)
    asked = sum(review.reports for review in found)
    return Topic(found[0].question, found[0].product, asked, tuple(newest[:_EXAMPLES]))


def _asked_on(site: str) -> ColumnElement[str]:
    joined = review_reports.join(answers, answers.c.id == review_reports.c.answer)
    return select(review_reports.c.review).select_from(joined).where(answers.c.site == site)  # type: ignore[return-value]


def _hours(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 3600
