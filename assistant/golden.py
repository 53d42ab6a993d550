"""Golden questions: what experts expect of the answer desk, one JSON line each.

`{"id", "question", "product"?, "documents": [ids that answer it], "answerable": true|false, "phrases"?: [words that
must stand in the quotes]}`. Without "answerable", a question with documents is answerable.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kb.errors import RequestError

__all__ = ["GoldenCase", "golden_case", "golden_line", "phrases_found", "unique_cases"]


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """One question with what must come of it; `product` empty means that all are searched."""

    id: str
    question: str
    answerable: bool
    documents: tuple[str, ...] = ()
    product: str = ""
    phrases: tuple[str, ...] = ()


def golden_case(line: Mapping[str, Any], where: str) -> GoldenCase:
    """The case of one JSON object; `where` names it in messages.

    Raises:
        RequestError: a field is missing or of the wrong kind.
    """
    documents, phrases = _strings(line, "documents", where), _strings(line, "phrases", where)
    answerable = line.get("answerable", bool(documents))
    id, question, product = line.get("id"), line.get("question"), line.get("product") or ""
    if not isinstance(id, str | int) or not isinstance(question, str) or not question.strip():
        raise RequestError(f'{where} must have an "id" and a "question".')
    if not isinstance(answerable, bool) or not isinstance(product, str):
        raise RequestError(f'{where}: "answerable" is true or false, and "product" is text.')
    if documents and not answerable:
        raise RequestError(f'{where} has documents that answer it, and "answerable" is false. Remove one of the two.')
    return GoldenCase(str(id), question, answerable, documents, product, phrases)


def golden_line(case: GoldenCase) -> str:
    """The case as a line of a golden file, without what is empty."""
    fields = asdict(case)
    kept = {name: value for name, value in fields.items() if value or name in ("answerable", "documents")}
    return json.dumps(kept, ensure_ascii=False)


def phrases_found(case: GoldenCase, quotes: Iterable[str]) -> int:
    """How many of the phrases stand in the quotes, in whatever case and with whatever blanks."""
    said = _plain(" ".join(quotes))
    return sum(_plain(phrase) in said for phrase in case.phrases)


def unique_cases(cases: Iterable[GoldenCase]) -> list[GoldenCase]:
    """The cases in order.

    Raises:
        RequestError: two of them have the same id, or there is none.
    """
    by_id: dict[str, GoldenCase] = {}
    for case in cases:
        if case.id in by_id:
            raise RequestError(f"Two questions have the id {case.id!r}. Give each its own.")
        by_id[case.id] = case
    if not by_id:
        raise RequestError("There is no question to evaluate.")
    return list(by_id.values())


def _plain(text: str) -> str:
    return " ".join(text.split()).lower()


def _strings(line: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    values = line.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise RequestError(f'{where}: "{name}" is a list of texts.')
    return tuple(values)
