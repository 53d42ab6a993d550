"""Reads and tokenises the text pairs that the bundled embedding model is trained on.

A folder holds `pairs.jsonl.gz` {en, zh, source}, `titles.jsonl.gz` and `titles_cross.jsonl.gz` {query, passage,
source}: each line two texts that belong together.
"""

import gzip
import hashlib
import json
from array import array
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from kb.embedding.static import damped, feature_counts

__all__ = ["Examples", "read_examples"]

MIDDLEWARE = {
    "apisix", "arthas", "cloudwego", "dolphinscheduler", "dubbo", "dubbo-go", "hertzbeat", "iotdb", "kubernetes",
    "nacos", "rocketmq", "seata", "seatunnel",
}  # fmt: skip
FILES = {"pairs": ("en", "zh"), "titles": ("query", "passage"), "titles_cross": ("query", "passage")}
LONGEST = 700  # characters of a text; passages are cut to about this length when a knowledge base is built
LEAST_WEIGHT = 0.05  # of a feature that is in nearly every text

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Examples:
    """Tokenised pairs: texts 2i and 2i + 1 belong together.

    Text t has the rows `ids[offsets[t]:offsets[t + 1]]` of the vocabulary, with `amounts` (damped counts) beside them.
    Row 0 is the unknown feature. `weight` is one number a row, `same` one a text, equal for equal texts; `source` and
    `repeats` (how often an epoch shows it) one a pair.
    """

    vocabulary: NDArray[np.str_]
    weight: Floats
    ids: NDArray[np.int32]
    amounts: Floats
    offsets: Ints
    same: Ints
    source: Ints
    repeats: Ints

    def __len__(self) -> int:
        return len(self.source)

    def save(self, file: Path) -> None:
        """Keep the examples in an .npz file for `load`."""
        np.savez(file, **asdict(self))

    @classmethod
    def load(cls, file: Path) -> "Examples":
        """The examples that `save` kept."""
        with np.load(file) as arrays:
            return cls(**arrays)


def read_examples(folder: Path, *, rows: int, cap: int, boost: int, seed: int) -> Examples:
    """At most `cap` pairs of each source in each file, in terms of the `rows` - 1 most frequent features.

    Pairs of middleware documentation count `boost` times, because that is what people ask the desk about.
    """
    lines = _read_lines(folder, cap, seed)
    number: dict[str, int] = {}
    ids, counts, lengths, same = array("i"), array("f"), array("q"), array("q")
    for line in track(lines, "Reading"):
        for text in line[:2]:
            found = feature_counts(text)
            ids.extend([number.setdefault(name, len(number)) for name in found])
            counts.extend(found.values())
            lengths.append(len(found))
            same.append(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest()))
    names = sorted({source for *_, source in lines})
    source = np.array([names.index(source) for *_, source in lines])
    repeats = np.array([boost if source in MIDDLEWARE else 1 for *_, source in lines])
    lengths_, ids_ = np.array(lengths), np.array(ids)
    frequency = np.bincount(ids_, weights=np.repeat(np.repeat(repeats, 2), lengths_))
    best = np.argsort(-frequency, kind="stable")[: rows - 1]
    idf = np.log(2 * repeats.sum() / frequency[best])
    row = np.zeros(len(number), np.int32)
    row[best] = np.arange(1, len(best) + 1)
    known = row[ids_] > 0
    kept = np.bincount(np.repeat(np.arange(len(lengths_)), lengths_)[known], minlength=len(lengths_))
    return Examples(
        vocabulary=np.array(["[UNK]", *np.array(list(number), dtype=object)[best]]),
        weight=np.concatenate([[0], np.maximum(idf / idf.max(), LEAST_WEIGHT)]).astype(np.float32),
        ids=row[ids_][known],
        amounts=damped(np.array(counts)[known]),
        offsets=np.concatenate([[0], np.cumsum(kept)]),
        same=np.array(same),
        source=source,
        repeats=repeats,
    )


def _read_lines(folder: Path, cap: int, seed: int) -> list[tuple[str, str, str]]:
    chosen = []
    for name, (left, right) in FILES.items():
        lines: dict[str, list[tuple[str, str, str]]] = {}
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            for line in map(json.loads, file):
                pair = (line[left][:LONGEST], line[right][:LONGEST], line["source"].removesuffix(":MT"))
                lines.setdefault(line["source"], []).append(pair)
        for source in sorted(lines):
            order = np.random.default_rng(seed).permutation(len(lines[source]))[:cap]
            chosen += [lines[source][i] for i in order]
    return chosen
