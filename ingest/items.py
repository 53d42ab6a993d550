"""What the items of one list are: causes, steps, explanations or notes."""

from collections.abc import Callable, Sequence

from ingest.kinds import (
    Meaning,
    is_demand,
    is_instruction,
    is_link,
    is_note,
    item_label,
    label_meaning,
    lead_meaning,
    reads_as_cause,
)
from kb.values import SectionKind

__all__ = ["item_kinds"]

_ANY: tuple[SectionKind, ...] = ("note", "reference", "explanation", "cause", "step")


def item_kinds(
    texts: Sequence[str], meaning: Meaning, lead: str, *, ordered: bool, why: bool, what: bool
) -> list[SectionKind]:
    """The kind of each item of a list.

    `meaning` is what the heading above says, `lead` the sentence that announces the list, `ordered` whether it is
    numbered; `why` and `what` say whether the question is about a fault, or about how something is done.
    """
    announced = _lead_kind(lead, texts, meaning, what=what)
    if meaning == "note" or (meaning == "explanation" and not (ordered and announced == "step")):
        return ["note" if meaning == "note" else "explanation"] * len(texts)
    kind = announced or meaning
    if all(map(is_link, texts)):
        return ["explanation"] * len(texts)  # where to read on
    if kind in ("step", "cause"):
        # A heading's word stands; under a mere lead-in an item may say itself what it is.
        allowed: tuple[SectionKind, ...] = ("note", "reference", "explanation") if meaning else _ANY
        return [_said(text, allowed, what=what) or ("step" if kind == "step" else "cause") for text in texts]
    if is_note(lead) or kind == "explanation":
        return ["note" if is_note(lead) else "explanation"] * len(texts)
    if _share(texts, lambda text: text.rstrip("* ")[-1:] in "？?") > 0.5:
        return ["text"] * len(texts)  # the expert asks back
    judged = _judged(texts, ordered=ordered, mixed=kind == "mixed", why=why)
    return [_said(text, _ANY, what=what) or judged for text in texts]


def _lead_kind(lead: str, texts: Sequence[str], meaning: Meaning, *, what: bool) -> Meaning:
    """What the lead-in announces where it counts more than the heading, else ""."""
    announced = lead_meaning(lead) if lead else ""
    if meaning == "cause" and announced != "cause" and len(texts) > 1 and _share(texts, is_demand) >= 0.75:
        return "step"  # causes in name only
    if what and (announced or meaning) == "cause" and _share(texts, reads_as_cause) < 0.5:
        return "explanation"  # reasons for something that is not wrong
    if announced in ("step", "cause"):
        return announced
    return announced if meaning in ("", "mixed") else ""


def _said(text: str, allowed: Sequence[SectionKind], *, what: bool) -> SectionKind | None:
    """The kind that an item's own label announces."""
    label = label_meaning(item_label(text))
    if label == "cause" and what and not reads_as_cause(text):
        label = "explanation"
    return next((kind for kind in allowed if kind == label), None)


def _judged(texts: Sequence[str], *, ordered: bool, mixed: bool, why: bool) -> SectionKind:
    """The kind of items that nothing announces, from what they say themselves."""
    instructions, causes = _share(texts, is_instruction), _share(texts, reads_as_cause)
    if why and causes > instructions and causes >= 0.5:
        return "cause"
    if instructions >= (0.5 if ordered else 0.75) or (mixed and instructions >= causes):
        return "step"
    return "explanation"


def _share(texts: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, texts)) / len(texts)
