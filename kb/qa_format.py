r"""The file format of expert answers, as far as its reader (`ingest`) and its writer (`assistant`) must agree on it.

Published files are read again, by us and by site generators that run macros, includes and components over them. What an
expert or a reader wrote must come out of both as it went in: as words. `escape` therefore breaks everything that some
generator acts on, and `unescape` is its exact inverse.

How: every escape holds a zero-width space (U+200B), which no text of ours holds, because `kb.text.clean` strips it. So
nothing of the original can be taken for an escape, and taking them back needs no knowledge of Markdown. In prose, "<"
is written as "&lt;" and "{" as "&#123;", each followed by U+200B: no raw HTML, component, expression, attribute list or
Vue interpolation is left. Code stays as it is, for readers copy it, except inside the few marks that preprocessors act
on even there: "{{", "{%", "{!", "8<-". Generators differ in what they take for code. A text in which they could differ
(a fence that is not closed, a lone backtick, …) is escaped as if none of it were code.
"""

import re
from collections.abc import Iterator

from kb.text import clean

__all__ = ["ESCAPES", "HEADING", "RULE", "escape", "escape_line", "unescape"]

ESCAPES = "dayi-1"
"""Value of the front matter's `escapes` in files whose body is to be read by `unescape`."""

RULE = "-" * 15
"""The line between the parts of a file."""

_QUESTION = r"(?:用户)?问题|(?:user )?question"
_ANSWER = r"专家(?:官方)?(?:解答|回答|答复)|官方解答|(?:expert|official)(?:'s)? answer"
_REFERENCES = r"参考(?:链接|资料|文档)|references?|sources"
_NOTICE = r"答疑服务说明|(?:answer )?service notice|about this answer"
HEADING = re.compile(
    rf"^##[ \t]{{0,4}}(?:<font[^<>\n]{{0,60}}>)?[ \t]{{0,4}}(?:(?P<question>{_QUESTION})|(?P<answer>{_ANSWER})"
    rf"|(?P<references>{_REFERENCES})|(?P<notice>{_NOTICE}))[ \t]{{0,4}}[：:]?[ \t]{{0,4}}(?:</font>)?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
"""A heading of the format; the name of the group that matched is the part that begins there."""

_BREAK = "\u200b"
_LESS, _BRACE = f"&lt;{_BREAK}", f"&#123;{_BREAK}"
_ESCAPED = re.compile(f"{_LESS}|{_BRACE}|{_BREAK}")
_ORIGINAL = {_LESS: "<", _BRACE: "{", _BREAK: ""}

# The patterns below match the empty places where a break goes.
_HEADING_WORD = re.compile(r"(?<=##)(?=[^# \t])|(?<=## )(?=[^ \t])|(?<=##\t)(?=[^ \t])")
_INCLUDE = re.compile(r"(?<=!)(?=include\()", re.IGNORECASE)
_MACRO = re.compile(rf"(?<=\{{)(?=[{{%!])|(?<=8<)(?=-)|(?<=<)(?=!--\s{{0,9}}@)|{_INCLUDE.pattern}", re.IGNORECASE)
_LINK = re.compile(r"(?:(?<=\]\()|(?<=\]:))(?![ \t]*(?:https?://|mailto:|#))", re.IGNORECASE)
_ENTITY = re.compile(r"(?<=&)(?=#|l(?:brace|cub);)")  # Vue reads braces after Markdown has decoded them
_MODULE = re.compile(r"(?<=^import)(?=\s)|(?<=^export)(?=\s)")
_HEADER = re.compile(r"\A(?=---|\+\+\+)")
_TAG = re.compile(r"(?<=<)(?=[A-Za-z/!?%])")
# In a list, some generators (Python-Markdown) take no fence for code. Configuration in XML is harmless there and copied
# often; what a browser acts on is broken.
_ACTIVE = re.compile(
    r"(?<=<)(?=/?(?:a|animate|applet|area|audio|base|body|button|details|dialog|div|embed|font|form|frame|frameset|head"
    r"|html|iframe|image|img|input|isindex|keygen|link|marquee|math|meta|noscript|object|p|picture|script|select|set"
    r"|slot|source|span|style|svg|table|template|textarea|title|track|use|video|xmp)\b|[!?%]|[^<>\n]{1,400}?[\s/](?:on\w+|style)\s*=)"
    r"|(?<=\{)(?=:?[^{}\n]{0,200}=)",
    re.IGNORECASE,
)
_FENCE = re.compile(r"(?P<prefix>(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(?P<mark>`{3,}|~{3,}|\$\$)(?P<info>.*)")
_INFO = re.compile(r"[ ]?[\w#.+-]{0,40}[ ]*", re.ASCII)
_TICKS = re.compile(r"`+")


def escape(markdown: str) -> str:
    """Markdown that shows the same, and in which no site generator finds anything to act on.

    Invisible characters are stripped (`clean`). Lines that look like a heading of the format do so no longer.
    """
    text = _HEADER.sub(_BREAK, clean(markdown))
    text = HEADING.sub(lambda match: _HEADING_WORD.sub(_BREAK, match[0], count=1), text)
    lines = text.split("\n")
    kinds = _kinds(lines)
    if kinds is None:
        return "\n".join(_prose(line) for line in lines)
    return "\n".join(_line(line, kind) for line, kind in zip(lines, kinds, strict=True))


def escape_line(text: str) -> str:
    """The same for a value of the front matter: its quoting is the YAML writer's, but templates may act on it."""
    return _TAG.sub(_BREAK, _MACRO.sub(_BREAK, clean(text)))


def unescape(text: str) -> str:
    """What `escape` was given, cleaned: `unescape(escape(text)) == clean(text)`."""
    return clean(_ESCAPED.sub(lambda match: _ORIGINAL[match[0]], text))


def _line(line: str, kind: str) -> str:
    if kind == "prose":
        return "".join(_MACRO.sub(_BREAK, part) if code else _prose(part) for code, part in _spans(line) or [])
    line = _MACRO.sub(_BREAK, line)
    return _ACTIVE.sub(_BREAK, line) if kind == "nested" else line


def _prose(text: str) -> str:
    for place in (_MODULE, _LINK, _ENTITY, _INCLUDE):
        text = place.sub(_BREAK, text)
    return text.replace("<", _LESS).replace("{", _BRACE)


def _kinds(lines: list[str]) -> list[str] | None:
    """For each line "prose", "code" or "nested" (code in a list or quotation); None where generators could differ."""
    kinds: list[str] = []
    opened: tuple[str, str] | None = None  # what stands before the fence's lines, and the fence
    for line in lines:
        fence = _FENCE.match(line)
        if opened is None and fence:
            if fence["mark"] == "$$" or not _INFO.fullmatch(fence["info"]):
                return None
            opened = re.sub(r"[-*+\d.)]", " ", fence["prefix"]), fence["mark"]
        elif opened is None:
            if _spans(line) is None:
                return None
            kinds.append("prose")
            continue
        elif fence:
            if line.rstrip() != "".join(opened):
                return None
            kinds.append("nested" if opened[0] else "code")
            opened = None
            continue
        elif line.strip() not in ("", opened[0].strip()) and not line.startswith(opened[0]):
            return None
        kinds.append("nested" if opened[0] else "code")
    return None if opened else kinds


def _spans(line: str) -> list[tuple[bool, str]] | None:
    """The line in parts, with whether each is inline code; None where a backtick has no partner in the line."""
    return list(_cut(line)) if _is_paired(line) else None


def _is_paired(line: str) -> bool:
    return "\\`" not in line and all(end >= 0 for _, end in _pairs(line))


def _pairs(line: str) -> Iterator[tuple[int, int]]:
    """Start and end of each inline code of the line; an end of -1 where there is none."""
    at = 0
    while opening := _TICKS.search(line, at):
        closing = next((run for run in _TICKS.finditer(line, opening.end()) if run[0] == opening[0]), None)
        yield opening.start(), closing.end() if closing else -1
        if closing is None:
            return
        at = closing.end()


def _cut(line: str) -> Iterator[tuple[bool, str]]:
    at = 0
    for start, end in _pairs(line):
        yield False, line[at:start]
        yield "|" not in line[start:end], line[start:end]  # a table's cell ends there, whatever it cuts through
        at = end
    yield False, line[at:]
