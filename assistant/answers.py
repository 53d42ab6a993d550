"""Stored answers, their ratings, and the conversations they belong to.

Whoever holds an answer's id may read it; rating it or asking on needs a capability that only the asker got. The
capabilities are random, and only their hashes are stored.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, Table, case, insert, select, update

from assistant.idempotency import is_repeated
from assistant.masking import mask
from assistant.notices.outbox import NoticeEvent, Outbox
from assistant.reporting import ReviewKind, file_report
from assistant.retention import forget
from assistant.values import Answer, Citation, Item, Rating, Related
from kb.errors import AnswerGone, AnswerNotFound
from kb.records import Records, answers, feedback
from kb.records.schema import deleted_answers, expert_requests, review_reports
from kb.text import clean

__all__ = [
    "AnswerStore", "Turn", "capability_hash", "load_answer", "new_capability", "put_rating", "rating_values",
    "report_answer", "tell_of_answer",
]  # fmt: skip

_TURNS = 6
_SURE = 0.7  # confidence from which on an answer is not looked at unless its reader complains


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a conversation: what was asked about which product, and what was answered."""

    question: str
    product: str
    markdown: str
    choices: tuple[str, ...]


def new_capability() -> str:
    """A random name that grants access: 128 bits, safe in addresses."""
    return secrets.token_urlsafe(16)


def capability_hash(capability: str) -> str:
    """What is stored of a capability."""
    return hashlib.sha256(capability.encode("utf-8", "replace")).hexdigest()


class AnswerStore:
    """Answers and ratings in the database of the records; complaints are told to the `outbox`. Thread-safe."""

    def __init__(self, records: Records, outbox: Outbox | None = None) -> None:
        self._records = records
        self._outbox = outbox or Outbox()

    def turns(self, conversation: str) -> list[Turn]:
        """The last six questions of a conversation with their answers, oldest first.

        Raises:
            AnswerNotFound: no such conversation.
        """
        with self._records.read() as connection:
            rows = connection.execute(
                select(answers.c.question, answers.c.product, answers.c.body)
                .where(answers.c.conversation == capability_hash(conversation))
                .order_by(answers.c.created_at.desc())
                .limit(_TURNS)
            ).all()
        if not rows:
            raise AnswerNotFound("There is no such conversation. Start a new one. （没有这个会话，请重新提问。）")
        return [
            Turn(question, product, body["markdown"], tuple(body.get("choices", ())))
            for question, product, body in reversed(rows)
        ]

    def save(self, answer: Answer, *, site: str = "") -> None:
        """Store an answer, its capabilities as hashes; one that is missing or unsure is put before the experts.

        `site` is the documentation site that asked, empty for none.
        """
        with self._records.write() as connection:
            connection.execute(
                insert(answers).values(
                    id=answer.id,
                    conversation=capability_hash(answer.conversation),
                    created_at=answer.created_at,
                    product=answer.product,
                    language=answer.language,
                    outcome=answer.outcome,
                    engine=answer.engine,
                    confidence=answer.confidence,
                    question=answer.question,
                    token_hash=capability_hash(answer.feedback_token),
                    body=asdict(_public(answer)),
                    site=site,
                )
            )
            asked_back = answer.choices or not answer.confidence  # which product, or what it is about at all
            if answer.outcome == "abstained" and not asked_back:
                report_answer(connection, answer, "abstained")
            elif answer.outcome != "abstained" and answer.confidence < _SURE:
                report_answer(connection, answer, "low_confidence")

    def get(self, answer_id: str) -> Answer:
        """A stored answer without its asker's capabilities.

        Raises:
            AnswerNotFound: no such answer.
            AnswerGone: its asker has deleted it.
        """
        with self._records.read() as connection:
            return load_answer(connection, answer_id)

    def rate(
        self,
        answer_id: str,
        token: str,
        rating: Rating,
        *,
        created_at: str,
        reasons: Sequence[str] = (),
        comment: str = "",
        contact: str = "",
        key: str = "",
    ) -> None:
        """Store the asker's rating; a later one replaces it, and a bad one is put before the experts.

        With an idempotency `key`, the same rating counts once however often it is sent.

        Raises:
            AnswerNotFound: no such answer, or the token is not the asker's.
            KeyReused: the key came with another rating before.
        """
        values = rating_values(rating, reasons, comment, contact, created_at)
        request = [rating, list(reasons), comment, contact]
        with self._records.write() as connection:
            answer = _own(connection, answer_id, token)
            if is_repeated(connection, f"rate {answer_id} {token}", key, request):
                return
            own = {"answer": answer_id, "token_hash": capability_hash(token)}
            before = put_rating(connection, feedback, own, values)
            if rating == "bad":
                report_answer(connection, answer, "bad_rated")
                if before != "bad":
                    tell_of_answer(connection, self._outbox, "bad_rating", answer)

    def ask_expert(
        self, answer_id: str, token: str, *, created_at: str, comment: str = "", contact: str = "", key: str = ""
    ) -> None:
        """Put an answer before the experts because its asker wants that; the last words and contact count.

        Raises:
            AnswerNotFound: no such answer, or the token is not the asker's.
            KeyReused: the idempotency key came with another request before.
        """
        values = {"comment": mask(clean(comment))[0], "contact": clean(contact)}
        first = {"answer": answer_id, "state": "open", "created_at": created_at, "notified_at": ""}
        with self._records.write() as connection:
            answer = _own(connection, answer_id, token)
            if is_repeated(connection, f"ask {answer_id} {token}", key, [comment, contact]):
                return
            own = update(expert_requests).where(expert_requests.c.answer == answer_id)
            is_first = connection.execute(own.values(values)).rowcount == 0
            if is_first:
                connection.execute(insert(expert_requests).values(values | first))
            report_answer(connection, answer, "asked_expert")
            if is_first:
                tell_of_answer(connection, self._outbox, "expert_request", answer)

    def ratings(self) -> list[dict[str, Any]]:
        """Every rating of an answer with its question, oldest first; `by` is "asker" or "reader"."""
        names = ("answer", "rating", "reasons", "comment", "contact", "created_at")
        by = case((feedback.c.token_hash == answers.c.token_hash, "asker"), else_="reader").label("by")
        asked = (answers.c.question, answers.c.product, answers.c.outcome, by)
        query = select(*(feedback.c[name] for name in names), *asked).join(answers).order_by(feedback.c.key)
        with self._records.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def delete(self, answer_id: str, token: str) -> None:
        """Delete an answer for its asker: question, ratings and requests go with it, and its address says so.

        See `assistant.retention.forget` for what is left.

        Raises:
            AnswerNotFound: no such answer, or the token is not the asker's.
            AnswerGone: it was deleted before.
        """
        with self._records.write() as connection:
            _own(connection, answer_id, token)
            forget(connection, [answer_id])


def load_answer(connection: Connection, answer_id: str) -> Answer:
    """A stored answer without its asker's capabilities. Raises as `AnswerStore.get`."""
    row = connection.execute(select(answers.c.body).where(answers.c.id == answer_id)).first()
    if row is None:
        raise _missing(connection, answer_id)
    return _answer(row.body)


def rating_values(
    rating: Rating, reasons: Sequence[str], comment: str, contact: str, created_at: str
) -> dict[str, Any]:
    """A rating as it is stored: secrets in a reader's words are hidden; the contact is left as it was given."""
    return {
        "rating": rating,
        "reasons": [mask(clean(reason))[0] for reason in reasons],
        "comment": mask(clean(comment))[0],
        "contact": clean(contact),
        "created_at": created_at,
    }


def put_rating(connection: Connection, table: Table, whose: dict[str, str], values: dict[str, Any]) -> str:
    """Store a rating in place of the same reader's earlier one, which is returned; "" where there was none."""
    own = [table.c[name] == value for name, value in whose.items()]
    before: str | None = connection.execute(select(table.c.rating).where(*own)).scalar()
    if before is None:
        connection.execute(insert(table).values(whose | values))
    else:
        connection.execute(update(table).where(*own).values(values))
    return before or ""


def report_answer(connection: Connection, answer: Answer, kind: ReviewKind) -> None:
    """Bring an answer before the experts."""
    near = {citation.product for citation in answer.citations} or {entry.product for entry in answer.related}
    product = answer.product or (near.pop() if len(near) == 1 else "")
    file_report(connection, answer=answer.id, kind=kind, product=product, question=answer.question)


def tell_of_answer(connection: Connection, outbox: Outbox, event: NoticeEvent, answer: Answer) -> None:
    """Tell whoever wants to know what happened to an answer that is before the experts."""
    review = select(review_reports.c.review).where(review_reports.c.answer == answer.id)
    path = f"/review/items/{connection.execute(review).scalar_one()}"
    facts = {"product": answer.product, "question": answer.question, "language": answer.language, "path": path}
    outbox.add(connection, event, facts)


def _own(connection: Connection, answer_id: str, token: str) -> Answer:
    """An answer that the token belongs to."""
    query = select(answers.c.token_hash, answers.c.body).where(answers.c.id == answer_id)
    row = connection.execute(query).first()
    if row is None or not hmac.compare_digest(row.token_hash, capability_hash(token)):
        raise _missing(connection, answer_id)
    return _answer(row.body)


def _missing(connection: Connection, answer_id: str) -> AnswerNotFound:
    gone = select(deleted_answers.c.id).where(deleted_answers.c.id == answer_id)
    if connection.execute(gone).first():
        return AnswerGone("This answer was deleted. （这个回答已被删除。）")
    return AnswerNotFound("There is no such answer, or it is not yours. （没有这个回答，或您无权这样做。）")


def _public(answer: Answer) -> Answer:
    return replace(answer, conversation="", feedback_token="")


def _answer(body: dict[str, Any]) -> Answer:
    def items(name: str) -> tuple[Item, ...]:
        return tuple(Item(item["text"], tuple(item["citations"]), item.get("supported", True)) for item in body[name])

    return Answer(
        **{
            **body,
            "causes": items("causes"),
            "steps": items("steps"),
            "explanation": items("explanation"),
            "citations": tuple(Citation(**citation) for citation in body["citations"]),
            "related": tuple(Related(**entry) for entry in body["related"]),
            "choices": tuple(body.get("choices", ())),
        }
    )
