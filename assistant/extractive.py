"""The built-in engine: composes causes, steps and explanation from the experts' own words, and quotes only.

Steps come from one document, because steps of two procedures do not add up to one. What the best document lacks, the
next near one may give where it is about the same problem. Every item is a section of a document, less its mark and what
no reader can use, and cites the span it stands in. A document that only says that it does not know is no answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.prose import length_of_substance, owns_to_ignorance
from assistant.quoting import Citations, Quoted, under_headings, whole_sections
from assistant.values import Citation, Item
from kb.text import tokens
from kb.values import Document, Hit, Section, SectionKind

__all__ = ["Draft", "compose", "is_silent", "same_problem"]

_MAX_CAUSES, _MAX_STEPS = 10, 15
_MAX_EXPLANATIONS, _MAX_EXPLANATIONS_ALONE = 4, 8
_SUPPORT = 0.85  # a further document may fill in what the best one lacks from this share of its score on
_SAME = 0.8  # token overlap (Jaccard) from which two items say the same
_SAME_PROBLEM = 0.4  # token overlap of questions from which documents are about the same problem
_SILENT = 0.5  # share of its explanations that a document which owns to ignorance must still have to be an answer
_LONGEST_SUMMARY = 400  # characters


@dataclass(frozen=True, slots=True)
class Draft:
    """What the engine composed; `summary` is empty or one item."""

    summary: tuple[Item, ...] = ()
    causes: tuple[Item, ...] = ()
    steps: tuple[Item, ...] = ()
    explanation: tuple[Item, ...] = ()
    citations: tuple[Citation, ...] = ()


def compose(hits: Sequence[Hit]) -> Draft:
    """Causes, steps and explanation for a question from its hits, best first; empty when nothing can be quoted."""
    near = [hit for hit in hits[:3] if hit is hits[0] or hit.score >= _SUPPORT * hits[0].score]
    near = [hit for hit in near if not is_silent(hit.document)]
    if not near:
        return Draft()
    best, picked = near[0], _Picked()
    causes, steps = _causes_and_steps(near, picked)
    summary = picked.take(best.document, _leading(best), 1, aside=True) if causes or steps else []
    limit = _MAX_EXPLANATIONS if causes or steps else _MAX_EXPLANATIONS_ALONE
    explanation = picked.take(best.document, _explaining(best, bool(causes or steps)), limit, aside=True)
    cite = Citations()
    return Draft(
        summary=cite.items(summary),
        causes=cite.items(under_headings(causes)),
        steps=cite.items(under_headings(steps)),
        explanation=cite.items(under_headings(explanation, always=True)),
        citations=tuple(cite.citations),
    )


class _Picked:
    """Chooses sections and leaves out what was already said."""

    def __init__(self) -> None:
        self._seen: list[frozenset[str]] = []

    def take(self, document: Document, sections: Iterable[Section], limit: int, *, aside: bool = False) -> list[Quoted]:
        """At most `limit` of the sections; with `aside`, without sentences that only sum up an expert's answer."""
        taken: list[Quoted] = []
        aside = aside and document.kind == "qa"
        for section in sections:
            follows = bool(taken) and not document.text[taken[-1].section.end : section.start].strip()
            one = Quoted.of(document, section, aside=aside, follows=follows or section.kind == "step")
            words = frozenset(tokens(one.markdown))
            if len(taken) < limit and words and not any(_overlap(words, other) >= _SAME for other in self._seen):
                self._seen.append(words)
                taken.append(one)
        return taken


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def _causes_and_steps(near: Sequence[Hit], picked: _Picked) -> tuple[list[Quoted], list[Quoted]]:
    """Both from the best document; the one that it lacks from the next that is about the same problem."""
    found: dict[SectionKind, list[Quoted]] = {"cause": [], "step": []}
    for hit in near:
        if hit is not near[0] and not (any(found.values()) and same_problem(hit.document, near[0].document)):
            continue
        causes = _of_kind(hit, "cause")
        found["cause"] = found["cause"] or picked.take(hit.document, causes, _MAX_CAUSES, aside=True)
        found["step"] = found["step"] or picked.take(hit.document, _of_kind(hit, "step"), _MAX_STEPS)
    return found["cause"], found["step"]


def same_problem(one: Document, other: Document) -> bool:
    """Whether the questions, or titles, of two documents share most of their words."""
    words, others = (frozenset(tokens(document.question or document.title)) for document in (one, other))
    return _overlap(words, others) >= _SAME_PROBLEM


def _of_kind(hit: Hit, kind: SectionKind) -> list[Section]:
    sections = whole_sections(hit.document, kind)
    if hit.document.kind == "page" and not _is_walk(hit.document):  # only the procedure that matched counts
        headings = {passage.heading for passage in hit.passages if passage.kind == kind}
        sections = [section for section in sections if section.heading in headings]
    return sections


def _is_walk(page: Document) -> bool:
    steps = sum(section.kind == "step" for section in page.sections)
    return len(page.sections) <= 2 * steps <= 2 * _MAX_STEPS


def _explaining(hit: Hit, is_supplement: bool) -> Iterator[Section]:
    # An expert's answer is about one question and counts as a whole; of a page, what matched beside the best match.
    document = hit.document
    for section in document.sections:
        matched = _matched(hit, section)
        kinds = ("explanation", "note") if is_supplement else ("explanation", "note", "text", "cause", "step")
        whole = document.kind == "qa" and (section.kind != "text" or section.start < _last_explained(document))
        if section.kind in kinds and (matched or whole) and not _announces(document, section):
            yield section


def _matched(hit: Hit, section: Section) -> bool:
    parent = hit.passages[0].heading.rpartition(" › ")[0] if hit.passages else ""
    beside = hit.document.kind == "qa" or section.heading.startswith(parent)
    return beside and any(section.start < passage.end and passage.start < section.end for passage in hit.passages)


def _last_explained(document: Document) -> int:
    return max((section.start for section in document.sections if section.kind in ("explanation", "note")), default=0)


def _leading(hit: Hit) -> Iterator[Section]:
    # The paragraph before the first cause or step, where experts put the answer in short.
    document = hit.document
    for section in document.sections:
        if section.kind in ("cause", "step"):
            return
        short = section.end - section.start <= _LONGEST_SUMMARY
        own = document.kind == "qa" or _matched(hit, section)
        if section.kind in ("text", "explanation") and short and own and not _announces(document, section):
            yield section


def _announces(document: Document, section: Section) -> bool:
    return document.section_text(section).rstrip("* ").endswith(("：", ":"))


def is_silent(document: Document) -> bool:
    """Whether a document owns that it does not know and says little else."""
    if any(section.kind in ("cause", "step") for section in document.sections):
        return False
    texts = [document.section_text(s) for s in document.sections if s.kind in ("explanation", "note", "text")]
    if not any(map(owns_to_ignorance, texts)):
        return False
    return sum(map(length_of_substance, texts)) < _SILENT * sum(map(len, texts))
