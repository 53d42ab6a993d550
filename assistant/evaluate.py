"""Evaluation: golden questions go through the assistant as readers' questions do; results are kept per question.

A question is right when an answer to it stands on the right document: it is answerable, and the first document found is
one of the golden ones (any, where none are named). So what answering at another threshold would give is known too.
"""

import time
from dataclasses import dataclass

from assistant.engine import Assistant
from assistant.golden import GoldenCase, phrases_found
from assistant.values import Answer, AskRequest, Citation, Done, Failed, Outcome
from kb import DayiError, Records, RequestError

__all__ = ["Evaluated", "evaluate_case"]

_FOUND = 10


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of one golden question.

    `found` are the ids of the documents found, best first, at most ten, and `found_title` the title of the first.
    `citations` is the number of citations, `true_quotes` of those whose quote stands in the document where they say,
    `relevant_citations` of those into a golden document. `phrases_found` and `phrases` count the golden phrases.
    """

    id: str
    question: str
    product: str
    answerable: bool
    documents: tuple[str, ...]
    found: tuple[str, ...]
    found_title: str
    confidence: float
    outcome: Outcome
    citations: int
    true_quotes: int
    relevant_citations: int
    phrases: int
    phrases_found: int
    causes: int
    steps: int
    items: int
    milliseconds: float

    @property
    def is_answered(self) -> bool:
        """Whether the desk answered."""
        return self.outcome != "abstained"

    @property
    def is_right(self) -> bool:
        """Whether an answer stands on the right document, given or not."""
        return self.answerable and (not self.documents or any(id in self.documents for id in self.found[:1]))


def evaluate_case(case: GoldenCase, assistant: Assistant, records: Records) -> Evaluated:
    """Ask one golden question; `records` are those that the assistant's citations point into.

    Raises:
        RequestError: the question cannot be asked; the message names it.
        DayiError: the assistant failed on it.
    """
    request = AskRequest(case.question, product=case.product)
    try:
        hits = assistant.find(request, k=_FOUND).hits
        answer, milliseconds = _timed(assistant, request)
    except RequestError as error:
        raise RequestError(f"Question {case.id}: {error}") from None
    return Evaluated(
        id=case.id,
        question=case.question,
        product=case.product,
        answerable=case.answerable,
        documents=case.documents,
        found=tuple(hit.document.id for hit in hits),
        found_title=hits[0].document.title if hits else "",
        confidence=answer.confidence,
        outcome=answer.outcome,
        citations=len(answer.citations),
        true_quotes=sum(_is_true(citation, records) for citation in answer.citations),
        relevant_citations=sum(citation.document in case.documents for citation in answer.citations),
        phrases=len(case.phrases),
        phrases_found=phrases_found(case, (citation.quote for citation in answer.citations)),
        causes=len(answer.causes),
        steps=len(answer.steps),
        items=len(answer.causes) + len(answer.steps) + len(answer.explanation),
        milliseconds=round(milliseconds, 2),
    )


def _timed(assistant: Assistant, request: AskRequest) -> tuple[Answer, float]:
    started = time.perf_counter()
    *_, last = assistant.ask(request)
    milliseconds = (time.perf_counter() - started) * 1000
    if isinstance(last, Done):
        return last.answer, milliseconds
    raise DayiError(last.message if isinstance(last, Failed) else "no final event")


def _is_true(citation: Citation, records: Records) -> bool:
    document = records.document(citation.product, citation.document)
    return document is not None and document.text[citation.start : citation.end] == citation.quote
