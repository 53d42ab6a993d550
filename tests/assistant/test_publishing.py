"""A published file is read back as the document that it was made from, whatever that holds."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assistant.publications import Publication
from assistant.publishing import answer_of, completed, file_path, page_path, to_markdown
from assistant.publishing.keywords import keywords, summary
from ingest import parse_file, parse_text
from kb.errors import DocumentError
from kb.text import clean
from kb.values import Document, Reference
from tests.kb.test_qa_format import PIECES, hostile

BASE = "https://answers.example.org"
DOCUMENT = Document(
    id="entry-1",
    product="nacos",
    title="客户端连接报错",
    text="9848 端口连不上怎么办？\n\n放行 9848 端口。\n\n## 步骤\n\n1. 打开防火墙",
    question="9848 端口连不上怎么办？",
    kind="qa",
    references=(Reference("文档", "https://nacos.io/docs"), Reference("专家经验：端口")),
    reviewed=True,
    date="2026-01-02",
)


def entry(**changes: object) -> Publication:
    return Publication(replace(DOCUMENT, **changes), "2026-01-01", "2026-02-03")  # type: ignore[arg-type]


def read(text: str, path: str = "nacos/entry-1.md") -> Document:
    parsed = parse_text(text, path=path)
    assert parsed.document is not None
    assert not parsed.warnings
    return parsed.document


def bare(document: Document) -> Document:
    """What a file holds: sections are cut anew, and the path is where it lies."""
    return replace(document, sections=(), source="")


@pytest.mark.corpus
def test_every_real_answer_comes_back(corpora: Path) -> None:
    """Question, answer, references, metadata, sections: the whole document, for all 706 files."""
    root = corpora / "expert-qa" / "nacos"
    files = sorted(root.glob("*.md"))
    assert len(files) == 706
    for path in files:
        document = parse_file(path, root=root, product="nacos")
        text = to_markdown(Publication(document, review_date="2026-02-03"), base_url=BASE)
        again = read(text, path.name)
        assert again == document
        assert to_markdown(Publication(again, review_date="2026-02-03"), base_url=BASE) == text


_words = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
_values = _words | st.lists(_words, max_size=3) | st.dictionaries(_words, _words | st.lists(_words), max_size=2)
_urls = _words | _words.map("https://x/".__add__)
_documents = st.builds(
    Document,
    id=st.just("entry-1"),
    product=st.just("nacos"),
    title=_words,
    text=hostile.map("{}\n\nanswer".format),
    question=_words,
    kind=st.just("qa"),
    references=st.lists(st.builds(Reference, title=_words, url=_urls), max_size=2).map(tuple),
    language=st.sampled_from(["zh", "en"]),
    version=_words,
    date=_words,
    reviewed=st.just(True),
    metadata=st.dictionaries(_words, _values, max_size=2),
)


@given(_documents, st.lists(hostile, max_size=2).map(tuple))
def test_hostile_words_come_back(document: Document, versions: tuple[str, ...]) -> None:
    """Exactly the expected keys and words, and the same bytes for what was read back."""
    publication = Publication(document, "2026-01-01", "2026-02-03", versions)
    text = to_markdown(publication, base_url=BASE)
    expected = completed(publication)
    assert bare(read(text)) == bare(expected)
    header = yaml.safe_load(text.split("---\n", 2)[1])
    optional = {key for key in ("date", "version") if getattr(expected, key)}
    own = {"id", "title", "reviewed", "product", "language", "escapes"} | optional
    assert {clean(key) for key in header} == own | expected.metadata.keys()
    assert to_markdown(Publication(read(text), "", "2026-02-03"), base_url=BASE) == text


def test_the_file_is_the_seed_format() -> None:
    """Front matter with quoted values, the four headings, rules between them, the links back."""
    text = to_markdown(entry(), base_url=BASE)
    assert text.startswith('---\nid: "entry-1"\ntitle: "客户端连接报错"\ndate: "2026-01-02"\nreviewed: "2026-02-03"\n')
    assert 'tags: ["nacos", "9848' in text or 'tags: ["nacos"' in text
    for part in ("## 用户问题：", "## 专家官方解答：", "## 参考链接：", "## 答疑服务说明："):
        assert f"\n\n{part}\n\n" in text
    assert "* [文档](https://nacos.io/docs)\n* 专家经验：端口\n" in text
    assert f"[反馈]({BASE}/p/nacos/entry-1#feedback)" in text
    english = to_markdown(entry(language="en"), base_url=BASE)
    assert "## Expert answer\n" in english
    assert read(english).references == DOCUMENT.references


def test_line_ends_and_byte_order_marks_do_no_harm() -> None:
    """A checkout on Windows reads the same."""
    text = to_markdown(entry(text="q\n\n<b> {x}", question="q"), base_url=BASE)
    assert answer_of(read("\ufeff" + text.replace("\n", "\r\n"))) == "<b> {x}"


def test_missing_metadata_is_made_from_the_words() -> None:
    """Title, date, description, tags and keywords; what is there stays."""
    made = completed(Publication(replace(DOCUMENT, title="", date=""), "2026-01-01", "2026-02-03", ("2.3", "2.4")))
    assert (made.title, made.date) == ("9848 端口连不上怎么办？", "2026-01-01")
    assert made.metadata["versions"] == ["2.3", "2.4"]
    assert made.metadata["description"].startswith("放行 9848 端口。")
    assert "端口" in made.metadata["keywords"]
    assert made.metadata["tags"][0] == "nacos"
    kept = {"description": "d", "tags": ["t"], "keywords": "k", "category": "c"}
    assert completed(entry(metadata=kept)).metadata == kept


def test_real_addresses_only() -> None:
    """What is no web address is a title without link; unsafe characters are percent-encoded."""
    references = (
        Reference("a", "javascript:alert(1)"), Reference("", "https://x/a b"), Reference("[t](https://evil)", ""),
        Reference("p", "https://x/a_(b)"), Reference("o", "https://x/a(b"), Reference("", "nothing"),
        Reference("a", ""),
    )  # fmt: skip
    text = to_markdown(entry(references=references), base_url=BASE)
    assert "* a\n" in text
    assert "* [https://x/a%20b](https://x/a%20b)\n" in text
    assert "* \\[t\\](https://evil)" in text.replace("\u200b", "")
    assert "* [p](https://x/a_(b))\n* [o](https://x/a\\(b)\n" in text
    assert read(text).references == completed(entry(references=references)).references


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reviewed": False}, "not reviewed"),
        ({"text": DOCUMENT.question}, "no answer"),
        ({"metadata": {"a": ["x"] * 500}}, "more metadata"),
        ({"metadata": {"a": "x" * 20_000}}, "longer metadata"),
    ],
    ids=["unreviewed", "no-answer", "many", "long"],
)
def test_what_cannot_be_published_says_why(changes: dict[str, object], message: str) -> None:
    """Nothing unreviewed, nothing empty, nothing that would not be read back."""
    with pytest.raises(DocumentError, match=message):
        to_markdown(entry(**changes), base_url=BASE)


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("question-history-1", "question-history-1"),
        ("Entry", "entry--"),
        ("entry--", "entry--"),
        ("../../x", "x--"),
        ("/etc/passwd", "etc-passwd--"),
        ("CON", "con--"),
        ("con", "con--"),
        ("nul\x00", "nul--"),
        ("\u202egnp.exe", "gnp-exe--"),
        ("a" * 300, "a" * 60 + "--"),
        ("客户端", "entry--"),
        ("", "entry--"),
        (".git", "git--"),
    ],
)
def test_names_of_files(id: str, name: str) -> None:
    """Names are of [a-z0-9-]{1,80}, whatever the id is."""
    product, _, file = file_path("nacos", id).partition("/")
    assert product == "nacos"
    assert file.startswith(name)
    assert set(file.removesuffix(".md")) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(file) <= 83


@given(st.lists(hostile, unique=True, max_size=20))
def test_different_entries_have_different_names(ids: list[str]) -> None:
    """On file systems without case as well."""
    assert len({file_path("p", id).casefold() for id in ids}) == len(ids)


def test_paths_of_pages_are_quoted() -> None:
    """An id may hold anything; slashes stay, they are part of ids of pages."""
    assert page_path("n c", "docs/a?b#客") == "/p/n%20c/docs/a%3Fb%23%E5%AE%A2"


def test_keywords_are_what_the_answer_takes_up() -> None:
    """Names first, then the phrases that question and answer share, no stop words."""
    found = keywords(
        "请问 Nacos 开启鉴权后 NacosException 报 user not found 怎么办",
        "开启鉴权后，客户端要配置用户名。Nacos 的用户在控制台创建；开启鉴权之前先创建。",
    )
    assert found[0] == "NacosException"
    assert {"Nacos", "开启鉴权"} <= set(found)
    assert not {"怎么办", "请问", "not"} & set(found)


def test_a_summary_is_one_plain_line() -> None:
    """No marks, no code; ended where a sentence ends."""
    text = "## 原因\n\n**端口**没有[放行](https://x)。\n\n```sh\nnc -zv x\n```\n\n" + "然后重启客户端，" * 30
    assert summary(text) == "原因 端口没有放行。 " + "然后重启客户端，" * 18 + "然后重启…"
    assert summary("a. " * 100) == ("a. " * 100)[:159].rstrip()
