"""An answer cut into its causes, steps, explanations and notes, each as small as it can be quoted alone.

The walk goes heading by heading. A heading that announces causes or steps gives its kind to what stands under it; where
headings say nothing, the lead-in before a list, the items themselves and the question decide. A list item always keeps
its nested lists, paragraphs and code.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.items import item_kinds
from ingest.kinds import (
    Meaning,
    asks_what,
    asks_why,
    heading_meaning,
    is_closing,
    is_courtesy,
    is_instruction,
    is_note,
    is_scaffold,
    label_meaning,
    lead_meaning,
    paragraph_kind,
    reads_as_cause,
    starts_with_verb,
)
from ingest.listing import Entry, Item, entries
from ingest.markdown import Block, parse, plain
from kb.values import Section, SectionKind

__all__ = ["cut", "split_long"]

_LONGEST_UNIT = 1500  # characters; a longer step or cause is cut at its own blocks
_BOLD_LEVEL = 7  # a bold line used as a heading ranks under all real ones
_BOLD_LINE = re.compile(r"(?:\d{1,2}[.、]\s{0,3})?(?:\*\*[^*\n]{1,80}\*\*|__[^_\n]{1,80}__)[：:]?")
_SENTENCE_END = re.compile(
    r"“[^”\n]*”|「[^」\n]*」|\"[^\"\n]*\"|`[^`\n]*`|(?P<end>[。！？；](?=[^\s”」』）)\"'])|[.!?]\s+(?=[A-Z]))"
)  # not inside a quotation
_LINK = re.compile(r"\[[^\[\]\n]{0,200}\]{1,2}\(\S{1,400}\)|https?://")
_SEPARATOR = " › "
_LISTED: tuple[Meaning, ...] = ("step", "cause", "mixed")


def cut(text: str, question: str = "", *, start: int = 0) -> list[Section]:
    """Sections of the answer that `text` holds from `start` on; the question helps to tell causes from steps.

    Sections are in order, do not overlap and together cover everything but headings and rules.
    """
    sections = _Cutter(text[start:], question).run()
    return [replace(section, start=section.start + start, end=section.end + start) for section in sections]


def split_long(text: str, section: Section, longest: int) -> list[Section]:
    """The section, cut before blocks of its own where it is longer than `longest`; code blocks stay whole."""
    if section.end - section.start <= longest:
        return [section]
    pieces: list[Section] = []
    at = section.start
    for leaf in _leaves(parse(text[section.start : section.end])):
        # A block begins where its line does, so that a list marker stays with its item.
        boundary = text.rfind("\n", 0, section.start + leaf.start) + 1
        if section.start + leaf.end - at > longest and boundary - at >= longest // 4:
            pieces.append(_stripped(text, replace(section, start=at, end=boundary)))
            at = boundary
    return [*pieces, _stripped(text, replace(section, start=at))]


def _leaves(blocks: Sequence[Block]) -> list[Block]:
    leaves: list[Block] = []
    for block in blocks:
        leaves.extend(_leaves(block.children) if block.type in ("list", "item") and block.children else [block])
    return leaves


def _stripped(text: str, section: Section) -> Section:
    words = text[section.start : section.end]
    start = section.start + len(words) - len(words.lstrip())
    return replace(section, start=start, end=max(start, section.start + len(words.rstrip())))


class _Cutter:
    def __init__(self, text: str, question: str) -> None:
        self._text = text
        self._why, self._what = asks_why(question), asks_what(question)
        self._path: list[Block] = []  # open headings
        self._meanings: list[Meaning] = []  # what each of them says, or inherits
        self._out: list[Section] = []

    def run(self) -> list[Section]:
        blocks = _nested([part for block in parse(self._text) for part in self._with_bold_heading(block)])
        self._units = _numbered_units(blocks)
        at = 0
        while at < len(blocks):
            if blocks[at].type == "heading":
                at = self._heading(blocks, at)
            else:
                end = _next_heading(blocks, at)
                self._segment(blocks[at:end], self._meanings[-1] if self._path else "", self._heading_path())
                at = end
        return self._out

    def _with_bold_heading(self, block: Block) -> list[Block]:
        """A bold line, or a short line that is nothing but an announcement, counts as a heading."""
        if block.type != "paragraph":
            return [block]
        words = self._text[block.start : block.end]
        first, _, rest = words.partition("\n")
        if rest and _BOLD_LINE.fullmatch(first.rstrip()) and label_meaning(first):
            end = block.start + len(first.rstrip())
            heading = replace(block, type="heading", level=_BOLD_LEVEL, end=end, title=_as_title(first))
            return [heading, replace(block, start=block.end - len(rest.lstrip()))]
        announces = len(words) <= 24 and words[-1] in "：:" and label_meaning(words) != ""
        if (_BOLD_LINE.fullmatch(words) and len(words) <= 64) or announces:
            return [replace(block, type="heading", level=_BOLD_LEVEL, title=_as_title(words))]
        return [block]

    def _heading(self, blocks: Sequence[Block], at: int) -> int:
        """Handle the heading at index `at`; the index to go on from."""
        block = blocks[at]
        meaning = "unit" if block.start in self._units else heading_meaning(block.title)
        while self._path and self._path[-1].level >= block.level:
            self._path.pop()
            self._meanings.pop()
        parent = self._meanings[-1] if self._path else ""
        if meaning == "explanation" and parent in _LISTED and not label_meaning(block.title):
            meaning = ""  # "Comparing two environments" among steps
        end = _next_heading(blocks, at + 1, block.level)
        if meaning in ("", "unit"):
            if parent in _LISTED or (meaning == "unit" and not parent):
                if not _holds_list(blocks[at:end]):
                    self._unit(blocks[at:end], parent, last=end == len(blocks))
                    return end
                meaning = "cause" if parent == "cause" else "step"
            else:
                meaning = parent
        self._path.append(block)
        self._meanings.append(meaning)
        return at + 1

    def _heading_path(self) -> str:
        return _SEPARATOR.join(heading.title for heading in self._path)

    def _unit(self, blocks: Sequence[Block], parent: Meaning, *, last: bool) -> None:
        """A heading that is one step or cause itself, with all that stands under it except the answer's last words."""
        kind: SectionKind = "step"
        if parent == "cause" or (parent == "mixed" and reads_as_cause(blocks[0].title)):
            kind = "cause"
        stop = len(blocks)
        while last and stop > 2 and blocks[stop - 1].type == "paragraph" and is_closing(self._words(blocks[stop - 1])):
            stop -= 1
        self._emit(kind, blocks[0].start, blocks[stop - 1].end, self._heading_path())
        for block in blocks[stop:]:
            self._emit("text", block.start, block.end, self._heading_path())

    # What stands under a heading

    def _segment(self, blocks: Sequence[Block], meaning: Meaning, heading: str) -> None:
        found = entries(self._text, blocks)
        first_list = next((i for i, entry in enumerate(found) if entry.items), len(found))
        at = 0
        while at < len(found):
            entry = found[at]
            following = found[at + 1] if at + 1 < len(found) else None
            if meaning == "reference" or self._begins_references(entry, following):
                meaning = self._reference(entry, heading)
            elif entry.items:
                self._list(entry, entry.block.start, meaning, "", heading)
            elif entry.block.type == "paragraph" and following and following.items:
                self._paragraph_and_list(entry, following, meaning, heading)
                at += 1
            else:
                while following and entry.block.type == "paragraph" and following.block.type in ("code", "table"):
                    entry.end, at = following.end, at + 1
                    entry.joined = True
                    following = found[at + 1] if at + 1 < len(found) else None
                listed, before = first_list < len(found), at < first_list
                end = entry.end
                if not following and entry.block.type == "paragraph" and self._text[end - 1] in "：:":
                    # What it announces is the next heading.
                    last = self._last_sentence(entry)
                    entry = Entry(replace(entry.block, end=last), entry.start, last)
                self._plain(entry, meaning, heading, listed=listed, before=before)
                self._emit("text", entry.end, end, heading)
            at += 1

    def _last_sentence(self, entry: Entry) -> int:
        return max(self._sentence_ends(entry.start, entry.end), default=entry.start)

    def _sentence_ends(self, start: int, end: int) -> Iterator[int]:
        return (stop.end() for stop in _SENTENCE_END.finditer(self._text, start, end) if stop["end"])

    def _begins_references(self, entry: Entry, following: Entry | None) -> bool:
        if entry.block.type != "paragraph" or not following or not following.items:
            return False
        links = all(_LINK.search(self._text[item.start : item.end]) for item in following.items)
        return links and label_meaning(self._words(entry.block)) == "reference"

    def _reference(self, entry: Entry, heading: str) -> Meaning:
        closing = entry.block.type == "paragraph" and is_closing(self._words(entry.block))
        self._emit("text" if closing else "reference", entry.start, entry.end, heading)
        return "reference"

    def _plain(self, entry: Entry, meaning: Meaning, heading: str, *, listed: bool, before: bool) -> None:
        """A paragraph, with code that follows it, or code, a table or a quotation on its own."""
        start = entry.start
        if entry.block.type == "paragraph" and meaning != "explanation":
            start = self._scaffold(entry.start, entry.block.end, heading)
        if start >= entry.end:
            return
        words = self._text[start : entry.end]
        self._emit(self._kind(words, entry, meaning, listed=listed, before=before), start, entry.end, heading)

    def _kind(self, words: str, entry: Entry, meaning: Meaning, *, listed: bool, before: bool) -> SectionKind:
        if entry.block.type == "quote":
            return "note" if is_note(words) or meaning == "note" else "explanation"
        if meaning == "note":
            return "text" if is_closing(words) else "note"
        if meaning != "explanation" and is_note(words):
            return "note"
        if meaning == "explanation":
            return "text" if is_courtesy(words) else "explanation"
        if is_closing(words):
            return "text"
        if meaning == "cause" and self._what:
            return "explanation"
        if meaning in ("step", "cause") and (not listed or entry.joined or (before and meaning == "cause")):
            return "step" if meaning == "step" else "cause"
        if meaning in ("step", "cause"):
            return "explanation"
        if entry.joined and is_instruction(words):
            return "step"
        return paragraph_kind(words, self._why)

    def _scaffold(self, start: int, end: int, heading: str) -> int:
        """Emit leading sentences that only announce the answer; where the paragraph's substance begins."""
        while start < end:
            after = next(self._sentence_ends(start, end), end)
            if not is_scaffold(self._text[start:after]):
                break
            self._emit("text", start, after, heading)
            start = after
        return start

    def _paragraph_and_list(self, lead: Entry, listing: Entry, meaning: Meaning, heading: str) -> None:
        """A paragraph before a list: its last sentence may announce the list, what stands before is said for itself."""
        last = self._last_sentence(lead)
        announces = self._text[lead.end - 1] in "：:" or lead_meaning(self._text[last : lead.end]) in _LISTED
        if not announces:
            self._plain(lead, meaning, heading, listed=True, before=True)
            self._list(listing, listing.block.start, meaning, "", heading)
            return
        if last > lead.start:
            head = Entry(replace(lead.block, end=last), lead.start, last)
            self._plain(head, meaning, heading, listed=True, before=True)
        self._list(listing, last, meaning, self._text[last : lead.end], heading)

    # Lists

    def _list(self, listing: Entry, start: int, meaning: Meaning, lead: str, heading: str) -> None:
        """A list; from `start` to it goes the sentence `lead` that announces it."""
        items = listing.items
        texts = [self._text[item.start : item.end] for item in items]
        kinds = item_kinds(texts, meaning, lead, ordered=listing.block.level >= 0, why=self._why, what=self._what)
        skeleton = self._is_skeleton(items)
        together = len(set(kinds)) == 1 and kinds[0] not in ("step", "cause") and not skeleton
        announced = lead and (not together or is_scaffold(lead) or listing.end - start > _LONGEST_UNIT)
        if announced:
            self._emit("text", start, items[0].start, heading)
            start = items[0].start
        if together and listing.end - start <= _LONGEST_UNIT:
            self._emit(kinds[0], start, listing.end, heading)
            return
        for item, kind in zip(items, kinds, strict=True):
            self._item(item, kind, heading, skeleton=skeleton)

    def _item(self, item: Item, kind: SectionKind, heading: str, *, skeleton: bool) -> None:
        announced = self._announced(item, skeleton=skeleton)
        label_end = item.blocks[0].start + len(self._first_line(item)) if item.blocks else item.start
        if announced and label_end < item.end:
            # "1. **原因分析**：" with a list of its own is a heading in disguise.
            self._emit("text", item.start, label_end, heading)
            rest = item.blocks[1:]
            if item.blocks[0].end > label_end:
                rest = [replace(item.blocks[0], start=self._skip_space(label_end)), *rest]
            inner = _as_title(self._first_line(item))
            self._segment(rest, announced, _SEPARATOR.join(filter(None, (heading, inner))))
        else:
            self._emit(kind, item.start, item.end, heading)

    def _announced(self, item: Item, *, skeleton: bool = False) -> Meaning:
        """What an item's first line announces when it is nothing but an announcement, else ""."""
        first = self._first_line(item)
        if not first or len(first) > 40 or not (first.endswith(("：", ":")) or _BOLD_LINE.fullmatch(first)):
            return ""
        meaning = label_meaning(first) or (heading_meaning(first) if skeleton else "")
        return "" if meaning == "unit" else meaning

    def _first_line(self, item: Item) -> str:
        if not item.blocks or item.blocks[0].type != "paragraph":
            return ""
        return self._words(item.blocks[0]).split("\n", 1)[0].rstrip()

    def _skip_space(self, at: int) -> int:
        return at + len(self._text[at:]) - len(self._text[at:].lstrip())

    def _is_skeleton(self, items: Sequence[Item]) -> bool:
        """Whether the list is the whole answer: one item announces causes, another one steps."""
        return len({self._announced(item) for item in items} - {""}) > 1

    # Output

    def _words(self, block: Block) -> str:
        return self._text[block.start : block.end]

    def _emit(self, kind: SectionKind, start: int, end: int, heading: str) -> None:
        section = _stripped(self._text, Section(kind, heading, start, end))
        if section.end > section.start and not re.fullmatch(r"[-*_\s]*", self._text[section.start : section.end]):
            self._out.extend(split_long(self._text, section, _LONGEST_UNIT))


def _as_title(label: str) -> str:
    return plain(label).strip("：: ")


def _nested(blocks: list[Block]) -> list[Block]:
    """The blocks with heading levels doubled, and one deeper for headings that an empty announcement of theirs owns.

    "### 解决步骤" directly followed by "### 1. …" means sub-headings; so do the further ones.
    """
    out: list[Block] = []
    owner = 0
    for number, block in enumerate(blocks):
        if block.type == "heading":
            level, meaning = block.level * 2, heading_meaning(block.title)
            owned = owner == level and meaning in ("", "unit")
            if level <= owner and not owned:
                owner = 0
            following = blocks[number + 1] if number + 1 < len(blocks) else None
            if (
                not owned
                and meaning in _LISTED
                and following
                and (following.type, following.level) == ("heading", block.level)
            ):
                owner = level
            block = replace(block, level=level + owned)
        out.append(block)
    return out


def _numbered_units(blocks: Sequence[Block]) -> set[int]:
    """Starts of numbered headings ("3. …") most of whose siblings are steps: they are steps, too, whatever they say."""
    groups: dict[int, list[Block]] = {}
    units: set[int] = set()
    for block in [*blocks, None]:
        if block is not None and block.type != "heading":
            continue
        for level in [level for level in groups if block is None or block.level < level]:
            units.update(_majority(groups.pop(level)))
        if block is not None and re.match(r"\d{1,2}(?:\.\d{1,2})?\s?[.、．)]", block.title):
            groups.setdefault(block.level, []).append(block)
    return units


def _majority(siblings: Sequence[Block]) -> list[int]:
    meanings = [heading_meaning(block.title) for block in siblings]
    if len(siblings) < 3 or meanings.count("unit") * 2 < len(siblings):
        return []
    return [
        block.start
        for block, meaning in zip(siblings, meanings, strict=True)
        if meaning in ("", "explanation") or (starts_with_verb(block.title) and not label_meaning(block.title))
    ]


def _holds_list(blocks: Sequence[Block]) -> bool:
    """Whether steps of its own, which are quoted one by one, follow a heading that is no single step."""
    if re.match(r"步骤|第.{1,3}步|Step", blocks[0].title, re.IGNORECASE):
        return False
    if sum(block.type == "heading" for block in blocks) > 2:
        return True
    if re.match(r"\d", blocks[0].title) and blocks[-1].end - blocks[0].start < _LONGEST_UNIT // 2:
        return False
    return any(block.type == "list" and block.level >= 0 and len(block.children) > 1 for block in blocks)


def _next_heading(blocks: Sequence[Block], at: int, level: int = 100) -> int:
    while at < len(blocks) and not (blocks[at].type == "heading" and blocks[at].level <= level):
        at += 1
    return at
