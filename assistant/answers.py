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

from sqlalchemy import Connection, insert, select, update

from assistant.idempotency import is_repeated
from assistant.notices.outbox import NoticeEvent, Outbox
from assistant.reporting import ReviewKind, file_report
from assistant.values import Answer, Citation, Item, Rating, Related
from kb.errors import AnswerNotFound
from kb.records import Records, answers, feedback
from kb.records.schema import expert_requests, review_reports

__all__ = ["AnswerStore", "Turn", "new_capability"]

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


def _hash(capability: str) -> str:
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
                .where(answers.c.conversation == _hash(conversation))
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
                    conversation=_hash(answer.conversation),
                    created_at=answer.created_at,
                    product=answer.product,
                    language=answer.language,
                    outcome=answer.outcome,
                    engine=answer.engine,
                    confidence=answer.confidence,
                    question=answer.question,
                    token_hash=_hash(answer.feedback_token),
                    body=asdict(_public(answer)),
                    site=site,
                )
            )
            asked_back = answer.choices or not answer.confidence  # which product, or what it is about at all
            if answer.outcome == "abstained" and not asked_back:
                _report(connection, answer, "abstained")
            elif answer.outcome != "abstained" and answer.confidence < _SURE:
                _report(connection, answer, "low_confidence")

    def get(self, answer_id: str) -> Answer:
        """A stored answer without its asker's capabilities.

        Raises:
            AnswerNotFound: no such answer.
        """
        with self._records.read() as connection:
            row = connection.execute(select(answers.c.body).where(answers.c.id == answer_id)).first()
        if row is None:
            raise _not_found()
        return _answer(row.body)

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
        values = {
            "rating": rating,
            "reasons": list(reasons),
            "comment": comment,
            "contact": contact,
            "created_at": created_at,
        }
        answer, stored = self._own(answer_id, token)
        own = (feedback.c.answer == answer_id) & (feedback.c.token_hash == stored)
        request = [rating, list(reasons), comment, contact]
        with self._records.write() as connection:
            if is_repeated(connection, f"rate {answer_id} {token}", key, request):
                return
            before = connection.execute(select(feedback.c.rating).where(own)).scalar()
            if before is None:
                connection.execute(insert(feedback).values(answer=answer_id, token_hash=stored, **values))
            else:
                connection.execute(update(feedback).where(own).values(**values))
            if rating == "bad":
                _report(connection, answer, "bad_rated")
                if before != "bad":
                    self._tell(connection, "bad_rating", answer)

    def ask_expert(
        self, answer_id: str, token: str, *, created_at: str, comment: str = "", contact: str = "", key: str = ""
    ) -> None:
        """Put an answer before the experts because its asker wants that; the last words and contact count.

        Raises:
            AnswerNotFound: no such answer, or the token is not the asker's.
            KeyReused: the idempotency key came with another request before.
        """
        answer, _ = self._own(answer_id, token)
        values = {"comment": comment, "contact": contact}
        first = {"answer": answer_id, "state": "open", "created_at": created_at, "notified_at": ""}
        with self._records.write() as connection:
            if is_repeated(connection, f"ask {answer_id} {token}", key, [comment, contact]):
                return
            own = update(expert_requests).where(expert_requests.c.answer == answer_id)
            is_first = connection.execute(own.values(values)).rowcount == 0
            if is_first:
                connection.execute(insert(expert_requests).values(values | first))
            _report(connection, answer, "asked_expert")
            if is_first:
                self._tell(connection, "expert_request", answer)

    def _tell(self, connection: Connection, event: NoticeEvent, answer: Answer) -> None:
        review = select(review_reports.c.review).where(review_reports.c.answer == answer.id)
        path = f"/review/items/{connection.execute(review).scalar_one()}"
        facts = {"product": answer.product, "question": answer.question, "language": answer.language, "path": path}
        self._outbox.add(connection, event, facts)

    def _own(self, answer_id: str, token: str) -> tuple[Answer, str]:
        """An answer that the token belongs to, and the token's hash."""
        query = select(answers.c.token_hash, answers.c.body).where(answers.c.id == answer_id)
        with self._records.read() as connection:
            row = connection.execute(query).first()
        if row is None or not hmac.compare_digest(row.token_hash, _hash(token)):
            raise _not_found()
        return _answer(row.body), row.token_hash

    def ratings(self) -> list[dict[str, Any]]:
        """Every rating with its question, oldest first, for export."""
        columns = (
            feedback.c.answer,
            feedback.c.rating,
            feedback.c.reasons,
            feedback.c.comment,
            feedback.c.contact,
            feedback.c.created_at,
            answers.c.question,
            answers.c.product,
            answers.c.outcome,
        )
        joined = feedback.join(answers, answers.c.id == feedback.c.answer)
        with self._records.read() as connection:
            rows = connection.execute(select(*columns).select_from(joined).order_by(feedback.c.key)).mappings()
            return [dict(row) for row in rows]


def _report(connection: Connection, answer: Answer, kind: ReviewKind) -> None:
    near = {citation.product for citation in answer.citations} or {entry.product for entry in answer.related}
    product = answer.product or (near.pop() if len(near) == 1 else "")
    file_report(connection, answer=answer.id, kind=kind, product=product, question=answer.question)


def _not_found() -> AnswerNotFound:
    return AnswerNotFound("There is no such answer, or it is not yours to rate. （没有这个回答，或您无权评价。）")


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
