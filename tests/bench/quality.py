"""Question→answer retrieval: documents without their question, asked with exactly that question.

A document's title is its question too, so the title goes as well; what is left is the expert's answer.
"""

import math
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from assistant import ANSWER_AT, confidence
from ingest import parse_file, put_all, without_question
from kb import Document, Embedder, HybridSearch, IndexQuery, KnowledgeBase, tokens
from tests.bench.metrics import mean_reciprocal_rank, recall

__all__ = ["fill", "question_answer_retrieval"]


def question_answer_retrieval(
    folder: Path, embedder: Embedder, alien: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, object]]:
    """One line of figures for each method on the expert answers of a folder, all in one run.

    `alien` are sets of questions about other things, by name: a line for each says how many of them are refused.
    """
    documents = [parse_file(path, root=folder, product="bench") for path in sorted(folder.glob("*.md"))]
    questions = {document.id: document.question for document in documents}
    expected = {id: id for id in questions}
    answers = [without_question(document) for document in documents]
    with tempfile.TemporaryDirectory() as temporary:
        knowledge = KnowledgeBase.open(Path(temporary), f"sqlite:///{temporary}/bench.db", embedder)
        try:
            fill(knowledge, answers)
            runs_by_method = _runs(knowledge, answers, questions)
            yield from _refusals(HybridSearch(knowledge), list(questions.values()), alien)
        finally:
            knowledge.close()
    for method, runs in runs_by_method.items():
        yield {
            "case": "question→answer",
            "method": method,
            "queries": len(questions),
            "MRR@10": round(mean_reciprocal_rank(runs, expected), 4),
            "R@10": round(recall(runs, expected), 4),
        }


def fill(knowledge: KnowledgeBase, answers: Sequence[Document]) -> None:
    """Put documents into a knowledge base and its indexes."""
    put_all(knowledge.records, knowledge.embedder, answers)
    knowledge.follow()


def _runs(
    knowledge: KnowledgeBase, answers: Sequence[Document], questions: dict[str, str]
) -> dict[str, dict[str, list[str]]]:
    search = HybridSearch(knowledge)
    bm25 = _DocumentBm25(answers)
    return {
        "hybrid": {id: [h.document.id for h in search.search(q).hits] for id, q in questions.items()},
        "dense index alone": {id: _alone(knowledge, "dense", q) for id, q in questions.items()},
        "lexical index alone": {id: _alone(knowledge, "lexical", q) for id, q in questions.items()},
        "BM25 over whole answers": {id: bm25.search(q) for id, q in questions.items()},
    }


def _refusals(
    search: HybridSearch, own: Sequence[str], alien: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, object]]:
    def answered(questions: Sequence[str]) -> float:
        return sum(confidence(search.search(q, k=1).signals) >= ANSWER_AT for q in questions) / len(questions)

    yield {"case": "abstention", "questions": "own", "number": len(own), "answered": round(answered(own), 4)}
    for name, questions in alien.items():
        refused = round(1 - answered(questions), 4)
        yield {"case": "abstention", "questions": name, "number": len(questions), "refused": refused}


def _alone(knowledge: KnowledgeBase, index: str, question: str) -> list[str]:
    query = IndexQuery(question, knowledge.embedder.encode_queries([question])[0])
    matches = getattr(knowledge, index).search(query, products=[], limit=60)
    stored = knowledge.records.passages([match.key for match in matches])
    return list(dict.fromkeys(stored[match.key].document_id for match in matches))[:10]


class _DocumentBm25:
    """Plain Okapi BM25 over whole documents, k1 = 1.2, b = .75, as the yardstick.

    Source: https://en.wikipedia.org/wiki/Okapi_BM25
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self._ids = [document.id for document in documents]
        self._counts = [Counter(tokens(document.text)) for document in documents]
        lengths = [sum(counts.values()) for counts in self._counts]
        mean = sum(lengths) / len(lengths)
        self._norms = [1.2 * (0.25 + 0.75 * length / mean) for length in lengths]
        self._frequency = Counter(token for counts in self._counts for token in counts)

    def search(self, question: str) -> list[str]:
        terms = set(tokens(question))
        scores = [self._score(terms, number) for number in range(len(self._ids))]
        order = sorted(range(len(scores)), key=lambda number: -scores[number])
        return [self._ids[number] for number in order[:10]]

    def _score(self, terms: set[str], number: int) -> float:
        counts, norm, total = self._counts[number], self._norms[number], len(self._ids)
        return sum(
            math.log(1 + (total - self._frequency[term] + 0.5) / (self._frequency[term] + 0.5))
            * counts[term] * 2.2 / (counts[term] + norm)
            for term in terms
            if term in counts
        )  # fmt: skip
