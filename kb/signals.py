"""What a search says about whether the knowledge base holds an answer at all."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass

from kb.candidates import Candidate, QueryTerms
from kb.index.tantivy_index import TantivyIndex
from kb.text import detect_language, is_cjk, query_tokens

__all__ = ["Signals", "signals_of"]

_NAME = re.compile(r"[a-z]|^\d{4,5}$")  # ports and error codes are names, too
_LONGEST = 200  # characters; a longer question is a paste, and no likelier to have an answer


@dataclass(frozen=True, slots=True)
class Signals:
    """How well the knowledge base fits the question, for the decision whether to answer.

    `dense` is the best cosine of any passage, None while the dense index is out of service. `lexical` is the logarithm
    of 1 + the best BM25 score, `phrases` that of 1 + the most pairs of Latin words found in one document,
    `identifiers` the same of ports, codes, versions and names of code. `coverage` is
    the largest share (0..1) of the query's word rarity that one document contains, `known` the share that occurs
    anywhere in the knowledge base. `names` says how common (0..1, as logarithms of counts) the query's Latin words are
    there, on average, and `latin` is their share of its words. `length` is the logarithm of 1 + the query's characters,
    0 of a query without words; `chinese` is 1 or 0.
    """

    dense: float | None = 0.0
    lexical: float = 0.0
    phrases: float = 0.0
    identifiers: float = 0.0
    coverage: float = 0.0
    known: float = 0.0
    names: float = 0.0
    latin: float = 0.0
    length: float = 0.0
    chinese: float = 0.0


def signals_of(
    query: str, terms: QueryTerms, found: Collection[Candidate], index: TantivyIndex, *, lexical_only: bool
) -> Signals:
    """Signals of a query with words, and the documents found for it."""
    # Single Han characters are left out, as in `query_terms`.
    words = list(dict.fromkeys(token for token in query_tokens(query) if len(token) > 1 or not is_cjk(token)))
    latin = [word for word in words if word.isascii() and _NAME.search(word)]
    total, frequencies = index.frequencies(latin)
    common = [math.log1p(count) / math.log1p(max(total, count, 1)) for count in frequencies.values()]
    dense = [score for candidate in found for score in candidate.dense.values()]
    lexical = [score for candidate in found for score in candidate.lexical.values()]
    return Signals(
        dense=None if lexical_only else max(dense, default=0.0),
        lexical=math.log1p(max(lexical, default=0.0)),
        phrases=math.log1p(max((len(candidate.found_phrases) for candidate in found), default=0)),
        identifiers=math.log1p(max((len(candidate.found_identifiers) for candidate in found), default=0)),
        coverage=max((candidate.coverage for candidate in found), default=0.0),
        known=terms.known,
        names=sum(common) / len(common) if common else 0.0,
        latin=len(latin) / len(words) if words else 0.0,
        length=math.log1p(min(len(query), _LONGEST)),
        chinese=float(detect_language(query) == "zh"),
    )
