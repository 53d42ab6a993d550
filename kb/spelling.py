"""Typing errors: a word that the knowledge base does not hold, and the word it holds that was probably meant."""

from collections.abc import Mapping

__all__ = ["correction", "edits"]

_SHORTEST = 4
_SHORT = 6  # letters below which too many words are one letter apart ("loss", "logs")
_LONG = 12  # letters from which two errors are forgiven


def correction(word: str, terms: Mapping[str, int], common: float) -> str:
    """The most frequent of the nearest of `terms` (word to frequency), or "" when none is near.

    Near is one edit, in words of twelve letters and more two; neighbouring letters swapped are one edit. Another ending
    ("returns", "return") is another form, no error, and words under six letters are only corrected where letters were
    swapped or doubled; both are overruled by terms with a frequency of `common` and more, such as a product's name.
    """
    if len(word) < _SHORTEST:
        return ""
    most = 2 if len(word) >= _LONG else 1
    letters = set(word)
    near = [
        (distance, -count, term)
        for term, count in terms.items()
        if abs(len(term) - len(word)) <= most
        and len(letters.symmetric_difference(term)) <= 2 * most
        and (distance := edits(word, term, most)) <= most
        and (count >= common or not _is_another_word(word, term))
    ]
    return min(near)[2] if near else ""


def _is_another_word(one: str, other: str) -> bool:
    if one[:-1] in (other, other[:-1]) or one == other[:-1]:
        return True
    return len(one) < _SHORT and set(one) != set(other)


def edits(one: str, other: str, most: int) -> int:
    """Letters to add, drop, replace or swap with a neighbour to turn one word into the other; counts to `most` + 1.

    Source: https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance (optimal string alignment)
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != wanted))
            if before and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]
