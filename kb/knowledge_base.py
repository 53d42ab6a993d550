"""The knowledge base: records, the embedding model, and the two indexes that follow the records."""

import importlib.metadata
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from kb.embedding.base import Embedder
from kb.errors import DayiError, StoreBusy, StoreDamaged, StoreError, StoreMismatch
from kb.index.base import Index, IndexQuery
from kb.index.chroma import ChromaIndex
from kb.index.exact import ExactIndex
from kb.index.follower import Follower
from kb.index.tantivy_index import TantivyIndex
from kb.records import Records, Sample
from kb.text import tokens

__all__ = ["KnowledgeBase", "ProbeReport"]

logger = logging.getLogger(__name__)

_ENOUGH = 0.995  # share of sampled passages that must find themselves
_TOP = 3
_TOP_BY_WORDS = 10  # the title of another document may hold the passage's words, and titles count more
# A passage may also be crowded out by twins, such as a notice that stands in every document. That is no damage: one of
# them was found.
_TWIN_COSINE = 0.99
_TWIN_WORDS = 0.9
_USABLE = 0.9  # a dense index that finds less than this share is left out of searches
_PROBE_EVERY_S = 120.0
_PROBE_PAUSE_S = 3600.0  # longest pause between attempts when rebuilding does not help


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """How many of the `sampled` passages found themselves, as shares 0..1 (1 of none).

    `sampled` is the larger number where one index has applied less than the other.
    """

    sampled: int
    dense: float
    lexical: float
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether both indexes hold what they should."""
        return min(self.dense, self.lexical) >= _ENOUGH


class KnowledgeBase:
    """Everything that search needs. Thread-safe; made with `open`.

    `dense_ok` is False while the dense index is damaged, behind a change of model, or being built: search then goes by
    words alone.
    """

    def __init__(self, records: Records, embedder: Embedder, folder: Path | None, lock: FileLock | None = None) -> None:
        self.records = records
        self.embedder = embedder
        self._folder = folder
        self.mismatch = ""
        self._lock = lock
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        try:
            records.bind_embedding(embedder.id, embedder.dimension)
        except StoreMismatch as error:
            logger.error("%s Until then search goes by words alone.", error)
            self.mismatch = str(error)
        self._lexical = _lexical(records, folder)
        self._dense = None if self.mismatch else _dense(records, embedder, folder)
        self.dense_ok = self._dense is not None

    @classmethod
    def open(cls, data: Path, database_url: str, embedder: Embedder, *, private: bool = False) -> "KnowledgeBase":
        """The knowledge base with its indexes in the folder `data`; call `follow` to bring them up to date.

        With `private`, a folder that another process owns is left alone and the indexes are built in memory.

        Raises:
            StoreBusy: another process owns the folder, and `private` was not asked for.
            StoreMismatch: a newer program wrote the database.
            StoreError: the database cannot be reached.
        """
        folder = data / "index"
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            if not private:
                raise StoreBusy(
                    f"Another Dayi process owns the indexes in {folder}; stop it, or set DAYI_DATA to another folder"
                ) from None
            return cls(Records(database_url), embedder, None)
        try:
            return cls(Records(database_url), embedder, folder, lock)
        except BaseException:
            lock.release()
            raise

    @property
    def dense(self) -> Index:
        """The index by meaning; ask again for each search. Empty while the embedding model does not fit."""
        return self._dense.index if self._dense else ExactIndex(self.embedder.dimension)

    @property
    def lexical(self) -> TantivyIndex:
        """The index by words; ask again for each search."""
        index = self._lexical.index
        assert isinstance(index, TantivyIndex)
        return index

    def follow(self) -> int:
        """Bring both indexes up to date with the records; the number of changes.

        Raises:
            StoreError: the records cannot be read or the lexical index not be written. A failure of the dense index is
                logged, and search goes by words alone until it is rebuilt.
        """
        count = self._lexical.follow()
        if self._dense and self.dense_ok:
            try:
                count = max(count, self._dense.follow())
            except StoreError as error:
                logger.error("%s. Search goes by words alone until it is rebuilt.", error)
                self.dense_ok = False
        return count

    def start_following(self, interval_s: float = 1.0) -> None:
        """Follow the records from a background thread until `close`; damaged indexes are noticed and rebuilt."""
        self._thread = threading.Thread(target=self._keep_following, args=(interval_s,), name="follow", daemon=True)
        self._thread.start()

    def probe(self, samples: int = 200) -> ProbeReport:
        """Whether the indexes hold what they should: sampled passages must find themselves. Sets `dense_ok`.

        Raises:
            StoreError: the records cannot be read.
        """
        started = time.monotonic()
        drawn, lexical = self._share(samples, self._lexical, self._finds_by_words)
        of_dense, dense = self._share(samples, self._dense, _finds_by_vector) if self._dense else (0, 1.0)
        self.dense_ok = self._dense is not None and dense >= _USABLE
        report = ProbeReport(max(drawn, of_dense), dense, lexical, time.monotonic() - started)
        if not report.ok:
            logger.error("Index probe failed: %s", report)
        return report

    def rebuild(self) -> None:
        """Build both indexes anew from the records; the old ones serve until then.

        After a change of model, first compute all vectors with the new one.

        Raises:
            StoreError: an index cannot be written.
            EmbeddingError: the model failed.
        """
        self._lexical.rebuild()
        if self._dense is None:
            embedder = self.embedder
            self.records.rebind_embedding(embedder.id, embedder.dimension, embedder.encode_passages)
            self._dense = _dense(self.records, embedder, self._folder)
            self._dense.follow()
            self.mismatch = ""
        else:
            self._dense.rebuild()
        self.dense_ok = True

    def close(self) -> None:
        """Stop following, close everything and release the folder; the object is not used afterwards."""
        self._stop.set()
        if self._thread:
            self._thread.join()
        for follower in (self._dense, self._lexical):
            if follower:
                follower.close()
        self.records.close()
        if self._lock:
            self._lock.release()

    def _keep_following(self, interval_s: float) -> None:
        probe_at, pause = 0.0, _PROBE_EVERY_S
        while not self._stop.wait(interval_s):
            try:
                self.follow()
                if time.monotonic() >= probe_at:
                    pause = _PROBE_EVERY_S if self._heal() else min(2 * pause, _PROBE_PAUSE_S)
                    probe_at = time.monotonic() + pause
            except DayiError as error:
                logger.error("Following the records failed, trying again: %s", error)
            except Exception:  # the thread has to live as long as the program
                logger.exception("Following the records failed, trying again")

    def _heal(self) -> bool:
        """Whether the indexes are healthy, after rebuilding what was not."""
        # On a healthy index about one passage in a thousand does not find itself; two may be drawn by chance.
        if self.probe().ok or (report := self.probe()).ok:
            return True
        if report.lexical < _ENOUGH:
            self._lexical.rebuild()
        if report.dense < _ENOUGH and self._dense:
            self._dense.rebuild()
        return self.probe().ok

    def _share(self, samples: int, follower: Follower, finds: Callable[[Index, Sample], bool]) -> tuple[int, float]:
        """How many passages were drawn of those that a follower has applied, and the share that its index `finds`."""
        drawn = self.records.sample(samples, until=follower.applied)
        try:
            return len(drawn), sum(finds(follower.index, one) for one in drawn) / len(drawn) if drawn else 1.0
        except StoreDamaged as error:
            logger.error("%s", error)
            return len(drawn), 0.0

    def _finds_by_words(self, index: Index, sample: Sample) -> bool:
        text = f"{sample.heading}\n{sample.text}"
        found = index.search(IndexQuery(text, sample.vector), products=[sample.product], limit=_TOP_BY_WORDS)
        words = set(tokens(sample.text))
        if not words or any(match.key == sample.key for match in found):
            return True
        twins = self.records.passages(match.key for match in found).values()
        return any(len(words.intersection(tokens(twin.passage.text))) >= _TWIN_WORDS * len(words) for twin in twins)


def _finds_by_vector(index: Index, sample: Sample) -> bool:
    query = IndexQuery(sample.text, sample.vector)
    found = [index.search(query, products=products, limit=_TOP) for products in ([sample.product], [])]
    return all(any(match.key == sample.key or match.score > _TWIN_COSINE for match in matches) for matches in found)


def _lexical(records: Records, folder: Path | None) -> Follower:
    describe = {"library": _version("tantivy"), "format": str(TantivyIndex.format)}
    return Follower(records, folder / "lexical" if folder else None, TantivyIndex, describe)


def _dense(records: Records, embedder: Embedder, folder: Path | None) -> Follower:
    several = len(records.products()) > 1
    describe = {
        "library": _version("chromadb"),
        "format": str(ChromaIndex.format),
        "model": embedder.id,
        "dimension": str(embedder.dimension),
        "products": "several" if several else "one",
    }

    def make(generation: Path | None) -> Index:
        return ChromaIndex(generation, together=several) if generation else ExactIndex(embedder.dimension)

    return Follower(records, folder / "dense" if folder else None, make, describe)


def _version(library: str) -> str:
    """Major and minor version; patch releases read each other's files."""
    return ".".join([library, *importlib.metadata.version(library).split(".")[:2]])
