"""Regression: every accepted correction leaves a question that must be answered from that document ever after.

Before a correction is approved, all of these questions are asked of a copy of the knowledge base in memory that has the
correction in it. What is not answered there, but is in the knowledge base as it is, is a fall.
"""

import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from assistant.answers import AnswerStore
from assistant.correction import Correction
from assistant.engine import Assistant
from assistant.golden import GoldenCase, phrases_found
from assistant.values import Answer, AskRequest, Done
from kb import DayiError, KnowledgeBase, Records
from kb.records import Batch
from kb.records.schema import golden_cases

__all__ = ["Check", "GoldenStore", "Regression", "add_case", "drop_cases"]


@dataclass(frozen=True, slots=True)
class Check:
    """What a correction would do: how many questions were asked, and how many would be answered as they must be.

    `fallen` are answered now and would not be any more; `own_answered` says whether the correction's own question would
    be answered from it.
    """

    asked: int
    answered: int
    fallen: tuple[GoldenCase, ...]
    own_answered: bool

    @property
    def is_safe(self) -> bool:
        """Whether nothing falls, and the correction is found for its own question."""
        return not self.fallen and self.own_answered


class _Unstored(AnswerStore):
    """Answers that nobody asked for are not kept."""

    def save(self, answer: Answer, *, site: str = "") -> None:
        """Do nothing."""


class GoldenStore:
    """The questions in the database of the records. Thread-safe."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def all(self, product: str = "") -> list[GoldenCase]:
        """The questions, oldest first; of one product where given."""
        query = select(golden_cases).order_by(golden_cases.c.created_at, golden_cases.c.id)
        if product:
            query = query.where(golden_cases.c.product == product)
        with self._records.read() as connection:
            return [_case(row) for row in connection.execute(query).mappings()]


class Regression:
    """Asks the golden questions of the knowledge base as a correction would leave it.

    `make_assistant` wires an assistant over a knowledge base and a store of answers, as the readers' is wired.
    """

    def __init__(
        self, knowledge: KnowledgeBase, make_assistant: Callable[[KnowledgeBase, AnswerStore], Assistant]
    ) -> None:
        self._knowledge = knowledge
        self._make_assistant = make_assistant
        self._golden = GoldenStore(knowledge.records)

    def check(self, own: GoldenCase, put: Callable[[Batch], bool]) -> Check:
        """What storing with `put` does to the product of `own`, the correction's own question.

        Raises:
            StoreError: the copy cannot be made.
            DayiError: the assistant failed.
        """
        stored = self._golden.all(own.product)
        cases = [case for case in stored if (case.question, case.documents) != (own.question, own.documents)]
        with self._copy(own.product, put) as knowledge:
            failing = self._failing([*cases, own], knowledge)
        missed = [case for case in failing if case.id != own.id]
        missed_before = self._failing(missed, self._knowledge)
        fallen = tuple(case for case in missed if case not in missed_before)
        return Check(len(cases), len(cases) - len(missed), fallen, own_answered=own not in failing)

    def _failing(self, cases: Sequence[GoldenCase], knowledge: KnowledgeBase) -> list[GoldenCase]:
        """The questions whose answers do not cite their document, or do not quote their words."""
        assistant = self._make_assistant(knowledge, _Unstored(knowledge.records))
        return [case for case in cases if not _is_answered(case, assistant)]

    @contextmanager
    def _copy(self, product: str, put: Callable[[Batch], bool]) -> Iterator[KnowledgeBase]:
        with tempfile.TemporaryDirectory(prefix="dayi-check-") as folder:
            records = Records(f"sqlite:///{folder}/copy.db")
            self._knowledge.records.copy_to(records, product)
            with records.batch() as batch:
                put(batch)
            knowledge = KnowledgeBase(records, self._knowledge.embedder, None)
            try:
                knowledge.follow()
                yield knowledge
            finally:
                knowledge.close()


def add_case(connection: Connection, correction: Correction, question: str, at: str) -> None:
    """Remember a question that a correction must answer, within the transaction that approves it."""
    about = (golden_cases.c.product == correction.product) & (golden_cases.c.document == correction.document)
    connection.execute(golden_cases.delete().where(about, golden_cases.c.question == question))
    connection.execute(
        golden_cases.insert().values(
            id=secrets.token_urlsafe(8),
            product=correction.product,
            question=question,
            document=correction.document,
            phrases=list(correction.phrases),
            correction=correction.id,
            created_at=at,
        )
    )


def drop_cases(connection: Connection, product: str, document: str) -> None:
    """Forget the questions of a document that no longer answers them."""
    about = (golden_cases.c.product == product) & (golden_cases.c.document == document)
    connection.execute(golden_cases.delete().where(about))


def _is_answered(case: GoldenCase, assistant: Assistant) -> bool:
    *_, last = assistant.ask(AskRequest(case.question, product=case.product))
    if not isinstance(last, Done):
        raise DayiError("A regression question could not be asked; try again later.")
    citations = last.answer.citations
    cited = any(citation.document in case.documents for citation in citations)
    return cited and phrases_found(case, (citation.quote for citation in citations)) == len(case.phrases)


def _case(row: RowMapping) -> GoldenCase:
    return GoldenCase(row["id"], row["question"], True, (row["document"],), row["product"], tuple(row["phrases"]))
