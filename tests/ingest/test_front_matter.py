"""Headers: read as text, guarded against bombs, never the reason to lose a document."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.front_matter import split


def test_values_stay_the_text_that_was_written() -> None:
    """Dates, booleans and numbers are not interpreted, so that none of them can be wrong."""
    header = split("---\ndate: 2024-13-45\non: yes\nversion: 2.10\nempty: ~\ntags: [a, 1]\n---\nBody")
    assert header.values == {"date": "2024-13-45", "on": "yes", "version": "2.10", "empty": "", "tags": ["a", "1"]}
    assert header.body.strip() == "Body"
    assert not header.warnings


def test_a_damaged_header_is_read_line_by_line() -> None:
    """Broken quotes cost a warning; the other keys and the body are there."""
    header = split('---\nid: "q-7"\ntitle: "Say "hello" twice"\ntags: ["a",""b"","c"]\n---\nBody')
    assert header.values["id"] == "q-7"
    assert header.values["tags"] == ["a", "b", "c"]
    assert "damaged" in header.warnings[0]
    assert header.body.strip() == "Body"


def test_toml_headers_are_read() -> None:
    """Hugo writes its headers between plus signs."""
    header = split('+++\ntitle = "Install"\ndate = 2024-05-01\ndraft = true\n+++\nBody')
    assert header.values == {"title": "Install", "date": "2024-05-01", "draft": "true"}


@pytest.mark.parametrize("text", ["", "Body", "---", "--- \nno end", "---\njust words\n---\nrest", "+++\n= =\n+++\n"])
def test_what_is_no_header_is_text(text: str) -> None:
    """A rule at the top of a page does not eat the page."""
    assert split(text).body == text


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x, x]\n"
        + "\n".join(f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]" for i in range(9)),
        "k: " + "[" * 2000,
        "k: " + "{a: " * 2000,
        "\n".join(f"k{i}: v" for i in range(3000)),
        "k: " + "x" * 1_000_000,
        "? [a, b]\n: c",
        "!!python/object/apply:os.system ['true']",
    ],
)
def test_bombs_are_refused_at_once(bomb: str) -> None:
    """Aliases, depth, numbers and sizes that no header has cost less than 50 ms."""
    started = time.process_time()
    header = split(f"---\ntitle: Kept\n{bomb}\n---\nBody")
    assert time.process_time() - started < 0.05
    assert header.values.get("title", "Kept") == "Kept"
    assert header.body.endswith("Body")


def test_a_key_given_twice_is_reported() -> None:
    """The last value counts, and somebody is told."""
    header = split("---\nid: a\nid: b\n---\n")
    assert header.values["id"] == "b"
    assert "twice" in header.warnings[0]


@given(st.text())
def test_any_text_can_be_split(text: str) -> None:
    """No header raises, and the body is a part of the text."""
    header = split(f"---\n{text}\n---\nBody")
    assert header.body.endswith("Body")
    assert all(isinstance(key, str) for key in header.values)
