"""Corpora in JSON lines: one page a line, `{"id", "title", "text", "lang"?, "url"?, "product"?}`."""

import json
from typing import Any

from ingest.normalise import normalise
from ingest.page import build_page, language_of
from kb.errors import DocumentError
from kb.values import Document, Language

__all__ = ["parse_line", "read_line"]

_FIELDS = {"id", "title", "text", "lang", "language", "url", "product", "version", "date"}


def read_line(line: str, *, source: str) -> dict[str, Any]:
    """The object of one line; `source` is "file.jsonl:17".

    Raises:
        DocumentError: it is not an object with an id and a text.
    """
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DocumentError(source, f"not a JSON object ({str(error)[:120]})") from None
    if not isinstance(values, dict):
        raise DocumentError(source, 'not a JSON object; write {"id": …, "title": …, "text": …}')
    for name in ("id", "text"):
        if not isinstance(values.get(name), str) or not values[name].strip():
            raise DocumentError(source, f'"{name}" is missing or not a string')
    return values


def parse_line(values: dict[str, Any], *, product: str, version: str = "", source: str = "") -> Document:
    """The document of one line."""
    text = normalise(values["text"])
    return build_page(
        text,
        id=" ".join(values["id"].split()),
        product=product,
        title=_string(values, "title"),
        language=_language(values, text),
        version=version or _string(values, "version"),
        source=source,
        url=url if (url := _string(values, "url")).startswith(("https://", "http://")) else "",
        date=_string(values, "date"),
        metadata={key: value for key, value in values.items() if key not in _FIELDS},
    )


def _string(values: dict[str, Any], name: str) -> str:
    value = values.get(name, "")
    return " ".join(value.split()) if isinstance(value, str) else ""


def _language(values: dict[str, Any], text: str) -> Language:
    named = (_string(values, "lang") or _string(values, "language")).lower()
    if named.startswith(("zh", "en")):
        return "zh" if named.startswith("zh") else "en"
    return language_of("", text)
