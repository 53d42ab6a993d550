"""Expert questions and answers: one Markdown file with a question, an expert's answer and references.

The format is that of published expert-answer collections: front matter, `## 用户问题`, `## 专家官方解答`,
`## 参考链接`, a service notice and a link for bad ratings. English files use `## Question`, `## Expert answer`,
`## References`. Files that Dayi published say so in their header and are read as the exact words that went into them.
"""

import re
from dataclasses import dataclass
from typing import Any

from ingest.front_matter import FrontMatter
from ingest.normalise import normalise
from ingest.sections import cut
from kb.errors import DocumentError
from kb.qa_format import ESCAPES, HEADING, RULE, unescape
from kb.text import detect_language
from kb.values import Document, Language, Reference, Section

__all__ = ["is_expert_qa", "is_published", "parse_expert_qa"]

_SEPARATOR = re.compile(r"(?m)^[ \t]*(?:<font[^<>\n]{0,60}>)?[ \t]*-{3,}[ \t]*(?:</font>)?[ \t]*$")
# Front matter that an expert wrote at the beginning of the answer, as if it were a page.
_INNER_HEADER = re.compile(
    r"\A(?P<before>\s*(?:[^\n]{0,20}\n)?)\s*-{3,}\s*\n(?=\s*title:)"
    r"(?:[ \t]*(?:[\w-]{1,40}:[^\n]*|-[ \t][^\n]*)?\n)+?-{3,}[ \t]*\n"
)
_BULLET = re.compile(r"^[ \t]*[-*+][ \t]+(.+)$", re.MULTILINE)
_LINK = re.compile(r"\[(.{1,300}?)\]\((\S{1,1000}?)\)[ \t]*$")
_PUBLISHED_LINK = re.compile(r"\[((?:\\.|[^\\\[\]])+)\]\((\S+)\)")
_HEADER_FIELDS = {"id", "title", "date", "version", "language", "lang", "url", "product", "reviewed", "escapes"}


@dataclass(frozen=True, slots=True)
class _Parts:
    question: str
    answer: str
    references: str


def is_expert_qa(body: str) -> bool:
    """Whether a file's body has the headings of an expert answer."""
    names = {match.lastgroup for match in HEADING.finditer(body)}
    return {"question", "answer"} <= names


def is_published(header: FrontMatter) -> bool:
    """Whether Dayi wrote the file; then the body counts as it is, invisible characters included."""
    return header.text("escapes") == ESCAPES


def parse_expert_qa(header: FrontMatter, *, id: str, product: str, version: str = "", source: str = "") -> Document:
    """The document of an expert answer; `id` counts where the front matter has none.

    Raises:
        DocumentError: there is no answer in it.
    """
    parts, published = _split(header.body), is_published(header)
    answer = _published(parts.answer) if published else _written(_INNER_HEADER.sub(r"\g<before>", parts.answer))
    if not answer:
        raise DocumentError(source or id, "the expert's answer is empty; write it under its heading")
    title = header.text("title")
    question = (_published if published else _written)(parts.question) or title
    if not question:
        raise DocumentError(source or id, "there is no question; write it under its heading or as `title`")
    text = f"{question}\n\n{answer}"
    sections = (Section("question", "", 0, len(question)), *cut(text, f"{question}\n{title}", start=len(question) + 2))
    return Document(
        id=header.text("id") or id,
        product=product,
        title=title or question.split("\n", 1)[0][:200],
        text=text,
        sections=sections,
        kind="qa",
        language=_language(header, text),
        question=question,
        references=tuple((_published_references if published else _references)(parts.references)),
        version=version or header.text("version"),
        source=source,
        url=header.text("url"),
        date=header.text("date"),
        reviewed=True,
        metadata=_metadata(header.values),
    )


def _written(part: str) -> str:
    return normalise(_SEPARATOR.sub("", part))


def _published(part: str) -> str:
    return unescape(part.strip().removesuffix(RULE)).strip()


def _published_references(part: str) -> list[Reference]:
    found = []
    for line in _published(part).split("\n"):
        link = _PUBLISHED_LINK.fullmatch(line.removeprefix("* "))
        words, url = link.groups() if link else (line.removeprefix("* "), "")
        if words:
            found.append(Reference(*(re.sub(r"\\(.)", r"\1", part) for part in (words, url))))
    return found


def _split(body: str) -> _Parts:
    """The parts under the format's own headings; each part ends where the next heading of the format begins."""
    marks = list(HEADING.finditer(body))
    parts: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        name = str(mark.lastgroup)
        if name not in parts:
            parts[name] = body[mark.end() : following.start() if following else len(body)]
    return _Parts(parts.get("question", ""), parts.get("answer", ""), parts.get("references", ""))


def _references(text: str) -> list[Reference]:
    """References in order, once each. Bullets such as "专家经验：…" name a title without a link."""
    found = []
    for bullet in _BULLET.findall(_written(text)):
        link = _LINK.search(bullet)
        if link:
            found.append(Reference(" ".join(link[1].split()), link[2] if link[2].startswith("http") else ""))
        else:
            found.append(Reference(" ".join(bullet.split())))
    return list(dict.fromkeys(found))


def _language(header: FrontMatter, text: str) -> Language:
    named = (header.text("language") or header.text("lang")).lower()
    if named.startswith(("zh", "en")):
        return "zh" if named.startswith("zh") else "en"
    return detect_language(text)


def _metadata(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in _HEADER_FIELDS}
