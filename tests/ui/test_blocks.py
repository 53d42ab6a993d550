"""Text as trees: the same as the HTML that pages get, and nothing in it but what the renderer allows."""

import json
import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.values import AskRequest, Done
from tests.ui.fakes import FakeServices, document
from tests.ui.payloads import PAYLOADS
from ui.blocks import BlockStream, Node, answer_blocks, tree
from ui.rendering import render
from ui.settings import Settings

TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "span", "blockquote", "ul", "ol", "li", "a"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}


def words(nodes: list[Node]) -> str:
    return "".join(node if isinstance(node, str) else words(node[2]) for node in nodes)


def check(nodes: list[Node]) -> None:
    for node in nodes:
        if isinstance(node, str):
            continue
        tag, attributes, children = node
        assert tag in TAGS
        assert set(attributes) <= {"href", "class", "rel", "target", "start"}
        assert re.match(r"https?://|mailto:|#source-\d+$", attributes.get("href", "#source-1"))
        check(children)


def test_text_becomes_elements() -> None:
    """Elements with attributes and children; citations that exist are marked, others stay text."""
    assert tree(render("a *b* [1] [9]\n\n- `x<y`", citations={1})) == [
        ["p", {}, ["a ", ["em", {}, ["b"]], " ", ["a", {"class": "cite", "href": "#source-1"}, ["1"]], " [9]"]],
        ["ul", {}, ["\n", ["li", {}, [["code", {}, ["x<y"]]]], "\n"]],
    ]


@given(st.text() | st.lists(st.sampled_from([*PAYLOADS, "```\n", "\n\n", "[1]", "| a |\n|---|\n"])).map("".join))
def test_trees_say_what_the_html_says(text: str) -> None:
    """The same words in the same order, known elements only, JSON without loss."""
    html = render(text, citations={1})
    nodes = tree(html)
    check(nodes)
    assert json.loads(json.dumps(nodes)) == nodes
    assert "".join(words(nodes).split()) == "".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


@pytest.mark.slow
@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_cut_anywhere_stay_harmless(payload: str) -> None:
    """In two pieces at every position: what is drawn after either is clean."""
    for cut in range(1, len(payload)):
        stream = BlockStream({1}, redraw_s=0)
        drawn = [stream.add(piece) for piece in (payload[:cut], payload[cut:])]
        for step in drawn:
            check(step["blocks"])


@given(
    st.lists(
        st.sampled_from(["a", " ", "\n\n", "- x\n", "1. y\n", "```\n", "[1]", "**", "# h\n", "[a]: https://b.c\n"])
    )
)
def test_drawn_steps_add_up_to_the_whole(pieces: list[str]) -> None:
    """Keeping and appending as told gives what rendering the whole text gives, whatever changes on the way."""
    stream = BlockStream({1}, redraw_s=0)
    shown: list[Any] = []
    for piece in pieces:
        step = stream.add(piece)
        shown = shown[: step["keep"]] + step["blocks"]
    assert shown == tree(render("".join(pieces), citations={1}))


def test_drawing_takes_a_breath() -> None:
    """Pieces that come faster than anybody reads are drawn together."""
    stream = BlockStream((), redraw_s=60)
    assert stream.add("a") == {"keep": 0, "blocks": [["p", {}, ["a"]]]}
    assert stream.add("b") == {}


def test_an_answer_has_all_its_parts(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Items in their order with their citations, quotes between their neighbours, and no body beside them."""
    services = FakeServices(Settings(data=tmp_path_factory.mktemp("data")))
    *_, done = services.assistant.ask(AskRequest("9848"))
    assert isinstance(done, Done)
    blocks = answer_blocks(done.answer, services.knowledge.records.document)
    assert [len(blocks[name]) for name in ("causes", "steps", "explanation")] == [1, 3, 1]
    assert ["a", {"class": "cite", "href": "#source-1"}, ["1"]] in blocks["causes"][0][0][2]
    quote = blocks["quotes"][0]
    assert (quote["n"], quote["is_current"]) == (1, True)
    assert "只放行 8848 时连不上" in words(quote["quote"])
    assert "升级到 Nacos 2.x 之后" in words(quote["before"])
    assert blocks["body"] == []
    gone = answer_blocks(done.answer, lambda product, id: document("something else"))["quotes"][0]
    assert (gone["before"], gone["is_current"]) == ([], False)
