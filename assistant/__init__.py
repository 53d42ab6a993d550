"""How questions become answers: intake, engines, citations, and what is stored of them."""

from assistant.answerability import ANSWER_AT, confidence
from assistant.answers import AnswerStore
from assistant.engine import Assistant
from assistant.question import MAX_QUESTION_CHARS
from assistant.values import (
    Answer,
    AskRequest,
    Citation,
    Delta,
    Done,
    Event,
    Failed,
    Item,
    Outcome,
    Rating,
    Related,
    Sources,
    Started,
)

__all__ = [
    "ANSWER_AT",
    "MAX_QUESTION_CHARS",
    "Answer",
    "AnswerStore",
    "AskRequest",
    "Assistant",
    "Citation",
    "Delta",
    "Done",
    "Event",
    "Failed",
    "Item",
    "Outcome",
    "Rating",
    "Related",
    "Sources",
    "Started",
    "confidence",
]
