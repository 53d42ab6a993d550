"""Files become documents: expert answers, pages, lines."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import embedding_text, parse_text, split
from ingest.jsonl import parse_line, read_line
from ingest.sources import read_text
from kb import Document, DocumentError, Reference

QA = """---
id: "q-1"
title: "  Login   fails "
date: "2026-01-02"
tags: ["auth"]
version: "2.x"
---

## 用户问题 ：
 登录失败，怎么办？

---------------
## 专家官方解答 ：

### 原因分析
1. 密码错误

### 解决步骤
1. 重置密码


<font color="#949494">---------------</font>

## 参考链接 ：

* 专家经验：密码重置

 * [Auth](https://example.org/auth)


 <font color="#949494">---------------</font>

## <font color="#FF0000">答疑服务说明：</font>

本内容经由专家审阅，欢迎点：[差评](https://example.org/bad)给我们反馈。
"""


def document(text: str, path: str = "guide/a.md") -> Document:
    parsed = parse_text(text, path=path, product="p").document
    assert parsed is not None
    return parsed


def test_an_expert_answer_keeps_question_answer_and_references_only() -> None:
    """Separators, service notice and rating link are gone; the header's fields are in place."""
    qa = document(QA)
    assert (qa.id, qa.title, qa.date, qa.version, qa.kind, qa.language) == (
        "q-1",
        "Login fails",
        "2026-01-02",
        "2.x",
        "qa",
        "zh",
    )
    assert qa.reviewed
    assert qa.question == "登录失败，怎么办？"
    assert qa.text == "登录失败，怎么办？\n\n### 原因分析\n1. 密码错误\n\n### 解决步骤\n1. 重置密码"
    assert qa.references == (Reference("专家经验：密码重置"), Reference("Auth", "https://example.org/auth"))
    assert [section.kind for section in qa.sections] == ["question", "cause", "step"]
    assert dict(qa.metadata) == {"tags": ["auth"]}


def test_english_headings_make_an_expert_answer_too() -> None:
    """The format has an English face."""
    qa = document(
        "## Question\nWhy?\n\n## Expert answer\n\n### Steps\n1. Restart it.\n\n## References\n\n* [A](https://a.b)\n"
    )
    assert (qa.kind, qa.language, qa.id, qa.title) == ("qa", "en", "guide/a", "Why?")
    assert qa.references == (Reference("A", "https://a.b"),)


def test_a_page_header_inside_the_answer_is_not_part_of_it() -> None:
    """Experts paste whole pages; a rule between paragraphs is something else."""
    start = "## Question\nHow?\n\n## Expert answer\n\n"
    page = f"{start}回答：\n---\n\ntitle: T\nkeywords: [a, b]\nsidebar:\n    order: 1\n\n---\n\nType.\n"
    assert document(page).text == "How?\n\n回答：\n\nType."
    assert "port: 1" in document(f"{start}---\nport: 1\n\nType.\n---\n").text


def test_an_answer_without_words_is_an_error() -> None:
    """Nobody is served an empty answer."""
    with pytest.raises(DocumentError, match="answer is empty"):
        parse_text("## 用户问题\n好吗\n\n## 专家官方解答\n\n---\n", path="a.md")


def test_a_question_may_stand_in_the_title_alone() -> None:
    """A missing question is taken from the title."""
    assert (
        document("---\ntitle: How to log in?\n---\n## Question\n\n## Expert answer\nType.\n").question
        == "How to log in?"
    )


PAGE = """---
title: Run it
url: https://docs.example.org/run
keywords: [start]
---

# Run it

Everything about running.

## Steps

1. Download the archive.
2. Start the server:

   ```bash
   ./start.sh
   ```

## Settings

### Ports

:::note
Open all ports.
:::

| Port | For |
| --- | --- |
| 8848 | clients |
"""


def test_a_page_is_cut_by_headings() -> None:
    """Heading path, steps one by one, notes and tables."""
    page = document(PAGE)
    found = [(s.kind, s.heading, page.section_text(s).split("\n")[0]) for s in page.sections]
    assert found == [
        ("text", "Run it", "Everything about running."),
        ("step", "Steps", "1. Download the archive."),
        ("step", "Steps", "2. Start the server:"),
        ("note", "Settings › Ports", "> **Note**"),
        ("text", "Settings › Ports", "| Port | For |"),
    ]
    assert (page.title, page.url, page.reviewed, page.language) == (
        "Run it",
        "https://docs.example.org/run",
        False,
        "en",
    )


def test_a_numbered_walk_through_is_steps_throughout() -> None:
    """Also where one of its headings names a thing; numbered chapters are none."""
    walk = "# Start\n\n## 1. Download it\na\n\n## 2. Quick run\nb\n\n## 3. Check the log\nc\n\n### 3.1. Services\nd"
    assert [section.kind for section in document(walk).sections] == ["step"] * 4
    chapters = "# Design\n\n## 1. Overview\na\n\n## 2. Storage\nb\n\n## 3. Limits\nc"
    assert "step" not in [section.kind for section in document(chapters).sections]


def test_what_settings_mean_is_no_step() -> None:
    """Neither under a heading about steps nor under one that explains below it."""
    page = document(
        "# T\n\n## Steps\n\n- `--port`: where it listens\n- `--host`: for whom\n\n### Overview\n\n- Fast\n- Small"
    )
    assert [section.kind for section in page.sections] == ["text", "text"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# First `heading`\n\ntext", "First heading"),
        ("only text", "a"),
        ("---\ntitle: Named\n---\n# Other\n\ntext", "Named"),
    ],
)
def test_a_page_always_has_a_title(text: str, title: str) -> None:
    """From the header, the first heading, or the file's name."""
    assert document(text).title == title


def test_drafts_and_empty_pages_are_skipped() -> None:
    """They are reported, not failed."""
    assert parse_text("---\ndraft: true\n---\nhidden", path="a.md").skipped == "a draft"
    assert parse_text("---\ntitle: x\n---\n![](a.png)\n", path="a.md").skipped


def test_json_lines_are_pages() -> None:
    """The line's fields count; unknown ones are kept."""
    values = read_line(
        '{"id": "a/b", "title": "T", "text": "# H\\n\\nWords.", "lang": "en", "team": "x"}', source="c.jsonl:1"
    )
    page = parse_line(values, product="p", source="c.jsonl:1")
    assert (page.id, page.title, page.language, page.kind, dict(page.metadata)) == (
        "a/b",
        "T",
        "en",
        "page",
        {"team": "x"},
    )


@pytest.mark.parametrize(
    "line", ["{", "[]", "1", '{"id": "a"}', '{"id": "", "text": "x"}', '{"id": 3, "text": "x"}', "[" * 5000]
)
def test_a_bad_line_names_itself(line: str) -> None:
    """File and line number are in the message."""
    with pytest.raises(DocumentError, match=r"c\.jsonl:17"):
        read_line(line, source="c.jsonl:17")


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEAr8Zq2Lk9f0sDgH" * 5,
        "AKIA" + "Q7ZK3MWPT5VX2RJD",
        "ghp_" + "a8Kd02jLsWq93nTzXc71bVmRy64EuHfGp5oQ",
        "sk-proj-" + "T3kZ9wQm2LxVb7Rn5YcHs8JdFg4PaE6u",
    ],
)
def test_secrets_keep_a_file_out(secret: str) -> None:
    """The message says where, and does not repeat the secret."""
    with pytest.raises(DocumentError, match="in line 3") as caught:
        parse_text(f"# Keys\n\n{secret}\n", path="a.md")
    assert secret[10:30] not in str(caught.value)


@pytest.mark.parametrize(
    "example",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "ghp_0000000000000000000000000000000000000000",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "nacos.core.auth.plugin.nacos.token.secret.key=SecretKey012345678901234567890123456789012345678901234567890123456789",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJuYWNvcyIsImV4cCI6MTYwNTYyOTE2Nn0.2TogGhhr11aaLEjqKko1HJHUJEmsPuCxkur",
    ],
)
def test_placeholders_and_expired_tokens_pass(example: str) -> None:
    """Documentation is full of them."""
    assert document(f"# Keys\n\n{example}\n")


@given(st.text(max_size=2000))
def test_any_text_is_a_document_or_a_document_error(text: str) -> None:
    """Nothing else comes out, and passages are slices in order that cover all sections but references."""
    try:
        parsed = parse_text(text, path="a.md").document
    except DocumentError:
        return
    if parsed:
        check_passages(parsed)


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_a_document_error(data: bytes) -> None:
    """Binary files get a message."""
    try:
        text = read_text(data, "a.md")
    except DocumentError:
        return
    assert "\0" not in text


_BLOCK = st.sampled_from(
    ["## Steps", "1. " + "word " * 60, "```\n" + "code line\n" * 200 + "```", "x" * 5000, "段落。" * 700, "> note", ""]
)


@settings(max_examples=40)
@given(st.lists(_BLOCK, min_size=1, max_size=8))
def test_passages_of_long_documents_are_bounded_slices(blocks: list[str]) -> None:
    """Giant lines and giant code blocks are cut as well."""
    parsed = parse_text("\n\n".join(blocks), path="a.md").document
    if parsed:
        check_passages(parsed)


def check_passages(parsed: Document) -> None:
    last = 0
    passages = split(parsed)
    for passage in passages:
        assert last <= passage.start < passage.end <= len(parsed.text)
        assert passage.text == parsed.text[passage.start : passage.end]
        assert len(passage.text) <= 1300
        assert passage.text in embedding_text(parsed, passage) or len(parsed.title) > 600
        last = passage.end
    covered = "".join("".join(passage.text.split()) for passage in passages)
    words = "".join("".join(parsed.section_text(s).split()) for s in parsed.sections if s.kind != "reference")
    assert len(covered) >= len(words)


def test_a_question_is_embedded_as_it_is_and_the_rest_under_its_title() -> None:
    """A step alone says too little to be found."""
    qa = document(QA)
    question, cause, _ = split(qa)
    assert embedding_text(qa, question) == "登录失败，怎么办？"
    assert embedding_text(qa, cause) == "Login fails\n原因分析\n1. 密码错误"


def test_neighbours_of_one_kind_share_a_passage() -> None:
    """Short steps are found together; long ones apart."""
    steps = "\n".join(f"{n}. Step {n} " + "word " * 40 for n in range(1, 9))
    passages = split(document(f"## Question\nHow?\n\n## Expert answer\n### Steps\n{steps}\n"))
    lengths = [len(passage.text) for passage in passages if passage.kind == "step"]
    assert len(lengths) == 3
    assert max(lengths) <= 800


def test_the_sample_knowledge_base_is_clean(request: pytest.FixtureRequest) -> None:
    """Every file that is shipped comes in, answers with both causes and steps."""
    root = request.config.rootpath / "ingest" / "samples"
    for path in sorted(root.glob("*/qa/*.md")):
        parsed = parse_text(path.read_text("utf-8"), path=str(Path(path).relative_to(root)), product="p")
        assert parsed.document is not None
        assert not parsed.warnings
        assert {"question", "cause", "step"} <= {section.kind for section in parsed.document.sections}, path.name
