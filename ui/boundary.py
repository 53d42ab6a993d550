"""What the web layer needs from the rest, as protocols: `ui.services.Services` in production, a fake in tests."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from assistant.publications import Publication, PublicationStatus
from assistant.retention import Retention
from assistant.values import Answer, AskRequest, Event, Rating
from kb.values import Document, Hit
from ui.services import Learning
from ui.settings import Settings

__all__ = ["Assistant", "Found", "Knowledge", "ProductInfo", "Publications", "Records", "Search", "Services"]


class ProductInfo(Protocol):
    """A product that readers can choose, with example questions by language."""

    @property
    def id(self) -> str:
        """Name in addresses and requests."""

    @property
    def title(self) -> str:
        """Name for people."""

    @property
    def documents(self) -> int:
        """How many documents the knowledge base holds for it."""

    @property
    def examples(self) -> Mapping[str, Sequence[str]]:
        """Questions worth trying, by language."""


class Assistant(Protocol):
    """Asking, looking up, rating. Thread-safe and blocking."""

    def ask(self, request: AskRequest) -> Iterator[Event]:
        """The events of one question; closing the generator cancels it.

        Raises:
            RequestError: at once, when the request cannot be answered by anybody.
        """

    def answer(self, answer_id: str, /) -> Answer:
        """A stored answer without its capabilities.

        Raises:
            AnswerNotFound: there is no such answer.
            AnswerGone: its asker has deleted it.
        """

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
        """Store a rating; the last one of an answer's asker wins, and one with an idempotency key counts once.

        Raises:
            AnswerNotFound: no such answer, or the token is not its.
            KeyReused: the key came with another rating before.
        """

    def ask_expert(self, answer_id: str, token: str, comment: str = "", contact: str = "", key: str = "") -> None:
        """Put an answer before the experts because its asker wants that. Raises as `rate`."""

    def delete(self, answer_id: str, token: str) -> None:
        """Delete an answer for its asker.

        Raises:
            AnswerNotFound: no such answer, or the token is not its.
            AnswerGone: it was deleted before.
        """


class Found(Protocol):
    """What a search came back with."""

    @property
    def hits(self) -> Sequence[Hit]:
        """Best first."""


class Search(Protocol):
    """Finding documents. Thread-safe and blocking."""

    def search(self, query: str, *, products: Sequence[str] = (), k: int = 10) -> Found:
        """The best `k` documents; of all products when none is named."""


class Records(Protocol):
    """The part of the records that pages read."""

    def document(self, product: str, id: str) -> Document | None:
        """One document, or None."""

    def ping(self) -> None:
        """Raises `StoreError` when the database does not answer."""


class Knowledge(Protocol):
    """The knowledge base."""

    @property
    def records(self) -> Records:
        """Where documents are kept."""


class Publications(Protocol):
    """The reviewed entries that are shown to the world. Thread-safe and blocking."""

    def list(self, product: str = "", *, status: PublicationStatus | None = None) -> Sequence[Publication]:
        """All, or those of one product or with one status."""

    def get(self, product: str, document: str, /) -> Publication | None:
        """The publication of a document, retired or not."""


class Services(Protocol):
    """Everything that is wired for the web application."""

    @property
    def settings(self) -> Settings:
        """The effective settings."""

    @property
    def knowledge(self) -> Knowledge:
        """What is known."""

    @property
    def search(self) -> Search:
        """What finds."""

    @property
    def assistant(self) -> Assistant:
        """What answers."""

    @property
    def learning(self) -> Learning:
        """What experts work with."""

    @property
    def publications(self) -> Publications:
        """What is published."""

    @property
    def retention(self) -> Retention:
        """What deletes what is too old."""

    def products(self) -> Sequence[ProductInfo]:
        """What readers can choose from."""
