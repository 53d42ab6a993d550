"""The assistant: from a question to one stored answer, as a stream of events."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from assistant.answerability import ANSWER_AT, NEAR_AT, confidence, is_vague
from assistant.answers import AnswerStore, new_capability
from assistant.compose import abstention_blocks, answer_blocks
from assistant.extractive import Draft, compose
from assistant.question import Question, read_question
from assistant.values import Answer, AskRequest, Delta, Done, Event, Failed, Outcome, Rating, Related, Sources, Started
from kb import DayiError, Hit, HybridSearch, SearchResult, UnknownProduct

__all__ = ["Assistant"]

logger = logging.getLogger(__name__)

_HITS = 8
_RELATED = 4


class Assistant:
    """Answers questions from a knowledge base and keeps what it answered. Thread-safe.

    `product_names` maps product ids to the words that readers use for them, `answer_at` those with a threshold of their
    own to the confidence (0..1) from which on they are answered, and "" to that of all others.
    """

    def __init__(
        self,
        search: HybridSearch,
        answers: AnswerStore,
        *,
        base_url: str,
        product_names: Mapping[str, Sequence[str]] | None = None,
        answer_at: Mapping[str, float] | None = None,
    ) -> None:
        self._answer_at = {"": ANSWER_AT, **(answer_at or {})}
        self._search = search
        self._answers = answers
        self._base_url = base_url.rstrip("/")
        self._product_names = dict(product_names or {})

    def ask(self, request: AskRequest) -> Iterator[Event]:
        """Events of one question: `Started`, `Sources`, `Delta`…, then exactly one of `Done` and `Failed`.

        Closing the iterator early cancels the question; nothing is stored then.

        Raises:
            QuestionError: at once, before any event, when the question cannot be read.
            UnknownProduct: the request names a product that the knowledge base does not hold.
            AnswerNotFound: the conversation does not exist.
        """
        started = time.monotonic()
        names = self._names()
        if request.product and request.product not in names:
            raise UnknownProduct(
                f"There is no product {request.product[:80]!r}. Known: {', '.join(sorted(names)) or 'none yet'}. "
                "（没有这个产品。）"
            )
        question = self._read(request, names)
        return self._events(request, question, started)

    def find(self, request: AskRequest, k: int = 10) -> SearchResult:
        """The `k` best documents for a question, best first: what its answer is made from. Raises as `ask` does."""
        question = self._read(request, self._names())
        return self._search.search(question.query, products=question.products, k=k)

    def threshold(self, products: Sequence[str]) -> float:
        """The confidence (0..1) from which a question over these products is answered: the most careful of theirs."""
        own = [self._answer_at[product] for product in products if product in self._answer_at]
        return max(own, default=self._answer_at[""])

    def answer(self, answer_id: str) -> Answer:
        """A stored answer, without its asker's capabilities. Raises `AnswerNotFound`."""
        return self._answers.get(answer_id)

    def rate(
        self,
        answer_id: str,
        token: str,
        rating: Rating,
        reasons: Sequence[str] = (),
        comment: str = "",
        contact: str = "",
        key: str = "",
    ) -> None:
        """Store the asker's rating of an answer; the last one counts. See `AnswerStore.rate`."""
        self._answers.rate(
            answer_id, token, rating, created_at=_now(), reasons=reasons, comment=comment, contact=contact, key=key
        )

    def ask_expert(self, answer_id: str, token: str, comment: str = "", contact: str = "", key: str = "") -> None:
        """Put an answer before the experts because its asker wants that. See `AnswerStore.ask_expert`."""
        self._answers.ask_expert(answer_id, token, created_at=_now(), comment=comment, contact=contact, key=key)

    def ratings(self) -> list[dict[str, Any]]:
        """Every rating with its question, oldest first."""
        return self._answers.ratings()

    def _names(self) -> dict[str, Sequence[str]]:
        return {product: self._product_names.get(product, ()) for product in self._search.products()}

    def _read(self, request: AskRequest, names: Mapping[str, Sequence[str]]) -> Question:
        previous: Question | None = None
        for text, product in self._answers.questions(request.conversation) if request.conversation else ():
            previous = read_question(text, product=product, product_names=names, follows=previous)
        return read_question(
            request.question, product=request.product, version=request.version, product_names=names, follows=previous
        )

    def _events(self, request: AskRequest, question: Question, started: float) -> Iterator[Event]:
        answer_id = new_capability()
        try:
            conversation = request.conversation or new_capability()
            permalink = f"{self._base_url}/a/{answer_id}"
            yield Started(answer_id, permalink, conversation)
            found = self._search.search(question.query, products=question.products, k=_HITS)
            vague = is_vague(question.query)
            certainty = 0.0 if vague else round(confidence(found.signals), 4)  # as it is shown and evaluated
            draft = compose(found.hits) if certainty >= self.threshold(question.products) else Draft()
            related = _related(found.hits, draft) if vague or certainty >= NEAR_AT else ()
            yield Sources(draft.citations)
            blocks = list(answer_blocks(draft, question.language) if draft.citations else
                          abstention_blocks(related, question.language, vague=vague))  # fmt: skip
            for block in blocks:
                yield Delta(block)
            answer = Answer(
                id=answer_id,
                permalink=permalink,
                question=question.text,
                product=question.products[0] if len(question.products) == 1 else "",
                language=question.language,
                outcome=_outcome(draft, found),
                engine="extractive",
                confidence=certainty,
                summary=draft.summary[0].text if draft.summary else "",
                causes=draft.causes,
                steps=draft.steps,
                explanation=draft.explanation,
                citations=draft.citations,
                related=related,
                markdown="".join(blocks).strip() + "\n",
                conversation=conversation,
                feedback_token=new_capability(),
                created_at=_now(),
                milliseconds=round((time.monotonic() - started) * 1000),
                masked=question.masked,
            )
            self._answers.save(answer)
        except DayiError as error:
            logger.error("Question %s failed: %s", answer_id, error)
            yield Failed(error.code, "No answer could be made; please try again later. （暂时无法回答，请稍后再试。）")
            return
        logger.info("Answered %s: %s in %d ms", answer.id, answer.outcome, answer.milliseconds)
        yield Done(answer)


def _outcome(draft: Draft, found: SearchResult) -> Outcome:
    if not draft.citations:
        return "abstained"
    return "degraded" if found.lexical_only else "answered"


def _related(hits: Sequence[Hit], draft: Draft) -> tuple[Related, ...]:
    cited = {(citation.product, citation.document) for citation in draft.citations}
    others = [hit.document for hit in hits if (hit.document.product, hit.document.id) not in cited]
    return tuple(Related(d.id, d.product, d.title, d.url) for d in others[:_RELATED])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
