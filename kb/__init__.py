"""What is known: documents in a database, two indexes over their passages, and the search that fuses them."""

from kb.embedding import Embedder, Vectors, load_embedder
from kb.errors import (
    AnswerNotFound,
    DayiError,
    DocumentError,
    EditConflict,
    EmbeddingError,
    KeyReused,
    LoginRefused,
    MissingExtra,
    ModelError,
    ModelUnavailable,
    NotAllowed,
    QuestionError,
    RequestError,
    SettingsError,
    SourceError,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreMismatch,
    TooManyRequests,
    UnknownProduct,
)
from kb.index.base import IndexQuery
from kb.knowledge_base import KnowledgeBase, ProbeReport
from kb.query import search_text
from kb.records import Records
from kb.search import HybridSearch, SearchResult
from kb.signals import Signals
from kb.text import Features, clean, detect_language, features, tokens
from kb.values import Document, DocumentKind, Hit, Language, Passage, Reason, Reference, Section, SectionKind

__all__ = [
    "AnswerNotFound",
    "DayiError",
    "Document",
    "DocumentError",
    "DocumentKind",
    "EditConflict",
    "Embedder",
    "EmbeddingError",
    "Features",
    "Hit",
    "HybridSearch",
    "IndexQuery",
    "KeyReused",
    "KnowledgeBase",
    "Language",
    "LoginRefused",
    "MissingExtra",
    "ModelError",
    "ModelUnavailable",
    "NotAllowed",
    "Passage",
    "ProbeReport",
    "QuestionError",
    "Reason",
    "Records",
    "Reference",
    "RequestError",
    "SearchResult",
    "Section",
    "SectionKind",
    "SettingsError",
    "Signals",
    "SourceError",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreMismatch",
    "TooManyRequests",
    "UnknownProduct",
    "Vectors",
    "clean",
    "detect_language",
    "features",
    "load_embedder",
    "search_text",
    "tokens",
]
