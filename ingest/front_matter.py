"""The header of a Markdown file: YAML between `---` lines or TOML between `+++` lines.

Headers come from strangers' repositories, so the YAML is read through a guard: no aliases, bounded size, depth and
number of nodes, and every scalar stays the text that was written ("on" is no boolean, "2024-13-45" no crash). A header
that cannot be read never costs the document: what looks like `key: value` is taken over and a warning says so.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

__all__ = ["FrontMatter", "split"]

_MAX_SIZE = 16 * 1024  # characters
_MAX_NODES = 400
_MAX_DEPTH = 10
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # the C parser is ten times faster and may be missing
_LENIENT_LINE = re.compile(r"([A-Za-z_][\w-]{0,60})[ \t]*:[ \t]*(.*)")


class _Refused(ValueError):
    """The header is not what a header may be; the message says why."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A file's header and the rest. Scalars in `values` are strings, whatever they look like.

    `warnings` say what was wrong with the header; `body` is the text after it.
    """

    body: str
    values: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def text(self, key: str) -> str:
        """The value as one line of text; empty where the key is absent or holds a list or mapping."""
        value = self.values.get(key, "")
        return " ".join(value.split()) if isinstance(value, str) else ""


def split(text: str) -> FrontMatter:
    """Separate header and body of a file's text. Never raises."""
    fence = text[:3]
    first_line, _, rest = text.partition("\n")
    if fence not in ("---", "+++") or first_line.rstrip() != fence:
        return FrontMatter(text)
    closing = re.search(rf"^{re.escape(fence)}[ \t]*$", rest, re.MULTILINE)
    if closing is None:
        return FrontMatter(text, warnings=("the header is not closed; it is read as text",))
    header, body = rest[: closing.start()], rest[closing.end() :]
    try:
        values, warnings = _read_yaml(header) if fence == "---" else _read_toml(header)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, _Refused, RecursionError, ValueError) as error:
        values, warnings = _read_leniently(header), (f"the header is damaged ({_brief(error)}); read line by line",)
        if not values:  # a text between two rules is no header
            return FrontMatter(text)
    return FrontMatter(body, values, warnings)


def _brief(error: Exception) -> str:
    problem = getattr(error, "problem", None) or str(error)
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 2}: {problem}" if mark else problem.splitlines()[0][:200]


def _read_yaml(header: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    if len(header) > _MAX_SIZE:
        raise _Refused(f"longer than {_MAX_SIZE} characters")
    warnings: list[str] = []
    events = _guarded_events(header)
    values: Any = {}
    for event in events:
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            values = _value(event, events, warnings)
    if values == "":
        values = {}
    if not isinstance(values, dict):
        raise _Refused("not a list of `key: value`")
    return values, tuple(warnings)


def _guarded_events(header: str) -> Iterator[yaml.Event]:
    """The parser's events, read lazily, so that a bomb stops at the first forbidden one."""
    nodes = depth = 0
    for event in yaml.parse(header, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused("anchors and aliases are not allowed")
        if isinstance(event, yaml.DocumentStartEvent) and nodes:
            raise _Refused("more than one YAML document")
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if nodes > _MAX_NODES or depth > _MAX_DEPTH:
            raise _Refused(f"more than {_MAX_NODES} values or {_MAX_DEPTH} levels")
        yield event


def _value(event: yaml.Event, events: Iterator[yaml.Event], warnings: list[str]) -> Any:
    if isinstance(event, yaml.ScalarEvent):
        return event.value if event.style or event.value not in ("~", "null") else ""
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while _more(item := next(events)):
            items.append(_value(item, events, warnings))
        return items
    values: dict[str, Any] = {}
    while _more(key := next(events)):
        name = _value(key, events, warnings)
        if not isinstance(name, str):
            raise _Refused("a key is not a word")
        if name in values:
            warnings.append(f"the header names {name!r} twice; the last one counts")
        values[name] = _value(next(events), events, warnings)
    return values


def _more(event: yaml.Event) -> bool:
    return not isinstance(event, yaml.CollectionEndEvent)


def _read_toml(header: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    if len(header) > _MAX_SIZE:
        raise _Refused(f"longer than {_MAX_SIZE} characters")
    return {key: _as_text(value) for key, value in tomllib.loads(header).items()}, ()


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_leniently(header: str) -> dict[str, Any]:
    """What a damaged header still says: one `key: value` a line, lists in square brackets."""
    values: dict[str, Any] = {}
    for line in header[:_MAX_SIZE].split("\n"):
        match = _LENIENT_LINE.fullmatch(line.rstrip())
        if match and match[2]:
            values[match[1]] = _lenient_value(match[2])
    return values


def _lenient_value(text: str) -> str | list[str]:
    if text.startswith("[") and text.endswith("]"):
        items = [item.strip().strip("\"'") for item in text[1:-1].split(",")]
        return [item for item in items if item]
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text
