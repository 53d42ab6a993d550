"""What an entry is about, from its own words: no model, and no other entry changes it.

Frequencies over a whole collection would name better words for some entries, but every new entry would then change the
files of old ones.
"""

import re
from collections.abc import Iterator

from kb.text import STOP_WORDS, features, is_cjk

__all__ = ["keywords", "summary"]

_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[.\-_][A-Za-z0-9]+)*[+#]{0,2}")
_STOP_RUN = "|".join(sorted(map(re.escape, filter(is_cjk, STOP_WORDS)), key=len, reverse=True))
_HAN = re.compile(r"[㐀-䶿一-鿿]+")
_AT_MOST = 10
_LONGEST = 6  # Han characters of a phrase; over four of them must be said twice, for most are parts of sentences
_CODE = re.compile(r"^[ \t>]*(`{3,}|~{3,}).*?(?:^[ \t>]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_MARKS = re.compile(
    r"^[ \t>]*(?:#{1,6}|[-*+]|\d{1,3}[.)])[ \t]+|#{2,6}[ \t]+|\*\*|__|`|!?\[([^\[\]\n]{0,200})\]\([^()\s]{0,500}\)",
    re.MULTILINE,
)
_SENTENCE_END = re.compile(r"[。！？；]|[.!?](?=\s|$)")


def keywords(question: str, answer: str) -> list[str]:
    """Names and phrases of the question that its answer takes up, those that it takes up most first.

    Exceptions, property keys and other identifiers count whether the answer repeats them or not.
    """
    folded = answer.casefold()
    named = dict.fromkeys(features(question).identifiers + features(question).exceptions + features(question).codes)
    weights = dict.fromkeys(named, 1.0)
    for phrase in _phrases(question, folded):
        weights[phrase] = folded.count(phrase.casefold()) * (1 + 0.5 * min(len(phrase), 4))
    chosen: list[str] = []
    for phrase in sorted(weights, key=lambda phrase: (phrase not in named, -weights[phrase])):
        if not any(_says(other, phrase) for other in chosen):
            chosen.append(phrase)
    return chosen[:_AT_MOST]


def _says(other: str, phrase: str) -> bool:
    return phrase in other if is_cjk(phrase[0]) else phrase.casefold() == other.casefold()


def _phrases(question: str, answer: str) -> Iterator[str]:
    for word in _LATIN.findall(question):
        if word.casefold() not in STOP_WORDS and len(word) > 1 and word.casefold() in answer:
            yield word
    for run in _HAN.findall(question):
        for part in re.split(_STOP_RUN, run):
            yield from _shared(part, answer)


def _shared(run: str, answer: str) -> Iterator[str]:
    """The longest pieces of a run of Han characters that the answer holds, without overlap."""
    at = 0
    while at < len(run) - 1:
        ends = range(min(len(run), at + _LONGEST), at + 1, -1)
        end = next((end for end in ends if answer.count(run[at:end]) > (end - at > 4)), at)
        if end > at:
            yield run[at:end]
        at = max(end, at + 1)


def summary(markdown: str, *, at_most: int = 160) -> str:
    """The beginning of a text as one plain line of at most so many characters, ended at a sentence where possible."""
    line = " ".join(_MARKS.sub(lambda match: match[1] or "", _CODE.sub(" ", markdown)).split())
    if len(line) <= at_most:
        return line
    ends = [match.end() for match in _SENTENCE_END.finditer(line, 0, at_most)]
    return line[: ends[-1]] if ends and ends[-1] > at_most // 3 else line[: at_most - 1].rstrip() + "…"
