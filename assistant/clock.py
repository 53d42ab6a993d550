"""Times as they are stored: ISO 8601 in UTC. Those of one column are equally exact, so that their texts compare."""

from datetime import UTC, datetime, timedelta

__all__ = ["now", "stored_time"]


def now(later: timedelta = timedelta(), *, timespec: str = "microseconds") -> str:
    """The time, or what it will be by then, as it is stored."""
    return stored_time(datetime.now(UTC) + later, timespec=timespec)


def stored_time(at: datetime, *, timespec: str = "microseconds") -> str:
    """A time in UTC as it is stored, as exact as `timespec` of `datetime.isoformat` says."""
    return at.isoformat(timespec=timespec).replace("+00:00", "Z")
