"""Questions and answers taken apart: nothing of the question is left, and every section still says the same."""

from pathlib import Path

import pytest

import ingest
from ingest import parse_file, questions_of, without_question
from kb import DocumentError

SAMPLES = Path(ingest.__file__).parent / "samples"


def test_questions_have_the_ids_and_products_of_ingest() -> None:
    """Expert answers only, from every folder below, under the names that `ingest` gives them."""
    documents = list(questions_of(str(SAMPLES)))
    assert {document.product for document in documents} == {"nacos", "arthas"}
    assert {document.kind for document in documents} == {"qa"}
    assert all(document.question for document in documents)
    path = next((SAMPLES / "nacos/qa").glob("*.md"))
    assert parse_file(path, root=path.parent, product="nacos").id in {document.id for document in documents}


def test_a_given_product_counts_over_the_folder() -> None:
    """As with `ingest --product`."""
    assert {document.product for document in questions_of(str(SAMPLES / "nacos"), "My Product")} == {"my-product"}


def test_bad_files_are_left_out(tmp_path: Path) -> None:
    """What cannot be read holds no question."""
    (tmp_path / "binary.md").write_bytes(b"\x00\xff")
    (tmp_path / "page.md").write_text("# A page\n\nNo question.\n", encoding="utf-8")
    assert list(questions_of(str(tmp_path))) == []
    with pytest.raises(DocumentError):
        list(questions_of(str(tmp_path / "missing")))


def test_the_answer_stays_and_the_question_goes() -> None:
    """Sections keep their words; title and question are gone."""
    for document in questions_of(str(SAMPLES)):
        answer = without_question(document)
        kept = [section for section in document.sections if section.kind != "question"]
        assert (answer.title, answer.question) == ("", "")
        assert document.text.endswith(answer.text)
        assert not answer.text.strip().startswith(document.question)
        assert [answer.section_text(s) for s in answer.sections] == [document.section_text(s) for s in kept]
