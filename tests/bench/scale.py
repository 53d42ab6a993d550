"""`python -m tests.bench.scale [PASSAGES] [PRODUCTS]`: speed, memory and recall of a large knowledge base.

Every part runs in a process of its own, so that its memory can be told apart. Figures go to stdout, one JSON line each.
"""

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from assistant.metrics import percentile
from ingest import ingest, parse_file
from kb import HybridSearch, IndexQuery, KnowledgeBase, Records, load_embedder
from tests.bench.robustness import CHANGES
from tests.bench.speed import machine, mb, server
from tests.bench.texts import write_documents

_CORPORA = Path(__file__).parents[2] / "../shared/corpora"
_QUESTIONS = 400
_CANDIDATES = 40  # what search asks of each index

Figures = dict[str, Any]


def main() -> int:
    """Build one knowledge base in a temporary folder and measure it."""
    passages, products = [*map(int, sys.argv[1:]), *(100_000, 1)[len(sys.argv) - 1 :]]
    _show(machine() | {"passages": passages, "products": products})
    with tempfile.TemporaryDirectory() as temporary:
        folder, data = Path(temporary) / "products", Path(temporary) / "data"
        _apart(write_documents, folder, _CORPORA, passages, products)
        asked = questions(folder)
        _show(_apart(build, folder, data))
        _show(size(data))
        for line in _apart(latencies, data, asked):
            _show(line)
        _show(_apart(recall, data, asked[:200]))
        for line in server(data, asked[:100], product="product-00"):
            _show(line)
    return 0


def questions(folder: Path) -> list[str]:
    """Real questions where they are at hand, else titles of the documents; the same ones every time."""
    real = _CORPORA / "expert-qa/nacos"
    if real.is_dir():
        found = [parse_file(path, root=real, product="nacos").question for path in sorted(real.glob("*.md"))]
    else:
        found = [parse_file(path, root=folder, product="any").title for path in sorted(folder.glob("*/*.md"))]
    return random.Random(0).sample(found, min(_QUESTIONS, len(found)))


def build(folder: Path, data: Path) -> Figures:
    """Cold ingestion through the pipeline, both indexes followed; `passages a second` counts all of it."""
    embedder = load_embedder("bundled")
    records = Records(_url(data))
    started, cpu = time.perf_counter(), time.process_time()
    report = ingest([str(folder)], records=records, embedder=embedder)
    stored = time.perf_counter() - started
    records.close()
    knowledge = KnowledgeBase.open(data, _url(data), embedder)
    knowledge.follow()
    seconds = time.perf_counter() - started
    figures = {
        "case": "ingest",
        "passages": report.passages,
        "failed": report.failed,
        "seconds": round(seconds, 1),
        "of which records": round(stored, 1),
        "CPU seconds": round(time.process_time() - cpu, 1),
        "passages a second": round(report.passages / seconds),
        "peak memory MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    knowledge.close()
    return figures


def size(data: Path) -> Figures:
    """What is on the disk."""
    index = {
        name: sum(path.stat().st_size for path in (data / "index" / name).rglob("*") if path.is_file())
        for name in ("lexical", "dense")
    }
    return {"case": "size", "database MB": mb((data / "dayi.db").stat().st_size)} | {
        f"{name} MB": mb(bytes) for name, bytes in index.items()
    }


def latencies(data: Path, asked: Sequence[str]) -> list[Figures]:
    """Start to the first answer, then every question once in each way of asking and choice of products."""
    started = time.perf_counter()
    knowledge = KnowledgeBase.open(data, _url(data), load_embedder("bundled"))
    knowledge.follow()
    search = HybridSearch(knowledge)
    search.search(asked[0])
    lines: list[Figures] = [{"case": "open, first search", "seconds": round(time.perf_counter() - started, 2)}]
    products = list(search.products())
    choices = {"one product": products[:1], "all named": products, "none named": []}
    if len(products) == 1:
        choices.pop("all named")
    for way in ("plain", "with typos", "in a log", "with a stack trace"):
        chance = random.Random(0)
        changed = [CHANGES[way](question, chance) for question in asked]
        for name, chosen in choices.items():
            lines.append({"case": f"search, {way}, {name}"} | _times(search, changed, chosen))
    lines.append({"case": "search", "memory MB": mb(psutil.Process().memory_info().rss)})
    knowledge.close()
    return lines


def recall(data: Path, asked: Sequence[str]) -> Figures:
    """Share of the exact nearest passages that the dense index finds among its candidates, and the worst question's."""
    embedder = load_embedder("bundled")
    vectors = embedder.encode_queries(asked)
    exact = _nearest(Records(_url(data)), vectors)
    knowledge = KnowledgeBase.open(data, _url(data), embedder)
    shares = []
    for question, vector, wanted in zip(asked, vectors, exact, strict=True):
        found = knowledge.dense.search(IndexQuery(question, vector), products=[], limit=_CANDIDATES)
        worst = min(score for score, _ in wanted)  # any of equally near ones, which the index moves by .0001
        shares.append(sum(match.score >= worst - 5e-4 for match in found) / len(wanted))
    knowledge.close()
    return {
        "case": f"recall@{_CANDIDATES} of the dense index",
        "mean": round(float(np.mean(shares)), 4),
        "worst": round(min(shares), 3),
    }


def _nearest(records: Records, vectors: np.ndarray) -> list[list[tuple[float, int]]]:
    best: list[list[tuple[float, int]]] = [[] for _ in vectors]
    after = 0
    while changes := records.changes(after, 5000):
        after = changes[-1].seq
        kept = [change for change in changes if change.vector is not None]
        scores = vectors @ np.stack([change.vector for change in kept]).T
        for row, found in enumerate(best):
            found += [
                (float(scores[row, column]), kept[column].key) for column in np.argsort(-scores[row])[:_CANDIDATES]
            ]
            best[row] = sorted(found, reverse=True)[:_CANDIDATES]
    return best


def _times(search: HybridSearch, asked: Sequence[str], products: Sequence[str]) -> Figures:
    for question in asked[:20]:
        search.search(question, products=products)
    times, cpu = [], time.process_time()
    for question in asked:
        started = time.perf_counter()
        search.search(question, products=products)
        times.append((time.perf_counter() - started) * 1000)
    each = (time.process_time() - cpu) * 1000 / len(asked)
    return {f"p{share} ms": round(percentile(times, share / 100), 1) for share in (50, 95, 99)} | {
        "CPU ms": round(each, 1)
    }


def _apart(work: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _url(data: Path) -> str:
    return f"sqlite:///{data}/dayi.db"


def _show(line: Figures) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
