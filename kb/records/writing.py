"""One write transaction over the records: what changes, and the numbers that the changes get."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from kb.embedding.base import Sentences, Vectors
from kb.errors import StoreMismatch
from kb.records.rows import document_row, document_values, passage_rows, words_digest
from kb.records.schema import corrections, documents, meta, sequence
from kb.records.schema import passages as passage_table
from kb.values import Document, Passage

__all__ = ["Batch", "embedding_of"]

_SAME = ("kind", "heading", "text")  # what makes a passage the same one as before, wherever it stands now
_INDEXED = ("embedded", "text_digest", "vector")
_OTHER = ("start", "end", "sentences")  # indexes do not hold them
_STANDING = corrections.c.state.in_(["approved", "conflict"])
# The statements that every new document needs are made once: composing them takes longer than running them.
_FIND = documents.select().where(documents.c.product == sa.bindparam("product"), documents.c.id == sa.bindparam("id"))
_INSERT_DOCUMENT, _INSERT_PASSAGES = documents.insert(), passage_table.insert()


def embedding_of(connection: Connection) -> tuple[str, int] | None:
    """Id and dimension of the model whose vectors are stored."""
    where = meta.c.key.in_(["embedding", "dimension"])
    values = {row.key: row.value for row in connection.execute(meta.select().where(where))}
    return (values["embedding"], int(values["dimension"])) if values else None


def _corrected(connection: Connection) -> set[tuple[str, str]]:
    """Product and id of the documents that corrections stand over."""
    query = sa.select(corrections.c.product, corrections.c.document).where(_STANDING)
    return {(product, id) for product, id in connection.execute(query)}


class Batch:
    """Changes within one transaction; `finish` stores the last number given out.

    `bound` is the model of the vectors that will come; those of another model than the stored one are refused.

    What an expert approved stands against everybody else: a document with a correction keeps it, unless the change is
    made `by_expert`. What its source says is noted under the correction.

    `connection` is the transaction's, for rows of other tables that belong to the same change.

    Holds the lock on the log's counter from the start, so that nobody else can hand out numbers before the commit.
    """

    def __init__(self, connection: Connection, bound: tuple[str, int] | None = None) -> None:
        self.connection = connection
        self._bound = bound
        self._first = connection.execute(sa.select(sequence.c.value).with_for_update()).scalar_one()
        self._seq: int = self._first
        self._stored = embedding_of(connection)
        self._corrected = _corrected(connection)

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
        by_expert: bool = False,
    ) -> bool:
        """As `Records.put`; after a StoreError the batch still takes other documents."""
        if not by_expert and self.is_corrected(document.product, document.id):
            self._note_source(document.product, document.id, document, content_hash, origin)
            return False
        rows = passage_rows(passages, vectors, embedded, sentences)
        self._check_model(rows)
        new = document_row(document, content_hash, origin)
        old = self._find(document.product, document.id)
        if old is None:
            self._insert_passages(self._insert_document(new), document.product, rows)
            return True
        if by_expert:  # the source is as it was, and will be found unchanged
            new |= {name: old[name] for name in ("content_hash", "origin")}
        retitled = old["title"] != document.title
        changed = self._put_passages(old["key"], document.product, rows, retitled=retitled)
        if changed or any(old[name] != value for name, value in new.items()):
            self.connection.execute(documents.update().where(documents.c.key == old["key"]).values(new | self._stamp()))
            return True
        return False

    def is_corrected(self, product: str, id: str) -> bool:
        """Whether an expert's correction stands in place of what the document's source says."""
        return (product, id) in self._corrected

    def delete(self, product: str, id: str, *, by_expert: bool = False) -> bool:
        """Remove a document; False when there is none. As `Records.delete`."""
        if not by_expert and self.is_corrected(product, id):
            self._note_source(product, id, None, "", "")
            return False
        document = self._find(product, id)
        if document is None:
            return False
        here = passage_table.c.document == document["key"]
        self._bury(self.connection.execute(sa.select(passage_table.c.key).where(here)).scalars().all())
        self.connection.execute(documents.delete().where(documents.c.key == document["key"]))
        self._next()  # every change of documents moves the number, also of one without passages
        return True

    def replace_vectors(self, vectors: Mapping[int, tuple[bytes, bytes]], embedding: str, dimension: int) -> None:
        """Give passages (by key) the vector and the sentences' vectors of another model, and bind the store to it."""
        updates = [
            {"_key": key, "vector": vector, "sentences": sentences, "seq": self._next()}
            for key, (vector, sentences) in vectors.items()
        ]
        if updates:
            self.connection.execute(passage_table.update().where(passage_table.c.key == sa.bindparam("_key")), updates)
        self.connection.execute(meta.delete().where(meta.c.key.in_(["embedding", "dimension"])))
        values = [{"key": "embedding", "value": embedding}, {"key": "dimension", "value": str(dimension)}]
        self.connection.execute(meta.insert(), values)

    def finish(self) -> None:
        """Store the last number given out, before the commit."""
        if self._seq != self._first:
            self.connection.execute(sequence.update().values(value=self._seq))

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _stamp(self) -> dict[str, Any]:
        return {"seq": self._next(), "indexed_at": datetime.now(UTC).isoformat(timespec="seconds")}

    def _check_model(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows or self._stored is None:
            return
        model, dimension = self._stored
        if self._bound != self._stored or len(rows[0]["vector"]) != 4 * dimension:
            raise StoreMismatch(
                f"The knowledge base holds vectors of {model} ({dimension} dimensions) and takes no others. Set "
                "DAYI_EMBEDDING back, or compute all vectors anew with `dayi check --repair`."
            )

    def _find(self, product: str, id: str) -> RowMapping | None:
        return self.connection.execute(_FIND, {"product": product, "id": id}).mappings().first()

    def _insert_document(self, row: dict[str, Any]) -> int:
        result = self.connection.execute(_INSERT_DOCUMENT, row | self._stamp())
        assert result.inserted_primary_key is not None
        return int(result.inserted_primary_key[0])

    def _note_source(self, product: str, id: str, source: Document | None, content_hash: str, origin: str) -> None:
        """Keep the expert's text of a document, and note what its source says now.

        Where the source says something else than the expert has seen, and not what the expert wrote, they conflict.
        """
        over = _STANDING & (corrections.c.product == product) & (corrections.c.document == id)
        correction = self.connection.execute(corrections.select().where(over)).mappings().one()
        shown = self._find(product, id)
        found = {"content_hash": content_hash, "origin": origin} | ({"source": source.source} if source else {})
        here = (documents.c.product == product) & (documents.c.id == id)
        self.connection.execute(documents.update().where(here).values(found))
        digest = words_digest(source.title, source.text) if source else ""
        agrees = shown is not None and digest == words_digest(shown["title"], shown["text"])
        base = digest if agrees else correction["base_digest"]
        values = {
            "source": document_values(source) if source else None,
            "base_digest": base,
            "state": "approved" if digest == base else "conflict",
        }
        if any(correction[name] != value for name, value in values.items()):
            values["version"] = corrections.c.version + 1
            self.connection.execute(corrections.update().where(corrections.c.id == correction["id"]).values(values))

    def _put_passages(self, document: int, product: str, rows: Sequence[dict[str, Any]], *, retitled: bool) -> bool:
        before = defaultdict(list)
        here = self.connection.execute(
            passage_table.select().where(passage_table.c.document == document).order_by("start")
        )
        for row in here.mappings():
            before[_identity(row)].append(row)
        inserts, updates = [], []
        for new in rows:
            same = before[_identity(new)]
            if not same:
                inserts.append(new)
                continue
            old = same.pop(0)
            if retitled or any(old[name] != new[name] for name in _INDEXED):
                updates.append(_update(old, new, self._next()))
            elif any(old[name] != new[name] for name in _OTHER):
                updates.append(_update(old, new, old["seq"]))
        gone = [row["key"] for rows in before.values() for row in rows]
        self._insert_passages(document, product, inserts)
        if updates:
            self.connection.execute(passage_table.update().where(passage_table.c.key == sa.bindparam("_key")), updates)
        self._bury(gone)
        return bool(inserts or updates or gone)

    def _insert_passages(self, document: int, product: str, rows: Sequence[dict[str, Any]]) -> None:
        new = [row | {"document": document, "product": product, "seq": self._next()} for row in rows]
        if new:
            self.connection.execute(_INSERT_PASSAGES, new)

    def _bury(self, keys: Sequence[int]) -> None:
        """Turn passages into tombstones."""
        tombstone = {
            "document": None,
            "deleted": True,
            "heading": "",
            "text": None,
            "embedded": None,
            "vector": None,
            "sentences": None,
        }
        if keys:
            graves = [{"_key": key, "seq": self._next()} for key in keys]
            bury = passage_table.update().where(passage_table.c.key == sa.bindparam("_key"))
            self.connection.execute(bury.values(tombstone | {"seq": sa.bindparam("seq")}), graves)


def _update(old: RowMapping | Mapping[str, Any], new: RowMapping | Mapping[str, Any], seq: int) -> dict[str, Any]:
    return {name: new[name] for name in _INDEXED + _OTHER} | {"_key": old["key"], "seq": seq}


def _identity(row: RowMapping | Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in _SAME)
