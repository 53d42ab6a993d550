"""`python -m tests.bench.fusion [MODEL]`: fits the weights of `kb/fusion.py` and says what they are worth.

A list of candidates for a query is a choice, and the weights are those under which the right documents are chosen most
probably (multinomial logit over the list, https://en.wikipedia.org/wiki/Multinomial_logistic_regression), none of them
negative. Sets count alike, however large. Each figure in folds is of queries that the weights have not seen.
"""

import gzip
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from ingest import ingest, parse_file, put_all, without_question
from kb import Embedder, HybridSearch, KnowledgeBase, load_embedder
from kb.candidates import Ref
from kb.fusion import WEIGHTS, feature_rows
from kb.search import Candidates

_CORPORA = Path(__file__).parents[2] / "../shared/corpora"
_FIXED = list(WEIGHTS).index("reviewed")  # nothing in the corpora tells what an expert's word is worth
_DECAY = 1e-3
_STEPS, _RATE = 400, 0.05
_FOLDS = 5

Floats = NDArray[np.float64]
_Choice = tuple[Floats, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Query:
    """A question, the sources or ids of the documents that answer it, and those that are not to be counted."""

    text: str
    right: str
    left_out: str = ""


def main() -> None:
    """Collect, fit, print weights and figures."""
    embedder = load_embedder(sys.argv[1] if len(sys.argv) > 1 else "bundled")
    sets = dict(collect(embedder))
    choices = {name: [choice for choice, _ in lists] for name, lists in sets.items()}
    plain = np.array([not re.search("[A-Za-z]", query.text) for _, query in sets["cross-language"]])
    figures("as shipped", choices, lambda name, n: np.array(list(WEIGHTS.values())).T.ravel(), plain)
    for left_out in choices:
        weights = fit({name: lists for name, lists in choices.items() if name != left_out})
        figures(f"without {left_out}", {left_out: choices[left_out]}, lambda name, n, w=weights: w, plain)  # type: ignore[misc]
    folds = [fit({name: _without(lists, fold) for name, lists in choices.items()}) for fold in range(_FOLDS)]
    figures("in folds", choices, lambda name, n: folds[n % _FOLDS], plain)
    weights = fit(choices)
    figures("fitted on all", choices, lambda name, n: weights, plain)
    for name, own, foreign in zip(WEIGHTS, *weights.reshape(2, -1), strict=True):
        sys.stdout.write(f'    "{name}": ({own:.2f}, {foreign:.2f}),\n')


def collect(embedder: Embedder) -> Iterator[tuple[str, list[tuple[_Choice, Query]]]]:
    """The candidates of every query with their features, by set."""
    documents = [
        parse_file(path, root=_CORPORA, product="nacos") for path in sorted((_CORPORA / "expert-qa/nacos").glob("*.md"))
    ]
    questions = [Query(document.question, document.source) for document in documents]
    answers = [without_question(document) for document in documents]
    pages = {page["id"]: page["text"] for page in _lines(_CORPORA / "abstention/corpus.jsonl.gz")}
    english = {id: text for id, text in pages.items() if _is_english(id, text)}
    pairs = [(id, _translation(id)) for id in sorted(pages) if _translation(id) in english and _translation(id) != id]
    chinese = [
        Query(text, other, id) for id, other in pairs for text in _sentences(pages[id], "[。\n]", "[\u4e00-\u9fff]", 12)
    ]
    foreign = [
        Query(text, id, other) for id, other in pairs for text in _sentences(pages[other], r"\n|\.\s", "[a-z]{2,} ", 7)
    ]
    headings = [
        *(Query(text, id) for id, _ in pairs for text in _sentences(pages[id], "\n", "[\u4e00-\u9fff]", 5, "#")),
        *(Query(text, id) for _, id in pairs for text in _sentences(pages[id], "\n", "[a-z]{2,}", 3, "#")),
    ]
    with tempfile.TemporaryDirectory() as temporary:
        for name, folder in (("english", english), ("all", pages)):
            for id, text in folder.items():
                file = Path(temporary, name, id)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, "utf-8")
        with _base(Path(temporary, "1"), embedder) as knowledge:
            put_all(knowledge.records, embedder, answers)
            yield "question→answer", _choices(knowledge, questions)
            ingest([f"{temporary}/english"], records=knowledge.records, embedder=embedder, product="pages")
            yield "question→answer among English pages", _choices(knowledge, questions)
        with _base(Path(temporary, "2"), embedder) as knowledge:
            ingest([f"{temporary}/english"], records=knowledge.records, embedder=embedder, product="pages")
            yield "cross-language", _choices(knowledge, chinese)
        with _base(Path(temporary, "3"), embedder) as knowledge:
            ingest([f"{temporary}/all"], records=knowledge.records, embedder=embedder, product="pages")
            yield "cross-language, both kept", _choices(knowledge, chinese[::2])
            yield "English to Chinese, both kept", _choices(knowledge, foreign[::2])
            yield "headings to their own page, translations beside it", _choices(knowledge, headings)


def fit(sets: Mapping[str, Sequence[_Choice]]) -> Floats:
    """Weights of the features for documents in the query's language, then for the others."""
    width = 2 * len(WEIGHTS)
    weights, mean, square = np.zeros(width), np.zeros(width), np.zeros(width)
    usable = [[(rows, right) for rows, right in lists if right.any()] for lists in sets.values()]
    for step in range(1, _STEPS + 1):
        gradient = _DECAY * weights
        for lists in usable:
            gradient = gradient + sum(_gradient(rows, right, weights) for rows, right in lists) / len(lists)
        mean, square = (
            0.9 * mean + 0.1 * gradient,
            0.999 * square + 0.001 * gradient**2,
        )  # Adam: arxiv.org/abs/1412.6980
        weights = weights - _RATE * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        weights = np.maximum(weights, 0)
        weights[[_FIXED, _FIXED + width // 2]] = WEIGHTS["reviewed"]
    return weights


def figures(
    title: str, sets: Mapping[str, Sequence[_Choice]], weights: Callable[[str, int], Floats], plain: NDArray[np.bool_]
) -> None:
    """One line a set: MRR@10 and R@10 with these weights."""
    sys.stdout.write(f"{title}\n")
    for name, lists in sets.items():
        ranks = np.array([_rank(rows, right, weights(name, n)) for n, (rows, right) in enumerate(lists)])
        chosen = {"": ranks >= 0} | ({", no Latin words": plain} if name == "cross-language" else {})
        for suffix, which in chosen.items():
            found = np.where(ranks[which] <= 10, 1 / ranks[which], 0)
            sys.stdout.write(
                f"  {name}{suffix}: {which.sum()} queries, MRR@10 {found.mean():.3f}, R@10 {(found > 0).mean():.3f}\n"
            )
    sys.stdout.flush()


def _gradient(rows: Floats, right: NDArray[np.bool_], weights: Floats) -> Floats:
    scores = rows @ weights
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    meant = chances * right
    return np.asarray((chances - meant / meant.sum()) @ rows)


def _rank(rows: Floats, right: NDArray[np.bool_], weights: Floats) -> float:
    scores = rows @ weights
    return float(1 + (scores > scores[right].max()).sum()) if right.any() else np.inf


def _choices(knowledge: KnowledgeBase, queries: Sequence[Query]) -> list[tuple[_Choice, Query]]:
    knowledge.follow()
    search = HybridSearch(knowledge)
    sources = {ref: document.source for ref, document in knowledge.records.documents(knowledge.records.ids()).items()}
    return [(_choice(search.candidates(query.text), query, sources), query) for query in track(queries, "Searching")]


def _choice(found: Candidates | None, query: Query, sources: Mapping[Ref, str]) -> _Choice:
    kept = {
        ref: one for ref, one in (found.documents if found else {}).items() if not _is(sources[ref], query.left_out)
    }
    if found is None or not kept:
        return np.zeros((0, 2 * len(WEIGHTS))), np.zeros(0, bool)
    rows = feature_rows(kept.values(), found.language)
    foreign = np.array([one.language != found.language for one in kept.values()])[:, None]
    right = np.array([_is(sources[ref], query.right) for ref in kept])
    return np.hstack([rows * ~foreign, rows * foreign]), right


def _is(source: str, name: str) -> bool:
    return bool(name) and (source == name or source.endswith(f"/{name}"))


def _without(lists: Sequence[_Choice], fold: int) -> list[_Choice]:
    return [choice for n, choice in enumerate(lists) if n % _FOLDS != fold]


@contextmanager
def _base(folder: Path, embedder: Embedder) -> Iterator[KnowledgeBase]:
    knowledge = KnowledgeBase.open(folder, f"sqlite:///{folder}/bench.db", embedder)
    try:
        yield knowledge
    finally:
        knowledge.close()


def _lines(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _is_english(id: str, text: str) -> bool:
    return not re.search("zh|_CN", id) and len(re.findall("[\u4e00-\u9fff]", text)) < len(text) / 100


def _translation(id: str) -> str:
    return re.sub(r"_(?:zh|ZH|CN|zh-CN|zh_cn|zh_CN)\.md$", ".md", id.replace("zh_cn/", "en/"))


def _sentences(page: str, end: str, letters: str, least: int, start: str = "") -> list[str]:
    """Up to six sentences of a page that start so, spread over it, with at least so many letters."""
    prose = re.sub(r"^---.*?---|```.*?```", "", page, flags=re.DOTALL)
    found = [part.strip() for part in re.split(end, prose)]
    found = [part.lstrip("# ") for part in found if part.startswith(start) and len(re.findall(letters, part)) >= least]
    return found[:: max(1, len(found) // 6)][:6]


if __name__ == "__main__":
    main()
