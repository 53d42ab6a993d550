"""Reviews and corrections on PostgreSQL: runs where TEST_POSTGRESQL_URL names a database that may be emptied."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kb.errors import EditConflict
from tests.postgresql import empty, needs_postgresql
from tests.ui.test_corrections import (
    ENTRY,
    LIN,
    OTHER,
    approved,
    ask,
    change,
    complain,
    draft,
    entry,
    stale,
    take_in,
    test_what_nobody_sees_is_not_stored,
)
from ui.services import Services, build_services
from ui.settings import load_settings

__all__ = ["empty", "test_what_nobody_sees_is_not_stored"]

pytestmark = needs_postgresql


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "nacos"
    folder.mkdir()
    (folder / "starting.md").write_text(ENTRY, encoding="utf-8")
    (folder / "cluster.md").write_text(OTHER, encoding="utf-8")
    return folder


@pytest.fixture
def desk(tmp_path: Path, sources: Path, empty: str) -> Iterator[Services]:
    services = build_services(load_settings(data=tmp_path / "data", database=empty, answer_at=0.2))
    take_in(services, sources)
    yield services
    services.close()


def at_once(work: Callable[[], None], count: int = 20) -> list[str]:
    """What came of doing the same in many threads: "done" or the error's class."""
    outcomes: list[str] = []

    def run() -> None:
        try:
            work()
            outcomes.append("done")
        except Exception as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_the_whole_loop(desk: Services, sources: Path) -> None:
    """Rate, correct, approve, take the changed source in, keep, withdraw."""
    correction = approved(desk)
    assert "9849" in ask(desk).markdown
    change(sources, "重启客户端", "重启客户端和服务端")
    take_in(desk, sources)
    assert stale(desk).document == "starting"
    corrections = desk.learning.corrections
    standing = corrections.get(LIN, correction.id)
    kept = corrections.keep(LIN, standing.id, standing.version)
    assert (kept.state, "9849" in entry(desk)) == ("approved", True)
    assert desk.learning.regression.check(
        *corrections.trial(draft(desk, complain(desk), "9848 和 9849", "9849"))
    ).is_safe


def test_many_experts_at_once(desk: Services) -> None:
    """One approval of twenty counts, one rating of twenty with one key, and no saved line is lost."""
    one = draft(desk, complain(desk))
    corrections = desk.learning.corrections

    def add_line() -> None:
        while True:
            seen = corrections.get(LIN, one.id)
            try:
                corrections.save(
                    LIN, one.id, seen.version, title=seen.title, text=f"{seen.text}\n\nline {seen.version}"
                )
            except EditConflict:
                continue
            return

    assert at_once(add_line) == ["done"] * 20
    saved = corrections.get(LIN, one.id)
    assert saved.version == one.version + 20
    assert saved.text.count("\nline ") == 20
    outcomes = at_once(lambda: corrections.approve(LIN, saved.id, saved.version) and None)
    assert outcomes == [*["EditConflict"] * 19, "done"]
    answer = ask(desk)
    rate = desk.assistant.rate
    assert at_once(lambda: rate(answer.id, answer.feedback_token, "bad", key="k")) == ["done"] * 20
    assert sum(one["answer"] == answer.id for one in desk.assistant.ratings()) == 1
