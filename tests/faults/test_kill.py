"""`kill -9` at random moments: acknowledged documents are whole and found, and the next start needs no help."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from kb.embedding.hashing import HashEmbedder
from kb.knowledge_base import KnowledgeBase
from tests.faults.writer import cut, text_of

CHECKOUT = Path(__file__).parents[2]


def kill_writer(data: Path, acknowledged: Path, seconds: float) -> None:
    """Run the writer until it has stored something, then for some time more, then kill it."""
    before = acknowledged.read_text() if acknowledged.exists() else ""
    command = [sys.executable, "-m", "tests.faults.writer", str(data), str(acknowledged)]
    writer = subprocess.Popen(command, cwd=CHECKOUT)
    started = time.monotonic()
    while not acknowledged.exists() or acknowledged.read_text() == before:
        assert writer.poll() is None, "the writer ended by itself"
        assert time.monotonic() - started < 60, "the writer does not write"
        time.sleep(0.01)
    time.sleep(seconds)
    writer.kill()
    writer.wait()


def check(data: Path, acknowledged: Path) -> None:
    """All acknowledged documents are there, all documents are whole, and both indexes hold them."""
    knowledge = KnowledgeBase.open(data, f"sqlite:///{data / 'dayi.db'}", HashEmbedder())
    with knowledge.records.read() as connection:
        assert connection.execute(sa.text("PRAGMA quick_check")).scalar() == "ok"
    stored = {id for _, id in knowledge.records.ids()}
    # The last line may be cut off by the kill; a document may be stored and not noted yet.
    assert {line for line in acknowledged.read_text().splitlines(keepends=True) if line.endswith("\n")} <= {
        f"{id}\n" for id in stored
    }
    passages = knowledge.records.passages(range(1, knowledge.records.seq() + 1)).values()
    for id in stored:
        mine = sorted((p.passage for p in passages if p.document_id == id), key=lambda passage: passage.start)
        assert mine == cut(text_of(int(id)))
    knowledge.follow()
    report = knowledge.probe(1000)
    assert (report.dense, report.lexical) == (1.0, 1.0)
    knowledge.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_writer_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Ten kills while storing, following and rebuilding; every start after a kill goes on where it stopped."""
    chance = random.Random(2026)
    for _ in range(10):
        kill_writer(tmp_path, tmp_path / "acknowledged", chance.uniform(0, 0.8))
        check(tmp_path, tmp_path / "acknowledged")
