"""Followers: an index follows the records, and is built anew when it is of no use."""

import json
from pathlib import Path

import pytest

from kb.embedding.hashing import HashEmbedder
from kb.errors import StoreError
from kb.index.base import Change, Index, IndexQuery
from kb.index.follower import Follower
from kb.index.tantivy_index import TantivyIndex
from kb.records import Records
from kb.values import Document, Passage

EMBEDDER = HashEmbedder(16)
DESCRIBE = {"library": "tantivy.1"}


def open_records(folder: Path) -> Records:
    records = Records(f"sqlite:///{folder / 'dayi.db'}")
    records.bind_embedding(EMBEDDER.id, EMBEDDER.dimension)
    return records


def put(records: Records, id: str, text: str) -> None:
    vectors = EMBEDDER.encode_documents([text])
    records.put(Document(id, "p", "", text), [Passage("text", "", 0, len(text), text)], vectors)


def words(follower: Follower, text: str) -> int:
    """How many passages match."""
    vector = EMBEDDER.encode_queries([text])[0]
    return len(follower.index.search(IndexQuery(text, vector), products=["p"], limit=100))


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return open_records(tmp_path)


def follower_of(records: Records, folder: Path | None, describe: dict[str, str] = DESCRIBE) -> Follower:
    return Follower(records, folder, TantivyIndex, describe)


def generations(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_dir()}


def test_follows_what_is_new(records: Records, tmp_path: Path) -> None:
    """Each call applies the changes since the last one; without any it does nothing."""
    follower = follower_of(records, tmp_path / "index")
    assert follower.follow() == 0
    put(records, "a", "apple")
    put(records, "b", "apple pear")
    assert follower.follow() == 2
    assert words(follower, "apple") == 2
    records.delete("p", "a")
    assert follower.follow() == 1
    assert words(follower, "apple") == 1
    assert follower.follow() == 0
    assert 0 < follower.applied <= records.seq()
    follower.close()


def test_goes_on_after_restart_without_work(records: Records, tmp_path: Path) -> None:
    """A restart finds the index as it was and applies only what is new; quiet files stay untouched."""
    folder = tmp_path / "index"
    put(records, "a", "apple")
    follower = follower_of(records, folder)
    follower.follow()
    follower.close()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.suffix not in (".json", ".lock")}
    again = follower_of(records, folder)
    assert again.follow() == 0
    assert words(again, "apple") == 1
    assert {path: path.stat().st_mtime_ns for path in before} == before
    put(records, "b", "apple")
    assert again.follow() == 1
    again.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "manifest.json").unlink(),
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").write_text("[1]"),
        lambda folder: (folder / "manifest.json").write_text('{"generation": 1}'),
        lambda folder: (folder / "1").rename(folder / "old"),
        lambda folder: (folder / "1" / "meta.json").write_bytes(b"\xff"),
    ],
)
def test_unusable_index_is_built_anew(records: Records, tmp_path: Path, damage: object) -> None:
    """A lost or broken manifest or folder costs a rebuild, nothing else."""
    folder = tmp_path / "index"
    put(records, "a", "apple")
    follower = follower_of(records, folder)
    follower.follow()
    follower.close()
    damage(folder)  # type: ignore[operator]
    again = follower_of(records, folder)
    assert again.follow() == 1
    assert words(again, "apple") == 1
    again.close()


def test_other_library_model_or_store_means_a_new_index(records: Records, tmp_path: Path) -> None:
    """An index of another library version or of another database is not used."""
    folder = tmp_path / "index"
    put(records, "a", "apple")
    follower = follower_of(records, folder)
    follower.follow()
    follower.close()
    upgraded = follower_of(records, folder, {"library": "tantivy.2"})
    assert words(upgraded, "apple") == 0
    assert upgraded.follow() == 1
    upgraded.close()
    (tmp_path / "other").mkdir()
    other = open_records(tmp_path / "other")
    put(other, "x", "pear")
    put(other, "y", "pear")
    moved = follower_of(other, folder, {"library": "tantivy.2"})
    assert moved.follow() == 2
    assert words(moved, "apple") == 0
    moved.close()
    assert len(generations(folder)) == 1


def test_restored_backup_is_noticed(records: Records, tmp_path: Path) -> None:
    """An index that is ahead of the records has seen things that no longer are."""
    folder = tmp_path / "index"
    put(records, "a", "apple")
    records.close()
    backup = (tmp_path / "dayi.db").read_bytes()
    records = open_records(tmp_path)
    put(records, "b", "apple")
    follower = follower_of(records, folder)
    follower.follow()
    follower.close()
    records.close()
    (tmp_path / "dayi.db").write_bytes(backup)
    records = open_records(tmp_path)
    restored = follower_of(records, folder)
    assert restored.follow() == 1
    assert words(restored, "apple") == 1
    restored.close()


def test_rebuild_switches_when_complete(records: Records, tmp_path: Path) -> None:
    """The old generation answers until the new one is complete; one remains after a restart."""
    folder = tmp_path / "index"
    put(records, "a", "apple")
    follower = follower_of(records, folder)
    follower.follow()
    old = follower.index
    put(records, "b", "apple")
    follower.rebuild()
    assert follower.index is not old
    assert words(follower, "apple") == 2
    query = IndexQuery("apple", EMBEDDER.encode_queries(["apple"])[0])
    assert len(old.search(query, products=[], limit=9)) == 1  # a search that began before the switch
    assert json.loads((folder / "manifest.json").read_text())["generation"] == 2
    follower.close()
    again = follower_of(records, folder)
    assert generations(folder) == {"2"}
    assert words(again, "apple") == 2
    again.close()


class FailingIndex:
    """An index whose disk is full after a number of batches."""

    name = "lexical"

    def __init__(self, batches: int) -> None:
        self.batches = batches
        self.closed = False

    def apply(self, changes: list[Change]) -> None:
        if not self.batches:
            raise StoreError("disk full")
        self.batches -= 1

    def search(self, query: IndexQuery, *, products: list[str], limit: int) -> list[object]:
        return []

    def close(self) -> None:
        self.closed = True


def test_failed_rebuild_leaves_the_old_generation(records: Records, tmp_path: Path) -> None:
    """A rebuild that cannot be completed changes nothing, on disk and in memory."""
    put(records, "a", "apple")
    made: list[Index] = []

    def make(folder: Path | None) -> Index:
        made.append(FailingIndex(0) if made else TantivyIndex(folder))  # type: ignore[arg-type]
        return made[-1]

    follower = Follower(records, tmp_path / "index", make, DESCRIBE)
    follower.follow()
    with pytest.raises(StoreError, match="disk full"):
        follower.rebuild()
    assert words(follower, "apple") == 1
    assert made[1].closed  # type: ignore[attr-defined]
    assert generations(tmp_path / "index") == {"1"}
    follower.close()


def test_in_memory(records: Records) -> None:
    """Without a folder the index lives in memory and follows all the same."""
    put(records, "a", "apple")
    follower = follower_of(records, None)
    assert follower.follow() == 1
    follower.rebuild()
    assert words(follower, "apple") == 1
    follower.close()
