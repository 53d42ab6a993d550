"""Makes the bundled lexicon: python -m kb.model.lexicon --data DIR --out kb/model.

Reads `pairs.jsonl.gz` {en, zh, source}: sentences with their published translations. How often a word is translated by
which words of the other language is estimated by expectation maximisation, in both directions.
Source of the model: https://aclanthology.org/J93-2003/ (IBM model 1)
"""

import argparse
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.logging import RichHandler

from kb.model.examples import json_lines
from kb.text import STOP_WORDS, is_cjk, tokens

__all__ = ["translations"]

logger = logging.getLogger(__name__)

LEAST_PAIRS = 5  # that hold a word
ROUNDS = 6
LONGEST = 700  # characters of a sentence
MOST = 8  # translations of a word that are kept, and of these only
LEAST_SHARE = 0.05  # ... those with this share of the first one's probability

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bags = tuple[NDArray[np.str_], Ints, Ints]  # words; the word numbers of all texts, one text after another; their count


def main() -> None:
    """Read, estimate, write `lexicon.npz`."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(show_path=False)])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the text pairs")
    parser.add_argument("--out", type=Path, required=True, help="folder that `lexicon.npz` is written to")
    parser.add_argument("--cap", type=int, default=12_000, help="most pairs of one source")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chinese, english = read_pairs(options.data, options.cap, options.seed)
    logger.info("%s pairs, %s Han pairs, %s English words", len(chinese[2]), len(chinese[0]), len(english[0]))
    np.savez_compressed(options.out / "lexicon.npz", **translations(chinese, english))


def read_pairs(folder: Path, cap: int, seed: int) -> tuple[Bags, Bags]:
    """The pairs of Han characters and the English words of at most `cap` sentences of each source."""
    by_source: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in json_lines(folder / "pairs.jsonl.gz"):
        by_source[line["source"]].append((line["zh"][:LONGEST], line["en"][:LONGEST]))
    texts = []
    for source in sorted(by_source):
        chosen = np.random.default_rng(seed).permutation(len(by_source[source]))[:cap]
        texts += [by_source[source][i] for i in chosen]
    pairs = []
    for zh, en in texts:
        here, there = set(tokens(zh)) - STOP_WORDS, set(tokens(en)) - STOP_WORDS
        # What stands in the Chinese text as well translates nothing in it.
        words = {word for word in there - here if word.isascii() and word.isalpha() and len(word) > 1}
        pairs.append(({word for word in here if len(word) == 2 and is_cjk(word)}, words))
    return _bags([han for han, _ in pairs]), _bags([words for _, words in pairs])


def _bags(texts: Sequence[Iterable[str]]) -> Bags:
    number: dict[str, int] = {}
    found = [[number.setdefault(word, len(number)) for word in sorted(text)] for text in texts]
    flat = np.array([word for text in found for word in text])
    enough = np.bincount(flat) >= LEAST_PAIRS
    new = np.cumsum(enough) - 1
    text = np.repeat(np.arange(len(found)), [len(words) for words in found])[enough[flat]]
    return np.array(list(number))[enough], new[flat[enough[flat]]], np.bincount(text, minlength=len(found))


def translations(chinese: Bags, english: Bags) -> dict[str, Any]:
    """The arrays of `lexicon.npz`.

    `words` are all words, joined by line ends, in UTF-8. Word w has the translations
    `targets[offsets[w]:offsets[w + 1]]`, likeliest first, with `chances` in 1/255.
    """
    han, words = len(chinese[0]), len(english[0])
    first, second = _together(chinese, english)  # positions in the two flat lists
    key, number = np.unique(chinese[1][first] * words + english[1][second], return_inverse=True)
    one, other = key // words, key % words
    forth = _estimate(one, number, second, np.bincount(chinese[1], minlength=han), english[1])
    back = _estimate(other, number, first, np.bincount(english[1], minlength=words), chinese[1])
    source = np.concatenate([one, other + han])
    target, chance = np.concatenate([other + han, one]), np.concatenate([forth, back])
    order = np.lexsort((-chance, source))
    source, target, chance = source[order], target[order], chance[order]
    start = np.searchsorted(source, source)
    kept = (np.arange(len(source)) - start < MOST) & (chance >= LEAST_SHARE * chance[start]) & (chance >= 1 / 255)
    return {
        "words": np.frombuffer("\n".join([*chinese[0], *english[0]]).encode(), np.uint8),
        "offsets": np.searchsorted(source[kept], np.arange(han + words + 1)).astype(np.int32),
        "targets": target[kept].astype(np.int32),
        "chances": np.round(chance[kept] * 255).astype(np.uint8),
    }


def _together(chinese: Bags, english: Bags) -> tuple[Ints, Ints]:
    """All combinations of a Chinese and an English word of one pair, as positions in the flat lists."""
    (_, _, left), (_, _, right) = chinese, english
    count = left * right
    pair = np.repeat(np.arange(len(count)), count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return (np.cumsum(left) - left)[pair] + place // right[pair], (np.cumsum(right) - right)[pair] + place % right[pair]


def _estimate(source: Ints, number: Ints, place: Ints, occurrences: Ints, targets: Ints) -> Floats:
    """How likely each combination's source is translated by its target.

    `source` has one word a combination; `number` (a combination) and `place` (the translated word's position in
    `targets`) have one row for each time that one occurs.
    """
    chance = 1 / np.bincount(source)[source]
    anyway = np.bincount(targets) / len(targets)  # a word that translates none of the other text
    for _ in range(ROUNDS):
        explained = np.bincount(place, chance[number], minlength=len(targets)) + anyway[targets]
        chance = np.bincount(number, chance[number] / explained[place], minlength=len(source)) / occurrences[source]
        chance = chance / np.maximum(np.bincount(source, chance), 1.0)[source]
    return np.asarray(chance)


if __name__ == "__main__":
    main()
