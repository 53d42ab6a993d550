"""The review queue: what readers complained about, what could not be answered, and what became of it.

Every change names the version of the review that it was made from, so that nobody overwrites what he has not seen, and
leaves a line in the audit trail.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, select, true, update
from sqlalchemy.sql.expression import tuple_

from assistant.clock import now
from assistant.experts import Expert
from assistant.reporting import (
    STATES,
    WAITING,
    Review,
    ReviewKind,
    ReviewState,
    file_conflicts,
    load_review,
    log_event,
    sharpen,
    to_review,
    unfiled_conflicts,
)
from kb.errors import AnswerNotFound, EditConflict, RequestError
from kb.records import Records
from kb.records.schema import (
    answers,
    expert_requests,
    feedback,
    page_feedback,
    review_events,
    review_reports,
    reviews,
)
from kb.text import tokens

__all__ = ["Queue", "QueuePage", "Report", "ReviewEvent", "advance", "not_found"]

_PAGE = 50
_SHOWN_REPORTS = 20
_COMPARED = 300  # newest reviews among which near duplicates are looked for
_ALIKE = 0.5  # share of common words from which on two questions look like the same


@dataclass(frozen=True, slots=True)
class Report:
    """What led to a review, with what a reader said about it: an answer, or else a published page of `document`."""

    answer: str
    kind: ReviewKind
    created_at: str
    rating: str = ""
    reasons: tuple[str, ...] = ()
    comment: str = ""
    contact: str = ""
    product: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class ReviewEvent:
    """A line of the audit trail; `digest` is the hash of the text that was approved, empty for everything else."""

    at: str
    expert: str
    action: str
    detail: str
    digest: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Reviews, newest first; `after` continues the list, empty at its end. `counts` are by state and kind."""

    reviews: tuple[Review, ...]
    after: str
    counts: Mapping[tuple[ReviewState, ReviewKind], int]


class Queue:
    """Reviews in the database of the records, each expert seeing those of his products. Thread-safe."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def page(
        self,
        expert: Expert,
        *,
        state: ReviewState = "open",
        kind: str = "",
        product: str = "",
        owner: str = "",
        overdue: bool = False,
        after: str = "",
    ) -> QueuePage:
        """Fifty reviews in a state, newest first, of one kind, product and owner where given, from `after` on."""
        self._file_conflicts()
        where = [_visible(expert), reviews.c.state == state]
        wanted = {"kind": kind, "product": product, "owner": owner}
        where += [reviews.c[name] == value for name, value in wanted.items() if value]
        if overdue:
            where.append(and_(reviews.c.due != "", reviews.c.due < now()[:10]))
        if after:
            created_at, _, id = after.partition("~")
            where.append(tuple_(reviews.c.created_at, reviews.c.id) < tuple_(created_at, id))
        order = (reviews.c.created_at.desc(), reviews.c.id.desc())
        counted = select(reviews.c.state, reviews.c.kind, func.count()).where(_visible(expert))
        with self._records.read() as connection:
            rows = connection.execute(select(reviews).where(*where).order_by(*order).limit(_PAGE + 1)).mappings().all()
            counts = connection.execute(counted.group_by(reviews.c.state, reviews.c.kind)).all()
        found = tuple(to_review(row) for row in rows[:_PAGE])
        more = f"{found[-1].created_at}~{found[-1].id}" if len(rows) > _PAGE else ""
        return QueuePage(found, more, {(state, kind): count for state, kind, count in counts})

    def get(self, expert: Expert, review_id: str) -> Review:
        """One review.

        Raises:
            AnswerNotFound: there is none, or it is not this expert's to see.
        """
        with self._records.read() as connection:
            return self._get(connection, expert, review_id)

    def of_answer(self, answer: str) -> Review | None:
        """The review that an answer led to, whoever may see it."""
        query = select(reviews).join(review_reports, review_reports.c.review == reviews.c.id)
        with self._records.read() as connection:
            row = connection.execute(query.where(review_reports.c.answer == answer)).mappings().first()
        return to_review(row) if row else None

    def reports(self, review: Review) -> list[Report]:
        """What led to a review, with readers' words, newest first: at most twenty answers and twenty pages."""
        said = (feedback.c.rating, feedback.c.reasons, feedback.c.comment, feedback.c.contact)
        is_asker = (answers.c.id == feedback.c.answer) & (answers.c.token_hash == feedback.c.token_hash)
        answered = (
            select(review_reports, *said, (feedback.c.key.is_(None) | answers.c.id.is_not(None)).label("by_asker"))
            .join(feedback, feedback.c.answer == review_reports.c.answer, isouter=True)
            .join(answers, is_asker, isouter=True)
            .where(review_reports.c.review == review.id)
            .order_by(review_reports.c.created_at.desc(), feedback.c.key.desc())
            .limit(_SHOWN_REPORTS)
        )
        here = page_feedback.c.review == review.id
        pages = select(page_feedback).where(here).order_by(page_feedback.c.key.desc()).limit(_SHOWN_REPORTS)
        with self._records.read() as connection:
            rows = connection.execute(answered).mappings().all()
            ids = expert_requests.c.answer.in_({row["answer"] for row in rows})
            asked = {row["answer"]: row for row in connection.execute(select(expert_requests).where(ids)).mappings()}
            found = [_report(row, asked.pop(row["answer"], None) if row["by_asker"] else None) for row in rows]
            found += [_request(row) for row in asked.values()]
            found += [_page_report(row) for row in connection.execute(pages).mappings()]
        return sorted(found, key=lambda report: report.created_at, reverse=True)

    def history(self, review: Review) -> list[ReviewEvent]:
        """The audit trail of a review, oldest first."""
        query = select(review_events).where(review_events.c.review == review.id).order_by(review_events.c.key)
        with self._records.read() as connection:
            rows = connection.execute(query).mappings()
            return [ReviewEvent(row["at"], row["expert"], row["action"], row["detail"], row["digest"]) for row in rows]

    def similar(self, expert: Expert, review: Review) -> list[Review]:
        """Other waiting reviews of the same product that ask about the same, the likest first, at most five."""
        query = select(reviews).where(
            _visible(expert),
            reviews.c.state.in_(WAITING),
            reviews.c.product == review.product,
            reviews.c.id != review.id,
        )
        with self._records.read() as connection:
            rows = connection.execute(query.order_by(reviews.c.created_at.desc()).limit(_COMPARED)).mappings().all()
        words = set(tokens(review.question))
        likeness = {row["id"]: _likeness(words, set(tokens(row["question"]))) for row in rows}
        close = [row for row in rows if likeness[row["id"]] >= _ALIKE]
        return [to_review(row) for row in sorted(close, key=lambda row: -likeness[row["id"]])[:5]]

    def change(
        self,
        expert: Expert,
        review_id: str,
        version: int,
        *,
        state: str | None = None,
        owner: str | None = None,
        due: str | None = None,
    ) -> Review:
        """Set state, owner or due date (YYYY-MM-DD or empty) of the review as it was at `version`.

        Raises:
            AnswerNotFound: there is none, or it is not this expert's.
            EditConflict: somebody changed it since that version.
            RequestError: no such state, or no date.
        """
        wanted = {"state": state, "owner": owner, "due": due}
        values = {name: value for name, value in wanted.items() if value is not None}
        _check(values)
        with self._changing(expert, review_id, version) as (connection, review):
            for name, value in values.items():
                if getattr(review, name) != value:
                    log_event(connection, review.id, expert.name, name, str(value))
            connection.execute(update(reviews).where(reviews.c.id == review_id).values(values))
        return self.get(expert, review_id)

    def merge(self, expert: Expert, review_id: str, version: int, into: str) -> Review:
        """Hand the reports of a review over to another one, which is returned.

        Raises:
            AnswerNotFound: one of the two is not there, or not this expert's.
            EditConflict: somebody changed the review since that version.
            RequestError: they are the same, of different products, or one of them is done with.
        """
        with self._changing(expert, review_id, version) as (connection, review):
            target = self._get(connection, expert, into)
            waiting = review.state in WAITING and target.state in WAITING
            if target.id == review.id or target.product != review.product or not waiting:
                raise RequestError("Only two waiting reviews of the same product can become one.")
            for table in (review_reports, page_feedback):
                connection.execute(update(table).where(table.c.review == review.id).values(review=target.id))
            connection.execute(
                update(reviews)
                .where(reviews.c.id == review.id)
                .values(state="dismissed", merged_into=target.id, reports=0)
            )
            taken = {
                "reports": reviews.c.reports + review.reports,
                "version": reviews.c.version + 1,
                "updated_at": now(),
            }
            connection.execute(update(reviews).where(reviews.c.id == target.id).values(taken))
            sharpen(connection, target, review.kind)
            log_event(connection, review.id, expert.name, "merged_into", target.id)
            log_event(connection, target.id, expert.name, "merged", review.id)
        return self.get(expert, into)

    @contextmanager
    def _changing(self, expert: Expert, review_id: str, version: int) -> Iterator[tuple[Connection, Review]]:
        """A transaction on the review as it was at `version`, which it raises by one."""
        with self._records.write() as connection:
            review = self._get(connection, expert, review_id)
            advance(connection, review_id, version)
            yield connection, review

    def _get(self, connection: Connection, expert: Expert, review_id: str) -> Review:
        review = load_review(connection, review_id)
        if review is None or not expert.sees(review.product):
            raise not_found()
        return review

    def _file_conflicts(self) -> None:
        with self._records.read() as connection:
            if not unfiled_conflicts(connection):
                return
        with self._records.write() as connection:
            file_conflicts(connection)


def advance(connection: Connection, review_id: str, version: int) -> None:
    """Raise the version of a review that is still at `version`.

    Raises:
        EditConflict: it is not.
    """
    seen = (reviews.c.id == review_id) & (reviews.c.version == version)
    values = {"version": version + 1, "updated_at": now()}
    if connection.execute(update(reviews).where(seen).values(values)).rowcount == 0:
        raise EditConflict(
            "Somebody changed this in the meantime; look at it again. （内容已被他人修改，请重新查看。）"
        )


def not_found() -> AnswerNotFound:
    """The one answer for what is not there and for what is not yours."""
    return AnswerNotFound("There is no such review. （没有这个条目。）")


def _check(values: Mapping[str, str]) -> None:
    if values.get("state", "open") not in STATES:
        raise RequestError(f"A state is one of {', '.join(STATES)}.")
    if due := values.get("due"):
        try:
            datetime.strptime(due, "%Y-%m-%d")
        except ValueError:
            raise RequestError("A due date looks like 2026-12-31.") from None


def _visible(expert: Expert) -> ColumnElement[bool]:
    return reviews.c.product.in_(expert.scope) if expert.scope else true()


def _likeness(words: set[str], others: set[str]) -> float:
    """Jaccard index (https://en.wikipedia.org/wiki/Jaccard_index)."""
    return len(words & others) / (len(words | others) or 1)


def _report(row: RowMapping, asked: RowMapping | None) -> Report:
    """An answer, with one reader's rating and the asker's request where both are the asker's."""
    words = asked or {"comment": "", "contact": ""}
    comment = "\n".join(filter(None, (row["comment"], words["comment"])))
    contact = row["contact"] or words["contact"]
    reasons: Sequence[str] = row["reasons"] or ()
    return Report(row["answer"], row["kind"], row["created_at"], row["rating"] or "", tuple(reasons), comment, contact)


def _request(row: RowMapping) -> Report:
    return Report(row["answer"], "asked_expert", row["created_at"], comment=row["comment"], contact=row["contact"])


def _page_report(row: RowMapping) -> Report:
    words = (row["rating"], tuple(row["reasons"]), row["comment"], row["contact"])
    return Report("", "bad_rated", row["created_at"], *words, row["product"], row["document"])
