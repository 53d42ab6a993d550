"""A publication made fit to be shown: every text cleaned, and what readers and search engines look for filled in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from assistant.publications import Publication
from assistant.publishing.keywords import keywords, summary
from kb.text import clean, detect_language
from kb.values import Document, Reference

__all__ = ["answer_of", "completed"]

# Keys that the header's own fields have; as metadata they would be read back as those.
_FIELDS = {"id", "title", "date", "version", "language", "lang", "url", "product", "reviewed", "escapes", "draft"}
_TAGS = 5
_TITLE = 80
_URL_SAFE = "%!#$&'()*+,/:;=?@[]~-._"


def answer_of(document: Document) -> str:
    """The expert's words: the document's text without the question that it begins with."""
    return document.text.removeprefix(document.question).strip()


def completed(publication: Publication) -> Document:
    """The document with clean texts, and with a title, date, description, tags and keywords where it has none.

    Completing a completed document changes nothing but its sections, which it has none of.
    """
    document = publication.document
    answer = clean(answer_of(document)).strip()
    question = clean(document.question).strip()
    title = _line(document.title) or summary(question, at_most=_TITLE) or _line(question)[:_TITLE] or document.id
    question = question or title
    text = f"{question}\n\n{answer}"
    metadata = _metadata(document.metadata)
    if publication.versions:
        metadata["versions"] = [_line(version) for version in publication.versions]
    if not metadata.get("description"):
        metadata["description"] = summary(answer)
    if not metadata.get("keywords"):
        metadata["keywords"] = keywords(f"{title}\n{question}", answer)
    if not metadata.get("tags"):
        words = metadata["keywords"]
        metadata["tags"] = _unique([document.product, *(words if isinstance(words, list) else [words])[:_TAGS]])
    return replace(
        document,
        title=title,
        text=text,
        question=question,
        sections=(),
        kind="qa",
        reviewed=True,
        language=document.language or detect_language(text),
        version=_line(document.version),
        date=_line(document.date) or _line(publication.question_date),
        url=_line(document.url),
        references=tuple(dict.fromkeys(_references(document.references))),
        metadata=metadata,
    )


def _references(references: Sequence[Reference]) -> Iterator[Reference]:
    for reference in references:
        url = _address(reference.url)
        title = _line(reference.title) or url
        if title:
            yield Reference(title, url)


def _address(url: str) -> str:
    """A web address that Markdown can hold; empty where the text is none."""
    url = clean(url).strip()
    if not re.match(r"https?://[^\s/]", url, re.IGNORECASE):
        return ""
    return "".join(char if not char.isascii() and not char.isspace() else quote(char, safe=_URL_SAFE) for char in url)


def _metadata(values: Mapping[str, Any]) -> dict[str, Any]:
    named = {_line(str(key)): _plain(value) for key, value in values.items()}
    return {key: value for key, value in named.items() if key and key not in _FIELDS}


def _plain(value: Any) -> Any:
    """The value as the reader of headers gives it: texts, lists and mappings of them."""
    if isinstance(value, Mapping):
        return {_line(str(key)): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    return clean(str(value))


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _unique(words: Sequence[str]) -> list[str]:
    return list({word.casefold(): word for word in reversed(words)}.values())[::-1]
