"""How questions become answers: intake, engines, citations, and what is stored of them."""

from assistant.answerability import ANSWER_AT, confidence
from assistant.answers import AnswerStore
from assistant.budget import TokenBudget
from assistant.chat_model import LanguageModel, load_chat_model
from assistant.engine import Assistant
from assistant.generative import Writer
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
    Notice,
    Outcome,
    Rating,
    Related,
    Sources,
    Started,
    Waiting,
)
from assistant.verify import Verifier

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
    "LanguageModel",
    "Notice",
    "Outcome",
    "Rating",
    "Related",
    "Sources",
    "Started",
    "TokenBudget",
    "Verifier",
    "Waiting",
    "Writer",
    "confidence",
    "load_chat_model",
]
