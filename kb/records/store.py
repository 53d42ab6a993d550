"""The records: every document, passage and vector, and the log of what changed."""

import random
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from kb.embedding.base import Sentences, Vectors
from kb.errors import StoreMismatch
from kb.index.base import Change
from kb.records.database import UNSYNCED, migrate, open_engine, reading, store_errors
from kb.records.rows import document_columns, to_bytes, to_document, to_passage, to_sentences, to_vector
from kb.records.schema import documents, meta, passages, sequence
from kb.records.writing import Batch, embedding_of
from kb.values import Document, Language, Passage

__all__ = ["Records", "Sample", "StoredPassage"]

_CHUNK = 300  # values in one IN list; three of them stay below every engine's limit
_COPIED = 2000  # rows that are copied at once, and held in memory
_DRAWN = 50  # keys drawn for each passage of a sample: most may be of deleted ones
_T = TypeVar("_T")
Encode = Callable[[Sequence[str]], tuple[Vectors, list[Sentences]]]

# The two statements of every search are made once: composing them takes longer than running them.
# SQLite uses no index for pairs of values, so the ids are named once more.
_DOCUMENTS = sa.select(*document_columns).where(
    documents.c.id.in_(sa.bindparam("ids", expanding=True)),
    sa.tuple_(documents.c.product, documents.c.id).in_(sa.bindparam("refs", expanding=True)),
)
_PASSAGES = (
    sa.select(
        *(passages.c[name] for name in ("key", "product", "kind", "heading", "start", "end", "text")),
        documents.c.id.label("document_id"),
        documents.c.title,
        documents.c.language,
        documents.c.reviewed,
    )
    .join(documents)
    .where(passages.c.key.in_(sa.bindparam("keys", expanding=True)), ~passages.c.deleted)
)
_SENTENCES = sa.select(passages.c.key, passages.c.sentences).where(
    passages.c.key.in_(sa.bindparam("keys", expanding=True)), sa.func.length(passages.c.sentences) > 0
)


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with the document it belongs to."""

    key: int
    product: str
    document_id: str
    title: str
    language: Language
    reviewed: bool
    passage: Passage


@dataclass(frozen=True, slots=True)
class Sample:
    """A passage to probe the indexes with; `vector` has shape (dimension,)."""

    key: int
    product: str
    heading: str
    text: str
    vector: Vectors


class Records:
    """The database at a SQLAlchemy URL; brings its schema up to date when opened. Thread-safe.

    `engine` is for the tables of other packages. Its transactions take the write lock at once; use `read()` to read.

    Raises:
        StoreMismatch: a newer program wrote the database.
        StoreError: the database cannot be reached.
    """

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self._reader = reading(self.engine)
        self._unsynced = self.engine.execution_options(**{UNSYNCED: True})
        # Threads queue here in fair order; SQLite's own lock is polled and lets some of them starve.
        self._writing = threading.Lock()
        self._bound: tuple[str, int] | None = None
        self._counted: tuple[int, dict[str, int]] | None = None
        migrate(self.engine)

    @contextmanager
    def write(self, *, synced: bool = True) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, undone when it raises. Do not nest.

        Without `synced` a commit does not wait for the disk: it survives the end of the process, but perhaps not a
        power cut, and on PostgreSQL not the end of the database server.

        Raises:
            StoreBusy: another process keeps writing for more than 5 s.
            StoreError: the database refused.
        """
        with self._writing, store_errors(), (self.engine if synced else self._unsynced).begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; never waits for writers."""
        with store_errors(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Several documents in one transaction: all of them are stored at the end of the block, or none.

        Nobody else can write meanwhile, so do the slow work (reading, embedding) before.
        """
        with self.write() as connection:
            batch = Batch(connection, self._bound)
            yield batch
            batch.finish()

    def put(
        self,
        document: Document,
        passages: Sequence[Passage],
        vectors: Vectors,
        *,
        content_hash: str = "",
        origin: str = "",
        embedded: Sequence[str] = (),
        sentences: Sequence[Sentences] = (),
    ) -> bool:
        """Store a document with its passages in place of what was there; whether that changed anything.

        `vectors` has one row per passage, `sentences` the vectors of each passage's sentences. `embedded` are the texts
        that were embedded, where they differ from the passages' texts. Passages that stay the same keep their key, so
        that indexes have nothing to do for them. A document that an expert corrected keeps the correction, and what is
        given here is noted as what its source says.

        Raises:
            StoreMismatch: the vectors do not have the dimension that the store is bound to.
            StoreError: the database refused; nothing was stored.
        """
        with self.batch() as batch:
            return batch.put(
                document,
                passages,
                vectors,
                content_hash=content_hash,
                origin=origin,
                embedded=embedded,
                sentences=sentences,
            )

    def delete(self, product: str, id: str) -> bool:
        """Remove a document and its passages; False when there is none, or an expert's correction keeps it."""
        with self.batch() as batch:
            return batch.delete(product, id)

    def document(self, product: str, id: str) -> Document | None:
        """One document."""
        return self.documents([(product, id)]).get((product, id))

    def find(self, id: str) -> list[Document]:
        """The documents with this id in all products, by product."""
        query = sa.select(*document_columns).where(documents.c.id == id).order_by(documents.c.product)
        return [to_document(row) for row in self._rows(query)]

    def documents(self, refs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Document]:
        """The documents that exist among these (product, id) pairs."""
        found: dict[tuple[str, str], Document] = {}
        for chunk in _chunks(refs):
            for row in self._rows(_DOCUMENTS, {"ids": [id for _, id in chunk], "refs": chunk}):
                found[row["product"], row["id"]] = to_document(row)
        return found

    def passages(self, keys: Iterable[int]) -> dict[int, StoredPassage]:
        """The passages that exist among these keys."""
        found = {}
        for chunk in _chunks(list(keys)):
            for row in self._rows(_PASSAGES, {"keys": chunk}):
                owner = (row["product"], row["document_id"], row["title"], row["language"], row["reviewed"])
                found[row["key"]] = StoredPassage(row["key"], *owner, to_passage(row))
        return found

    def vectors(self, product: str, id: str) -> dict[str, tuple[Vectors, Sentences]]:
        """The stored vector of a document's passages and of their sentences, by `text_digest` of the embedded text."""
        query = sa.select(passages.c.text_digest, passages.c.vector, passages.c.sentences).join(documents)
        rows = self._rows(query.where(documents.c.product == product, documents.c.id == id))
        pairs = [(row["text_digest"], to_vector(row["vector"]), row["sentences"]) for row in rows]
        return {digest: (vector, to_sentences(sentences, len(vector))) for digest, vector, sentences in pairs}

    def sentences(self, keys: Iterable[int], dimension: int) -> dict[int, Sentences]:
        """The vectors of the sentences of those of these passages that have any."""
        found = {}
        with self.read() as connection:
            for chunk in _chunks(list(keys)):
                for key, stored in connection.execute(_SENTENCES, {"keys": chunk}):
                    found[key] = to_sentences(stored, dimension)
        return found

    def sources(self, origin: str) -> dict[tuple[str, str], tuple[str, str]]:
        """Source path and content hash of the documents of one ingested root, by (product, id)."""
        columns = (documents.c.product, documents.c.id, documents.c.source, documents.c.content_hash)
        rows = self._rows(sa.select(*columns).where(documents.c.origin == origin))
        return {(row["product"], row["id"]): (row["source"], row["content_hash"]) for row in rows}

    def ids(self, product: str = "", origin: str | None = None) -> list[tuple[str, str]]:
        """(product, id) of all documents, sorted; of one product or one ingested root where given."""
        query = sa.select(documents.c.product, documents.c.id)
        if product:
            query = query.where(documents.c.product == product)
        if origin is not None:
            query = query.where(documents.c.origin == origin)
        return sorted((row["product"], row["id"]) for row in self._rows(query))

    def products(self) -> dict[str, int]:
        """Number of documents by product. They are counted again only when something has changed."""
        counting = sa.select(documents.c.product, sa.func.count()).group_by(documents.c.product)
        with self.read() as connection:
            seq = connection.execute(sa.select(sequence.c.value)).scalar_one()
            counted = self._counted
            if counted is None or counted[0] != seq:
                rows = connection.execute(counting.order_by(documents.c.product))
                counted = self._counted = seq, {product: count for product, count in rows}
        return dict(counted[1])

    def changes(self, after: int, limit: int) -> list[Change]:
        """The log after seq `after`, oldest first. A passage appears once, with its latest state."""
        query = (
            sa.select(*(column for column in passages.c if column.name != "sentences"), documents.c.title)
            .join(documents, isouter=True)
            .where(passages.c.seq > after)
            .order_by(passages.c.seq)
            .limit(limit)
        )
        return [_to_change(row) for row in self._rows(query)]

    def seq(self) -> int:
        """Number of the newest change."""
        with self.read() as connection:
            return int(connection.execute(sa.select(sequence.c.value)).scalar_one())

    def sample(self, n: int, *, until: int | None = None) -> list[Sample]:
        """At most `n` passages, drawn at random, not newer than seq `until`; others every time.

        All that there are where the store never held many more than `n`.
        """
        with self.read() as connection:
            last = connection.execute(sa.select(sa.func.max(passages.c.key))).scalar() or 0
        drawn = random.sample(range(1, last + 1), min(last, n * _DRAWN))
        query = passages.select().where(~passages.c.deleted)
        if until is not None:
            query = query.where(passages.c.seq <= until)
        found: list[RowMapping] = []
        for chunk in _chunks(drawn):
            rows = {row["key"]: row for row in self._rows(query.where(passages.c.key.in_(chunk)))}
            found += [rows[key] for key in chunk if key in rows]
            if len(found) >= n:
                break
        return [
            Sample(row["key"], row["product"], row["heading"], row["text"], to_vector(row["vector"]))
            for row in found[:n]
        ]

    def copy_to(self, other: "Records", product: str) -> None:
        """Copy one product's documents and passages into a store that is empty, for trying out a change.

        Raises:
            StoreError: a database refused.
        """
        owned = passages.c.document.in_(sa.select(documents.c.key).where(documents.c.product == product))
        with self.read() as connection, other.write() as target:
            target.execute(sequence.update().values(value=connection.execute(sa.select(sequence.c.value)).scalar_one()))
            for table, where in ((documents, documents.c.product == product), (passages, owned)):
                rows = connection.execute(table.select().where(where), execution_options={"yield_per": _COPIED})
                for chunk in rows.mappings().partitions():
                    target.execute(table.insert(), [dict(row) for row in chunk])

    def identity(self) -> str:
        """Random name of this store, made with it: an index that followed another store is of no use here."""
        with self.read() as connection:
            return str(connection.execute(sa.select(meta.c.value).where(meta.c.key == "store")).scalar_one())

    def embedding(self) -> tuple[str, int] | None:
        """Id and dimension of the model whose vectors are stored; None before the first."""
        with self.read() as connection:
            return embedding_of(connection)

    def bind_embedding(self, id: str, dimension: int) -> None:
        """Say which model's vectors this object will be given. An empty store remembers it.

        Raises:
            StoreMismatch: the store holds vectors of another model; `put` will refuse any.
        """
        stored = self.embedding()
        if stored != (id, dimension):
            if stored is not None and self._rows(sa.select(passages.c.key).where(~passages.c.deleted).limit(1)):
                raise StoreMismatch(
                    f"The knowledge base was embedded with {stored[0]} ({stored[1]} dimensions), not with {id} "
                    f"({dimension}). Set DAYI_EMBEDDING back, or compute all vectors anew with `dayi check --repair`."
                )
            with self.batch() as batch:
                batch.replace_vectors({}, id, dimension)
        self._bound = (id, dimension)

    def rebind_embedding(self, id: str, dimension: int, encode: Encode) -> None:
        """Replace all vectors by those of another model, in one transaction; nobody can write meanwhile.

        Raises:
            EmbeddingError: the model failed; nothing was changed.
        """
        texts = sa.select(passages.c.key, sa.func.coalesce(passages.c.embedded, passages.c.text).label("text"))
        with self.batch() as batch, self.read() as connection:
            vectors: dict[int, tuple[bytes, bytes]] = {}
            rows = connection.execute(texts.where(~passages.c.deleted).order_by(passages.c.key)).all()
            for chunk in _chunks(rows):
                encoded = encode([row.text for row in chunk])
                for row, vector, sentences in zip(chunk, *encoded, strict=True):
                    vectors[row.key] = to_bytes(vector), sentences.tobytes()
            batch.replace_vectors(vectors, id, dimension)
        self._bound = (id, dimension)

    def ping(self) -> None:
        """Return when the database answers.

        Raises:
            StoreError: it does not.
        """
        self.seq()

    def close(self) -> None:
        """Give back the connections; the object is not used afterwards."""
        with store_errors():
            self.engine.dispose()

    def _rows(self, query: Any, values: Mapping[str, Any] | None = None) -> Sequence[RowMapping]:
        with self.read() as connection:
            return connection.execute(query, values).mappings().all()


def _chunks(values: Sequence[_T]) -> Iterator[list[_T]]:
    for start in range(0, len(values), _CHUNK):
        yield list(values[start : start + _CHUNK])


def _to_change(row: RowMapping) -> Change:
    if row["deleted"]:
        return Change(row["seq"], row["key"], row["product"], deleted=True)
    return Change(
        seq=row["seq"],
        key=row["key"],
        product=row["product"],
        deleted=False,
        title=row["title"],
        heading=row["heading"],
        text=row["text"],
        question=row["kind"] == "question",
        vector=to_vector(row["vector"]),
    )
