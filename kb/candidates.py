"""The documents that the indexes propose for a query, and which of its words each of them holds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.knowledge_base import KnowledgeBase
from kb.records import StoredPassage
from kb.text import is_cjk, query_tokens
from kb.values import Passage

__all__ = ["LEXICAL_SCALE", "Candidate", "QueryTerms", "Ref", "note_words", "query_terms"]

_PASSAGES_PER_HIT = 3
LEXICAL_SCALE = 20.0  # a BM25 score that weighs as much as a cosine of 1 when passages of one document are ordered
_RARE_TERMS = 40  # the rarest distinct words of a query decide its coverage

Ref = tuple[str, str]  # product and document id


class Candidate:
    """One document's passages with their scores, by key; `first` is any of them.

    `sentence` is the cosine of a passage's nearest sentence, `reranker` the score of the best passage, where a reranker
    is set and the document was among the first; `translation` is the BM25 score by the query's translated words.
    """

    def __init__(self, first: StoredPassage) -> None:
        self.language = first.language
        self.is_reviewed = first.reviewed
        self.passages: dict[int, StoredPassage] = {}
        self.dense: dict[int, float] = {}
        self.sentence: dict[int, float] = {}
        self.lexical: dict[int, float] = {}
        self.translation: dict[int, float] = {}
        self.reranker: float | None = None
        self.coverage = 0.0
        self.found_terms: tuple[str, ...] = ()
        self.found_identifiers: tuple[str, ...] = ()
        self.found_phrases: tuple[str, ...] = ()

    def best_passages(self) -> tuple[Passage, ...]:
        """The few passages to quote from, best first."""

        def score(key: int) -> float:
            return self.dense.get(key, 0.0) + self.sentence.get(key, 0.0) + self.lexical.get(key, 0.0) / LEXICAL_SCALE

        order = sorted(self.passages, key=lambda key: (-score(key), key))
        return tuple(self.passages[key].passage for key in order[:_PASSAGES_PER_HIT])


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """The rarest distinct words of a query with their inverse document frequency; `known` as in `Signals`.

    `synonyms` are the words that may stand for them.
    """

    rarity: Mapping[str, float]
    known: float
    synonyms: Mapping[str, Sequence[str]]


def query_terms(query: str, synonyms: Mapping[str, Sequence[str]], knowledge: KnowledgeBase) -> QueryTerms:
    """The rarest words of a query, weighed by how rare the knowledge base has them."""
    # Single Han characters are left out: the pairs say the same and mean more. Unknown words are the rarest of all.
    distinct = list(dict.fromkeys(token for token in query_tokens(query) if len(token) > 1 or not is_cjk(token)))
    others = {term: query_tokens(" ".join(words)) for term, words in synonyms.items()}
    total, frequencies = knowledge.lexical.frequencies([*distinct, *(o for found in others.values() for o in found)])
    counts = {t: frequencies[t] or max((frequencies[o] for o in others.get(t, ())), default=0) for t in distinct}
    rarity = {t: math.log(1 + (total + 0.5) / (counts[t] + 0.5)) for t in distinct}
    weight = sum(rarity.values())
    known = sum(value for term, value in rarity.items() if counts[term]) / weight if weight else 0.0
    return QueryTerms(dict(sorted(rarity.items(), key=lambda item: -item[1])[:_RARE_TERMS]), known, synonyms)


def note_words(candidate: Candidate, terms: QueryTerms, identifiers: Sequence[str], phrases: Sequence[str]) -> None:
    """Write into the candidate which words, identifiers and pairs of words its passages hold."""
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
