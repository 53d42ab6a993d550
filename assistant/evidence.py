"""The numbered passages that a language model writes from: whole sections of the best documents, within a budget.

They are citations already, so whatever number the model writes, the source behind it comes from the records.
"""

from collections.abc import Sequence

from assistant.budget import estimate_tokens
from assistant.values import Citation
from kb.values import Document, Hit, Section

__all__ = ["numbered_passages", "spans"]

_DOCUMENTS = 5
_NEAR = 0.5  # share of the best document's score that a further one needs
_MAX_CHARS = 900  # neighbouring sections share a passage up to here


def numbered_passages(hits: Sequence[Hit], *, max_tokens: int) -> tuple[Citation, ...]:
    """Passages of the best documents as citations 1, 2, …: what experts reviewed first, then by score.

    The first passage is always there, however long it is.
    """
    near = [hit for hit in hits[:_DOCUMENTS] if hit.score >= _NEAR * hits[0].score]
    ordered = sorted(near, key=lambda hit: not hit.document.reviewed)
    found: list[Citation] = []
    left = max_tokens
    for hit in ordered:
        for start, end in spans(hit):
            left -= estimate_tokens(hit.document.text[start:end])
            if left < 0 and found:
                return tuple(found)
            found.append(Citation.of(hit.document, start, end, len(found) + 1))
    return tuple(found)


def spans(hit: Hit) -> list[tuple[int, int]]:
    """Where the passages of a document begin and end: all of an expert's answer, of a page what matched."""
    document = hit.document
    wanted = [section for section in document.sections if _is_wanted(hit, section)]
    found: list[tuple[int, int]] = []
    for section in wanted:
        fits = found and section.end - found[-1][0] <= _MAX_CHARS
        if fits and not _leaves_out(document, found[-1][1], section):
            found[-1] = (found[-1][0], section.end)
        else:
            found.append((section.start, section.end))
    return found or [(passage.start, passage.end) for passage in hit.passages]


def _is_wanted(hit: Hit, section: Section) -> bool:
    if section.kind in ("question", "reference"):
        return False
    matched = any(section.start < passage.end and passage.start < section.end for passage in hit.passages)
    return matched or hit.document.kind == "qa"


def _leaves_out(document: Document, end: int, section: Section) -> bool:
    return any(end <= one.start < section.start for one in document.sections)
