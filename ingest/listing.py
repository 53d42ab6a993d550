"""Lists as their authors meant them: code and paragraphs that nobody indented belong to the item before."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.markdown import Block

__all__ = ["Entry", "Item", "entries"]


@dataclass(slots=True)
class Item:
    """One list item with everything that belongs to it."""

    start: int
    end: int
    blocks: list[Block]


@dataclass(slots=True)
class Entry:
    """A block under a heading; `items` is filled for lists, `joined` says that code follows its paragraph."""

    block: Block
    start: int
    end: int
    items: list[Item] = field(default_factory=list)
    joined: bool = False


def entries(text: str, blocks: Sequence[Block]) -> list[Entry]:
    """The blocks between two headings, lists put together again where an unindented block had cut them."""
    found: list[Entry] = []
    for number, block in enumerate(blocks):
        previous = found[-1] if found and found[-1].items else None
        if previous and _belongs(text, previous, blocks, number):
            _attach(previous, block)
        elif block.type != "rule":
            items = [Item(item.start, item.end, list(item.children)) for item in block.children]
            found.append(Entry(block, block.start, block.end, items if block.type == "list" else []))
    return found


def _attach(listing: Entry, block: Block) -> None:
    if block.type == "list" and block.level >= 0 and listing.block.level >= 0:
        listing.items.extend(Item(item.start, item.end, list(item.children)) for item in block.children)
    else:
        listing.items[-1].blocks.append(block)
        listing.items[-1].end = block.end
    listing.end = block.end


def _belongs(text: str, listing: Entry, blocks: Sequence[Block], number: int) -> bool:
    """Whether the block at `number` continues the list before it."""
    block = blocks[number]
    if block.type == "rule":
        return False
    if block.type in ("code", "table"):
        return True
    ordered = listing.block.level >= 0
    if block.type == "list" and block.level >= 0 and ordered:
        # Numbering goes on, or starts at 1 for every item.
        return block.level == len(listing.items) + listing.block.level or block.level == 1
    if block.type == "list" and block.level < 0 and ordered and _expects_more(text, listing):
        return True
    return ordered and _continues_later(listing, blocks, number)


def _expects_more(text: str, listing: Entry) -> bool:
    words = text[listing.items[-1].start : listing.items[-1].end].rstrip("* ")
    return words[-1:] in "：:"


def _continues_later(listing: Entry, blocks: Sequence[Block], number: int) -> bool:
    """Whether a later list goes on counting, so that what stands between belongs to the last item."""
    wanted = len(listing.items) + listing.block.level
    for block in blocks[number : number + 12]:
        if block.type == "list" and block.level >= 0:
            return wanted > 1 and block.level == wanted
    return False
