"""From what a stuck person pastes to what an index should look for.

A stack trace of hundreds of frames says one thing: which exception, with which message, from which component. Searching
for the frames themselves would find whatever document quotes the longest trace.
"""

import re

from kb.text import clean, features, is_cjk

__all__ = ["search_text"]

_SHORT = 300  # characters; shorter text is searched as it stands
_MAX_LINES = 12  # of each kind; the first ones name the fault
_MAX_LINE = 300
_FRAME = re.compile(
    r"\s*(?:at\s+[\w.$<>/@]+\(|\.{3}\s*\d+\s+(?:more|common frames)|File \"[^\"]{1,300}\", line \d+|#\d+\s)"
)
_FAULT = re.compile(r"(?:Exception|Error|Caused by|Throwable|FATAL|Failed|failed|refused|denied|timed? ?out|not found)")
_LOG = re.compile(
    r"\s*(?:\[?\d{4}[-/]\d\d[-/]\d\d|\d\d:\d\d:\d\d|\[?(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE)\b|[\w.-]{1,60}\s*\|)"
)
_LOG_HEAD = re.compile(
    r"^[\s\d:.,\-/TZ+\[\]]{8,40}|\b(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE)\b|\[[^\]\n]{0,80}\]|^\s*[\w.-]{1,60}\s*\|"
)
_RULE = re.compile(r"[\s\-=_*#~.+|<>]*")


def search_text(text: str) -> str:
    """The part of a question or paste that is worth searching for, at most some 6 000 characters.

    Short text comes back cleaned but whole. In a long one prose stays, stack frames and ordinary log lines go, lines
    that state a fault keep their message, and the identifiers of the rest are added once.
    """
    text = clean(text).strip()
    if len(text) <= _SHORT and "\n" not in text:
        return text
    prose: list[str] = []
    faults: list[str] = []
    rest: list[str] = []
    for line in text.split("\n"):
        if _RULE.fullmatch(line) or _FRAME.match(line):
            continue
        if _LOG.match(line) or len(line) > _MAX_LINE or _FAULT.search(line):
            (faults if _FAULT.search(line) else rest).append(line[:2000])
        else:
            prose.append(line.strip())
    kept = _prose(prose) + [_LOG_HEAD.sub(" ", line)[:_MAX_LINE].strip() for line in dict.fromkeys(faults)][:_MAX_LINES]
    names = features("\n".join(rest[:200])).all[:20] if len(kept) < _MAX_LINES else ()
    return "\n".join([*kept, " ".join(names)]).strip() or text[:_SHORT]


def _prose(lines: list[str]) -> list[str]:
    # What a person wrote comes before code and configuration: sentences first, then short lines, within the budget.
    def is_sentence(line: str) -> bool:
        return any(map(is_cjk, line)) or len(re.findall(r"[A-Za-z]{2,}", line)) > 4

    sentences = [line for line in lines if is_sentence(line)]
    others = [line for line in lines if not is_sentence(line)]
    return [line[:_MAX_LINE] for line in sentences[:_MAX_LINES] + others[:_MAX_LINES]]
