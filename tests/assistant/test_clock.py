"""Times as they are stored."""

from datetime import UTC, datetime, timedelta

from assistant.clock import now, stored_time


def test_texts_compare_as_their_times() -> None:
    """Also where a time has no fraction of a second."""
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert stored_time(at) == "2026-01-02T03:04:05.000000Z"
    assert stored_time(at, timespec="seconds") == "2026-01-02T03:04:05Z"
    assert stored_time(at) < stored_time(at + timedelta(microseconds=1)) < stored_time(at + timedelta(seconds=1))
    assert now(-timedelta(hours=1)) < now() < now(timedelta(seconds=9))
