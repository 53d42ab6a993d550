"""Rendered text as JSON, for pages that may not insert HTML.

The widget stands in pages of other sites, whose policies (Trusted Types) forbid to turn a string into elements. It gets
what `ui.rendering` made as a tree instead and builds each element itself, so the one renderer and the one sanitiser
serve it as well, and nothing has to be allowed for it.
"""

import time
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any, TypeAlias

from markupsafe import Markup

from assistant.values import Answer, Citation, Item
from ui.chat.turns import Documents, source_context, with_marks
from ui.rendering import render

__all__ = ["BlockStream", "Node", "answer_blocks", "tree"]

Node: TypeAlias = "str | list[Any]"
"""Text, or an element as `[tag, attributes, children]`."""

_VOID = frozenset({"br", "hr"})


def tree(html: Markup) -> list[Node]:
    """The elements of HTML that `ui.rendering` made."""
    builder = _Builder()
    builder.feed(str(html))  # slices of a Markup would escape what is added to them
    builder.close()
    return [node for node in builder.root if not isinstance(node, str) or node.strip()]


def answer_blocks(answer: Answer, documents: Documents) -> dict[str, Any]:
    """An answer's texts as trees; `documents` supplies what stands around each quote.

    `summary` and `body` are lists of nodes, `causes`, `steps` and `explanation` one such list per item, `quotes` one
    object per citation. `body` is the whole text of an answer that has no parts. A mark `[n]` of a citation is an `a`
    of the class `cite` whose address ends in `-n`.
    """
    numbers = {citation.n for citation in answer.citations}

    def written(markdown: str) -> list[Node]:
        return tree(render(markdown, citations=numbers))

    def items(entries: Iterable[Item]) -> list[list[Node]]:
        return [written(with_marks(entry, numbers)) for entry in entries]

    has_parts = answer.summary or answer.causes or answer.steps or answer.explanation
    return {
        "summary": written(answer.summary),
        "causes": items(answer.causes),
        "steps": items(answer.steps),
        "explanation": items(answer.explanation),
        "body": [] if has_parts else written(answer.markdown),
        "quotes": [_quote(citation, documents) for citation in answer.citations],
    }


def _quote(citation: Citation, documents: Documents) -> dict[str, Any]:
    context = source_context(citation, documents(citation.product, citation.document))
    return {
        "n": citation.n,
        "before": tree(context.before),
        "quote": tree(context.quote),
        "after": tree(context.after),
        "is_current": context.is_current,
    }


class BlockStream:
    """The text of an answer that is being written, as trees that grow.

    The whole text is rendered each time, never a fragment, and every `redraw_s` seconds at most (0: always); only the
    blocks that changed since are given out.
    """

    def __init__(self, numbers: Iterable[int], *, redraw_s: float = 0.1) -> None:
        self._numbers = frozenset(numbers)
        self._redraw_s = redraw_s
        self._text = ""
        self._blocks: list[Node] = []
        self._next_s = 0.0

    def add(self, text: str) -> dict[str, Any]:
        """What to draw after one more piece: keep the first `keep` blocks, then put `blocks`; empty for "not yet"."""
        self._text += text
        started = time.monotonic()
        if started < self._next_s:
            return {}
        blocks = tree(render(self._text, citations=self._numbers))
        now = time.monotonic()
        if self._redraw_s:
            self._next_s = now + max(self._redraw_s, 4 * (now - started))  # a long text is rendered less often
        pairs = zip(self._blocks, blocks, strict=False)
        keep = next((n for n, (old, new) in enumerate(pairs) if old != new), min(len(self._blocks), len(blocks)))
        self._blocks = blocks
        return {"keep": keep, "blocks": blocks[keep:]}


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root: list[Node] = []
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        children: list[Node] = []
        self._open[-1].append([tag, dict(attrs), children])
        if tag not in _VOID:
            self._open.append(children)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        children = self._open[-1]
        if children and isinstance(children[-1], str):
            children[-1] += data
        else:
            children.append(data)
