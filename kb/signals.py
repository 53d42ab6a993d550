"""What a search says about whether the knowledge base holds an answer at all."""

from dataclasses import dataclass

from kb.candidates import Candidate, QueryTerms

__all__ = ["Signals", "signals_of"]


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


def signals_of(best: Candidate, terms: QueryTerms) -> Signals:
    """Signals of the best document."""
    return Signals(
        dense=max(best.dense.values(), default=0.0),
        lexical=max(best.lexical.values(), default=0.0),
        coverage=best.coverage,
        known=terms.known,
        terms=len(terms.rarity),
    )
