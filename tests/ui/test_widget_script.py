"""The widget's script as a file: its language, its types, its size, and what its documentation says of it."""

import gzip
import re
import subprocess
from pathlib import Path

import pytest

from ui.routes.widget import WIDGET
from ui.widget.texts import WIDGET_TEXTS

ROOT = Path(__file__).parents[2]
SCRIPT = WIDGET.read_text(encoding="utf-8")
DOCS = ROOT / "docs" / "widget.md"


def run(node_modules: Path, tool: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(node_modules / ".bin" / tool), *arguments, str(WIDGET)], capture_output=True, text=True, cwd=node_modules
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_types_are_right(node_modules: Path) -> None:
    """The strict type checker has nothing to say, and every name is one that browsers of 2020 and the DOM know."""
    run(
        node_modules,
        "tsc",
        *("--allowJs", "--checkJs", "--strict", "--noEmit", "--noUnusedLocals", "--noImplicitReturns"),
        *("--target", "es2020", "--lib", "es2020,dom,dom.iterable"),
        str(WIDGET.with_name("types.d.ts")),
    )


@pytest.mark.slow
def test_language_is_es2020(node_modules: Path) -> None:
    """No syntax that a browser of the promised age cannot read."""
    run(node_modules, "acorn", "--ecma2020", "--silent")


def test_script_is_small() -> None:
    """At most 20 KB on the wire."""
    assert len(gzip.compress(WIDGET.read_bytes())) <= 20_000


@pytest.mark.parametrize(
    "sink",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser", "srcdoc",
     "document.cookie", "localStorage", "indexedDB", "setAttribute(\"style", "cssText"],
)  # fmt: skip
def test_no_string_becomes_markup_and_nothing_is_kept(sink: str) -> None:
    """What would need an exception from a page's policy does not occur."""
    assert sink not in SCRIPT


def test_no_foreign_address_is_written_down() -> None:
    """The only host is the server that the script came from."""
    assert set(re.findall(r"https?://[\w.-]+", SCRIPT)) <= {"http://www.w3.org"}


def test_texts_are_complete_and_used() -> None:
    """Every text that the script asks for exists in both languages, and none is left over."""
    own = {
        language: set(re.findall(r"^\s+(\w+): \"", block, re.MULTILINE))
        for language, block in re.findall(r"^    (zh|en): \{\n(.*?)^    \},", SCRIPT, re.MULTILINE | re.DOTALL)
    }
    assert own["zh"] == own["en"]
    assert WIDGET_TEXTS["zh"].keys() == WIDGET_TEXTS["en"].keys()
    keys = own["zh"] | WIDGET_TEXTS["en"].keys()
    asked = set(re.findall(r"(?:\.t|say|announce|copier|section)\(\"(\w+)\"", SCRIPT)) - {"sources", "related"}
    assert asked <= keys
    words = set(re.findall(r"\w+", SCRIPT))
    assert [key for key in keys if key not in words and not key.startswith(("error_", "reason_", "notice_"))] == []


def test_every_attribute_is_documented() -> None:
    """The table and the script name the same attributes."""
    camel = set(re.findall(r"option\(\"(\w+)\"\)|dataset\.(renderOnLoad|siteId|inline)", SCRIPT))
    used = {"data-" + re.sub("([A-Z])", r"-\1", a or b).lower() for a, b in camel}
    documented = re.findall(r"^\| `(data-[\w-]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == used


def test_every_variable_is_documented() -> None:
    """So are the CSS variables that a site may set."""
    used = set(re.findall(r"var\((--dayi-[\w-]+)", SCRIPT)) - {"--dayi-height"}  # set by the script itself
    assert set(re.findall(r"`(--dayi-[\w-]+)`", DOCS.read_text(encoding="utf-8"))) == used


def test_every_command_and_event_is_documented() -> None:
    """And what scripts can call and hear."""
    text = DOCS.read_text(encoding="utf-8")
    commands = re.search(r"const COMMANDS = \{\n(.*?)\n  \};", SCRIPT, re.DOTALL)
    assert commands is not None
    assert set(re.findall(r"^\| `(\w+)\(", text, re.MULTILINE)) == set(
        re.findall(r"^    (\w+)(?:\(\)|:)", commands[1], re.MULTILINE)
    )
    assert set(re.findall(r"^\| `(on\w+)` \|", text, re.MULTILINE)) == set(re.findall(r"emit\(\"(\w+)\"", SCRIPT))
