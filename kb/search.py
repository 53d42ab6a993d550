"""Hybrid search: meaning and words, fused per document, with the reason for every hit."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.errors import StoreDamaged
from kb.index.base import IndexQuery, Match
from kb.knowledge_base import KnowledgeBase
from kb.query import naming_once, search_text
from kb.reading import Reading, read_query
from kb.records import StoredPassage
from kb.synonyms import Synonyms
from kb.text import detect_language, features, is_cjk, query_tokens, word_pairs
from kb.values import Hit, Language, Passage, Reason

__all__ = ["HybridSearch", "SearchResult", "Signals"]

logger = logging.getLogger(__name__)

_CANDIDATES = 40  # passages asked of each index; more did not change the first ten documents
_PASSAGES_PER_HIT = 3
_LEXICAL_SCALE = 20.0  # a BM25 score that weighs as much as a cosine of 1 when passages of one document are ordered
_RARE_TERMS = 40  # the rarest distinct words of a query decide its coverage


@dataclass(frozen=True, slots=True)
class Signals:
    """How well the best document fits the question, for the decision whether to answer.

    `dense` is its best cosine, `lexical` its best BM25 score, `coverage` the share (0..1) of the query's word rarity
    that it contains, `known` the share of the query's word rarity that occurs anywhere in the knowledge base, and
    `terms` the number of distinct words in the query.
    """

    dense: float = 0.0
    lexical: float = 0.0
    coverage: float = 0.0
    known: float = 0.0
    terms: int = 0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first. `lexical_only` says that the dense index was out of service."""

    hits: tuple[Hit, ...]
    signals: Signals
    lexical_only: bool = False


# Part of each feature in a document's score. Dense and lexical count in standard deviations among the candidates,
# coverage as a share (0..1), identifiers and pairs of words as log(1 + number found), reviewed as 0 or 1.
_WEIGHTS = {"dense": 1.0, "lexical": 1.0, "coverage": 4.0, "identifiers": 0.3, "phrases": 1.5, "reviewed": 1.0}

_Ref = tuple[str, str]


class _Candidate:
    """One document's passages with the scores that each index gave them; `first` is any of them."""

    def __init__(self, first: StoredPassage) -> None:
        self.language = first.language
        self.is_reviewed = first.reviewed
        self.passages: dict[int, StoredPassage] = {}
        self.dense: dict[int, float] = {}
        self.lexical: dict[int, float] = {}
        self.coverage = 0.0
        self.found_terms: tuple[str, ...] = ()
        self.found_identifiers: tuple[str, ...] = ()
        self.found_phrases: tuple[str, ...] = ()

    def best_passages(self) -> tuple[Passage, ...]:
        def score(key: int) -> float:
            return self.dense.get(key, 0.0) + self.lexical.get(key, 0.0) / _LEXICAL_SCALE

        order = sorted(self.passages, key=lambda key: (-score(key), key))
        return tuple(self.passages[key].passage for key in order[:_PASSAGES_PER_HIT])


class HybridSearch:
    """Finds documents in a knowledge base. Thread-safe.

    `synonyms` are groups of words that stand for each other; `product_names` maps product ids to the other words that
    readers use for them.
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        *,
        synonyms: Sequence[Sequence[str]] = (),
        product_names: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._names = {product: (product, *names) for product, names in (product_names or {}).items()}
        self._synonyms = Synonyms([*synonyms, *self._names.values()])

    def search(self, query: str, *, products: Sequence[str] = (), k: int = 10) -> SearchResult:
        """The best `k` documents for a question, pasted log or keywords; all products when none is named.

        A damaged dense index is logged and left out, words still find.

        Raises:
            StoreDamaged: the lexical index cannot be read.
        """
        reading = read_query(search_text(query), self._knowledge.lexical, keep=self._synonyms)
        query = (
            naming_once(reading.text, self._names.get(products[0], products)) if len(products) == 1 else reading.text
        )
        synonyms = self._synonyms.found(query)
        terms = _terms(query, synonyms, self._knowledge)
        if not terms.rarity or k < 1:
            return SearchResult((), Signals())
        vector = self._knowledge.embedder.encode_queries([query])[0]
        asked = IndexQuery(query, vector, tuple(other for others in synonyms.values() for other in others))
        lexical = self._knowledge.lexical.search(asked, products=products, limit=_CANDIDATES)
        dense = self._dense(asked, products)
        candidates = self._candidates(dense or [], lexical)
        identifiers, phrases = features(query).all, word_pairs(query)
        for candidate in candidates.values():
            _note_words(candidate, terms, identifiers, phrases)
        ranked = _ranked(candidates, detect_language(query))
        hits = self._hits(ranked[:k], candidates, _spelling(reading))
        signals = _signals(candidates[ranked[0][0]], terms) if ranked else Signals()
        return SearchResult(hits, signals, lexical_only=dense is None)

    def products(self) -> dict[str, int]:
        """Number of documents by product."""
        return self._knowledge.records.products()

    def _dense(self, query: IndexQuery, products: Sequence[str]) -> list[Match] | None:
        if not self._knowledge.dense_ok:
            return None
        try:
            return self._knowledge.dense.search(query, products=products, limit=_CANDIDATES)
        except StoreDamaged as error:
            logger.error("Dense index left out of a search: %s", error)
            return None

    def _candidates(self, dense: list[Match], lexical: list[Match]) -> dict[_Ref, _Candidate]:
        keys = list(dict.fromkeys(match.key for match in (*dense, *lexical)))
        stored = self._knowledge.records.passages(keys)
        found: dict[_Ref, _Candidate] = {}
        for key, passage in stored.items():
            candidate = found.setdefault((passage.product, passage.document_id), _Candidate(passage))
            candidate.passages[key] = passage
        for matches, side in ((dense, "dense"), (lexical, "lexical")):
            for match in matches:
                if match.key in stored:
                    owner = stored[match.key]
                    getattr(found[owner.product, owner.document_id], side)[match.key] = match.score
        return found

    def _hits(
        self,
        best: Sequence[tuple[_Ref, NDArray[np.float64]]],
        candidates: Mapping[_Ref, _Candidate],
        spelling: tuple[Reason, ...],
    ) -> tuple[Hit, ...]:
        documents = self._knowledge.records.documents([ref for ref, _ in best])
        hits = []
        for ref, values in best:
            if ref in documents:  # it may have been removed since the index answered
                reasons = _reasons(candidates[ref], values)
                score = sum(reason.value for reason in reasons)
                hits.append(Hit(documents[ref], candidates[ref].best_passages(), score, reasons + spelling))
        return tuple(hits)


def _ranked(candidates: Mapping[_Ref, _Candidate], language: Language) -> list[tuple[_Ref, NDArray[np.float64]]]:
    """Documents with their weighted features (columns of `_WEIGHTS`), best first; equal ones by name."""
    if not candidates:
        return []
    found = list(candidates.values())
    lexical = _standardised([max(c.lexical.values(), default=None) for c in found])
    coverage = np.array([c.coverage for c in found])
    foreign = [c.language != language for c in found]
    rows = np.column_stack(
        [
            _standardised([max(c.dense.values(), default=None) for c in found]),
            # A document in another language can share names with the question, but it does not speak against it that
            # it shares no words.
            np.where(foreign, np.maximum(lexical, 0.0), lexical),
            np.where(foreign, np.maximum(coverage, coverage.mean()), coverage),
            [math.log1p(len(c.found_identifiers)) for c in found],
            [math.log1p(len(c.found_phrases)) for c in found],
            [c.is_reviewed for c in found],
        ]
    ) * np.array(list(_WEIGHTS.values()))
    ranked = sorted(zip(candidates, rows, strict=True), key=lambda item: (-item[1].sum(), item[0]))
    return list(ranked)


def _reasons(candidate: _Candidate, values: NDArray[np.float64]) -> tuple[Reason, ...]:
    details = (
        f"{max(candidate.dense.values()):.2f}" if candidate.dense else "",
        " ".join(_readable(candidate.found_terms)),
        f"{candidate.coverage:.0%}",
        " ".join(candidate.found_identifiers),
        ", ".join(candidate.found_phrases),
        "expert" if values[-1] else "",
    )
    return tuple(Reason(name, float(v), detail) for name, v, detail in zip(_WEIGHTS, values, details, strict=True))


def _spelling(reading: Reading) -> tuple[Reason, ...]:
    changes = ", ".join(f"{typed} → {read}" for typed, read in reading.changes)
    return (Reason("spelling", 0.0, changes),) if changes else ()


@dataclass(frozen=True, slots=True)
class _Terms:
    """The rarest distinct words of a query with their inverse document frequency; `known` as in `Signals`.

    `synonyms` are the words that may stand for them.
    """

    rarity: Mapping[str, float]
    known: float
    synonyms: Mapping[str, Sequence[str]]


def _terms(query: str, synonyms: Mapping[str, Sequence[str]], knowledge: KnowledgeBase) -> _Terms:
    # Single Han characters are left out: the pairs say the same and mean more. Unknown words are the rarest of all.
    distinct = list(dict.fromkeys(token for token in query_tokens(query) if len(token) > 1 or not is_cjk(token)))
    others = {term: query_tokens(" ".join(words)) for term, words in synonyms.items()}
    total, frequencies = knowledge.lexical.frequencies([*distinct, *(o for found in others.values() for o in found)])
    counts = {t: frequencies[t] or max((frequencies[o] for o in others.get(t, ())), default=0) for t in distinct}
    rarity = {t: math.log(1 + (total + 0.5) / (counts[t] + 0.5)) for t in distinct}
    weight = sum(rarity.values())
    known = sum(value for term, value in rarity.items() if counts[term]) / weight if weight else 0.0
    return _Terms(dict(sorted(rarity.items(), key=lambda item: -item[1])[:_RARE_TERMS]), known, synonyms)


def _note_words(candidate: _Candidate, terms: _Terms, identifiers: Sequence[str], phrases: Sequence[str]) -> None:
    text = "\n".join(f"{p.title}\n{p.passage.heading}\n{p.passage.text}" for p in candidate.passages.values()).lower()
    candidate.found_terms = tuple(
        term
        for term in terms.rarity
        if _holds(text, term) or (term in terms.synonyms and any(_holds(text, other) for other in terms.synonyms[term]))
    )
    weight = sum(terms.rarity.values())
    candidate.coverage = sum(terms.rarity[term] for term in candidate.found_terms) / weight if weight else 0.0
    candidate.found_identifiers = tuple(name for name in identifiers if name.lower() in text)
    candidate.found_phrases = tuple(phrase for phrase in phrases if phrase in text)


def _holds(text: str, term: str) -> bool:
    # Much faster than cutting the text into tokens: Chinese pairs count anywhere, Latin words where they begin and end.
    at = text.find(term)
    while at >= 0 and term.isascii():
        before, after = text[at - 1 : at], text[at + len(term) : at + len(term) + 1]
        if not (before.isascii() and before.isalnum()) and not (after.isascii() and after.isalnum()):
            return True
        at = text.find(term, at + 1)
    return at >= 0


def _readable(terms: Sequence[str]) -> list[str]:
    # Rarest first, without words that are inside a longer one already shown.
    shown: list[str] = []
    for term in terms:
        if not any(term in other for other in shown):
            shown.append(term)
    return shown[:8]


def _standardised(values: Sequence[float | None]) -> NDArray[np.float64]:
    # z-scores; what an index did not find is taken as its worst find.
    known = [value for value in values if value is not None]
    if not known:
        return np.zeros(len(values))
    worst = min(known)
    row = np.array([worst if value is None else value for value in values])
    return np.asarray((row - row.mean()) / (row.std() or 1.0))


def _signals(best: _Candidate, terms: _Terms) -> Signals:
    return Signals(
        dense=max(best.dense.values(), default=0.0),
        lexical=max(best.lexical.values(), default=0.0),
        coverage=best.coverage,
        known=terms.known,
        terms=len(terms.rarity),
    )
