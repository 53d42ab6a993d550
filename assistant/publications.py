"""Publications: reviewed documents that are shown to the world, and where retired ones send their readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, select, update

from assistant.clock import now
from kb.errors import RequestError
from kb.records import Records, document_values, to_document
from kb.records.schema import publications
from kb.values import Document

__all__ = ["Publication", "PublicationStatus", "PublicationStore", "put_publication", "retire_publication"]

PublicationStatus = Literal["published", "retired"]


@dataclass(frozen=True, slots=True)
class Publication:
    """A reviewed document as it is published.

    `question_date` and `review_date` are dates (YYYY-MM-DD) of the reader's question, empty where none is known, and
    of the expert's approval. `versions` are the product's versions that it holds for. A retired one is no longer shown;
    `redirect_to` is then the id of the document of the same product that readers are sent to, or empty. `updated_at` is
    the time of the last change (ISO 8601, UTC), set by the store.
    """

    document: Document
    question_date: str = ""
    review_date: str = ""
    versions: tuple[str, ...] = ()
    status: PublicationStatus = "published"
    redirect_to: str = ""
    updated_at: str = ""


class PublicationStore:
    """Publications in the database of the records. Thread-safe."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def list(self, product: str = "", *, status: PublicationStatus | None = None) -> list[Publication]:
        """Publications by product and document id; of one product, or with one status, where given."""
        query = select(publications).order_by(publications.c.product, publications.c.document)
        if product:
            query = query.where(publications.c.product == product)
        if status:
            query = query.where(publications.c.status == status)
        with self._records.read() as connection:
            return [_publication(row) for row in connection.execute(query).mappings()]

    def get(self, product: str, document: str) -> Publication | None:
        """The publication of a document, retired or not."""
        query = select(publications).where(_is(product, document))
        with self._records.read() as connection:
            row = connection.execute(query).mappings().first()
        return _publication(row) if row else None

    def put(self, publication: Publication) -> None:
        """Store a publication in place of the document's earlier one."""
        with self._records.write() as connection:
            put_publication(connection, publication)


def put_publication(connection: Connection, publication: Publication) -> None:
    """As `PublicationStore.put`, within a transaction that somebody else began."""
    document = publication.document
    values = {
        "body": document_values(document),
        "question_date": publication.question_date,
        "review_date": publication.review_date,
        "versions": list(publication.versions),
        "status": publication.status,
        "redirect_to": publication.redirect_to,
        "updated_at": now(timespec="seconds"),
    }
    where = _is(document.product, document.id)
    if connection.execute(update(publications).where(where).values(values)).rowcount == 0:
        key = {"product": document.product, "document": document.id}
        connection.execute(publications.insert().values(key | values))


def retire_publication(connection: Connection, product: str, document: str, redirect_to: str = "") -> None:
    """Show the page of a document, if it has one, no longer; its readers are sent to that of `redirect_to`, if given.

    Raises:
        RequestError: `redirect_to` is no other published document of the product.
    """
    if redirect_to:
        shown = select(publications.c.document).where(_is(product, redirect_to), publications.c.status == "published")
        if redirect_to == document or connection.execute(shown).first() is None:
            raise RequestError(f"{redirect_to[:100]!r} is no other published entry of {product}. （没有这个条目。）")
    values = {"status": "retired", "redirect_to": redirect_to, "updated_at": now(timespec="seconds")}
    connection.execute(update(publications).where(_is(product, document)).values(values))


def _is(product: str, document: str) -> Any:
    return (publications.c.product == product) & (publications.c.document == document)


def _publication(row: RowMapping) -> Publication:
    versions: Sequence[str] = row["versions"]
    return Publication(
        document=to_document(row["body"]),
        question_date=row["question_date"],
        review_date=row["review_date"],
        versions=tuple(versions),
        status=row["status"],
        redirect_to=row["redirect_to"],
        updated_at=row["updated_at"],
    )
