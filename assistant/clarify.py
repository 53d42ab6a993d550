"""One question back: where the best documents are for different products or versions and the reader named none."""

import re
from collections.abc import Sequence

from assistant.extractive import same_problem
from assistant.question import Question
from kb.values import Document, Hit

__all__ = ["choices", "fitting"]

_NEAR = 0.5  # share of the best document's score that another one about the same problem needs


def choices(hits: Sequence[Hit], question: Question) -> tuple[str, ...]:
    """Products or versions to choose from, best first; empty where the question leaves nothing open."""
    near = [hit.document for hit in hits if hit.score >= _NEAR * hits[0].score]
    near = [document for document in near if same_problem(document, near[0]) and _holds_names(document, question)]
    products = tuple(dict.fromkeys(document.product for document in near))
    if len(products) > 1 and not question.products:
        return products
    if question.versions or not near or not near[0].version:
        return ()
    versions: list[str] = []
    for version in (document.version for document in near if document.version):
        if not any(_agree(version, other) for other in versions):
            versions.append(version)
    return tuple(versions) if len(versions) > 1 else ()


def fitting(hits: Sequence[Hit], versions: Sequence[str]) -> tuple[Hit, ...]:
    """The hits without documents for other versions than those that the reader named; all where none would be left."""
    kept = tuple(
        hit
        for hit in hits
        if not versions or not hit.document.version or any(_agree(hit.document.version, v) for v in versions)
    )
    return kept or tuple(hits)


def _holds_names(document: Document, question: Question) -> bool:
    text = document.text.lower()
    return all(name.lower() in text for name in question.features.all)


def _agree(one: str, other: str) -> bool:
    """Whether two versions may be the same: "2.x" and "2.3.0" may, "1.4" and "2.x" may not, "2.2.1+" and "3.0" may."""
    a, b = _numbers(one), _numbers(other)
    if a == b[: len(a)] or b == a[: len(b)]:
        return True
    return (one.endswith("+") and b >= a) or (other.endswith("+") and a >= b)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
