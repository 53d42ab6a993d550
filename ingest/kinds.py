"""What a heading, a lead-in, a list item or a paragraph is about, judged from its words in Chinese or English.

The words themselves are in `ingest.words`.
"""

import re

from ingest.words import (
    ABOUT_TROUBLE,
    ANNOUNCES,
    CAUSE_SENTENCE,
    CAUSE_WORDS,
    CLOSING,
    CONTAINER_END,
    DESCRIBES,
    EDGE,
    ENGLISH_VERB,
    HAS_CAUSE,
    HAS_EXPLANATION,
    HAS_NOTE,
    HAS_REFERENCE,
    HAS_STEP,
    HOW,
    LEAD_CAUSE,
    LEAD_EXPLANATION,
    LEAD_STEP,
    NOTE_START,
    NOUN,
    NUMBERING,
    PROMPT,
    SCAFFOLD,
    SCAFFOLD_START,
    STEP_LABEL_END,
    STEP_N,
    STRICT_PATTERNS,
    VERB,
    WHAT,
    WHY,
)
from kb.values import SectionKind

__all__ = [
    "Meaning", "asks_what", "asks_why", "bare", "heading_meaning", "is_closing", "is_command", "is_courtesy",
    "is_demand", "is_imperative", "is_instruction", "is_link", "is_note", "is_scaffold", "item_label", "label_meaning",
    "lead_meaning", "paragraph_kind", "reads_as_cause", "starts_with_verb",
]  # fmt: skip

# What a heading says about what stands under it: a kind, "mixed" (causes and steps together), "unit" (the heading is
# one step itself: "Step 2", "Restart the server"), or "" (nothing).
Meaning = SectionKind | str


def bare(title: str) -> str:
    """A heading or label without marks, numbering and colon: "**1. 原因分析：**" is "原因分析"."""
    text = EDGE.sub("", title)
    return EDGE.sub("", NUMBERING.sub("", text))


def label_meaning(label: str) -> Meaning:
    """What a label announces when it is nothing but an announcement ("原因分析", "Steps"), else ""."""
    text = bare(label)
    text = bare(STEP_N.sub("", text)) or text
    text = re.sub(r"\s+(?=[一-鿿])|[（(][^（）()]{0,80}[）)]", "", text)
    if not text or len(text) > 40:
        return ""
    return next((kind for kind, pattern in STRICT_PATTERNS if pattern.fullmatch(text)), "")


def heading_meaning(title: str) -> Meaning:
    """What a heading says about what stands under it; "" where it says nothing of the kind."""
    text = bare(title)
    numbered_step = bool(STEP_N.match(text) or re.match(r"第[一二三四五六七八九十\d]+步", title.strip("*# ")))
    meaning = label_meaning(text)
    if meaning and not (numbered_step and meaning in ("step", "explanation", "mixed")):
        return meaning
    if numbered_step:
        return "unit"
    if HAS_REFERENCE.search(text):
        return "reference"
    if HAS_NOTE.search(text):
        return "note"
    cause, step = bool(HAS_CAUSE.search(text)), bool(HAS_STEP.search(text))
    if cause and step:
        return "mixed"
    if cause:
        return "cause"
    if step and CONTAINER_END.search(text):
        return "step"
    commands = starts_with_verb(text) and not NOUN.search(text)
    if HAS_EXPLANATION.search(text) and not commands:
        return "explanation"
    if commands:
        return "unit"
    return "step" if step else ""


def lead_meaning(sentence: str) -> Meaning:
    """What kind of list a lead-in announces: "cause", "step", "mixed" or ""."""
    if PROMPT.search(sentence):
        return ""
    # The last clause counts most: "this may be caused by X; fix it with these steps:".
    clause = re.split(r"[。；;!?！？]|\.\s", sentence.strip().rstrip("：:。"))[-1] or sentence
    tail = re.split(r"[，,]", clause)[-1]
    for text in (tail, clause):
        cause, step = bool(LEAD_CAUSE.search(text)), bool(LEAD_STEP.search(text))
        if cause and step:
            return "mixed"
        if cause or step:
            return "cause" if cause else "step"
    return "explanation" if LEAD_EXPLANATION.search(clause) else ""


def starts_with_verb(text: str) -> bool:
    """Whether the words begin with something to do: "检查配置", "Restart the server"."""
    text = bare(text)[:60]
    return bool(VERB.match(text) or ENGLISH_VERB.match(text))


def is_imperative(text: str) -> bool:
    """Whether the words tell somebody to do something, also as a noun: "检查配置", "网络检查"."""
    words = bare(text)
    return starts_with_verb(words) or (len(words) < 24 and bool(STEP_LABEL_END.search(words)))


def item_label(text: str) -> str:
    """The label an item begins with: its bold start, or its words before a colon, or its first clause."""
    line = text.lstrip().split("\n", 1)[0][:300]
    line = re.sub(r"^(?:[-*+]|\d{1,9}[.)])\s+", "", line)
    bold = re.match(r"\*\*(.{1,120}?)\*\*", line)
    if bold:
        return bold[1]
    before, colon, _ = line.partition("：") if "：" in line[:40] else line.partition(": ")
    return before if colon and len(before) <= 40 else re.split(r"[，,。；;]", line, maxsplit=1)[0]


def reads_as_cause(text: str) -> bool:
    """Whether an item names something that is wrong rather than something to do."""
    label = bare(item_label(text))
    if CAUSE_WORDS.search(label):
        return True
    return not is_imperative(label) and bool(CAUSE_WORDS.search(text[:200]) or CAUSE_SENTENCE.search(text[:200]))


def asks_why(question: str) -> bool:
    """Whether a question is about something that went wrong, not about how to do something."""
    plain_how = HOW.match(question.strip()) and len(question) < 40 and not ABOUT_TROUBLE.search(question[:60])
    return bool(WHY.search(question[:4000])) and not plain_how


def is_instruction(item: str) -> bool:
    """Whether a list item that nothing announces tells somebody to do something, in its label or in what follows it."""
    label, body = _label_and_body(item)
    if re.fullmatch(r"`?[\w-]+(?:[._][\w-]+)+(?:\([^()]{0,20}\))?`?", bare(label)):
        return False  # a setting and what it does
    if DESCRIBES.match(body):
        return False
    return _addresses(body) or (is_imperative(label) and not NOUN.search(bare(label)))


def is_command(item: str) -> bool:
    """Whether both the label of an item and what follows it tell somebody to do something."""
    label, body = _label_and_body(item)
    return starts_with_verb(label) and not CAUSE_WORDS.search(bare(label)) and (not body or _addresses(body))


def _label_and_body(item: str) -> tuple[str, str]:
    label = item_label(item)
    line = re.sub(r"^(?:[-*+]|\d{1,9}[.)])\s+", "", item.lstrip())[:400]
    body = re.sub(r"\s+", " ", line.replace("**", "").replace(label, "", 1))
    return label, body.lstrip("：:-– ，,")


def _addresses(body: str) -> bool:
    return bool(re.match(r"(?:[^，,。]{0,16}[，,])?(?:请|您|你|确保|you\b)", body)) or is_imperative(body)


def is_demand(item: str) -> bool:
    """Whether an item tells somebody to do something about what its label names: "网络：确保端口开放"."""
    label, body = _label_and_body(item)
    return is_command(item) or (is_imperative(body[:60]) and not CAUSE_WORDS.search(bare(label)))


def is_link(item: str) -> bool:
    """Whether an item is nothing but a link, with a name before it at most."""
    return bool(_ONLY_LINK.fullmatch(item.strip()))


_ONLY_LINK = re.compile(
    r"(?:(?:[-*+]|\d{1,9}[.)])\s+)?(?:[^\[\]()\n]{0,24}[：:]\s*)?"
    r"(?:\[{1,2}[^\[\]\n]{1,200}\]{1,2}\(\S{1,400}\)|<?https?://[^\s>]{1,400}>?)[。.；;]?"
)


def is_note(text: str) -> bool:
    """Whether a text begins like a warning or a note."""
    return bool(NOTE_START.match(text[:100].lstrip("> *")))


def is_courtesy(paragraph: str) -> bool:
    """Whether a paragraph only wishes well or says where to ask next."""
    return is_closing(paragraph) and bool(re.match(r"[\s*>]*(?:希望|如|若|i hope|hope|if )", paragraph, re.IGNORECASE))


def asks_what(question: str) -> bool:
    """Whether a question wants to know how something is done or what it is, and nothing is wrong."""
    return bool(WHAT.search(question[:4000])) and not asks_why(question)


def is_scaffold(sentence: str) -> bool:
    """Whether a sentence only announces the answer ("根据提供的知识内容，…如下：") and tells nothing itself."""
    sentence = sentence.strip()[:300]
    telling = CAUSE_SENTENCE.search(sentence) and not sentence.endswith(("：", ":"))
    announces = SCAFFOLD_START.search(sentence) and ANNOUNCES.search(sentence)
    return bool(announces or SCAFFOLD.search(sentence)) and not telling


def is_closing(paragraph: str) -> bool:
    """Whether a paragraph only closes the answer: a wish, a summary of what was said, where to ask next."""
    return bool(CLOSING.match(paragraph[:200].lstrip("*> ")))


def paragraph_kind(text: str, why: bool) -> SectionKind:
    """The kind of a paragraph that stands under no telling heading."""
    start = text[:300].lstrip("> ")
    if NOTE_START.match(start):
        return "note"
    label = re.match(r"(?:\*\*([^*\n]{2,30})\*\*[：:]?|([^\s：:，。]{2,12})[：:])(?=.)", start)
    meaning = label_meaning(label[1] or label[2]) if label else ""
    if meaning in ("cause", "step", "explanation", "note"):
        return meaning  # type: ignore[return-value]
    if is_closing(start):
        return "text"
    if why and CAUSE_SENTENCE.search(start):
        return "cause"
    return "explanation"
