"""What the assistant gives to every channel: one typed answer, and the events that lead to it."""

from dataclasses import dataclass
from typing import Literal

from kb.values import Document, Language

__all__ = [
    "REASONS",
    "Answer",
    "AskRequest",
    "Citation",
    "Delta",
    "Done",
    "Event",
    "Failed",
    "Item",
    "Notice",
    "Outcome",
    "Rating",
    "Related",
    "Sources",
    "Started",
    "Waiting",
]

Notice = Literal["", "words_only", "no_model", "incomplete"]
Outcome = Literal["answered", "abstained", "degraded"]
Rating = Literal["good", "bad"]
REASONS = ("inaccurate", "outdated", "irrelevant", "incomplete", "wrong_citation", "other")
"""Why a reader rates an answer as bad, in every channel. Stored ratings may hold others, of earlier versions."""


@dataclass(frozen=True, slots=True)
class AskRequest:
    """One question as a channel passes it on.

    `product` empty means all products. `conversation` is the capability from an earlier answer; empty starts a new one.
    """

    question: str
    product: str = ""
    version: str = ""
    conversation: str = ""
    page_url: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an item's words stand: `quote` equals the text of `document` of `product` from `start` to `end`."""

    n: int
    document: str
    product: str
    title: str
    url: str
    quote: str
    start: int
    end: int
    reviewed: bool

    @classmethod
    def of(cls, document: Document, start: int, end: int, n: int) -> "Citation":
        """Citation number `n`: these characters of a document's text."""
        return cls(
            n=n,
            document=document.id,
            product=document.product,
            title=document.title,
            url=document.url,
            quote=document.text[start:end],
            start=start,
            end=end,
            reviewed=document.reviewed,
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One cause, step or paragraph in Markdown, with the numbers of the citations that support it.

    `supported` is False where a language model wrote what its citations do not say; every channel has to show that.
    """

    text: str
    citations: tuple[int, ...]
    supported: bool = True


@dataclass(frozen=True, slots=True)
class Related:
    """A near entry to look at, shown under an answer and instead of one."""

    document: str
    product: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole result of one question; the same for the chat page, the API, the widget and the command line.

    `confidence` is in 0..1. `conversation` and `feedback_token` are capabilities of the asker: never log them, never
    show them to anybody else. `masked` says that secrets were hidden in the question before anything else saw it.
    `notice` says what is wrong with a degraded answer: found by words only, no language model although there should be
    one, or ended in the middle. `choices` are replies to a question of the desk's own ("which product?"), as they can
    be sent back.
    """

    id: str
    permalink: str
    question: str
    product: str
    language: Language
    outcome: Outcome
    engine: str
    confidence: float
    summary: str
    causes: tuple[Item, ...]
    steps: tuple[Item, ...]
    explanation: tuple[Item, ...]
    citations: tuple[Citation, ...]
    related: tuple[Related, ...]
    markdown: str
    conversation: str
    feedback_token: str
    created_at: str
    milliseconds: int
    masked: bool = False
    notice: Notice = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """First event, at once: where the answer will be."""

    id: str
    permalink: str
    conversation: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The passages that the answer stands on, before its text."""

    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """A further piece of the answer's Markdown; text already sent never changes."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """Last event of a question that was answered or declined."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Failed:
    """Last event of a question that could not be handled; `message` is safe to show."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing new yet. For whoever iterates to look whether the asker is still there; never sent to anybody."""


Event = Started | Sources | Delta | Waiting | Done | Failed
