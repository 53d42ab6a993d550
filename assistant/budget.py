"""What language models may cost in a day. A limit on requests does not bound a bill; this does.

Before a call its dearest outcome is booked, in one transaction with the check, and afterwards corrected to what it
took: parallel questions cannot overspend together, and a crash leaves too much booked, never too little. The disk is
not waited for: a power cut may lose the last bookings, and waiting twice a question would cost more than all else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select, update

from kb.records import Records, insert_new, usage

__all__ = ["Booking", "TokenBudget", "estimate_tokens"]

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_CHARS_PER_TOKEN = 3  # of Latin text; tokenisers make 3 to 4, code and identifiers fewer


def estimate_tokens(text: str) -> int:
    """How many tokens a text takes, estimated high: a Han character is one, three others are one."""
    han = len(_HAN.findall(text))
    return han + (len(text) - han) // _CHARS_PER_TOKEN + 1


@dataclass(frozen=True, slots=True)
class Booking:
    """Tokens that were set aside for one question."""

    day: str
    site: str
    tokens: int


class TokenBudget:
    """Tokens a day (UTC), in all and by site; 0 is no limit. Counts survive restarts. Thread-safe."""

    def __init__(self, records: Records, *, daily: int = 0, sites: Mapping[str, int] | None = None) -> None:
        self._records = records
        self._daily = daily
        self._sites = dict(sites or {})

    def book(self, site: str, tokens: int) -> Booking | None:
        """Set tokens aside for a question of a site; None when they would pass a limit."""
        booking = Booking(datetime.now(UTC).date().isoformat(), site if site in self._sites else "", tokens)
        own = self._own(booking)
        with self._records.write(synced=False) as connection:
            _lock_day(connection, booking)
            spent = select(func.coalesce(func.sum(usage.c.tokens), 0)).where(usage.c.day == booking.day)
            for limit, used in (
                (self._daily, spent),
                (self._sites.get(site, 0), spent.where(usage.c.site == booking.site)),
            ):
                if limit and connection.execute(used).scalar_one() + tokens > limit:
                    return None
            connection.execute(update(usage).where(own).values(tokens=usage.c.tokens + tokens))
        return booking

    def settle(self, booking: Booking, tokens: int) -> None:
        """Replace what was booked by what was used."""
        with self._records.write(synced=False) as connection:
            difference = usage.c.tokens + (tokens - booking.tokens)
            connection.execute(update(usage).where(self._own(booking)).values(tokens=difference))

    def spent(self) -> int:
        """Tokens of today, all sites."""
        today = datetime.now(UTC).date().isoformat()
        with self._records.read() as connection:
            return int(
                connection.execute(
                    select(func.coalesce(func.sum(usage.c.tokens), 0)).where(usage.c.day == today)
                ).scalar_one()
            )

    @staticmethod
    def _own(booking: Booking):  # type: ignore[no-untyped-def]  # an SQL expression
        return (usage.c.day == booking.day) & (usage.c.site == booking.site)


def _lock_day(connection: Connection, booking: Booking) -> None:
    """See that the rows of a booking are there, and wait for other processes that book for any site on that day."""
    day = {"day": booking.day, "site": "", "tokens": 0}
    insert_new(connection, usage, [day, day | {"site": booking.site}])
    locked = select(usage.c.tokens).where(usage.c.day == booking.day, usage.c.site == "")
    connection.execute(locked.with_for_update())
