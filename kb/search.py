"""Hybrid search: meaning and words, fused per document, with the reason for every hit."""

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from kb.candidates import LEXICAL_SCALE, Candidate, QueryTerms, Ref, note_words, query_terms
from kb.embedding.rerank import Reranker
from kb.embedding.sentences import best_likeness
from kb.errors import EmbeddingError, StoreDamaged
from kb.fusion import ranked, reasons
from kb.index.base import IndexQuery, Match
from kb.index.tantivy_index import TantivyIndex
from kb.knowledge_base import KnowledgeBase
from kb.query import naming_once, search_text
from kb.reading import Reading, read_query
from kb.signals import Signals, signals_of
from kb.synonyms import Synonyms
from kb.text import detect_language, features, query_tokens, word_pairs
from kb.translation import bundled_lexicon
from kb.values import Hit, Language, Reason

__all__ = ["Candidates", "HybridSearch", "SearchResult", "Signals"]

logger = logging.getLogger(__name__)

_CANDIDATES = 40  # passages of each index that are looked at closely; more did not change the first ten documents
_RERANKED = 20  # documents that a reranker reads: it takes some ten milliseconds for each
_NEAR = 400  # passages asked of the dense index: the nearest sentence may be in one that is not near as a whole
_TRANSLATED = 100  # passages asked of the lexical index with translated words
_FOREIGN = 20  # of these are looked at closely


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first. `lexical_only` says that the dense index was out of service."""

    hits: tuple[Hit, ...]
    signals: Signals
    lexical_only: bool = False


@dataclass(frozen=True, slots=True)
class Candidates:
    """The documents that the indexes propose for a query; `language` is the query's."""

    documents: dict[Ref, Candidate]
    language: Language
    terms: QueryTerms
    reading: Reading
    lexical_only: bool


class HybridSearch:
    """Finds documents in a knowledge base. Thread-safe.

    `synonyms` are groups of words that stand for each other; `product_names` maps product ids to the other words that
    readers use for them. A `reranker` reads the first documents once more.
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        *,
        synonyms: Sequence[Sequence[str]] = (),
        product_names: Mapping[str, Sequence[str]] | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._names = {product: (product, *names) for product, names in (product_names or {}).items()}
        self._reranker = reranker
        self._beside = ThreadPoolExecutor(thread_name_prefix="dense-search")  # the indexes do without Python's lock
        self._lexicon = bundled_lexicon()
        self._synonyms = Synonyms([*synonyms, *self._names.values()])

    def search(self, query: str, *, products: Sequence[str] = (), k: int = 10) -> SearchResult:
        """The best `k` documents for a question, pasted log or keywords; all products when none is named.

        A damaged dense index is logged and left out, words still find.

        Raises:
            StoreDamaged: the lexical index cannot be read.
        """
        found = self.candidates(query, products)
        if found is None or k < 1:
            return SearchResult((), Signals())
        order = ranked(found.documents, found.language)
        if self._reranker and order:
            self._rerank(found.reading.text, [found.documents[ref] for ref, _ in order[:_RERANKED]], self._reranker)
            order = ranked(found.documents, found.language)
        hits = self._hits(order[:k], found.documents, _spelling(found.reading))
        signals = signals_of(
            found.reading.text,
            found.terms,
            found.documents.values(),
            self._knowledge.lexical,
            lexical_only=found.lexical_only,
        )
        return SearchResult(hits, signals, lexical_only=found.lexical_only)

    def candidates(self, query: str, products: Sequence[str] = ()) -> Candidates | None:
        """What `search` ranks, in no order; None for a query without words. The weights are fitted on this."""
        reading = read_query(search_text(query), self._knowledge.lexical, keep=self._synonyms)
        query = (
            naming_once(reading.text, self._names.get(products[0], products)) if len(products) == 1 else reading.text
        )
        synonyms = self._synonyms.found(query)
        terms = query_terms(query, synonyms, self._knowledge)
        if not terms.rarity:
            return None
        others = tuple(other for found in synonyms.values() for other in found)
        vector = self._knowledge.embedder.encode_queries([" ".join((query, *others))])[0]
        asked = IndexQuery(query, vector, others)
        nearest = self._beside.submit(self._dense, asked, products)
        lexical = self._knowledge.lexical.search(asked, products=products, limit=_CANDIDATES)
        translated = self._translated(query, products)
        dense = nearest.result()
        sentences = {} if dense is None else self._sentences(asked, [*dense, *lexical, *translated])
        near = sorted(dense or [], key=lambda match: -match.score - sentences.get(match.key, match.score))
        translated.sort(key=lambda match: -match.score / LEXICAL_SCALE - sentences.get(match.key, 0.0))
        language = detect_language(query)
        documents = self._documents(near[:_CANDIDATES], lexical, translated, sentences, language)
        identifiers, phrases = features(query).all, word_pairs(query)
        for candidate in documents.values():
            note_words(candidate, terms, identifiers, phrases)
        return Candidates(documents, language, terms, reading, lexical_only=dense is None)

    def products(self) -> dict[str, int]:
        """Number of documents by product."""
        return self._knowledge.records.products()

    def _rerank(self, query: str, first: Sequence[Candidate], reranker: Reranker) -> None:
        try:
            scores = reranker.scores(query, [candidate.best_passages()[0].text for candidate in first])
        except EmbeddingError as error:  # the order without it is a good one
            logger.error("Reranker left out of a search: %s", error)
            return
        for candidate, score in zip(first, scores, strict=True):
            candidate.reranker = float(score)

    def _dense(self, query: IndexQuery, products: Sequence[str]) -> list[Match] | None:
        if not self._knowledge.dense_ok:
            return None
        try:
            return self._knowledge.dense.search(query, products=products, limit=_NEAR)
        except StoreDamaged as error:
            logger.error("Dense index left out of a search: %s", error)
            return None

    def _translated(self, query: str, products: Sequence[str]) -> list[Match]:
        """Passages that hold the translations of the query's words."""
        lexical = self._knowledge.lexical
        weights = self._lexicon.weights(dict.fromkeys(query_tokens(query)), partial(_rarity, lexical))
        return lexical.search_words(weights, products=products, limit=_TRANSLATED)

    def _sentences(self, query: IndexQuery, matches: Sequence[Match]) -> dict[int, float]:
        """Cosine of the nearest sentence of each passage that has sentences of its own."""
        dimension = self._knowledge.embedder.dimension
        found = self._knowledge.records.sentences({match.key for match in matches}, dimension)
        return dict(zip(found, best_likeness(query.vector, list(found.values())), strict=True))

    def _documents(
        self,
        dense: list[Match],
        lexical: list[Match],
        translated: list[Match],
        sentences: Mapping[int, float],
        language: Language,
    ) -> dict[Ref, Candidate]:
        own = {match.key for match in (*dense, *lexical)}
        keys = dict.fromkeys((*own, *(match.key for match in translated[:_FOREIGN])))
        stored = self._knowledge.records.passages(keys)
        found: dict[Ref, Candidate] = {}
        for key, passage in stored.items():
            if key not in own and passage.language == language:
                continue  # found by words that nobody asked for
            candidate = found.setdefault((passage.product, passage.document_id), Candidate(passage))
            candidate.passages[key] = passage
            if key in sentences:
                candidate.sentence[key] = sentences[key]
        for matches, side in ((dense, "dense"), (lexical, "lexical"), (translated, "translation")):
            for match in matches:
                owner = stored.get(match.key)
                holder = found.get((owner.product, owner.document_id)) if owner else None
                if holder and match.key in holder.passages:
                    getattr(holder, side)[match.key] = match.score
        return found

    def _hits(
        self,
        best: Sequence[tuple[Ref, NDArray[np.float64]]],
        candidates: Mapping[Ref, Candidate],
        spelling: tuple[Reason, ...],
    ) -> tuple[Hit, ...]:
        documents = self._knowledge.records.documents([ref for ref, _ in best])
        hits = []
        for ref, values in best:
            if ref in documents:  # it may have been removed since the index answered
                found = reasons(candidates[ref], values)
                score = sum(reason.value for reason in found)
                hits.append(Hit(documents[ref], candidates[ref].best_passages(), score, found + spelling))
        return tuple(hits)


def _rarity(index: TantivyIndex, words: Iterable[str]) -> dict[str, float]:
    total, frequencies = index.frequencies(words)
    return {word: math.log(1 + total / count) for word, count in frequencies.items() if count}


def _spelling(reading: Reading) -> tuple[Reason, ...]:
    changes = ", ".join(f"{typed} → {read}" for typed, read in reading.changes)
    return (Reason("spelling", 0.0, changes),) if changes else ()
