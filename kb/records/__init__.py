"""The database that holds everything Dayi knows; the indexes follow it."""

from kb.records.database import insert_new
from kb.records.rows import document_values, text_digest, to_document, words_digest
from kb.records.schema import answers, documents, feedback, usage
from kb.records.store import Records, Sample, StoredPassage
from kb.records.writing import Batch

__all__ = [
    "Batch",
    "Records",
    "Sample",
    "StoredPassage",
    "answers",
    "document_values",
    "documents",
    "feedback",
    "insert_new",
    "text_digest",
    "to_document",
    "usage",
    "words_digest",
]
