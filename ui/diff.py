"""What changed between two texts, line by line, for people to read."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

__all__ = ["Line", "diff"]

_AROUND = 3  # unchanged lines shown before and after a change
_MOST_LINES = 3000  # comparing takes time that grows with the product of both texts' lines


@dataclass(frozen=True, slots=True)
class Line:
    """One line; "gap" stands for unchanged lines that are left out, and its text is empty."""

    kind: Literal["same", "removed", "added", "gap"]
    text: str


def diff(before: str, after: str) -> list[Line]:
    """The changed lines with their neighbours; texts of thousands of lines are shown as removed and added whole."""
    old, new = before.splitlines(), after.splitlines()
    if before == after:
        return []
    if max(len(old), len(new)) > _MOST_LINES:
        return [Line("removed", line) for line in old] + [Line("added", line) for line in new]
    lines: list[Line] = []
    for number, group in enumerate(SequenceMatcher(None, old, new, autojunk=True).get_grouped_opcodes(_AROUND)):
        lines += [Line("gap", "")] if number or group[0][1] else []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [Line("same", line) for line in old[i1:i2]]
                continue
            lines += [Line("removed", line) for line in old[i1:i2]]
            lines += [Line("added", line) for line in new[j1:j2]]
    return lines
