"""What readers who are not the asker can say in forms that need no JavaScript, and what became of it."""

import secrets
from dataclasses import dataclass, field
from typing import Literal

from fastapi import Request
from starlette.responses import Response

from assistant.publications import Publication
from assistant.publishing import page_path
from assistant.reporting import WAITING, Review
from assistant.values import REASONS, Answer
from kb.errors import AnswerNotFound
from kb.values import Document
from ui.boundary import Services

__all__ = ["Outcome", "RatingForm", "Readers", "Subject", "outcome_of"]

_LONGEST_TOKEN = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What experts made of a complaint; `fix` is the entry as it reads now, `address` its page where it has one."""

    state: Literal["received", "in_progress", "corrected", "unchanged"]
    date: str = ""
    fix: Document | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a form is about: an answer, or the document of a published page."""

    title: str
    address: str
    fields: dict[str, str]
    page: Publication | None = None

    @classmethod
    def of_answer(cls, answer: Answer) -> "Subject":
        """An answer, which its permalink shows."""
        return cls(answer.question, f"/a/{answer.id}", {"answer": answer.id})

    @classmethod
    def of_page(cls, page: Publication) -> "Subject":
        """A published page."""
        document = page.document
        fields = {"product": document.product, "document": document.id}
        return cls(document.title, page_path(document.product, document.id), fields, page)


@dataclass(frozen=True, slots=True)
class RatingForm:
    """A form as it is shown: what is chosen and written in it, and what was wrong with it when it was sent.

    `given` is how the reader has rated the subject before. `token` makes sending the same form twice one rating.
    """

    subject: Subject
    given: str = ""
    rating: str = ""
    reasons: tuple[str, ...] = ()
    comment: str = ""
    contact: str = ""
    problem: str = ""
    choices: tuple[str, ...] = REASONS
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))


class Readers:
    """Readers by a cookie that lasts as long as the browser runs, and that nobody has who never rated anything."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._secure = services.settings.base_url.startswith("https:")
        self._name = "__Host-dayi-reader" if self._secure else "dayi-reader"

    def current(self, request: Request) -> str:
        """The reader's token; "" where there is none yet."""
        return request.cookies.get(self._name, "")[:_LONGEST_TOKEN]

    def remember(self, response: Response, token: str) -> None:
        """Know the reader again."""
        response.set_cookie(self._name, token, path="/", secure=self._secure, httponly=True, samesite="lax")

    def subject(self, answer: str, product: str, document: str) -> Subject:
        """What an address or a form names.

        Raises:
            AnswerNotFound: there is no such answer, or no such published page.
            AnswerGone: the answer was deleted.
        """
        if answer or not document:
            return Subject.of_answer(self._services.assistant.answer(answer))
        page = self._services.publications.get(product, document)
        if page is None or page.status != "published" or not page.document.reviewed:
            raise AnswerNotFound("There is no such page. （没有这个页面。）")
        return Subject.of_page(page)

    def form(self, request: Request, subject: Subject, rating: str = "") -> tuple[RatingForm, Outcome | None]:
        """The form for a subject, with a rating chosen, and what became of what is known about it."""
        given, review = self._known(subject, self.current(request))
        return RatingForm(subject, given, rating or given), outcome_of(self._services, review)

    def _known(self, subject: Subject, reader: str) -> tuple[str, Review | None]:
        learning, answer = self._services.learning, subject.fields.get("answer", "")
        if subject.page is None:
            return learning.readers.of_answer(answer, reader), learning.queue.of_answer(answer)
        return learning.readers.of_page(subject.fields["product"], subject.fields["document"], reader)


def outcome_of(services: Services, review: Review | None) -> Outcome | None:
    """What became of a review: None where there is nothing to become of."""
    if review is None:
        return None
    if review.state in WAITING:
        return Outcome("in_progress" if review.state == "in_progress" else "received")
    approvals = [event.at for event in services.learning.queue.history(review) if event.action == "approved"]
    corrections = services.learning.corrections.of_review(review)
    lasts = any(one.state in ("approved", "conflict", "replaced") for one in corrections)
    fix = services.knowledge.records.document(review.product, review.document)
    if not approvals or not lasts or fix is None:
        return Outcome("unchanged")
    page = services.publications.get(review.product, review.document)
    shown = page is not None and page.status == "published"
    address = page_path(review.product, review.document) if shown else ""
    return Outcome("corrected", approvals[-1][:10], fix, address)
