"""Dense search with Chroma's embedded client. The only place that knows Chroma."""

import hashlib
import json
import math
import os
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from kb.embedding.base import Vectors
from kb.errors import StoreDamaged, StoreError
from kb.index.base import Change, IndexQuery, Match

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

__all__ = ["ChromaIndex"]

_ALL = "all-products"
_SEAL = "seal.json"  # checksums of the vector files
# Neighbours looked at. Of the nearest 40 among 100 000 passages 400 find 99.5 % in 2.1 ms, Chroma's 100 95 % in 1.5 ms.
_SEARCH_EF = 400
# Equal passages, such as a notice in every document, are links enough for each other, and the way to other passages is
# lost: of 400 beside 600 equal ones a third was not found by its own vector. Moved apart by this share of their length,
# all but one in a thousand were; a cosine changes by some .0001. Twice the links (`max_neighbors`) alone did not help.
_APART = 1e-3
_BATCH = 500  # Chroma holds Python's lock while it takes vectors: more at once, and searches wait for a second


class ChromaIndex:
    """Finds passages by meaning, in `folder`, which no other process may have open. Thread-safe.

    One collection per product: Chroma's metadata filter takes fifteen times as long as a search without one. With
    `together` there is one more for all products, since each collection that is asked costs a millisecond or two: a
    question to all of twenty products takes 2 ms instead of 40. It doubles the time to build and the size.

    Raises:
        StoreDamaged: the folder cannot be read as an index.
    """

    format = 3  # raise it when collections are made differently; indexes of another format are built anew

    def __init__(self, folder: Path, *, together: bool = False) -> None:
        os.environ["ANONYMIZED_TELEMETRY"] = "False"
        import chromadb  # takes a second or two; commands that never search should not wait for it
        from chromadb.api.client import Client
        from chromadb.config import Settings

        self._lock = threading.Lock()
        self._folder = folder
        self._together = together
        self._sealed: dict[Path, tuple[int, int]] = {}  # time of change and checksum
        folder.mkdir(parents=True, exist_ok=True)
        if self._read_seal() != self._checksums():
            raise StoreDamaged(f"Vector files in {folder} are damaged or incomplete; the index has to be rebuilt")
        settings = Settings(anonymized_telemetry=False, is_persistent=True)
        try:
            self._client = cast(Client, chromadb.PersistentClient(str(folder), settings))
            self._collections = {c.name: c for c in self._client.list_collections()}
        except BaseException as error:
            raise _damaged(error) from error

    def apply(self, changes: Sequence[Change]) -> None:
        """See `Index.apply`."""
        by_name: dict[str, list[Change]] = {}
        for change in {change.key: change for change in changes}.values():
            by_name.setdefault(_name(change.product), []).append(change)
            if self._together:
                by_name.setdefault(_ALL, []).append(change)
        try:
            for name, changed in by_name.items():
                for start in range(0, len(changed), _BATCH):
                    self._apply(name, changed[start : start + _BATCH])
            self._seal()
        except Exception as error:
            raise StoreError(f"The dense index cannot be written: {error}") from error

    def search(self, query: IndexQuery, *, products: Sequence[str], limit: int) -> list[Match]:
        """See `Index.search`."""
        if limit < 1:
            return []
        found = [match for collection in self._chosen(products) for match in _query(collection, query, limit)]
        return sorted(found, key=lambda match: (-match.score, match.key))[:limit]

    def close(self) -> None:
        """See `Index.close`."""
        self._collections = {}
        self._client.close()
        self._seal()

    def _seal(self) -> None:
        # Chroma crashes the process when it reads damaged vector files. It writes them while it takes changes, and what
        # was left in its own log while it searches or closes.
        before, checksums = self._sealed, self._checksums()
        if self._sealed != before:
            (self._folder / _SEAL).write_text(json.dumps(checksums), encoding="utf-8")

    def _checksums(self) -> dict[str, int]:
        """Checksums of the vector files; only those that changed since the last time are read."""
        sealed = {}
        for path in _vector_files(self._folder):
            time = path.stat().st_mtime_ns
            known = self._sealed.get(path)
            sealed[path] = known if known and known[0] == time else (time, _checksum(path))
        self._sealed = sealed
        return {str(path.relative_to(self._folder)): checksum for path, (_, checksum) in sealed.items()}

    def _read_seal(self) -> dict[str, int]:
        try:
            seal: dict[str, int] = json.loads((self._folder / _SEAL).read_bytes())
            return seal
        except (OSError, ValueError):
            return {}

    def _apply(self, name: str, changes: Sequence[Change]) -> None:
        if name not in self._collections and all(change.deleted for change in changes):
            return
        collection = self._collection(name)
        gone = [str(change.key) for change in changes if change.vector is None]
        kept = [change for change in changes if change.vector is not None]
        if gone:
            collection.delete(ids=gone)
        if kept:
            vectors = np.stack([_moved(change.vector, change.key) for change in kept if change.vector is not None])
            collection.upsert(ids=[str(change.key) for change in kept], embeddings=vectors)

    def _collection(self, name: str) -> "Collection":
        with self._lock:
            if name not in self._collections:
                self._collections = self._collections | {
                    name: self._client.create_collection(
                        name,
                        configuration={"hnsw": {"space": "cosine", "ef_search": _SEARCH_EF}},
                        embedding_function=None,
                    )
                }
            return self._collections[name]

    def _chosen(self, products: Sequence[str]) -> list["Collection"]:
        collections = self._collections
        every = collections.keys() - {_ALL}
        names = every.intersection(map(_name, products)) if products else every
        if self._together and names == every:
            names = collections.keys() & {_ALL}
        return [collections[name] for name in sorted(names)]


def _moved(vector: Vectors, key: int) -> Vectors:
    """The vector, moved a little in a direction that the key decides."""
    direction = np.random.default_rng(key).standard_normal(len(vector), np.float32)
    return vector + direction * (_APART / math.sqrt(len(vector)))


def _vector_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/*") if path.is_file())


def _checksum(path: Path) -> int:
    checksum = 0  # CRC-32: five times as fast as SHA-256, and nobody forges these files
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
    return checksum


def _name(product: str) -> str:
    # Chroma allows few characters in names, and a product may have any.
    return "product-" + hashlib.sha256(product.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _query(collection: "Collection", query: IndexQuery, limit: int) -> list[Match]:
    try:
        result = collection.query(query_embeddings=query.vector[np.newaxis], n_results=limit, include=["distances"])
    except BaseException as error:
        raise _damaged(error) from error
    distances = result["distances"] or [[]]
    return [Match(int(id), 1.0 - distance) for id, distance in zip(result["ids"][0], distances[0], strict=True)]


def _damaged(error: BaseException) -> BaseException:
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return error
    # Everything else, panics of the native code included, means that the files are of no use.
    return StoreDamaged(f"The dense index cannot be read ({error}); it has to be rebuilt")
