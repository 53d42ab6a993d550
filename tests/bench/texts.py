"""A folder of as many distinct documents as wanted, the same ones on every machine that has the same corpora.

Real passages come first, each once; then runs of real sentences; then mixtures of sentences with names that occur
nowhere else. Without the corpora every sentence is invented, from words that are as unequally frequent as real ones.
"""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

__all__ = ["write_documents"]

_SECTIONS = 5  # in a document
_RUN = 4  # sentences in a section made of them
_INVENTED = 40_000  # sentences
_VOCABULARY = 30_000

_Section = tuple[str, str]  # heading and text

_ANSWER = """\
---
id: "entry-{number}"
title: {title}
date: "2024-09-26"
category: "expertConsultation"
tags: ["bench"]
---

## 用户问题 ： 
 {question}

---------------
## 专家官方解答 ：

{body}

<font color="#949494">---------------</font> 

## 参考链接 ：

* [{question}](https://example.org/{number})
"""


def write_documents(folder: Path, corpora: Path, passages: int, products: int) -> None:
    """Write Markdown files of at least `passages` passages, one subfolder per product; half are expert answers."""
    sections = islice(_sections(corpora), passages)
    documents = -(-passages // _SECTIONS)
    for number in range(documents):
        product = folder / f"product-{number * products // documents:02}"
        product.mkdir(parents=True, exist_ok=True)
        text = _document(number, list(islice(sections, _SECTIONS)))
        (product / f"entry-{number}.md").write_text(text, encoding="utf-8")


def _document(number: int, sections: Sequence[_Section]) -> str:
    question, first = sections[0]
    body = "\n\n".join([first, *(f"### {heading}\n\n{text}" for heading, text in sections[1:])])
    title = json.dumps(question, ensure_ascii=False)
    if number % 2:
        return f"---\ntitle: {title}\n---\n\n# {question}\n\n{body}\n"
    return _ANSWER.format(number=number, title=title, question=question, body=body)


def _sections(corpora: Path) -> Iterator[_Section]:
    chance = random.Random(0)
    folder = corpora / "parallel"
    if not folder.is_dir():
        return _mixtures(_invented_sentences(chance), chance)
    sentences = [pair[language] for pair in _lines(folder / "pairs.jsonl.gz") for language in ("en", "zh")]
    return chain(_real(folder), _runs(sentences), _mixtures(sentences, chance))


def _real(folder: Path) -> Iterator[_Section]:
    seen: set[str] = set()
    for name in ("titles", "titles_cross"):
        for line in _lines(folder / f"{name}.jsonl.gz"):
            if line["passage"] not in seen:
                seen.add(line["passage"])
                yield _one_line(line["query"]), line["passage"]


def _runs(sentences: Sequence[str]) -> Iterator[_Section]:
    for language in (0, 1):
        own = sentences[language::2]
        for start in range(0, len(own), _RUN):
            yield _one_line(own[start])[:60], "\n".join(own[start : start + _RUN])


def _mixtures(sentences: Sequence[str], chance: random.Random) -> Iterator[_Section]:
    while True:
        chosen = chance.sample(sentences, chance.randint(2, _RUN + 1))
        names = f"`{_word(chance)}.{_word(chance)}`, {_word(chance).title()}{_word(chance).title()}Exception"
        yield _one_line(chosen[0])[:60], "\n".join([*chosen, names])


def _invented_sentences(chance: random.Random) -> list[str]:
    words = [_word(chance) for _ in range(_VOCABULARY)]
    weights = [1 / rank for rank in range(1, _VOCABULARY + 1)]  # Zipf's law
    return [" ".join(chance.choices(words, weights, k=chance.randint(6, 24))) + "." for _ in range(_INVENTED)]


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("bcdfghklmnprstvwz") + chance.choice("aeiou") for _ in range(chance.randint(2, 4)))


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _one_line(text: str) -> str:
    return " ".join(text.split())
