"""Documents as experts edit them: untouched text comes back as it was, and headings keep their meaning."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ingest
from ingest import editable, edited, new_answer, parse_file, parse_text
from kb.errors import DocumentError
from kb.values import Document

SAMPLES = Path(ingest.__file__).parent / "samples"
WORDS = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp"], include_characters="\n#*`-[]()<>|{}\t"
    ),
    min_size=1,
    max_size=300,
)


def documents(folder: Path) -> list[Document]:
    return [parse_file(path, root=folder, product="p") for path in sorted(folder.rglob("*.md"))]


@pytest.mark.parametrize("product", ["nacos", "arthas"])
def test_untouched_samples_come_back(product: str) -> None:
    """Expert answers and pages: equal in every field, marked as reviewed."""
    for document in documents(SAMPLES / product):
        assert edited(document, document.title, editable(document)) == replace(document, reviewed=True)


@pytest.mark.slow
@pytest.mark.corpus
def test_untouched_real_files_come_back(corpora: Path) -> None:
    """All expert answers of the corpus, whatever is odd about them."""
    for document in documents(corpora / "expert-qa" / "nacos"):
        assert edited(document, document.title, editable(document)) == replace(document, reviewed=True)


@given(question=WORDS, answer=WORDS)
def test_editing_twice_is_editing_once(question: str, answer: str) -> None:
    """What was read from an edited text gives the same document when it is edited again untouched, or is refused."""
    source = f"## 用户问题\n\n{question}\n\n## 专家官方解答\n\n{answer}\n"
    draft, _ = new_answer("expert-1", "p", "?", "zh")
    try:
        once = edited(draft, "T", source)
        twice = edited(once, once.title, editable(once))
    except DocumentError:
        return
    assert all(twice.text[s.start : s.end] for s in twice.sections)
    assert twice.text.startswith(twice.question)
    assert edited(twice, twice.title, editable(twice)) == twice


def test_what_the_header_said_stays() -> None:
    """Address, date, version, language and tags are not the editor's business."""
    source = (
        "---\nid: a\ntitle: T\ndate: '2026-01-02'\nversion: '2.3'\nurl: https://example.org/a\ntags: [x]\n---\n"
        "## Question\n\nWhy?\n\n## Expert answer\n\nBecause.\n\n## References\n\n- [Docs](https://example.org/)\n"
    )
    document = parse_text(source, path="a.md", product="p").document
    assert document
    text = editable(document).replace("Because", "Because of the port").replace("Docs", "Ports")
    changed = edited(document, "New title", text)
    assert (changed.title, changed.question) == ("New title", "Why?")
    assert "Because of the port." in changed.text
    assert [reference.title for reference in changed.references] == ["Ports"]
    same = ("id", "product", "date", "version", "url", "language", "metadata", "source", "kind")
    assert all(getattr(changed, name) == getattr(document, name) for name in same)


@pytest.mark.parametrize(
    "text", ["", "words only", "## 用户问题\n\nx\n", "## 用户问题\n\nx\n\n## 专家官方解答\n\n---\n"]
)
def test_an_answer_needs_question_and_answer(text: str) -> None:
    """The message says what is missing."""
    document, _ = new_answer("expert-1", "p", "为什么？", "zh")
    with pytest.raises(DocumentError):
        edited(document, "T", text)


def test_a_page_needs_text() -> None:
    page = Document("a", "p", "T", "Some text.", source="a.md")
    assert edited(page, "T", "# Other\n\nOther text.").text == "# Other\n\nOther text."
    with pytest.raises(DocumentError):
        edited(page, "T", "<!-- nothing -->")


@pytest.mark.parametrize(("question", "language"), [("怎么办？", "zh"), ("What now?", "en")])
def test_a_new_answer_begins_with_the_question(question: str, language: str) -> None:
    """In the reader's language, under the headings that the parser knows."""
    document, text = new_answer("expert-1", "p", question, language)  # type: ignore[arg-type]
    assert (document.kind, document.title, document.text) == ("qa", question, "")
    for heading in ("## 专家官方解答\n", "## Expert answer\n"):
        text = text.replace(heading, f"{heading}\nAn answer.\n")
    read = edited(document, question, text)
    assert (read.question, read.reviewed) == (question, True)
