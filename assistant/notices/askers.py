"""Telling that a correction was approved: the targets once, and by mail each reader who left an address, once."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, select, update

from assistant.clock import now
from assistant.notices.outbox import Outbox
from assistant.publishing import page_path
from assistant.reporting import Review
from kb.records import answers, feedback
from kb.records.schema import expert_requests, page_feedback, review_reports
from kb.text import detect_language

__all__ = ["is_mail_address", "tell_fixed"]

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"[A-Za-z0-9_+%-]+(?:\.[A-Za-z0-9_+%-]+)*@(?:{_LABEL}\.)+[A-Za-z]{{2,18}}", re.ASCII)


def tell_fixed(connection: Connection, outbox: Outbox, review: Review) -> None:
    """Store who is to be told, within the transaction of the approval; nobody where no reader complained."""
    fixed = [*_answers(connection, review), *_pages(connection, review)]
    if not fixed:
        return
    facts = {"product": review.product, "question": review.question, "language": fixed[0].language}
    outbox.add(connection, "fixed", facts | {"path": fixed[0].path})
    if not outbox.mails:
        return
    told: set[str] = set()
    for one in fixed:
        for contact in sorted(_contacts(connection, one.left_with) - told):
            told.add(contact)
            body = {"to": contact, "question": one.question, "language": one.language, "path": one.path}
            outbox.add_mail(connection, body)


@dataclass(frozen=True, slots=True)
class _Fixed:
    """What readers complained about, where the fix can be seen, and the rows in which they left contacts."""

    question: str
    language: str
    path: str
    left_with: Sequence[tuple[Table, ColumnElement[bool]]]


def _answers(connection: Connection, review: Review) -> Iterator[_Fixed]:
    """The answers that led to a review, the newest first."""
    query = (
        select(answers.c.id, answers.c.question, answers.c.language)
        .join(review_reports, review_reports.c.answer == answers.c.id)
        .where(review_reports.c.review == review.id)
        .order_by(answers.c.created_at.desc())
    )
    for id, question, language in connection.execute(query):
        tables = (feedback, expert_requests)
        yield _Fixed(question, language, f"/a/{id}", [(table, table.c.answer == id) for table in tables])


def _pages(connection: Connection, review: Review) -> Iterator[_Fixed]:
    """The published pages that led to a review."""
    led_here = page_feedback.c.review == review.id
    query = select(page_feedback.c.product, page_feedback.c.document).where(led_here).distinct()
    for product, document in connection.execute(query):
        here = led_here & (page_feedback.c.product == product) & (page_feedback.c.document == document)
        language = detect_language(review.question)
        yield _Fixed(review.question, language, page_path(product, document), [(page_feedback, here)])


def is_mail_address(contact: str) -> bool:
    """Whether what a reader left as a contact is an e-mail address, and nothing else."""
    return len(contact) <= 254 and bool(_ADDRESS.fullmatch(contact))


def _contacts(connection: Connection, left_with: Sequence[tuple[Table, ColumnElement[bool]]]) -> set[str]:
    """The addresses in these rows that were not written to yet; from now on they count as written to."""
    found: set[str] = set()
    for table, here in left_with:
        waiting = here & (table.c.contact != "") & (table.c.notified_at == "")
        found |= set(connection.execute(select(table.c.contact).where(waiting)).scalars())
        connection.execute(update(table).where(waiting).values(notified_at=now()))
    return {contact for contact in map(str.strip, found) if is_mail_address(contact)}
