"""From what a stuck person pastes to what an index should look for.

A stack trace of hundreds of frames says one thing: which exception, with which message, from which component. Searching
for the frames themselves would find whatever document quotes the longest trace. Greetings and thanks say nothing.
"""

import re
import unicodedata
from collections.abc import Sequence

from kb.text import clean, features, query_tokens

__all__ = ["naming_once", "search_text"]

_SHORT = 300  # characters; shorter text is searched as it stands
_MAX_LINES = 12  # of each kind; the first ones name the fault
_SHARED_FAULTS = 3  # beside sentences: those that speak of the same thing
_OTHER_FAULTS = 1  # and the root cause
_NAMES = 20
_MAX_LINE = 300
_ENOUGH_WORDS = 4  # fewer words of a person's own cannot stand for a paste
_FRAME = re.compile(
    r"\s*(?:at\s+[\w.$<>/@]+\(|\.{3}\s*\d+\s+(?:more|common frames)|File \"[^\"]{1,300}\", line \d+|#\d+\s)"
)
_FRAME_IN_LINE = re.compile(r"\sat [\w.$<>/]{3,200}\([^)\n]{0,80}\)")  # a trace pasted without its line ends
_FAULT = re.compile(
    r"(?:\bERROR\b|Exception|Error|Caused by|Throwable|FATAL|Failed|failed|refused|denied|timed? ?out|not found)"
)
_NAMED_FAULT = re.compile(r"[A-Z]\w{0,80}(?:Exception|Error|Throwable)\b")
_LOG = re.compile(
    r"\s*(?:\[?\d{4}[-/]\d\d[-/]\d\d|\d\d:\d\d:\d\d|\[?(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE)\b|[\w.-]{1,60}\s*\|)"
)
_LOG_HEAD = re.compile(
    r"^[\s\d:.,\-/TZ+\[\]]{8,40}|\b(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE)\b|\[[^\]\n]{0,80}\]|^\s*[\w.-]{1,60}\s*\|"
    r"|\d{1,9} ---|[\w.$]{2,80}\s{1,40}[:-]\s"  # process number, logger
)
_CAUSED = re.compile(r"Caused by:\s*")
_PACKAGE = re.compile(r"\b(?:[a-z]\w*\.){2,12}(?=[A-Z])")
_WRAPPER = re.compile(
    r"\b(?:RuntimeException|ExecutionException|CompletionException|InvocationTargetException|UndeclaredThrowableException"
    r"|NestedServletException|Exception|Error|Throwable): "
)
_RULE = re.compile(r"[\s\-=_*#~.+|<>—]*")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_FENCE = re.compile(r"\s*(?:```|~~~)")
# A line of code or configuration: brackets and signs that sentences do not hold, or a key with its value.
_CODE = re.compile(r"[{}\\]|[;,({]\s*$|=[^=\s]|</?\w|^\s*@\w|^\s*[-\w.\"']{1,60}\s*:(?:\s|$)|^\s*- \S+$|\w\(.{0,200}\)")


def search_text(text: str) -> str:
    """The part of a question or paste that is worth searching for, at most some 10 000 characters.

    Full-width letters and digits become plain ones, and greetings and thanks go. Short text otherwise stays whole. In a
    long one the sentences stay; stack frames, rules and ordinary log lines go, and of code, configuration and faults
    only that which the sentences speak of, or the first lines where there are no sentences.
    """
    text = _FRAME_IN_LINE.sub("\n", unicodedata.normalize("NFKC", clean(text))).strip()
    if len(text) > _SHORT or "\n" in text:
        text = _reduced(text) or text[:_SHORT]
    return _without_courtesies(text)


def _reduced(text: str) -> str:
    sentences: list[str] = []
    faults: list[str] = []
    others: list[str] = []
    fenced = False
    for line in text.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        elif _RULE.fullmatch(line) or _FRAME.match(line):
            continue
        elif not fenced and _is_sentence(line):
            sentences.append(line.strip()[: 2 * _MAX_LINE])
        else:
            (faults if _FAULT.search(line) else others).append(line[:2000])
    messages = list(dict.fromkeys(filter(None, map(_message, faults))))
    words = set(query_tokens("\n".join(sentences[:_MAX_LINES])))
    if len(words) >= _ENOUGH_WORDS:
        names = [name for name in _names(others) if not words.isdisjoint(query_tokens(name))]
        kept = sentences[:_MAX_LINES] + _telling(messages, words)
    else:
        plain = [line.strip()[:_MAX_LINE] for line in others if not _LOG.match(line) and len(line) <= _MAX_LINE]
        kept = sentences + plain[:_MAX_LINES] + messages[:_MAX_LINES]
        names = _names(others) if len(kept) < _MAX_LINES else []
    return "\n".join([*kept, " ".join(names[:_NAMES])]).strip()


def _message(line: str) -> str:
    """What a line of a log or trace says, without when, where and in which package."""
    return _WRAPPER.sub(" ", _PACKAGE.sub("", _LOG_HEAD.sub(" ", line)[:_MAX_LINE])).strip()


def _is_sentence(line: str) -> bool:
    if _LOG.match(line):
        return False
    han = len(_HAN.findall(line[:_MAX_LINE]))
    if han:
        return not (han < 8 and _CODE.search(line[:_MAX_LINE]))  # a comment behind a setting is no sentence
    return (
        len(re.findall(r"[A-Za-z]{2,}", line)) > 4
        and len(line) <= 3 * _MAX_LINE
        and not _CODE.search(line)
        and not _FAULT.search(line)
    )


def _telling(messages: Sequence[str], words: set[str]) -> list[str]:
    """The faults that share words with the sentences, and the root cause: the last "Caused by", else the first."""
    shared = [line for line in messages if not words.isdisjoint(query_tokens(line))]
    others = [line for line in messages if line not in shared]
    causes = [line for line in reversed(others) if _CAUSED.match(line)]
    named = [line for line in others if _NAMED_FAULT.search(line)]
    return [_CAUSED.sub("", line) for line in shared[:_SHARED_FAULTS] + (causes + named)[:_OTHER_FAULTS]]


def _names(lines: Sequence[str]) -> list[str]:
    return list(features(" ".join(_LOG_HEAD.sub(" ", line) for line in lines[:200])).all)


def naming_once(query: str, names: Sequence[str]) -> str:
    """The query with only the first mention of a product by one of its names; names inside identifiers stay."""
    words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name)
    if not words:
        return query
    mentions = re.compile(rf"(?<![\w.\-/@:])(?:{words})(?![\w.\-/@:])", re.IGNORECASE | re.ASCII)
    first = mentions.search(query)
    return query[: first.end()] + mentions.sub(" ", query[first.end() :]) if first else query


_COURTESIES = re.compile(
    r"(?:各位|诸位)?(?:大佬|老师|大神|前辈|同学)们?(?:好|们)?[，,！!：:]?|请教(?:一下|个问题|一个问题|下)?[，,：:]?"
    r"|请问(?:一下|下)?[，,：:]?|(?:想)?咨询(?:一下|个问题|下)[，,：:]?|不好意思(?:打扰了?)?[，,]?|打扰了[，,]?"
    r"|(?:新手|小白|萌新)+(?:一个|一枚)?[，,]?|帮忙看(?:看|下|一下)[，,]?"
    r"|麻烦(?:问一下|问下|看看|看下|大家了?|各位了?)?[，,]?|求(?:助|教|解答?|大神)[，,！!]*|(?:你|您|大家)好(?:啊|呀)?[，,！!。]?"
    r"|(?:多谢|非常感谢|万分感谢|感谢|谢谢)(?:了|大家|各位)?[！!。]*|在线等(?:[，,]?急)?[！!]*"
    r"|有(?:没有)?(?:大佬|人|谁)?(?:知道|遇到过|碰到过)(?:的吗|吗|怎么解决吗?)?"
    r"|\b(?:hi|hello|hey)(?: (?:all|team|everyone|guys|there|folks))?[,!.]?(?=\s)"
    r"|\b(?:please|thanks(?: a lot| in advance)?|thank you(?: very much)?)\b[,!.]?",
    re.IGNORECASE,
)


def _without_courtesies(query: str) -> str:
    stripped = _COURTESIES.sub(" ", query).strip(" ,，;；")
    return stripped if len(stripped) > 1 else query
