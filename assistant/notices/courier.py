"""Sends what is in the outbox, from one thread, and tries again what was not taken.

Each notice is claimed before it is sent, so that of several servers on one database only one sends it. A server that
dies between the sending and the noting of it sends once more: every notice has an id by which receivers know it again.
What nobody takes is deleted by `assistant.retention`.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import delete, select, update

from assistant.clock import now
from assistant.monitoring import NOTICES
from kb.errors import DayiError, NoticeError
from kb.records import Records
from kb.records.schema import outbox

__all__ = ["Courier", "Notice", "Sender"]

logger = logging.getLogger(__name__)

_PAUSE_S = 2.0
_AT_ONCE = 20  # notices to one target in a round
_FIRST_DELAY_S, _GROWTH = 10, 4
_ATTEMPTS = 8  # the last one about fifteen hours after the first
_LEASE = timedelta(minutes=2)  # longer than any attempt


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell one target; `created_at` is ISO 8601 in UTC."""

    id: str
    event: str
    body: Mapping[str, str]
    created_at: str


class Sender(Protocol):
    """The way to one target."""

    def send(self, notice: Notice) -> None:
        """Hand a notice over, within a minute.

        Raises:
            NoticeError: it was not taken.
        """


class Courier:
    """Carries notices to the `senders`, by the targets' names."""

    def __init__(self, records: Records, senders: Mapping[str, Sender]) -> None:
        self._records = records
        self._senders = senders
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Send from a thread, until `close`; nothing happens where there is nobody to tell."""
        if self._senders and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="dayi-courier", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop after the notice that is on its way."""
        self._stopping.set()
        if self._thread:
            self._thread.join(5)

    def deliver(self) -> int:
        """Send what is due now; the number of notices that were taken.

        After a failure a target is left alone for this round, so that one which is down holds up nobody for long.
        """
        taken = 0
        for target, sender in self._senders.items():
            for row in self._due(target):
                if self._stopping.is_set() or not self._claim(row):
                    break
                try:
                    sender.send(Notice(row["id"], row["event"], row["body"], row["created_at"]))
                except NoticeError as error:
                    self._put_off(row, error)
                    break
                taken += 1
                NOTICES.labels("taken").inc()
                self._remove(row["id"])
        return taken

    def _run(self) -> None:
        while not self._stopping.wait(_PAUSE_S):
            try:
                self.deliver()
            except DayiError as error:
                logger.error("Notices could not be sent: %s", error)
            except Exception:  # the thread lives as long as the server
                logger.exception("Notices could not be sent")

    def _due(self, target: str) -> list[Any]:
        due = (outbox.c.target == target) & (outbox.c.due_at != "") & (outbox.c.due_at <= now())
        with self._records.read() as connection:
            query = select(outbox).where(due).order_by(outbox.c.due_at).limit(_AT_ONCE)
            return list(connection.execute(query).mappings())

    def _claim(self, row: Mapping[str, Any]) -> bool:
        seen = (outbox.c.id == row["id"]) & (outbox.c.due_at == row["due_at"])
        values = {"due_at": now(_LEASE), "attempts": row["attempts"] + 1}
        with self._records.write() as connection:
            return connection.execute(update(outbox).where(seen).values(values)).rowcount == 1

    def _put_off(self, row: Mapping[str, Any], error: NoticeError) -> None:
        attempts = row["attempts"] + 1
        given_up = error.final or attempts >= _ATTEMPTS
        delay = timedelta(seconds=_FIRST_DELAY_S * _GROWTH ** (attempts - 1))
        with self._records.write() as connection:
            values = {"due_at": "" if given_up else now(delay)}
            connection.execute(update(outbox).where(outbox.c.id == row["id"]).values(values))
        NOTICES.labels("given_up" if given_up else "put_off").inc()
        tried = "given up" if given_up else f"tried again in {delay.total_seconds():.0f} s"
        logger.warning("Notice %s to %s was not taken (%s), %s", row["event"], row["target"], error, tried)

    def _remove(self, id: str) -> None:
        with self._records.write() as connection:
            connection.execute(delete(outbox).where(outbox.c.id == id))
