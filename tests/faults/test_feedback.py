"""Feedback when the disk is full, and when the process dies: acknowledged means stored, and nothing is half there."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from kb.records import Records
from kb.records.schema import expert_requests, feedback, idempotency_keys, review_reports, reviews
from tests.ui.review_desk import Desk, open_desk

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "desk") as opened:
        yield opened


def count(records: Records, table: sa.Table) -> int:
    with records.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_full_disk(desk: Desk) -> None:
    """Each rating is stored or refused with 503; the rows are those that were acknowledged, and searching goes on."""
    records = desk.services.knowledge.records
    asked = [desk.ask(f"问题 {number} 9848 端口") for number in range(100)]
    before = count(records, review_reports)
    with records.read() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    def limit(connection: object, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 8}")  # type: ignore[attr-defined]

    sa.event.listen(records.engine, "connect", limit)
    records.engine.dispose()
    replies: Counter[int] = Counter()
    with desk.client() as client:
        for answer in asked:
            body = {"answer": answer.id, "token": answer.feedback_token, "rating": "bad", "comment": "x" * 4000}
            reply = client.post("/api/v1/feedback", json=body)
            replies[reply.status_code] += 1
            assert reply.status_code == 201 or reply.headers["retry-after"]
        assert client.post("/api/v1/search", json={"query": "9848"}).json()["hits"]
        assert client.get(f"/a/{asked[0].id}").status_code == 200
    assert set(replies) == {201, 503}
    assert count(records, feedback) == count(records, review_reports) - before == replies[201]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_after_the_acknowledgement(tmp_path: Path) -> None:
    """Twenty kills: every acknowledged rating and request is there with its review, and the database is sound."""
    chance, acknowledged = random.Random(2026), tmp_path / "acknowledged"
    for _ in range(20):
        before = acknowledged.stat().st_size if acknowledged.exists() else 0
        command = [sys.executable, "-m", "tests.faults.rater", str(tmp_path), str(acknowledged)]
        process = subprocess.Popen(command, cwd=CHECKOUT)
        started = time.monotonic()
        while not acknowledged.exists() or acknowledged.stat().st_size == before:
            assert process.poll() is None, "the process ended by itself"
            assert time.monotonic() - started < 60
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.wait()
    records = Records(f"sqlite:///{tmp_path / 'dayi.db'}")
    noted = {line.strip() for line in acknowledged.read_text().splitlines(keepends=True) if line.endswith("\n")}
    with records.read() as connection:
        assert connection.execute(sa.text("PRAGMA quick_check")).scalar() == "ok"
        rated = set(connection.execute(sa.select(feedback.c.answer)).scalars())
        asked = set(connection.execute(sa.select(expert_requests.c.answer)).scalars())
        reported = dict(connection.execute(sa.select(review_reports.c.answer, review_reports.c.kind)).all())
    assert noted <= asked <= rated
    assert rated == set(reported)
    assert {reported[id] for id in asked} == {"asked_expert"}
    assert {reported[id] for id in rated - asked} <= {"bad_rated"}
    assert count(records, idempotency_keys) == len(rated) + len(asked)
    assert count(records, reviews) == len(rated)
    records.close()
