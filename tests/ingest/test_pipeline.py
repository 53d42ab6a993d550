"""Runs: what they add, update, leave alone, remove and refuse."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest import Report, ingest
from kb import EmbeddingError, Records, SourceError, Vectors
from kb.embedding.hashing import HashEmbedder


class Counting(HashEmbedder):
    """Counts what it embeds; refuses texts that hold the word REFUSE."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        if any("REFUSE" in text for text in texts):
            raise EmbeddingError("The model refused a text.")
        self.texts.extend(texts)
        return super().encode_documents(texts)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    store = Records(f"sqlite:///{tmp_path / 'dayi.db'}")
    yield store
    store.close()


@pytest.fixture
def embedder() -> Counting:
    return Counting()


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Ten pages of a product called "gate"."""
    root = tmp_path / "gate"
    root.mkdir()
    for number in range(10):
        (root / f"page{number}.md").write_text(
            f"# Page {number}\n\nAbout {number}.\n\n## Steps\n\n1. Turn it on.\n", "utf-8"
        )
    return root


def statuses(report: Report) -> dict[str, str]:
    return {file.path: file.status for file in report.files if file.status != "unchanged"}


def test_an_unchanged_corpus_costs_nothing(docs: Path, records: Records, embedder: Counting) -> None:
    """The second run embeds nothing and writes nothing."""
    first = ingest([str(docs)], records=records, embedder=embedder)
    assert first.counts["added"] == 10
    assert first.products == {"gate": 10}
    seq, embedded = records.seq(), len(embedder.texts)
    second = ingest([str(docs)], records=records, embedder=embedder)
    assert second.counts["unchanged"] == 10
    assert (records.seq(), len(embedder.texts), second.changed, second.passages) == (seq, embedded, 0, 0)


def test_only_what_changed_is_read_and_embedded(docs: Path, records: Records, embedder: Counting) -> None:
    """One new sentence costs one vector; added and removed files are seen; the report says so."""
    ingest([str(docs)], records=records, embedder=embedder)
    embedder.texts.clear()
    (docs / "page3.md").write_text("# Page 3\n\nAbout three.\n\n## Steps\n\n1. Turn it on.\n", "utf-8")
    (docs / "new.md").write_text("# New\n\nFresh.\n", "utf-8")
    (docs / "page9.md").unlink()
    report = ingest([str(docs)], records=records, embedder=embedder)
    assert statuses(report) == {"page3.md": "updated", "new.md": "added", "page9.md": "removed"}
    assert embedder.texts == ["New\nFresh.", "Page 3\nAbout three."]
    assert records.document("gate", "page9") is None
    assert ingest([str(docs)], records=records, embedder=embedder, force=True).changed == 0


def test_a_dry_run_changes_nothing(docs: Path, records: Records, embedder: Counting) -> None:
    """It reports what would happen."""
    report = ingest([str(docs)], records=records, embedder=embedder, dry_run=True)
    assert report.counts["added"] == 10
    assert (records.ids(), embedder.texts) == ([], [])


def test_one_bad_file_harms_nobody(docs: Path, records: Records, embedder: Counting) -> None:
    """Every bad file is reported with its reason, the others are in."""
    (docs / "latin.md").write_bytes(b"caf\xe9")
    (docs / "zip.md").write_bytes(b"PK\x00\x00")
    (docs / "empty-answer.md").write_text("## Question\nx\n\n## Expert answer\n", "utf-8")
    (docs / "key.md").write_text("AKIA" + "Q7ZK3MWPT5VX2RJD", "utf-8")
    (docs / "refused.md").write_text("# A\n\nREFUSE\n", "utf-8")
    (docs / "draft.md").write_text("---\ndraft: true\n---\nx", "utf-8")
    (docs / "big.md").write_bytes(b"x" * (2 * 1024 * 1024 + 1))
    (docs / "lines.jsonl").write_text('{"id": "l1", "text": "one"}\nnonsense\n\n{"id": "l2", "text": "two"}\n', "utf-8")
    (docs / "gone.md").symlink_to(docs / "nowhere.md")
    report = ingest([str(docs)], records=records, embedder=embedder)
    bad = {file.path: file.status for file in report.files if file.status in ("failed", "skipped")}
    assert bad == {
        "latin.md": "failed",
        "zip.md": "failed",
        "empty-answer.md": "failed",
        "key.md": "failed",
        "refused.md": "failed",
        "big.md": "failed",
        "lines.jsonl:2": "failed",
        "draft.md": "skipped",
        "gone.md": "skipped",
    }
    assert all(file.message for file in report.files if file.path in bad)
    assert report.counts["added"] == 12
    assert {id for _, id in records.ids()} >= {"page0", "l1", "l2"}


def test_a_file_that_breaks_keeps_its_old_document(docs: Path, records: Records, embedder: Counting) -> None:
    """Readers keep the last good state."""
    ingest([str(docs)], records=records, embedder=embedder)
    (docs / "page1.md").write_bytes(b"\xff\xfe")
    report = ingest([str(docs)], records=records, embedder=embedder)
    assert statuses(report) == {"page1.md": "failed"}
    assert records.document("gate", "page1") is not None


def test_a_line_that_breaks_keeps_its_old_document(tmp_path: Path, records: Records, embedder: Counting) -> None:
    """Also where lines before it came or went, so that nobody can tell whose line it was."""
    corpus = tmp_path / "pages.jsonl"
    lines = [f'{{"id": "n{n}", "title": "N {n}", "text": "Text {n}", "product": "lines"}}\n' for n in range(3)]
    corpus.write_text("".join(lines), "utf-8")
    ingest([str(corpus)], records=records, embedder=embedder)
    corpus.write_text("".join([lines[0].replace("n0", "new"), *lines[:2], lines[2][:-5]]), "utf-8")
    report = ingest([str(corpus)], records=records, embedder=embedder)
    assert (report.counts["failed"], report.counts["removed"]) == (1, 0)
    assert records.ids() == [("lines", id) for id in ("n0", "n1", "n2", "new")]


def test_a_folder_that_cannot_be_read_keeps_its_documents(
    docs: Path, records: Records, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are; it is not the same as a folder that is gone."""
    for number in range(8):
        page = docs / "sub" / f"deep{number}" / "page.md"
        page.parent.mkdir(parents=True)
        page.write_text(f"# Deep {number}\n\nText {number}.\n", "utf-8")
    ingest([str(docs)], records=records, embedder=embedder)
    scan = os.scandir

    def refusing(folder: Path) -> Any:
        if folder.name == "sub":
            raise PermissionError(13, "Permission denied")
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    report = ingest([str(docs)], records=records, embedder=embedder)
    assert statuses(report) == {"sub": "failed"}
    assert len(records.ids()) == 18


def test_an_empty_checkout_removes_nothing(docs: Path, records: Records, embedder: Counting) -> None:
    """Mass deletion needs to be meant."""
    ingest([str(docs)], records=records, embedder=embedder)
    for number in range(6):
        (docs / f"page{number}.md").unlink()
    with pytest.raises(SourceError, match="6 of 10 documents would vanish"):
        ingest([str(docs)], records=records, embedder=embedder)
    assert len(records.ids()) == 10
    assert ingest([str(docs)], records=records, embedder=embedder, prune=False).counts["removed"] == 0
    assert ingest([str(docs)], records=records, embedder=embedder, force=True).counts["removed"] == 6
    assert len(records.ids()) == 4


def test_a_shrunken_corpus_file_is_guarded_too(tmp_path: Path, records: Records, embedder: Counting) -> None:
    """Lines vanish as files do."""
    corpus = tmp_path / "pages.jsonl"
    lines = [f'{{"id": "n{n}", "title": "N {n}", "text": "Text {n}", "product": "lines"}}\n' for n in range(20)]
    corpus.write_text("".join(lines), "utf-8")
    assert ingest([str(corpus)], records=records, embedder=embedder).products == {"lines": 20}
    corpus.write_text("".join(lines[:3]), "utf-8")
    with pytest.raises(SourceError, match="would vanish"):
        ingest([str(corpus)], records=records, embedder=embedder)
    assert len(records.ids()) == 20
    corpus.write_text("".join(lines[2:]), "utf-8")
    assert ingest([str(corpus)], records=records, embedder=embedder).counts["removed"] == 2


def test_roots_do_not_prune_each_other(docs: Path, tmp_path: Path, records: Records, embedder: Counting) -> None:
    """What vanished is judged within the root it came from."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.md").write_text("# X\n\nx\n", "utf-8")
    report = ingest([str(docs), str(other)], records=records, embedder=embedder)
    assert report.products == {"gate": 10, "other": 1}
    assert ingest([str(other)], records=records, embedder=embedder).counts["removed"] == 0


def test_equal_ids_are_an_error_for_answers_and_a_path_for_pages(
    tmp_path: Path, records: Records, embedder: Counting
) -> None:
    """Two answers with one id are named; pages of a docs site repeat ids all the time."""
    root = tmp_path / "p"
    (root / "en").mkdir(parents=True)
    (root / "en" / "start.md").write_text("---\nid: start\n---\n# Start\n\nx\n", "utf-8")
    (root / "start.md").write_text("---\nid: start\n---\n# Start\n\ny\n", "utf-8")
    answer = "---\nid: q\n---\n## Question\nWhy?\n\n## Expert answer\nBecause.\n"
    (root / "q1.md").write_text(answer, "utf-8")
    (root / "q2.md").write_text(answer + "\n", "utf-8")
    (root / "same.md").write_text("# A\n\na\n", "utf-8")
    (root / "same.mdx").write_text("# B\n\nb\n", "utf-8")
    for _ in range(2):
        report = ingest([str(root)], records=records, embedder=embedder)
        failed = {file.path: file.message for file in report.files if file.status == "failed"}
        assert set(failed) == {"q2.md"}
        assert "q1.md" in failed["q2.md"]
        assert {id for _, id in records.ids()} == {"start", "start.md", "q", "same", "same.mdx"}


def test_a_new_file_does_not_take_the_id_of_an_old_one(docs: Path, records: Records, embedder: Counting) -> None:
    """Who was there first keeps it, wherever the new file stands in the alphabet."""
    answer = "---\nid: q\n---\n## Question\nWhy?\n\n## Expert answer\nBecause.\n"
    (docs / "old.md").write_text(answer, "utf-8")
    ingest([str(docs)], records=records, embedder=embedder)
    (docs / "a-new.md").write_text(answer, "utf-8")
    report = ingest([str(docs)], records=records, embedder=embedder)
    assert statuses(report) == {"a-new.md": "failed"}
    (docs / "old.md").rename(docs / "z-moved.md")
    (docs / "a-new.md").unlink()
    assert statuses(ingest([str(docs)], records=records, embedder=embedder)) == {"z-moved.md": "updated"}


def test_a_new_product_name_moves_the_documents(docs: Path, records: Records, embedder: Counting) -> None:
    """Nothing is kept under the old name, and nobody calls that a mass deletion."""
    ingest([str(docs)], records=records, embedder=embedder)
    report = ingest([str(docs)], records=records, embedder=embedder, product="Portal X", version="3")
    assert report.counts == {"added": 10, "updated": 0, "unchanged": 0, "removed": 10, "skipped": 0, "failed": 0}
    assert records.products() == {"portal-x": 10}
    found = records.document("portal-x", "page0")
    assert found is not None
    assert found.version == "3"


def test_the_report_is_plain_values(docs: Path, records: Records, embedder: Counting) -> None:
    """For JSON output: counts, products, and one entry per file; progress counts files."""
    seen: list[tuple[int, int]] = []
    report = ingest(
        [str(docs)], records=records, embedder=embedder, progress=lambda done, total: seen.append((done, total))
    )
    plain = report.as_dict()
    assert plain["counts"]["added"] == 10
    assert plain["files"][0] == {
        "path": "page0.md", "status": "added", "message": "", "warnings": (), "product": "gate", "document": "page0",
    }  # fmt: skip
    assert seen[-1] == (10, 10)


def test_a_thousand_unchanged_pages_take_seconds(tmp_path: Path, records: Records, embedder: Counting) -> None:
    """Hashing is all that an unchanged page costs."""
    root = tmp_path / "many"
    root.mkdir()
    for number in range(1000):
        (root / f"{number}.md").write_text(f"# Page {number}\n\nText.\n", "utf-8")
    ingest([str(root)], records=records, embedder=embedder)
    started = time.perf_counter()
    assert ingest([str(root)], records=records, embedder=embedder).counts["unchanged"] == 1000
    assert time.perf_counter() - started < 5
