"""A publication as a Markdown file in the format of expert answers: front matter, question, answer, references.

The same publication gives the same bytes, and `ingest` reads the very document back.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import yaml

from assistant.publications import Publication
from assistant.publishing.entry import answer_of, completed
from kb.errors import DocumentError
from kb.qa_format import ESCAPES, RULE, escape, escape_line
from kb.values import Document, Reference

__all__ = ["file_path", "page_path", "to_markdown"]

_HEADINGS = {
    "zh": ("用户问题", "专家官方解答", "参考链接", "答疑服务说明", "："),
    "en": ("Question", "Expert answer", "References", "About this answer", ""),
}
_NOTICES = {
    "zh": "本页由技术专家审阅，页面地址：[{page}]({page})。内容有错漏，请[反馈]({feedback})。",
    "en": "An expert reviewed this page; its address is [{page}]({page}). Something wrong? [Tell us]({feedback}).",
}
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # names that Windows keeps for devices
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")
# What the reader of headers (`ingest.front_matter`) accepts.
_MAX_HEADER_CHARS, _MAX_HEADER_VALUES, _MAX_HEADER_DEPTH = 16 * 1024, 400, 10


def page_path(product: str, id: str) -> str:
    """Path of a published entry's page below the public address."""
    return f"/p/{quote(product, safe='')}/{quote(id)}"


def file_path(product: str, id: str) -> str:
    """Path of an entry's file below the folder: "product/name.md", each name of `[a-z0-9-]{1,80}`.

    Different entries have different paths, on file systems that ignore case as well.
    """
    return f"{_slug(product)}/{_slug(id)}.md"


def to_markdown(publication: Publication, *, base_url: str) -> str:
    """The file's text; `base_url` is the public address for the links back.

    Raises:
        DocumentError: no expert reviewed it, it has no answer, or more metadata than a header may hold.
    """
    document = completed(publication)
    if not publication.document.reviewed:
        raise DocumentError(document.id, "was not reviewed by an expert")
    answer = answer_of(document)
    if not answer:
        raise DocumentError(document.id, "has no answer to publish")
    question, solution, references, notice, colon = _HEADINGS[document.language]
    page = base_url + page_path(document.product, document.id)
    parts = [
        f"---\n{_header(publication, document)}---",
        f"## {question}{colon}\n\n{escape(document.question)}",
        f"{RULE}\n\n## {solution}{colon}\n\n{escape(answer)}",
    ]
    if document.references:
        bullets = "\n".join(f"* {_reference(reference)}" for reference in document.references)
        parts.append(f"{RULE}\n\n## {references}{colon}\n\n{bullets}")
    words = _NOTICES[document.language].format(page=page, feedback=f"{page}#feedback")
    parts.append(f"{RULE}\n\n## {notice}{colon}\n\n{words}\n")
    return "\n\n".join(parts)


def _header(publication: Publication, document: Document) -> str:
    fields = {
        "id": document.id,
        "title": document.title,
        "date": document.date,
        "reviewed": publication.review_date,
        **document.metadata,
        "product": document.product,
        "version": document.version,
        "language": document.language,
        "url": document.url,
        "escapes": ESCAPES,
    }
    node = _node({key: value for key, value in fields.items() if value != "" or key in document.metadata})
    if _count(node) > _MAX_HEADER_VALUES or _depth(node) > _MAX_HEADER_DEPTH:
        raise DocumentError(document.id, "has more metadata than a file's header may hold")
    text: str = yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, width=float("inf"))
    if len(text) > _MAX_HEADER_CHARS:
        raise DocumentError(document.id, "has longer metadata than a file's header may hold")
    return text


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _node(value: Any) -> yaml.Node:
    """Texts in double quotes, lists on one line, keys plain where YAML lets them be."""
    if isinstance(value, Mapping):
        pairs = [
            (yaml.ScalarNode("tag:yaml.org,2002:str", escape_line(key)), _node(part)) for key, part in value.items()
        ]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=False)
    if isinstance(value, list):
        return yaml.SequenceNode("tag:yaml.org,2002:seq", [_node(part) for part in value], flow_style=True)
    return yaml.ScalarNode("tag:yaml.org,2002:str", escape_line(value), style='"')


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _count(node: yaml.Node) -> int:
    return 1 + sum(map(_count, _children(node)))


def _depth(node: yaml.Node) -> int:
    children = _children(node)
    return 1 + max(map(_depth, children)) if children else isinstance(node, yaml.CollectionNode)


def _reference(reference: Reference) -> str:
    title = escape(re.sub(r"([\\\[\]])", r"\\\1", reference.title))
    if not reference.url:
        return title
    balanced = re.fullmatch(r"[^()]*(?:\([^()]*\)[^()]*)*", reference.url)
    url = reference.url if balanced else re.sub(r"([()])", r"\\\1", reference.url)
    return f"[{title}]({url})"


def _slug(name: str) -> str:
    if _SLUG.fullmatch(name) and not _RESERVED.fullmatch(name) and "--" not in name:
        return name
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-")
    return f"{words or 'entry'}--{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
