"""The records on PostgreSQL: runs where TEST_POSTGRESQL_URL names a database that may be emptied."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from kb.errors import StoreError, StoreMismatch
from kb.records import Records, documents
from kb.values import Document, Passage, Reference, Section
from tests.postgresql import empty, needs_postgresql

pytestmark = needs_postgresql
VECTOR = np.eye(4, dtype=np.float32)

__all__ = ["empty"]


@pytest.fixture
def records(empty: str) -> Iterator[Records]:
    opened = Records(empty)
    opened.bind_embedding("model", 4)
    yield opened
    opened.close()


def put(records: Records, id: str, text: str, title: str = "T") -> bool:
    passage = Passage("question", "H", 0, len(text), text)
    return records.put(Document(id, "p", title, text), [passage], VECTOR[:1])


def test_store_change_delete(records: Records) -> None:
    """The same round trip as on SQLite: values come back, edits and deletions reach the log."""
    stored = Document(
        "a",
        "p",
        "标题",
        "Q A",
        (Section("cause", "x", 0, 1),),
        references=(Reference("r", "u"),),
        metadata={"k": ["v"]},
    )
    passages = [Passage("cause", "x", 0, 1, "Q"), Passage("step", "x", 2, 3, "A")]
    assert records.put(stored, passages, VECTOR[:2])
    assert not records.put(stored, passages, VECTOR[:2])
    assert records.document("p", "a") == stored
    seq = records.seq()
    assert records.put(stored, passages[:1], VECTOR[2:3])
    changes = {change.deleted: change for change in records.changes(seq, 9)}
    assert np.array_equal(changes[False].vector, VECTOR[2])
    assert records.passages([changes[False].key])[changes[False].key].passage == passages[0]
    assert records.delete("p", "a")
    assert records.sample(9) == []
    assert records.products() == {}


def test_order_of_numbers_is_order_of_commits(records: Records, empty: str) -> None:
    """A follower that reads beside many writers never skips a change: nothing commits behind its back."""
    writers = [Records(empty) for _ in range(4)]

    def write(worker: int) -> None:
        writers[worker].bind_embedding("model", 4)
        for number in range(25):
            put(writers[worker], f"{worker}-{number}", f"text {worker} {number}")

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    while any(thread.is_alive() for thread in threads) or records.changes(seen[-1] if seen else 0, 1):
        seen += [change.seq for change in records.changes(seen[-1] if seen else 0, 7)]
    assert len(seen) == len(set(seen)) == 100
    assert seen == sorted(seen)
    for writer in writers:
        writer.close()


def test_a_reader_sees_one_state(records: Records, empty: str, tmp_path: Path) -> None:
    """What another process commits meanwhile is seen by the next reader; a copy has all or nothing of it."""
    writer = Records(empty)
    writer.bind_embedding("model", 4)
    count = sa.select(sa.func.count()).select_from(documents)
    put(records, "a", "x")
    with records.read() as connection:
        assert connection.execute(count).scalar() == 1
        put(writer, "b", "y")
        assert connection.execute(count).scalar() == 1
    assert records.products() == {"p": 2}
    copy = Records(f"sqlite:///{tmp_path}/copy.db")
    records.copy_to(copy, "p")
    assert copy.products() == {"p": 2}
    assert [change.text for change in copy.changes(0, 9)] == ["x", "y"]
    writer.close()
    copy.close()


def test_replicas_may_start_at_the_same_time(empty: str) -> None:
    """One of them makes the tables, the others wait for it."""
    opened: list[Records] = []
    threads = [threading.Thread(target=lambda: opened.append(Records(empty))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({records.identity() for records in opened}) == 1
    assert len(opened) == 5
    for records in opened:
        records.close()


@pytest.mark.parametrize(("synced", "setting"), [(True, "on"), (False, "off")])
def test_what_may_be_lost_does_not_wait_for_the_disk(records: Records, synced: bool, setting: str) -> None:
    """And nothing else, on the same connections."""
    for _ in range(2):
        with records.write(synced=synced) as connection:
            assert connection.execute(sa.text("SHOW synchronous_commit")).scalar() == setting
        with records.write() as connection:
            assert connection.execute(sa.text("SHOW synchronous_commit")).scalar() == "on"


def test_refusals(records: Records) -> None:
    """A NUL character, another model and an unreachable server are our errors, and never show the password."""
    with pytest.raises(StoreError):
        put(records, "a", "x", title="nul \x00")
    assert put(records, "a", "x")
    with pytest.raises(StoreMismatch):
        records.bind_embedding("other", 4)
    with pytest.raises(StoreError) as caught:
        Records("postgresql://user:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)
