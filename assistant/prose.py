"""What of an expert's words a reader can use: sentences about the expert's material, courtesies and loose ends go.

Nothing is reworded. A sentence stays, goes, or loses a whole clause at its start or end; code stays as it is.
"""

import re
from collections.abc import Iterator, Sequence

from assistant.phrases import (
    ALTHOUGH,
    ALTHOUGH_BUT,
    ASIDE,
    BACK,
    BY_SOURCE,
    CHINESE_MATERIAL,
    CODE_OR_LINK,
    COURTESY,
    DANGLES,
    FENCE,
    FIGURE,
    FROM_ASKER,
    LABEL,
    LINK,
    MATERIAL,
    MATERIAL_FIRST,
    POINTS_ELSEWHERE,
    PROMISES,
    REPEATS_ASKER,
    SENTENCE,
    SILENT,
    SOURCE,
    SOURCE_SAYS,
    UNABLE,
    UNSAID,
)

__all__ = [
    "edited",
    "is_aside",
    "is_code_mark",
    "length_of_substance",
    "owns_to_ignorance",
    "without_link_to_before",
]


def edited(markdown: str, *, aside: bool = False) -> str:
    """The text without talk about the expert's material, courtesies, and lead-ins that nothing follows.

    With `aside`, sentences that only sum up or close go as well, with all that a text goes on to say after such a
    beginning. May be empty.
    """
    if aside and (opening := _sentences(_unlabelled(markdown.lstrip()))) and ASIDE.match(opening[0]):
        return ""
    lines = list(_edited_lines(markdown.split("\n"), aside))
    while lines and _leads_nowhere(lines):
        lines[-1] = _without_last_sentence(lines[-1])
        if not lines[-1]:
            lines.pop()
    return "\n".join(lines)


def is_aside(sentence: str) -> bool:
    """Whether a sentence only announces, sums up, closes, or talks about the material."""
    return bool(
        ASIDE.match(sentence) or COURTESY.search(sentence) or MATERIAL.search(sentence) or PROMISES.match(sentence)
    )


def owns_to_ignorance(text: str) -> bool:
    """Whether a sentence of the text admits that the expert's material holds no answer."""
    sentences = (sentence for line in text.split("\n") for sentence in _sentences(line))
    return any(UNABLE.search(one) and (MATERIAL.search(one) or SILENT.match(one)) for one in sentences)


def length_of_substance(markdown: str) -> int:
    """Characters of what tells a reader something: unusable sentences and those that point elsewhere left out."""
    sentences = (sentence for line in edited(markdown, aside=True).split("\n") for sentence in _sentences(line))
    return sum(len(one) for one in sentences if not POINTS_ELSEWHERE.search(one))


def without_link_to_before(text: str) -> str:
    """The text without a first word that ties it to something that is not quoted ("但是，", "因此，")."""
    return text[match.end() :] if (match := LINK.match(text)) else text


def is_code_mark(line: str) -> bool:
    """Whether a line opens or closes a code block."""
    return bool(FENCE.match(line))


def _edited_lines(lines: Sequence[str], aside: bool) -> Iterator[str]:
    in_code = dropped = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        in_code ^= is_code_mark(line)
        if in_code or is_code_mark(line) or not line.strip():
            yield line
            continue
        kept = _edited_line(line, aside, dropped)
        dropped = not kept
        if dropped and following.startswith((" ", "```", "~~~")):
            kept = _label(line)  # what stands under it needs it
        if kept:
            yield kept


def _label(line: str) -> str:
    """The list mark and bold name that a line begins with; "" where it has no name that a reader can use."""
    label = LABEL.match(line)
    return label[0].rstrip() if label and label["name"] and not is_aside(label["name"].strip("*：: ")) else ""


def _edited_line(line: str, aside: bool, dropped: bool) -> str:
    """The line without its unusable sentences, "" where nothing else is left; `dropped` says that one stood before."""
    label = LABEL.match(line)
    start, head = (label.end(), label[0]) if label else (0, "")
    if label and label["name"] and not _label(line):
        head = label["mark"]
    kept: list[str] = []
    for sentence in _sentences(line[start:]):
        rest = _usable(sentence, aside)
        if rest and dropped:
            rest = without_link_to_before(rest)
        dropped = not rest or (dropped and not kept)
        kept.append(rest)
    body = "".join(kept)
    if body == line[start:]:
        return line if head == line[:start] else (head + body if body else "")
    return head + body.rstrip() if re.search(r"\w", body) else ""


def _unlabelled(text: str) -> str:
    line = text.split("\n", 1)[0]
    label = LABEL.match(line)
    return line[label.end() :] if label else line


def _sentences(line: str) -> list[str]:
    return [match[0] for match in SENTENCE.finditer(line) if match[0]]


def _usable(sentence: str, aside: bool) -> str:
    """What of a sentence is for a reader: all of it, a clause less, or nothing."""
    masked = CODE_OR_LINK.sub(lambda match: "\x00" * len(match[0]), sentence)
    if COURTESY.search(masked) or (aside and _closes(masked)):
        return ""
    if match := FROM_ASKER.match(masked):
        rest = without_link_to_before(sentence[match.end() :])
        return "" if REPEATS_ASKER.match(rest) else _standing(sentence, masked, len(sentence) - len(rest), aside)
    if match := BACK.match(masked):
        return sentence[match.end() :]
    if match := FIGURE.search(masked):
        return _ended(sentence, match.start())
    if end := _end_of_concession(masked):
        return _standing(sentence, masked, end, aside)
    if not MATERIAL.search(masked):
        return "" if SILENT.match(masked) else sentence
    for pattern in (BY_SOURCE, SOURCE_SAYS, MATERIAL_FIRST):
        if match := pattern.match(masked):
            return _standing(sentence, masked, match.end(), aside)
    return _without_end(sentence, masked)


def _end_of_concession(masked: str) -> int:
    """Where "although the material does not say, …" goes on to say something; 0 where there is no such beginning."""
    for pattern in (ALTHOUGH_BUT, ALTHOUGH):
        match = pattern.match(masked)
        if match and (MATERIAL.search(match["what"]) or UNSAID.search(match["what"])):
            return match.end()
        if match and BY_SOURCE.match(masked, match.end()) and not BY_SOURCE.fullmatch(masked, match.end()):
            return match.end()
    return 0


def _closes(sentence: str) -> bool:
    return bool(ASIDE.match(without_link_to_before(sentence)) or PROMISES.match(sentence))


def _standing(sentence: str, masked: str, start: int, aside: bool) -> str:
    """The sentence from `start` on where that says something on its own, else nothing."""
    if again := BY_SOURCE.match(masked, start):
        start = again.end()
    cut_in_bold = masked[:start].count("**") % 2
    start += len(masked[start:]) - len(masked[start:].lstrip("*，, " if cut_in_bold else "，, "))
    rest = masked[start:]
    if aside and _closes(rest):
        return ""
    alone = len(re.findall(r"\w", rest.replace("\x00", "x"))) >= 4
    if not alone or DANGLES.match(rest) or MATERIAL.search(rest) or PROMISES.match(rest) or UNABLE.search(rest):
        return ""
    return sentence[start:]


def _without_end(sentence: str, masked: str) -> str:
    """The sentence without a last clause or bracket that names the material; nothing where it is elsewhere."""
    bracket = re.search(rf"\s*[（(][^（）()\n]{{0,30}}(?:{SOURCE})[^（）()\n]{{0,30}}[）)][。.]?\s*$", masked)
    clause = re.search(
        rf"[，,](?:正?如|参考|参照|详见|见|这)[^，,。]{{0,30}}(?:{SOURCE})[^，,。]{{0,40}}[。.]?\s*$", masked
    )
    if not CHINESE_MATERIAL.search(masked) and not UNABLE.search(masked):
        return sentence  # "the retrieved documents" may be what a product is about
    found = bracket or clause
    if not found or MATERIAL.search(masked[: found.start()]) or found.start() < 4:
        return ""
    return _ended(sentence, found.start())


def _ended(sentence: str, end: int) -> str:
    """The sentence up to `end`, with the full stop that it had."""
    stop = re.search(r"[。！？!?.]\s*$", sentence)
    return sentence[:end] + (stop[0] if stop and sentence[:end].strip() else "")


def _leads_nowhere(lines: Sequence[str]) -> bool:
    last = lines[-1].rstrip("* ")
    if not last:
        return True
    in_code = sum(is_code_mark(line) for line in lines) % 2 == 1
    return last.endswith(("：", ":")) and not in_code and not is_code_mark(lines[-1])


def _without_last_sentence(line: str) -> str:
    label = LABEL.match(line)
    start = label.end() if label else 0
    kept = "".join(_sentences(line[start:])[:-1])
    return line[:start] + kept if kept.strip() else ""
