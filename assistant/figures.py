"""The figures of an evaluation: which there are, what they say, and how they follow from the questions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.evaluate import Evaluated
from assistant.metrics import Floats, Table, auroc, mean, ndcg, percentile, recall, reciprocal_rank

__all__ = ["FIGURES", "Figure", "figure_values", "scores_of", "table_of"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a run: its group and what it says, for tables; `guarded` ones must not fall between two runs."""

    group: str
    meaning: str
    chinese: str
    guarded: bool = True


FIGURES = {
    "mrr@10": Figure("ranking", "1 / rank of the right document, mean", "正确文档名次倒数的均值"),
    "ndcg@10": Figure("ranking", "gain of the right documents by rank", "归一化折损累计增益"),
    "recall@1": Figure("ranking", "right documents found first", "首位命中率"),
    "recall@5": Figure("ranking", "right documents among the first 5", "前 5 命中率"),
    "recall@10": Figure("ranking", "right documents among the first 10", "前 10 命中率"),
    "auroc": Figure("abstention", "an answerable question gets more confidence than another", "可答与不可答的区分度"),
    "precision": Figure("abstention", "answered questions that are answerable", "已答问题中可答的比例"),
    "recall": Figure("abstention", "answerable questions that are answered", "可答问题中已答的比例"),
    "f1": Figure("abstention", "harmonic mean of the two", "两者的调和平均"),
    "refused": Figure("abstention", "unanswerable questions that are refused", "不可答问题的拒答率"),
    "answered": Figure("abstention", "questions that are answered", "总体回答率", guarded=False),
    "right": Figure("citations", "answers that stand on the right document", "依据正确文档的回答"),
    "quotes": Figure("citations", "quotes that stand in the document where they say", "引文与原文一致"),
    "citations": Figure("citations", "citations into a right document", "引用指向正确文档"),
    "phrases": Figure("citations", "golden phrases that are quoted", "应有语句的引用率"),
    "causes": Figure("composition", "answers with causes", "含原因的回答", guarded=False),
    "steps": Figure("composition", "answers with steps", "含步骤的回答", guarded=False),
    "causes+steps": Figure("composition", "answers with both", "两者都有的回答", guarded=False),
    "items": Figure("composition", "causes, steps and paragraphs in an answer", "每个回答的条目数", guarded=False),
    "p50_ms": Figure("latency", "half of the answers take at most", "回答耗时中位数（毫秒）", guarded=False),
    "p95_ms": Figure("latency", "95 of 100 answers take at most", "回答耗时 95 分位（毫秒）", guarded=False),
}

_PER_QUESTION = ("mrr@10", "ndcg@10", "recall@1", "recall@5", "recall@10", "right", "quotes", "citations", "phrases",
                 "causes", "steps", "causes+steps", "items")  # fmt: skip


def scores_of(one: Evaluated) -> dict[str, float]:
    """The figures that a single question has; nan where one does not apply to it."""
    nan = math.nan
    ranked = one.answerable and bool(one.documents)
    found, relevant = one.found, one.documents
    answered = float(one.is_answered) or nan  # nan times anything is nan
    return {
        "mrr@10": reciprocal_rank(found, relevant) if ranked else nan,
        "ndcg@10": ndcg(found, relevant) if ranked else nan,
        **{f"recall@{k}": recall(found, relevant, k) if ranked else nan for k in (1, 5, 10)},
        "right": one.is_right * answered,
        "quotes": one.true_quotes / one.citations if one.citations else nan,
        "citations": one.relevant_citations / one.citations if one.citations and ranked else nan,
        "phrases": one.phrases_found / one.phrases if one.phrases else nan,
        "causes": (one.causes > 0) * answered,
        "steps": (one.steps > 0) * answered,
        "causes+steps": (one.causes > 0 and one.steps > 0) * answered,
        "items": one.items * answered,
    }


def table_of(results: Sequence[Evaluated]) -> Table:
    """One row per question, for `figure_values`."""
    names = (*_PER_QUESTION, "answerable", "answered", "confidence", "ms")
    rows = []
    for one in results:
        scores = scores_of(one)
        own = (one.answerable, one.is_answered, one.confidence, one.milliseconds)
        rows.append((*(scores[name] for name in _PER_QUESTION), *own))
    return np.array(rows, dtype=[(name, float) for name in names])


def figure_values(table: Table) -> Floats:
    """Every figure of `FIGURES`, in that order; nan where it applies to no question."""
    answerable, answered = table["answerable"] == 1, table["answered"] == 1
    decided = answerable.sum() + answered.sum()
    values = {name: mean(table[name]) for name in _PER_QUESTION} | {
        "auroc": auroc(table["confidence"], answerable),
        "precision": mean(table["answerable"][answered]),
        "recall": mean(table["answered"][answerable]),
        "f1": 2 * (answerable & answered).sum() / decided if decided else math.nan,
        "refused": 1 - mean(table["answered"][~answerable]),
        "answered": mean(table["answered"]),
        "p50_ms": percentile(table["ms"], 0.5),
        "p95_ms": percentile(table["ms"], 0.95),
    }
    return np.array([values[name] for name in FIGURES])
