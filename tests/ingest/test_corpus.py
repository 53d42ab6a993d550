"""The real corpora come in whole."""

from pathlib import Path

import pytest

from ingest import parse_file, parse_text, split
from kb import Document

pytestmark = pytest.mark.corpus

_BOILERPLATE = ("差评", "答疑服务说明", "<font", "专家智能答疑服务", "feedbackByEnhancer", "---------------")


@pytest.fixture(scope="module")
def answers(corpora: Path) -> list[Document]:
    """All expert answers."""
    root = corpora / "expert-qa" / "nacos"
    return [parse_file(path, root=root, product="nacos") for path in sorted(root.glob("*.md"))]


def test_no_answer_is_lost(answers: list[Document]) -> None:
    """Every file is a reviewed answer with a question, words and an id of its own."""
    assert len(answers) == 706
    assert len({answer.id for answer in answers}) == 706
    for answer in answers:
        assert answer.kind == "qa"
        assert answer.reviewed
        assert answer.question
        assert len(answer.text) > len(answer.question) + 20
        assert answer.title
        assert answer.date


def test_no_boilerplate_is_left(answers: list[Document]) -> None:
    """Neither service notice nor rating link nor colours."""
    for answer in answers:
        left = [word for word in _BOILERPLATE if word in answer.text]
        assert not left, (answer.id, left)


def test_references_are_kept(corpora: Path, answers: list[Document]) -> None:
    """As many as the files hold, links with their addresses."""
    files = sorted((corpora / "expert-qa" / "nacos").glob("*.md"))
    linked = 0
    for path, answer in zip(files, answers, strict=True):
        listed = path.read_text("utf-8").split("## 参考链接 ：")[1].split("## <font")[0]
        bullets = {line.strip() for line in listed.split("\n") if line.strip().startswith("* ")}
        assert len(answer.references) == len(bullets), answer.id
        linked += sum(bool(reference.url) for reference in answer.references)
    assert linked > 300


def test_broken_headers_are_warnings(corpora: Path) -> None:
    """The few headers that are no YAML are read line by line."""
    root = corpora / "expert-qa" / "nacos"
    warned = []
    for path in sorted(root.glob("*.md")):
        parsed = parse_text(path.read_text("utf-8"), path=path.name)
        assert parsed.document is not None
        assert parsed.document.metadata["keywords"] or parsed.warnings
        warned += [path.name] if parsed.warnings else []
    assert 1 <= len(warned) <= 3


def test_sections_and_passages_fit_together(answers: list[Document]) -> None:
    """Ordered, within bounds, every passage a slice; nearly all answers have steps or causes."""
    plain = 0
    for answer in answers:
        last = 0
        for section in answer.sections:
            assert last <= section.start < section.end <= len(answer.text)
            last = section.end
        assert all(p.text == answer.text[p.start : p.end] and len(p.text) <= 1300 for p in split(answer))
        plain += not {"cause", "step"} & {section.kind for section in answer.sections}
    assert plain < 706 * 0.2


def test_all_pages_come_in(corpora: Path) -> None:
    """Markdown and MDX of a bilingual docs site, no page empty."""
    root = corpora / "docs" / "nacos"
    pages = [path for path in sorted(root.rglob("*")) if path.suffix in (".md", ".mdx")]
    documents = [parse_file(path, root=root, product="nacos") for path in pages]
    assert len({document.id for document in documents}) == len(pages) == 139
    for document in documents:
        assert document.sections
        assert "<TabItem" not in document.text.replace("`<TabItem", "")
        assert split(document)
