"""Damaged index files: noticed by the probe or at opening, never a wrong silence, healed from the database alone."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.embedding.hashing import HashEmbedder
from kb.index.base import Change
from kb.knowledge_base import KnowledgeBase
from kb.values import Document, Passage

EMBEDDER = HashEmbedder(64)
PASSAGES = 1200  # Chroma writes its vector files after every thousand


def open_base(data: Path) -> KnowledgeBase:
    return KnowledgeBase.open(data, f"sqlite:///{data / 'dayi.db'}", EMBEDDER)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all kinds of index files."""
    data = tmp_path_factory.mktemp("healthy")
    knowledge = open_base(data)
    with knowledge.records.batch() as batch:
        for number in range(PASSAGES):
            text = f"passage w{number} x{number * 7919 % 1009} y{number * 104729 % 997} z{number // 3}"
            passage = Passage("text", "", 0, len(text), text)
            batch.put(Document(f"d{number}", "p", "", text), [passage], EMBEDDER.encode_documents([text]))
    knowledge.follow()
    assert knowledge.probe().ok
    knowledge.close()
    return data


@pytest.fixture
def data(healthy: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(healthy, tmp_path / "data"))


def one(data: Path, pattern: str) -> Path:
    """The largest file in the indexes with this name."""
    return max((data / "index").rglob(pattern), key=lambda path: path.stat().st_size)


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 20)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def overwrite(path: Path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)


def remove(path: Path) -> None:
    path.unlink()


def remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


DAMAGES = [
    *[
        (pattern, damage)
        for pattern in ("data_level0.bin", "chroma.sqlite3")
        for damage in (truncate, empty, overwrite)
    ],
    ("header.bin", overwrite),
    ("data_level0.bin", remove_folder),
    ("chroma.sqlite3", remove),
    *[(pattern, damage) for pattern in ("*.term", "meta.json") for damage in (truncate, empty, overwrite, remove)],
    ("*.idx", truncate),
    ("*.store", overwrite),
]


@pytest.mark.parametrize(("pattern", "damage"), DAMAGES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_damage_is_noticed_and_healed(data: Path, pattern: str, damage: Callable[[Path], None]) -> None:
    """Either opening builds the index anew, or the probe fails and a rebuild heals; nobody has to help."""
    damage(one(data, pattern))
    knowledge = open_base(data)
    knowledge.follow()
    report = knowledge.probe()
    if not report.ok:
        knowledge.rebuild()
    assert knowledge.probe().ok
    assert knowledge.dense_ok
    knowledge.close()


def lose_vectors(knowledge: KnowledgeBase) -> None:
    """Leave the dense index a remainder to answer from, as a truncated segment did; it raises no error."""
    keys = [sample.key for sample in knowledge.records.sample(PASSAGES)]
    knowledge.dense.apply([Change(0, key, "p", deleted=True) for key in keys if key % 20])


def test_silent_loss_takes_the_dense_index_out_of_service(data: Path) -> None:
    """An index that answers from a remainder fails the probe; words find meanwhile."""
    knowledge = open_base(data)
    lose_vectors(knowledge)
    report = knowledge.probe()
    assert report.dense < 0.2
    assert report.lexical == 1.0
    assert not report.ok
    assert not knowledge.dense_ok
    knowledge.rebuild()
    assert knowledge.probe().ok
    assert knowledge.dense_ok
    knowledge.close()


def test_running_server_heals_itself(data: Path) -> None:
    """The background thread notices the loss within ten seconds of its start and rebuilds."""
    knowledge = open_base(data)
    lose_vectors(knowledge)
    damaged = knowledge.dense
    started = time.monotonic()
    knowledge.start_following(0.1)
    while knowledge.dense is damaged:
        assert time.monotonic() - started < 10
        time.sleep(0.05)
    assert knowledge.probe().ok
    knowledge.close()


def test_manifest_is_old_or_new(data: Path) -> None:
    """A half-written manifest beside the real one, as a crash leaves it, is not read."""
    manifest = data / "index" / "dense" / "manifest.json"
    manifest.with_name("manifest.json.new").write_text('{"generation": 9')
    (data / "index" / "dense" / "9").mkdir()
    knowledge = open_base(data)
    assert knowledge.follow() == 0
    assert knowledge.probe().ok
    assert not (data / "index" / "dense" / "9").exists()
    knowledge.close()
