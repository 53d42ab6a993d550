"""The built-in engine quotes: causes, steps and explanation, each with the span it stands in."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.compose import answer_blocks
from assistant.extractive import compose
from assistant.quoting import item_markdown
from ingest import parse_text
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
    causes_only = Document("q-3", "nacos", DOCUMENT.title, ANSWER, SECTIONS[:4], kind="qa")
    assert {c.document for c in compose([_hit(causes_only), _hit(DOCUMENT, 0.9)]).citations} == {"q-3", "q-1"}
    assert compose([_hit(causes_only), _hit(DOCUMENT, 0.7)]).steps == ()


def test_another_problem_lends_no_steps() -> None:
    """However near: steps for something else contradict; and who only explains needs no steps."""
    other = Document("q-3", "nacos", "集群节点磁盘写满", ANSWER, SECTIONS[:4], kind="qa")
    assert {c.document for c in compose([_hit(other), _hit(DOCUMENT, 0.99)]).citations} == {"q-3"}
    explained = _expert("服务端找不到用户。")
    assert {c.document for c in compose([_hit(explained), _hit(DOCUMENT, 0.99)]).citations} == {"q"}


def test_nothing_found_gives_nothing() -> None:
    """No hit, no words."""
    assert compose([]).citations == ()


def _expert(answer: str, question: str = "user not found") -> Document:
    file = f"---\nid: q\ntitle: {question}\n---\n## Question\n{question}\n\n## Expert answer\n{answer}\n"
    parsed = parse_text(file, path="q.md", product="nacos").document
    assert parsed is not None
    return parsed


def _markdown(*documents: Document) -> str:
    return "".join(answer_blocks(compose([_hit(document) for document in documents]), "zh"))


def test_a_source_that_does_not_know_is_no_answer() -> None:
    """Nothing is composed of it, whatever politeness surrounds it; the next near document answers."""
    silent = _expert("我目前了解到的信息可能不足以回答这个问题，知识库中并未提及。\n\n建议查阅官方文档或在社区提问。")
    assert compose([_hit(silent)]).citations == ()
    assert {c.document for c in compose([_hit(silent), _hit(DOCUMENT, 0.95)]).citations} == {"q-1"}
    assert compose([_hit(silent), _hit(DOCUMENT, 0.5)]).citations == ()


def test_what_is_known_beside_an_admission_is_said() -> None:
    """The admission goes, the substance stays."""
    text = _markdown(_expert("默认端口是 8848，可以在配置文件里修改，重启后生效。知识内容中没有提及 9848 的用途。"))
    assert "8848" in text
    assert "知识" not in text


def test_the_direct_answer_comes_first() -> None:
    """What the expert said before the steps stands before them."""
    text = _markdown(_expert("可以直接升级，数据不会丢。\n\n### 解决步骤\n1. 备份数据\n2. 重启服务", "可以直接升级吗"))
    assert text.index("可以直接升级") < text.index("### 解决步骤") < text.index("备份数据")


def test_steps_of_different_cases_are_no_sequence() -> None:
    """Each case begins with what the expert called it, and its citation holds that name."""
    answer = "### 解决步骤\n#### 对于 Linux\n1. 执行脚本\n2. 查看日志\n\n#### 对于 Windows\n1. 双击程序\n2. 打开日志"
    draft = compose([_hit(_expert(answer, "如何启动"))])
    assert [item.text.split("\n")[0] for item in draft.steps] == [
        "**对于 Linux**",
        "查看日志",
        "**对于 Windows**",
        "打开日志",
    ]
    quotes = {citation.n: citation.quote for citation in draft.citations}
    assert "对于 Windows" in quotes[draft.steps[2].citations[0]]


def test_one_list_of_steps_needs_no_name() -> None:
    """Headings that only announce steps are the answer's own."""
    draft = compose([_hit(_expert("### 具体步骤\n1. 执行脚本\n2. 查看日志", "如何启动"))])
    assert [item.text for item in draft.steps] == ["执行脚本", "查看日志"]


def test_an_explanation_counts_as_a_whole_under_its_headings() -> None:
    """Also what the search did not match."""
    answer = "两种方式都可以。\n\n### 是否需要重启\n不需要，配置会推送。\n\n### 内存要求\n至少两个 G。"
    document = _expert(answer, "配置怎么生效")
    hit = Hit(document, _hit(document).passages[:1], 1.0, ())
    text = "".join(answer_blocks(compose([hit]), "zh"))
    assert text.index("**是否需要重启**") < text.index("不需要，配置会推送。") < text.index("**内存要求**")


def test_a_long_step_is_one_step() -> None:
    """However many pieces it was cut into to be found."""
    code = "```sh\n" + "echo 1\n" * 90 + "```"
    answer = (
        f"### 解决步骤\n#### 步骤1：导出\n{code}\n\n{code}\n\n{code}\n\n请保存结果。\n\n#### 步骤2：导入\n执行脚本。"
    )
    draft = compose([_hit(_expert(answer, "如何迁移"))])
    assert [item.text.split("\n")[0] for item in draft.steps] == ["**导出**", "**导入**"]
    assert draft.steps[0].text.endswith("请保存结果。")
    paragraphs = compose([_hit(_expert("### 解决步骤\n停止服务。\n\n重启服务。", "如何迁移"))])
    assert [item.text for item in paragraphs.steps] == ["停止服务。", "重启服务。"]


def _page(text: str) -> Document:
    parsed = parse_text(text, path="p.md", product="nacos").document
    assert parsed is not None
    return parsed


def _matching(page: Document, *words: str) -> Hit:
    sections = [next(s for s in page.sections if word in page.section_text(s)) for word in words]
    passages = tuple(Passage(s.kind, s.heading, s.start, s.end, page.section_text(s)) for s in sections)
    return Hit(page, passages, 1.0, ())


def test_a_walk_through_page_gives_all_its_steps() -> None:
    """One of them alone is no procedure."""
    page = _page("# Start\n\n## 1. Download it\nfetch\n\n## 2. Run it\nstart\n\n## 3. Check the log\nread")
    draft = compose([_matching(page, "start")])
    assert [item.text for item in draft.steps] == [
        "**Download it**\n\nfetch",
        "**Run it**\n\nstart",
        "**Check the log**\n\nread",
    ]


def test_a_table_of_contents_is_no_heading() -> None:
    """Its lines read like headings that stand further down."""
    page = _page("# T\n\n- [Limits](#limits)\n- [Ports](#ports)\n\n## Limits\n\nTen thousand.")
    assert [item.text for item in compose([_matching(page, "Ten thousand")]).explanation] == [
        "**Limits**\n\nTen thousand."
    ]


def test_of_a_page_only_what_stands_beside_the_best_match() -> None:
    """Parameters of another call are no explanation of this one."""
    page = _page(
        "# API\n\n## Register\n\n### Purpose\nRegisters one.\n\n### Address\n`/register`\n\n"
        "## Delete\n\n### Parameters\nThe number of the one to delete."
    )
    text = "".join(answer_blocks(compose([_matching(page, "Registers one", "/register", "to delete")]), "en"))
    assert "**Register**" in text
    assert "/register" in text
    assert "to delete" not in text


_LINES = st.sampled_from(
    [
        "### 原因分析",
        "### 解决步骤",
        "#### 对于 Windows",
        "#### 1. **重启**",
        "**说明**",
        "1. 根据提供的知识，端口被占用。先停掉旧进程。",
        "2. **版本**：虽然知识中没有提及版本，但确保两边一致。",
        "3. **网络**：知识库中未提及网络。",
        "   - 检查防火墙。希望这有帮助！",
        "     再检查网关",
        "   ```sh",
        "```",
        "# 根据提供的知识",
        "执行以下命令：",
        "对于 Linux 系统：",
        "以上步骤可以解决问题。",
        "但是，缓存在本地目录（参考内容2）。",
        "根据您的描述，您的配置没有生效。",
        "| a | b |",
        "| - | - |",
        "> 注意，先备份。",
        "",
        "",
    ]
)


@settings(deadline=None)
@given(st.lists(_LINES, max_size=25))
def test_whatever_is_composed_stands_in_the_quotes(lines: list[str]) -> None:
    """Every sentence of every item is in the span that the item cites, and code blocks stay whole."""
    document = _expert("\n".join(["缓存会过期。", *lines]), "为什么启动失败")
    draft = compose([_hit(document)])
    quotes = {citation.n: citation.quote for citation in draft.citations}
    for item in (*draft.summary, *draft.causes, *draft.steps, *draft.explanation):
        quoted = _without_marks("".join(quotes[n] for n in item.citations))
        for sentence in filter(None, map(_without_marks, re.split(r"[。！？：\n]", item.text))):
            assert sentence in quoted
    for citation in draft.citations:
        assert citation.quote == document.text[citation.start : citation.end]


def test_nothing_begins_with_a_reference_to_what_is_not_quoted() -> None:
    """ "However" without anything before it reads like a piece torn out."""
    text = _markdown(
        _expert(
            "提供的知识内容中没有直接说明加载顺序。\n\n但是，配置总是在注册之前加载。注册失败时，已经加载的配置仍然有效，直到应用停止为止。",
            "加载顺序是什么",
        )
    )
    assert "配置总是在注册之前加载。" in text
    assert "但是" not in text


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
        ("   - a\n   - b", "- a\n- b"),
        ("#### 1. **Restart**\nrun", "**Restart**\n\nrun"),
        ("### Nacos 1.X 版本\n慢", "**Nacos 1.X 版本**\n\n慢"),
        ("1. **版本**：知识中没有提及版本。", ""),
    ],
    ids=[
        "ordered",
        "bullet",
        "whole list",
        "step heading",
        "numbered heading",
        "code",
        "chinese number",
        "indented list",
        "bold heading",
        "number inside",
        "nothing but a label",
    ],
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
