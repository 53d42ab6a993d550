"""Expert questions and answers taken apart: the questions to ask, and the answers to find without them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.parsing import parse_text
from ingest.sources import open_source, read_text, slug
from ingest.splitter import prepared
from kb.embedding.base import Embedder
from kb.errors import DocumentError
from kb.records import Records
from kb.values import Document

__all__ = ["put_all", "questions_of", "without_question"]


def questions_of(folder: str, product: str = "") -> Iterator[Document]:
    """The expert answers in a folder or git repository that hold a question, with the ids that `ingest` gives them.

    Files that cannot be read and documentation pages are left out.

    Raises:
        SourceError: there is no such folder.
    """
    with open_source(folder) as source:
        for file in source.files:
            if file.problem or file.is_corpus:
                continue
            try:
                text = read_text(file.read(), file.path)
                default = source.product_of(file.path)
                document = parse_text(text, path=file.path, product=slug(product), default_product=default).document
            except DocumentError:
                continue
            if document and document.question.strip():
                yield document


def without_question(document: Document) -> Document:
    """What is left of an expert's answer without its question; the title is the question too, so it goes as well."""
    cut = next((section.end for section in document.sections if section.kind == "question"), 0)
    sections = tuple(
        replace(section, start=section.start - cut, end=section.end - cut)
        for section in document.sections
        if section.start >= cut
    )
    return replace(document, title="", question="", text=document.text[cut:], sections=sections)


def put_all(records: Records, embedder: Embedder, documents: Sequence[Document]) -> None:
    """Store documents that are in no file.

    Raises:
        StoreError: the records refuse.
        EmbeddingError: the model failed.
    """
    for document in documents:
        put = prepared(document, embedder)
        with records.batch() as batch:
            put(batch)
