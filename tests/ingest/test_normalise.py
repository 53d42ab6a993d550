"""Docs-site dialects become plain Markdown."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.markdown import parse, plain
from ingest.normalise import normalise


def test_tabs_keep_their_labels_and_lose_their_indentation() -> None:
    """What stood inside a component is neither lost nor read as code."""
    page = (
        '<Tabs>\n  <TabItem label="Linux">\n    Run this:\n\n    ```bash\n    ./start.sh\n    ```\n  </TabItem>\n'
        "</Tabs>\nAfter"
    )
    assert normalise(page) == "**Linux**\n\nRun this:\n\n```bash\n./start.sh\n```\n\nAfter"


def test_imports_comments_and_images_are_dropped() -> None:
    """What is for the site's machinery is not for readers; a telling image description stays."""
    page = (
        "import { Tabs } from '@theme/Tabs';\n\n<!-- secret\nnote -->Text ![logo](a.png) "
        "![How the console looks after login](b.png){/* hm */}"
    )
    assert normalise(page) == "Text  How the console looks after login"


def test_links_that_lead_nowhere_outside_their_site_are_their_words() -> None:
    """Relative addresses and anchors; whole addresses and code stay."""
    assert normalise("See [the guide](../guide.md#a) and [there](#x), [home](/).") == "See the guide and there, home."
    kept = "[a](https://b.c/d) [m](mailto:a@b.c) `[x](y)` <https://b.c>"
    assert normalise(kept) == kept


def test_scripts_and_styles_are_no_words() -> None:
    """Nor are the tags of a whole HTML page; in code they stay."""
    assert normalise(
        "a\n<script>\nlet x = 1;\n</script>\n<style>p {}</style>\n<body><pre id='x'></pre></body>\nb"
    ).split() == [
        "a",
        "b",
    ]
    assert normalise("```html\n<script>x</script>\n```") == "```html\n<script>x</script>\n```"


def test_headings_without_a_space_are_headings() -> None:
    """A single mark may be a tag or a comment."""
    assert normalise("##标题\n\n###Start it?\n\n#tag\n\n```\n##x\n```") == (
        "## 标题\n\n### Start it?\n\n#tag\n\n```\n##x\n```"
    )


def test_code_keeps_every_character() -> None:
    """Comments, tags and imports inside fences are the code."""
    code = '```xml\n<!-- keep -->\n<Tabs>\n  <font color="red"/>\n</Tabs>\nimport x from "y"\n\n\n\nend\n```'
    assert normalise(code) == code
    assert normalise("Use `<font>` and `List<String>` here") == "Use `<font>` and `List<String>` here"


@pytest.mark.parametrize(
    "page",
    [
        ":::warning\nBack up first.\n:::",
        "!!! warning\n    Back up first.",
        "> [!WARNING]\n> Back up first.",
        '<Callout type="warning">\nBack up first.\n</Callout>',
        "{{< warning >}}\nBack up first.\n{{< /warning >}}",
    ],
)
def test_every_kind_of_note_becomes_a_quotation(page: str) -> None:
    """A note of any docs site is one quoted block that says what it is."""
    text = normalise(page)
    assert "**Warning**" in text
    assert "Back up first." in text
    assert [block.type for block in parse(text)] == ["quote"]


def test_html_headings_and_tables_become_markdown() -> None:
    """Raw HTML that carries structure keeps it."""
    table = "<table>\n<tr><th>Port</th><th>For</th></tr>\n<tr><td>8848</td><td>a <b>|</b> b</td></tr>\n</table>"
    text = normalise(f'<h3 id="x">Ports</h3>\n\n{table}')
    assert text.startswith("### Ports")
    assert "| 8848 | a \\| b |" in text
    assert [block.type for block in parse(text)] == ["heading", "table"]


def test_words_about_tables_are_no_tables() -> None:
    """Not in inline code, not as a placeholder, and what is never closed is text like any other."""
    fenced = "```html\n<table>\n<tr><td>1</td></tr>\n</table>\n```"
    for text in (
        "Use `<table>` and `</table>` here.",
        f"Write `<table>` as follows.\n\n{fenced}\n\nThat is all.",
        "Run SHOW <table name>.",
    ):
        assert normalise(text) == text
    assert normalise("<table>\n\n:::note\nRead this.\n:::\n").endswith("> **Note**\n>\n> Read this.")


def test_invisible_characters_are_gone() -> None:
    """Zero-width, bidirectional and tag characters do not reach a passage."""
    assert normalise("ab\u200bc\u202ed\U000e0041e\ufeff") == "abcde"


@given(st.text(alphabet=st.sampled_from("<>!-[](){}`~#:=\"'/ \n\tTabsfont|*$%&图ab1\0\u202e"), max_size=300))
def test_any_text_is_accepted_and_its_blocks_lie_within(text: str) -> None:
    """Blocks are in order, inside the text, and do not overlap."""
    result = normalise(text)
    last = 0
    for block in parse(result):
        assert last <= block.start < block.end <= len(result)
        last = block.end


@pytest.mark.parametrize(
    "hostile",
    [
        "<!--" * 30_000,
        "![" * 50_000,
        "<a href=" * 20_000,
        "{{<" * 30_000,
        "> " * 20_000 + "x",
        "[" * 100_000,
        "<h1>" * 30_000,
        "`" * 100_000,
        "* " * 30_000,
        "<table>" * 20_000,
        "|a" * 50_000 + "\n" + "|-" * 50_000,
        "<Tab " * 30_000,
    ],
)
def test_hostile_text_takes_no_time(hostile: str) -> None:
    """100 KB of openers without closers are read within seconds of processor time."""
    started = time.process_time()
    parse(normalise(hostile))
    assert time.process_time() - started < 2


def test_heading_words_come_without_marks() -> None:
    """Paths of headings are for reading."""
    assert plain("**1. `Start`** the [server](https://x.y)") == "1. Start the server"
