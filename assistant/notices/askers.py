"""Telling that a correction was approved: the targets once, and by mail each asker who left an address, once."""

import re

from sqlalchemy import ColumnElement, Connection, Table, select, update

from assistant.notices.outbox import Outbox
from assistant.reporting import Review, now
from kb.records import answers, feedback
from kb.records.schema import expert_requests, review_reports

__all__ = ["is_mail_address", "tell_fixed"]

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"[A-Za-z0-9_+%-]+(?:\.[A-Za-z0-9_+%-]+)*@(?:{_LABEL}\.)+[A-Za-z]{{2,18}}", re.ASCII)


def tell_fixed(connection: Connection, outbox: Outbox, review: Review) -> None:
    """Store who is to be told, within the transaction of the approval; nobody where no reader asked."""
    query = (
        select(answers.c.id, answers.c.question, answers.c.language)
        .join(review_reports, review_reports.c.answer == answers.c.id)
        .where(review_reports.c.review == review.id)
        .order_by(answers.c.created_at.desc())
    )
    asked = connection.execute(query).all()
    if not asked:
        return
    newest = asked[0]
    facts = {"product": review.product, "question": review.question, "language": newest.language}
    outbox.add(connection, "fixed", facts | {"path": f"/a/{newest.id}"})
    if not outbox.mails:
        return
    told: set[str] = set()
    for answer in asked:
        for contact in sorted(_contacts(connection, answer.id) - told):
            told.add(contact)
            body = {"to": contact, "question": answer.question, "language": answer.language}
            outbox.add_mail(connection, body | {"path": f"/a/{answer.id}"})


def is_mail_address(contact: str) -> bool:
    """Whether what a reader left as a contact is an e-mail address, and nothing else."""
    return len(contact) <= 254 and bool(_ADDRESS.fullmatch(contact))


def _contacts(connection: Connection, answer: str) -> set[str]:
    """The addresses that were left with an answer and were not written to yet; from now on they count as written to."""
    found: set[str] = set()
    for table in (feedback, expert_requests):
        waiting = _waiting(table, answer)
        found |= set(connection.execute(select(table.c.contact).where(*waiting)).scalars())
        connection.execute(update(table).where(*waiting).values(notified_at=now()))
    return {contact for contact in map(str.strip, found) if is_mail_address(contact)}


def _waiting(table: Table, answer: str) -> tuple[ColumnElement[bool], ...]:
    return table.c.answer == answer, table.c.contact != "", table.c.notified_at == ""
