"""How models lay out an answer: headings of every kind, list marks, code fences. Pure functions over one line."""

import re
from typing import Literal

__all__ = ["FENCE", "Part", "heading", "is_bold_only", "list_mark", "may_be_heading", "part_of"]

Part = Literal["summary", "causes", "steps", "explanation", "references"]

FENCE = re.compile(r"\s*(?P<mark>`{3,}|~{3,})(?P<info>[\w+#.-]*)\s*$")
_LONGEST = 24  # letters of a heading that is one by its words; Chinese has half as many
_NUMBER = r"(?:\d{1,2}[.)、．:：]?|[（(]\d{1,2}[)）]|[①-⑳]|[一二三四五六七八九十]{1,3}[、.．:：]|step \d:?)"
_MARKED = re.compile(r"\s{0,3}#{1,6}\s*(?P<title>.*?)[\s#]*$")
_BOLD = re.compile(r"\s{0,3}(?:\*\*|__)(?P<title>[^*_\n]+)(?:\*\*|__)\s*[：:]?\s*$")
_PLAIN = re.compile(rf"\s{{0,3}}(?P<title>{_NUMBER}?\s*[^\s。，,.;；`\[\]]{{2,14}}[：:]?)\s*$", re.IGNORECASE)
# Titles that are nothing but the name of a part; other headings that hold such a word are less certain.
_NAMES: dict[Part, re.Pattern[str]] = {
    "causes": re.compile(
        r"(?:问题|可能的?|主要|常见|根本|故障)*原因(?:分析|说明)?"
        r"|(?:likely |possible |root |common )?causes?|reasons?",
        re.I,
    ),
    "steps": re.compile(
        r"(?:具体|详细|建议)?的?(?:解决|处理|操作|排查|修复|配置)?(?:步骤|方法|方案|办法|措施|流程)"
        r"|(?:resolution |solution )?steps?|solutions?|fix(?:es)?|resolution|what to do",
        re.I,
    ),
    "explanation": re.compile(
        r"(?:补充|解释|原理)?说明|解释|注意(?:事项)?|补充|总结"
        r"|explanations?|background|(?:additional )?notes?|summary",
        re.I,
    ),
    "references": re.compile(
        r"参考(?:资料|链接|文档|文献|来源)?|引用(?:来源)?|来源|出处|references?|sources?|citations?", re.I
    ),
}
_HINTS: dict[Part, re.Pattern[str]] = {
    "causes": re.compile(r"原因|cause|reason|why", re.I),
    "steps": re.compile(r"步骤|解决|处理|操作|step|solution|solve|fix|resolve", re.I),
    "explanation": re.compile(r"说明|解释|补充|explanation|background", re.I),
    "references": re.compile(r"参考资料|references", re.I),
}
_LISTED = re.compile(
    r"\s{0,1}(?:(?P<number>\d{1,2})(?:[.)][ \t]+|[、．]\s*|[.)](?=[\u4e00-\u9fff*`“]))"
    r"|[（(](?P<bracketed>\d{1,2})[)）]\s*|(?P<circled>[①-⑳])\s*|(?P<bullet>[-*+•·])[ \t]+)"
)


def heading(line: str) -> str | None:
    """The title in a line that is a heading: by its marks, or by being nothing but the name of a part; else None."""
    if marked := _MARKED.match(line) if line.lstrip().startswith("#") else None:
        return _bare(marked["title"])
    other = _BOLD.match(line) or _PLAIN.match(line)
    return _bare(other["title"]) if other and _named(_bare(other["title"])) else None


def may_be_heading(line: str) -> bool:
    """Whether the beginning of a line may become what `heading` takes for one by its words."""
    begun = line.strip()
    if begun.startswith(("**", "__")) and not re.match(r"(?:\*\*|__)[^*_]+(?:\*\*|__)\s*[：:]?\s*[^\s：:]", begun):
        return len(begun) <= _LONGEST
    return len(begun) <= (_LONGEST if begun.isascii() else _LONGEST // 2)


def part_of(title: str, current: Part) -> Part | None:
    """The part that a heading begins; None for a heading inside the current part."""
    if named := _named(title):
        return named
    hinted = [part for part, hint in _HINTS.items() if hint.search(title)]
    return hinted[0] if len(hinted) == 1 and hinted[0] != current and len(title) <= 24 else None


def list_mark(line: str) -> tuple[str, int] | None:
    """The mark of a list item as Markdown has it, and where its text begins; None for a line that is no item."""
    match = _LISTED.match(line)
    if not match:
        return None
    if match["circled"]:
        return f"{ord(match['circled']) - ord('①') + 1}. ", match.end()
    number = match["number"] or match["bracketed"]
    return (f"{number}. " if number else "- "), match.end()


def is_bold_only(text: str) -> bool:
    """Whether a text is nothing but a bold title."""
    return bool(_BOLD.fullmatch(text))


def _named(title: str) -> Part | None:
    return next((part for part, pattern in _NAMES.items() if pattern.fullmatch(title)), None)


def _bare(title: str) -> str:
    return re.sub(rf"^{_NUMBER}\s*", "", title.strip("*_ \t"), flags=re.IGNORECASE).strip("*_ \t：:")
