"""The assistant: from a question to one stored answer, as a stream of events."""

import logging
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from assistant.answerability import ANSWER_AT, NEAR_AT, confidence, is_vague
from assistant.answers import AnswerStore, Turn, new_capability
from assistant.clarify import choices, fitting
from assistant.clock import now
from assistant.compose import abstention_blocks, answer_blocks, breaking_off, choice_blocks, retraction
from assistant.extractive import Draft, compose, is_silent
from assistant.generative import Calls, Writer
from assistant.monitoring import ANSWER_SECONDS, QUESTIONS
from assistant.question import Question, is_follow_up, read_question
from assistant.values import (
    Answer,
    AskRequest,
    Delta,
    Done,
    Event,
    Failed,
    Notice,
    Outcome,
    Rating,
    Related,
    Sources,
    Started,
)
from kb import DayiError, Hit, HybridSearch, SearchResult, UnknownProduct, search_text

__all__ = ["Assistant"]

logger = logging.getLogger(__name__)

_HITS = 8
_RELATED = 4


class Assistant:
    """Answers questions from a knowledge base and keeps what it answered. Thread-safe.

    `product_names` maps product ids to the words that readers use for them, `answer_at` those with a threshold of their
    own to the confidence (0..1) from which on they are answered, and "" to that of all others. Without a `writer`,
    which has a language model, and wherever that fails before its first word, answers are made of the experts' words.
    """

    def __init__(
        self,
        search: HybridSearch,
        answers: AnswerStore,
        *,
        base_url: str,
        product_names: Mapping[str, Sequence[str]] | None = None,
        answer_at: Mapping[str, float] | None = None,
        writer: Writer | None = None,
    ) -> None:
        self._writer = writer
        self._answer_at = {"": ANSWER_AT, **(answer_at or {})}
        self._search = search
        self._answers = answers
        self._base_url = base_url.rstrip("/")
        self._product_names = dict(product_names or {})

    def ask(self, request: AskRequest) -> Iterator[Event]:
        """Events of one question: `Started`, `Sources`, `Delta`…, then exactly one of `Done` and `Failed`.

        `Waiting` may stand anywhere between. Closing the iterator early cancels the question; nothing is stored then.
        The text of an answer that turns out to be unsupported has been sent: `Done` holds what counts.

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
        turns = self._answers.turns(request.conversation) if request.conversation else []
        return self._events(request, self._read(request, names, turns), turns, started)

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
            answer_id, token, rating, created_at=now(), reasons=reasons, comment=comment, contact=contact, key=key
        )

    def ask_expert(self, answer_id: str, token: str, comment: str = "", contact: str = "", key: str = "") -> None:
        """Put an answer before the experts because its asker wants that. See `AnswerStore.ask_expert`."""
        self._answers.ask_expert(answer_id, token, created_at=now(), comment=comment, contact=contact, key=key)

    def delete(self, answer_id: str, token: str) -> None:
        """Delete an answer for its asker. See `AnswerStore.delete`."""
        self._answers.delete(answer_id, token)

    def ratings(self) -> list[dict[str, Any]]:
        """Every rating with its question, oldest first."""
        return self._answers.ratings()

    def _names(self) -> dict[str, Sequence[str]]:
        return {product: self._product_names.get(product, ()) for product in self._search.products()}

    def _read(self, request: AskRequest, names: Mapping[str, Sequence[str]], turns: Sequence[Turn] = ()) -> Question:
        previous: Question | None = None
        offered: tuple[str, ...] = ()
        asked = [(turn.question, turn.product, "", turn.choices) for turn in turns]
        for text, product, version, choices_then in (*asked, (request.question, request.product, request.version, ())):
            chosen = text.strip() if text.strip() in offered else ""  # a reply to our own question
            previous = read_question(
                text,
                product=product or (chosen if chosen in names else ""),
                version=version or (chosen if chosen not in names else ""),
                product_names=names,
                follows=previous,
            )
            offered = choices_then
        assert previous is not None
        return previous

    def _events(
        self, request: AskRequest, question: Question, turns: Sequence[Turn], started: float
    ) -> Iterator[Event]:
        answer_id = new_capability()
        try:
            conversation = request.conversation or new_capability()
            permalink = f"{self._base_url}/a/{answer_id}"
            yield Started(answer_id, permalink, conversation)
            calls = Calls(request.site, started=started)
            question = yield from self._completed(question, turns, calls)
            found = self._search.search(question.query, products=question.products, k=_HITS)
            certainty = 0.0 if is_vague(question.query) else round(confidence(found.signals), 4)  # as it is shown
            reply = yield from self._reply(question, found, certainty, turns, calls)
            answer = Answer(
                id=answer_id,
                permalink=permalink,
                question=question.text,
                product=question.products[0] if len(question.products) == 1 else "",
                language=question.language,
                outcome=reply.outcome,
                engine=reply.engine,
                confidence=certainty,
                summary="\n\n".join(item.text for item in reply.draft.summary),
                causes=reply.draft.causes,
                steps=reply.draft.steps,
                explanation=reply.draft.explanation,
                citations=reply.draft.citations,
                related=reply.related,
                markdown=reply.markdown.strip() + "\n",
                conversation=conversation,
                feedback_token=new_capability(),
                created_at=now(),
                milliseconds=round((time.monotonic() - started) * 1000),
                masked=question.masked,
                notice=reply.notice,
                choices=reply.choices,
            )
            self._answers.save(answer, site=request.site)
        except DayiError as error:
            logger.error("Question %s failed: %s", answer_id, error)
            QUESTIONS.labels("failed", "").inc()
            yield Failed(error.code, "No answer could be made; please try again later. （暂时无法回答，请稍后再试。）")
            return
        logger.info("Answered %s: %s in %d ms", answer.id, answer.outcome, answer.milliseconds)
        QUESTIONS.labels(answer.outcome, answer.engine).inc()
        ANSWER_SECONDS.labels(answer.engine).observe(answer.milliseconds / 1000)
        if answer.notice == "incomplete":
            yield Failed("incomplete", "The answer broke off; please ask again. （回答中断了，请重新提问。）")
        else:
            yield Done(answer)

    def _completed(self, question: Question, turns: Sequence[Turn], calls: Calls) -> Generator[Event, None, Question]:
        """The question as it is searched for: a follow-up is put into full by the language model, where there is one.

        Without, or where that fails, it is searched for together with the question before (`read_question`).
        """
        if not self._writer or not turns or turns[-1].choices or not is_follow_up(question.text):
            return question
        whole = yield from self._writer.rewritten(question.text, _history(turns), calls)
        return replace(question, query=search_text(whole)) if whole else question

    def _reply(
        self, question: Question, found: SearchResult, certainty: float, turns: Sequence[Turn], calls: Calls
    ) -> Generator[Event, None, "_Reply"]:
        hits = fitting(found.hits, question.versions)
        vague = is_vague(question.query)
        if certainty < self.threshold(question.products):
            return (yield from _abstention(question, hits if vague or certainty >= NEAR_AT else (), vague=vague))
        open_choices = () if turns and turns[-1].choices else choices(hits, question)
        if open_choices:
            return (yield from _question_back(question, open_choices))
        if self._writer is None:
            return (yield from _extract(question, hits, "words_only" if found.lexical_only else ""))
        written = yield from self._writer.write(question, hits, _history(turns), calls)
        if written.state == "unavailable":
            return (yield from _extract(question, hits, "no_model"))
        if written.state == "declined":
            if written.text:
                yield Delta(retraction(question.language))
            return (yield from _abstention(question, hits))
        notice: Notice = "words_only" if found.lexical_only else ""
        markdown = written.text
        if written.state == "broken":
            notice = "incomplete"
            yield Delta(breaking_off(question.language))
            markdown += breaking_off(question.language)
        outcome: Outcome = "degraded" if notice else "answered"
        related = _related(hits, written.draft)
        return _Reply(outcome, "generative", markdown, written.draft, related, notice)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a question gets, whoever made it."""

    outcome: Outcome
    engine: str
    markdown: str
    draft: Draft = Draft()
    related: tuple[Related, ...] = ()
    notice: Notice = ""
    choices: tuple[str, ...] = ()


def _abstention(question: Question, hits: Sequence[Hit], *, vague: bool = False) -> Generator[Event, None, _Reply]:
    related = _related(hits, Draft())
    markdown = yield from _told(abstention_blocks(related, question.language, vague=vague), Draft())
    return _Reply("abstained", "extractive", markdown, related=related)


def _question_back(question: Question, open_choices: tuple[str, ...]) -> Generator[Event, None, _Reply]:
    markdown = yield from _told(choice_blocks(open_choices, question.language), Draft())
    return _Reply("abstained", "extractive", markdown, choices=open_choices)


def _extract(question: Question, hits: Sequence[Hit], notice: Notice) -> Generator[Event, None, _Reply]:
    draft = compose(hits)
    if not draft.citations:
        return (yield from _abstention(question, hits))
    markdown = yield from _told(answer_blocks(draft, question.language), draft)
    outcome: Outcome = "degraded" if notice else "answered"
    return _Reply(outcome, "extractive", markdown, draft, _related(hits, draft), notice)


def _told(blocks: Iterable[str], draft: Draft) -> Generator[Event, None, str]:
    """Sends an answer that is whole already; returns its Markdown."""
    yield Sources(draft.citations)
    markdown = ""
    for block in blocks:
        yield Delta(block)
        markdown += block
    return markdown


def _history(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    return [(turn.question, turn.markdown) for turn in turns]


def _related(hits: Sequence[Hit], draft: Draft) -> tuple[Related, ...]:
    cited = {(citation.product, citation.document) for citation in draft.citations}
    others = [hit.document for hit in hits if (hit.document.product, hit.document.id) not in cited]
    telling = islice((document for document in others if not is_silent(document)), _RELATED)
    return tuple(Related(d.id, d.product, d.title, d.url) for d in telling)
