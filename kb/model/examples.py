"""Reads and tokenises the text pairs that the bundled embedding model is trained on.

A folder holds `pairs.jsonl.gz` {en, zh, source}, `titles.jsonl.gz` and `titles_cross.jsonl.gz` {query, passage,
source}: each line two texts that belong together.

A heading that has one passage in each language tells that the two are translations of each other. From these passages
come pairs of one more kind: a sentence, and the passage in the other language that says the same among other things.
"""

import gzip
import hashlib
import json
import re
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from kb.embedding.static import damped, feature_counts

__all__ = ["Examples", "json_lines", "read_examples"]

MIDDLEWARE = {
    "apisix", "arthas", "cloudwego", "dolphinscheduler", "dubbo", "dubbo-go", "hertzbeat", "iotdb", "kubernetes",
    "nacos", "rocketmq", "seata", "seatunnel",
}  # fmt: skip
FILES = {"pairs": ("en", "zh"), "titles": ("query", "passage"), "titles_cross": ("query", "passage")}
SENTENCES = 2  # taken of a translated passage, one of them without its Latin words
LONGEST = 700  # characters of a text; passages are cut to about this length when a knowledge base is built
LEAST_WEIGHT = 0.05  # of a feature that is in nearly every text

_SENTENCE_END = re.compile(r"[。！？；\n]|[.!?;]\s")
_LATIN = re.compile(r"[A-Za-z0-9_./:@$-]+")
_HAN = re.compile("[\u4e00-\u9fff]")
_LEAST = 12  # characters of a sentence that says something

Line = tuple[str, str, str]  # two texts and their source
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


def _read_lines(folder: Path, cap: int, seed: int) -> list[Line]:
    kinds: list[dict[str, list[Line]]] = [_translated_sentences(folder)]
    for name, (left, right) in FILES.items():
        kinds.append(defaultdict(list))
        for line in json_lines(folder / f"{name}.jsonl.gz"):
            kinds[-1][line["source"]].append((line[left][:LONGEST], line[right][:LONGEST], _name(line)))
    chosen = []
    for lines in kinds:
        for source in sorted(lines):
            order = np.random.default_rng(seed).permutation(len(lines[source]))[:cap]
            chosen += [lines[source][i] for i in order]
    return chosen


def json_lines(file: Path) -> Iterator[dict[str, str]]:
    """The lines of a compressed file of pairs."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _name(line: Mapping[str, str]) -> str:
    return line["source"].removesuffix(":MT")


def _translated_sentences(folder: Path) -> dict[str, list[Line]]:
    """By source, sentences of passages with the passage's translation."""
    under: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for line in json_lines(folder / "titles.jsonl.gz"):
        under[line["source"], line["lang"], line["query"]].append(line["passage"])
    found: dict[str, dict[Line, None]] = defaultdict(dict)
    for line in json_lines(folder / "titles_cross.jsonl.gz"):
        same = under[line["source"], line["query_lang"], line["query"]]
        for passage, other in ((same[0], line["passage"]), (line["passage"], same[0])) if len(same) == 1 else ():
            pairs = ((sentence, other[:LONGEST], _name(line)) for sentence in _some_sentences(passage))
            found[line["source"]].update(dict.fromkeys(pairs))
    return {source: list(lines) for source, lines in found.items()}


def _some_sentences(passage: str) -> list[str]:
    # In the middle, where a passage does not repeat its heading. The second one has to do without names and code.
    sentences = [part for part in _SENTENCE_END.split(passage[:LONGEST]) if _LEAST <= len(part.strip()) <= LONGEST / 3]
    middle = len(sentences) // 2
    chosen = sentences[middle : middle + SENTENCES]
    plain = [_LATIN.sub(" ", sentence) if _HAN.search(sentence) else sentence for sentence in chosen[1:]]
    return chosen[:1] + [sentence for sentence in plain if len(sentence.strip()) >= _LEAST]
