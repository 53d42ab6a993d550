"""The built-in engine quotes: causes, steps and explanation, each with the span it stands in."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.compose import answer_blocks
from assistant.extractive import compose, item_markdown
from kb.values import Document, Hit, Passage, Section, SectionKind

ANSWER = """客户端报 user not found 怎么办？

服务端找不到配置里写的用户。

### 原因分析

1. **用户名写错**：配置里多了空格。
2. **没有创建用户**：根据提供的知识，用户不存在。控制台里没有这个用户。

### 解决步骤

#### 步骤1：检查配置

```properties
spring.cloud.nacos.config.username=app
# 保留
```

#### 步骤2：创建用户

- 登录控制台。

### 说明

鉴权开启后，每次请求都要带上用户。
"""


def _section(kind: SectionKind, first: str, last: str) -> Section:
    start = ANSWER.index(first)
    return Section(kind, "", start, ANSWER.index(last, start) + len(last))


SECTIONS = (
    _section("question", "客户端", "怎么办？"),
    _section("text", "服务端", "用户。"),
    _section("cause", "1. **用户名", "空格。"),
    _section("cause", "2. **没有", "这个用户。"),
    _section("step", "#### 步骤1", "```\n"),
    _section("step", "#### 步骤2", "控制台。"),
    _section("explanation", "鉴权开启", "用户。"),
)
DOCUMENT = Document(
    "q-1", "nacos", "user not found", ANSWER, SECTIONS, kind="qa", url="https://x.example/1", reviewed=True
)


def _hit(document: Document, score: float = 1.0) -> Hit:
    passages = tuple(
        Passage(s.kind, s.heading, s.start, s.end, document.section_text(s)) for s in document.sections[:3]
    )
    return Hit(document, passages, score, ())


def _without_marks(text: str) -> str:
    return re.sub(r"[#*\s\d.\-`]|步骤|[:：]", "", text)


def test_causes_steps_and_explanation_are_set_apart() -> None:
    """Every typed section lands where it belongs, in the expert's order."""
    draft = compose([_hit(DOCUMENT)])
    assert [item.text.split("：")[0] for item in draft.causes] == ["**用户名写错**", "**没有创建用户**"]
    assert [item.text.split("\n")[0] for item in draft.steps] == ["**检查配置**", "**创建用户**"]
    assert [item.text for item in draft.explanation] == ["鉴权开启后，每次请求都要带上用户。"]
    assert [item.text for item in draft.summary] == ["服务端找不到配置里写的用户。"]


def test_every_item_cites_the_span_it_stands_in() -> None:
    """Each citation's quote is the document's text at its offsets, and holds the items' words."""
    draft = compose([_hit(DOCUMENT)])
    by_number = {citation.n: citation for citation in draft.citations}
    assert sorted(by_number) == list(range(1, len(by_number) + 1))
    for citation in draft.citations:
        assert citation.quote == DOCUMENT.text[citation.start : citation.end]
        assert citation.reviewed
    for item in (*draft.summary, *draft.causes, *draft.steps, *draft.explanation):
        assert item.citations
        quotes = _without_marks("".join(by_number[n].quote for n in item.citations))
        for sentence in filter(None, map(_without_marks, re.split(r"[。！？：\n]", item.text))):
            assert sentence in quotes


def test_talk_about_the_material_is_left_out() -> None:
    """Sentences about the knowledge that an expert was given never reach a reader; the rest of the item does."""
    text = compose([_hit(DOCUMENT)]).causes[1].text
    assert "提供的知识" not in text
    assert "控制台里没有这个用户。" in text


def test_code_is_kept_as_it_is() -> None:
    """A comment in a code block is not a heading."""
    assert "# 保留" in compose([_hit(DOCUMENT)]).steps[0].text


def test_the_same_words_are_said_once() -> None:
    """A second document with the same causes adds nothing."""
    twice = compose([_hit(DOCUMENT), _hit(Document("q-2", "nacos", "t", ANSWER, SECTIONS, kind="qa"), 0.9)])
    assert len(twice.causes) == 2
    assert {citation.document for citation in twice.citations} == {"q-1"}


def test_what_the_best_document_lacks_comes_from_the_next() -> None:
    """Steps are filled in from one further near document, never from a far one."""
    causes_only = Document("q-3", "nacos", "t", ANSWER, SECTIONS[:4], kind="qa")
    assert {c.document for c in compose([_hit(causes_only), _hit(DOCUMENT, 0.9)]).citations} == {"q-3", "q-1"}
    assert compose([_hit(causes_only), _hit(DOCUMENT, 0.7)]).steps == ()


def test_nothing_found_gives_nothing() -> None:
    """No hit, no words."""
    assert compose([]).citations == ()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1. one\n   more", "one\nmore"),
        ("- **a**: b", "**a**: b"),
        ("- a\n- b", "- a\n- b"),
        ("#### 步骤3：重启\n\n执行", "**重启**\n\n执行"),
        ("### 2. Restart\nrun", "**Restart**\n\nrun"),
        ("```\n# x\n```", "```\n# x\n```"),
        ("2、检查", "检查"),
    ],
    ids=["ordered", "bullet", "whole list", "step heading", "numbered heading", "code", "chinese number"],
)
def test_item_markdown(raw: str, expected: str) -> None:
    """A section reads well as the content of a list item."""
    assert item_markdown(raw) == expected


@given(st.text())
def test_any_section_can_be_shown(raw: str) -> None:
    """No text makes the engine fail."""
    item_markdown(raw)


def test_answer_blocks_number_the_items_and_mark_the_citations() -> None:
    """The Markdown has the headings of the language and a mark on each item; a mark never lands inside code."""
    markdown = "".join(answer_blocks(compose([_hit(DOCUMENT)]), "zh"))
    assert markdown.index("### 可能原因") < markdown.index("### 解决步骤") < markdown.index("### 说明")
    assert "1. **用户名写错**：配置里多了空格。 [2]" in markdown
    assert "   ```\n\n   [3]" in markdown
    assert "### Likely causes" in "".join(answer_blocks(compose([_hit(DOCUMENT)]), "en"))
