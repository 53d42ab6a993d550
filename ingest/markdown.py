"""The block structure of Markdown, as character spans of the text itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

__all__ = ["Block", "BlockType", "parse", "plain"]

BlockType = Literal["heading", "paragraph", "list", "item", "code", "table", "quote", "rule"]


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `start` and `end` are offsets into the parsed text, `end` exclusive and without trailing space.

    `level` is 1..6 for headings, the first number for numbered lists, -1 for bullet lists. `title` is a heading's text
    without marks. Lists hold items, items and quotes hold blocks.
    """

    type: BlockType
    start: int
    end: int
    level: int = 0
    title: str = ""
    children: tuple["Block", ...] = ()


_TYPES: dict[str, BlockType] = {
    "heading_open": "heading", "paragraph_open": "paragraph", "bullet_list_open": "list", "ordered_list_open": "list",
    "list_item_open": "item", "fence": "code", "code_block": "code", "table_open": "table", "blockquote_open": "quote",
    "hr": "rule",
}  # fmt: skip
_MARKER = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_MARKS = re.compile(r"!?\[([^\[\]]{0,200})\]\([^()\s]{0,500}\)|\*\*|__|`|(?<!\\)\*")

# Spans need blocks only; leaving out inline parsing makes parsing several times faster and hostile input harmless.
# Raw HTML is text here: what matters of it was turned into Markdown before.
_PARSER = MarkdownIt("commonmark").enable("table").disable(["inline", "html_block"])


def parse(text: str) -> tuple[Block, ...]:
    """Blocks of a text whose line ends are "\\n", in order, without overlap."""
    starts = [0]
    starts.extend(match.end() for match in re.finditer("\n", text))
    return _Tree(text, starts, _PARSER.parse(text)).blocks()


def plain(title: str) -> str:
    """A heading's words without Markdown marks, links reduced to their text."""
    return " ".join(_MARKS.sub(lambda match: match[1] or "", title).split())


class _Tree:
    def __init__(self, text: str, starts: Sequence[int], tokens: Sequence[Token]) -> None:
        self._text, self._starts, self._tokens = text, starts, tokens

    def blocks(self) -> tuple[Block, ...]:
        open_blocks: list[tuple[Block | None, list[Block]]] = [(None, [])]
        for number, token in enumerate(self._tokens):
            if token.nesting == 1:
                open_blocks.append((self._block(number, token), []))
            elif token.nesting == -1:
                block, children = open_blocks.pop()
                open_blocks[-1][1].extend(self._closed(block, children))
            elif block := self._block(number, token):
                open_blocks[-1][1].append(block)
        return tuple(open_blocks[0][1])

    def _closed(self, block: Block | None, children: list[Block]) -> list[Block]:
        if block is None:  # parts of a table
            return []
        if block.type == "item" and children:
            # The first child shares the item's line: it begins after the marker.
            marker = _MARKER.match(self._text, block.start)
            if children[0].start == block.start and marker and marker.end() < children[0].end:
                children[0] = replace(children[0], start=marker.end())
        return [replace(block, children=tuple(children))] if block.end > block.start else []

    def _block(self, number: int, token: Token) -> Block | None:
        kind = _TYPES.get(token.type)
        if kind is None or token.map is None:
            return None
        start, end = self._span(*token.map)
        if kind == "heading":
            return Block(kind, start, end, int(token.tag[1:]), plain(self._tokens[number + 1].content))
        level = 0
        if kind == "list":
            level = int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else -1
        return Block(kind, start, end, level)

    def _span(self, first: int, after: int) -> tuple[int, int]:
        start = self._starts[first]
        end = self._starts[after] if after < len(self._starts) else len(self._text)
        words = self._text[start:end]
        return start + len(words) - len(words.lstrip()), start + len(words.rstrip())
