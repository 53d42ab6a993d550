"""Docs-site dialects reduced to plain Markdown: comments, MDX components, shortcodes, admonitions, raw HTML, images.

What comes out is what readers get quoted, and what every position in a document refers to. Code inside fences is left
as it is, apart from indentation that belonged to a component around it. All patterns are bounded, so the time is linear
in the length of the text.
"""

import re
from html import unescape

from kb.text import clean, detect_language

__all__ = ["normalise"]

_UNSEEN = (("<!--", "-->"), ("{/*", "*/}"), ("<script", "</script>"), ("<style", "</style>"))
_FENCE = re.compile(r"[ \t]{0,40}(?:[-*+>]\s{1,4}|\d{1,3}[.)]\s{1,4})?(`{3,}|~{3,})")
_IMPORT = re.compile(r"import\s[^;\n]{0,300}?['\"][^'\"\n]{1,200}['\"];?\s*|import\s+['\"][^'\"\n]{1,200}['\"];?\s*")
_EXPORT = re.compile(r"export\s+(?:const|default|function|let)\b.*")
_COMPONENT = re.compile(r"[ \t]*<(/?)([A-Z][\w.]{0,60})((?:\s[^<>\n]{0,400})?)(/?)>[ \t]*")
_LABEL = re.compile(
    r"\b(?:label|title|summary)=(?:\"([^\"\n]{1,120})\"|'([^'\n]{1,120})'|\{[\"'`]([^\"'`\n]{1,120})[\"'`]\})"
)
_SHORTCODE = re.compile(r"[ \t]*\{\{[<%]\s{0,4}(/?)\s{0,4}([\w.-]{1,60})([^{}\n]{0,300}?)/?\s{0,4}[>%]\}\}[ \t]*")
_COLON_NOTE = re.compile(
    r"[ \t]*:{3,4}[ \t]{0,4}([A-Za-z]{0,20})[ \t]{0,4}(?:\[([^\]\n]{0,120})\]|([^\n]{0,120}))[ \t]*"
)
_BANG_NOTE = re.compile(r"([ \t]*)(?:!!!|\?\?\?\+?)[ \t]{1,4}(\w{1,20})(?:[ \t]{1,4}\"([^\"\n]{0,120})\")?[ \t]*")
_GITHUB_NOTE = re.compile(r"^([ \t]*>[ \t]*)\[!(\w{1,20})\][ \t]*", re.MULTILINE)
_TABLE = re.compile(r"<table(?=\s{0,4}>|\s[^<>\n]{0,200}=|\s{0,4}$)", re.IGNORECASE)  # not the placeholder <table name>
_HTML_HEADING = re.compile(r"<h([1-6])\b[^<>\n]{0,200}>(.{0,300}?)</h\1>", re.IGNORECASE)
_HTML_LINK = re.compile(
    r"<a\s[^<>\n]{0,200}?href=[\"']([^\"'<>\s]{1,300})[\"'][^<>\n]{0,200}>([^<\n]{1,200})</a>", re.I
)
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,200})\]\([^()\n]{0,400}(?:\([^()\n]{0,100}\)[^()\n]{0,100})?\)")
# A page's own address or an anchor: outside its site it leads nowhere.
_LOCAL_LINK = re.compile(
    r"(?<!!)\[([^\[\]\n]{1,200})\]\((?!https?:|mailto:)[^()\s]{0,300}(?:[ \t]+[\"'][^\"'\n]{0,100}[\"'])?\)",
    re.IGNORECASE,
)
_TIGHT_HEADING = re.compile(r"^([ ]{0,3}#{2,6})(?=[^#\s])")
_EMPTY_LINK = re.compile(r"\[\s{0,4}\]\([^()\n]{0,400}\)")
_INLINE_CODE = re.compile(r"(`{1,2})[^`\n]{1,400}\1")
_HTML_TAG = re.compile(
    r"</?(?:font|span|div|p|center|details|section|article|u|sup|sub|a|img|small|big|ins|figure|figcaption|col|colgroup"
    r"|thead|tbody|picture|source|video|iframe|hr|em|i|nobr|html|head|body|pre|select|option|main|header|footer|nav|link|meta)(?:\s[^<>\n]{0,600})?/?>",
    re.IGNORECASE,
)
_INLINE_COMPONENT = re.compile(r"</?[A-Z][A-Za-z]{1,40}(?:\s+[\w-]{1,40}=[^<>\n]{0,200})?\s{0,4}/>")
_ANCHOR = re.compile(r"(?m)^(#{1,6}[^\n]{1,300}?)[ \t]*\{#[\w.-]{1,100}\}[ \t]*$")
_MEANINGLESS_ALT = re.compile(r"(?:image|img|pic|picture|alt|screenshot|图片|截图)?[\s\w.|\-]*", re.IGNORECASE)
_NOTES = {
    "note": ("Note", "说明"), "info": ("Note", "说明"), "tip": ("Tip", "提示"), "hint": ("Tip", "提示"),
    "success": ("Tip", "提示"), "important": ("Important", "重要"), "warning": ("Warning", "警告"),
    "caution": ("Caution", "注意"), "danger": ("Danger", "危险"), "error": ("Danger", "危险"),
    "attention": ("Caution", "注意"), "alert": ("Caution", "注意"), "callout": ("Note", "说明"),
    "aside": ("Note", "说明"), "admonition": ("Note", "说明"), "pageinfo": ("Note", "说明"),
}  # fmt: skip


def normalise(text: str) -> str:
    """Plain Markdown of a docs page or answer, without invisible characters; every text is accepted."""
    text = _without_comments(clean(text))
    chinese = detect_language(text) == "zh"
    lines = _Lines(chinese).run(text.split("\n"))
    return "\n".join(lines).strip()


def _without_comments(text: str) -> str:
    for opening, closing in _UNSEEN:
        parts, at = [], 0
        fences = _fenced_spans(text) if opening in text else []
        while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start)) >= 0:
            after = end + len(closing)
            inside = any(first <= start < last for first, last in fences) or text[start - 1 : start] == "`"
            parts.append(text[at:after] if inside else text[at:start])
            at = after
        text = "".join(parts) + text[at:]
    return text


def _fenced_spans(text: str) -> list[tuple[int, int]]:
    spans, at, opened, fence = [], 0, 0, ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if line.strip().startswith(fence):
                spans.append((opened, at))
                fence = ""
        elif mark:
            opened, fence = at, mark[1]
        at += len(line) + 1
    return [*spans, (opened, at)] if fence else spans


class _Lines:
    """Walks over the lines once, knowing whether it is inside a fence, a component, a note or an HTML table."""

    def __init__(self, chinese: bool) -> None:
        self._chinese = chinese
        self._fence = ""
        self._indents: list[int | None] = []  # one per open component; None until its first line is seen
        self._quoting = 0  # open colon notes and note components
        self._note_indent = -1  # a "!!! note" ends where the indentation does
        self._in_list = False
        self._fence_indent = 0
        self._table: list[str] = []  # lines of the table that is open
        self._tables = True
        self._out: list[str] = []

    def run(self, lines: list[str]) -> list[str]:
        for line in lines:
            self._line(line)
        if self._table:  # it was never closed
            rest, self._table, self._tables = self._table, [], False
            for line in rest:
                self._line(line)
        return self._out

    def _line(self, line: str) -> None:
        if self._fence:
            self._emit(self._dedent(line, self._fence_indent))
            if line.strip().startswith(self._fence) and not line.strip().strip(self._fence[0]):
                self._fence, self._fence_indent = "", 0
            return
        if self._table or self._begins_table(line):
            self._table_line(line)
            return
        if self._is_scaffold(line):
            return
        line = self._dedent(line, 0)
        mark = _FENCE.match(line)
        if mark:
            self._fence = mark[1]
            indent = len(line) - len(line.lstrip())
            if indent and not self._in_list:  # an indented fence outside lists would be read as plain text
                self._fence_indent, line = indent, line.lstrip()
        else:
            line = _prose(line)
        self._remember(line)
        self._emit(line)

    def _remember(self, line: str) -> None:
        if line.strip() and not line.startswith((" ", "```", "~~~")):
            self._in_list = bool(re.match(r"(?:[-*+]|\d{1,9}[.)])\s", line))

    def _is_scaffold(self, line: str) -> bool:
        """Whether the line only opens or closes something; what it says to readers is emitted."""
        if not self._indents and (_IMPORT.fullmatch(line) or _EXPORT.fullmatch(line)):
            return True
        if match := _COMPONENT.fullmatch(line):
            self._component(
                match[2].lower(), match[3], closing=bool(match[1]), single=bool(match[4] or match[3][-1:] == "/")
            )
            return True
        if match := _SHORTCODE.fullmatch(line):
            self._shortcode(match)
            return True
        if line.lstrip().startswith(":::") and (match := _COLON_NOTE.fullmatch(line)):
            self._colon_note(match)
            return True
        if match := _BANG_NOTE.fullmatch(line):
            self._note_title(match[2].lower(), match[3] or "")
            self._note_indent = len(match[1]) + 1
            return True
        return False

    def _component(self, name: str, attributes: str, *, closing: bool, single: bool) -> None:
        if closing:
            if self._indents:
                self._indents.pop()
            if name in _NOTES:
                self._quoting = max(0, self._quoting - 1)
            self._emit("")
            return
        found = _LABEL.search(attributes)
        label = next(filter(None, found.groups()), "") if found else ""
        if name in _NOTES and not single:
            kind = re.search(r"\btype=[\"'](\w+)", attributes)
            self._note_title(kind[1] if kind and kind[1] in _NOTES else name, label)
            self._quoting += 1
        elif label:
            self._push("", f"**{label}**", "")
        if not single:
            self._indents.append(None)

    def _shortcode(self, match: re.Match[str]) -> None:
        closing, name, rest = bool(match[1]), match[2].lower(), match[3]
        label = re.search(r"\"([^\"\n]{1,120})\"", rest)
        if name in _NOTES:
            if closing:
                self._quoting = max(0, self._quoting - 1)
                self._emit("")
            else:
                self._note_title(name, "")
                self._quoting += 1
        elif label and not closing and name in ("tab", "details", "tabpane", "expand"):
            self._push("", f"**{label[1]}**", "")

    def _colon_note(self, match: re.Match[str]) -> None:
        if match[1]:
            self._note_title(match[1].lower(), match[2] or match[3] or "")
            self._quoting += 1
        else:
            self._quoting = max(0, self._quoting - 1)
            self._push("")

    def _note_title(self, kind: str, title: str) -> None:
        label = title.strip() or _NOTES.get(kind, ("Note", "说明"))[self._chinese]
        self._push("", f"> **{label}**", ">")

    def _begins_table(self, line: str) -> bool:
        return bool(self._tables and _TABLE.search(line) and _TABLE.search(_INLINE_CODE.sub("", line)))

    def _table_line(self, line: str) -> None:
        self._table.append(line)
        if "</table>" in line.lower():
            html, self._table = "\n".join(self._table), []
            for row in _markdown_table(html):
                self._emit(row)

    def _dedent(self, line: str, extra: int) -> str:
        """The line without indentation that came from components, notes or a misplaced fence around it."""
        indent = len(line) - len(line.lstrip(" "))
        if line.strip() and self._indents and self._indents[-1] is None:
            self._indents[-1] = indent
        base = max((value or 0 for value in self._indents), default=0) + extra
        return line[min(indent, base) :]

    def _push(self, *lines: str) -> None:
        """Append lines; outside code, one blank line is enough."""
        for line in lines:
            if line or self._fence or (self._out and self._out[-1]):
                self._out.append(line)

    def _emit(self, line: str) -> None:
        if self._note_indent >= 0:
            if line.strip() and not line.startswith(" " * self._note_indent):
                self._note_indent = -1
                self._push("")
            else:
                line = "> " + (line[4:] if line.startswith("    ") else line.lstrip())
                self._push(line.rstrip())
                return
        line = "> " + line if self._quoting else line
        self._push(line if self._fence else line.rstrip())


def _prose(line: str) -> str:
    """A line outside code, with raw HTML and images gone; inline code keeps every character."""
    line = _TIGHT_HEADING.sub(r"\1 ", line)
    if not any(mark in line for mark in ("<", "![", "](", "{#", "[!", "{{")):
        return line
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\x00{len(kept) - 1}\x00"

    line = _GITHUB_NOTE.sub(_github_note, line)
    line = _INLINE_CODE.sub(keep, line)
    line = _HTML_HEADING.sub(lambda match: f"{'#' * int(match[1])} {match[2].strip()}", line)
    if line.lstrip().startswith("#"):
        line = re.sub(r"^(\s{0,3}#{1,6}) +#{1,6} +", r"\1 ", line)
    line = _HTML_LINK.sub(r"[\2](\1)", line)
    line = re.sub(r"<br\s{0,4}/?>", " ", line, flags=re.IGNORECASE)
    line = re.sub(r"</?(?:b|strong)>", "**", line, flags=re.IGNORECASE)
    line = re.sub(r"</?(?:code|kbd|tt)>", "`", line, flags=re.IGNORECASE)
    line = re.sub(r"</?summary>", "**", line, flags=re.IGNORECASE)
    line = _IMAGE.sub(_alt, line)
    line = _LOCAL_LINK.sub(r"\1", _EMPTY_LINK.sub("", line))
    line = _INLINE_COMPONENT.sub("", _SHORTCODE.sub(" ", _HTML_TAG.sub("", line)))
    line = _ANCHOR.sub(r"\1", line)
    return re.sub("\x00(\\d+)\x00", lambda match: kept[int(match[1])], line)


def _github_note(match: re.Match[str]) -> str:
    return f"{match[1]}**{_NOTES.get(match[2].lower(), ('Note', '说明'))[0]}** "


def _alt(match: re.Match[str]) -> str:
    # Names of files and "image" tell a reader nothing; a sentence does.
    alt = match[1].strip()
    return "" if _MEANINGLESS_ALT.fullmatch(alt) and (len(alt) < 30 or " " not in alt) and alt.isascii() else alt


def _markdown_table(html: str) -> list[str]:
    """Rows of a raw HTML table as a Markdown table; merged cells are not repeated."""
    rows = []
    for row in re.split(r"</tr\s{0,4}>", html, flags=re.IGNORECASE):
        cells = re.split(r"<t[dh]\b[^<>]{0,300}>", row, flags=re.IGNORECASE)[1:]
        words = [" ".join(unescape(re.sub(r"<[^<>]{0,600}>", " ", cell)).split()).replace("|", "\\|") for cell in cells]
        if any(words):
            rows.append(words)
    if not rows:
        return []
    width = max(map(len, rows))
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    return ["", lines[0], "|" + " --- |" * width, *lines[1:], ""]
