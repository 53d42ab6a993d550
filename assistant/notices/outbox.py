"""What is still to be told, as rows of the transaction that made it true."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection, insert

from assistant.clock import now
from kb.records.schema import outbox

__all__ = ["EVENTS", "MAIL", "NoticeEvent", "Outbox", "Target"]

NoticeEvent = Literal["bad_rating", "expert_request", "fixed", "published"]

EVENTS: tuple[NoticeEvent, ...] = get_args(NoticeEvent)
MAIL = "mail"
"""The name of the target that askers' mail goes through."""


@dataclass(frozen=True, slots=True)
class Target:
    """Who wants to be told of which events; `name` identifies an address of the settings without holding it."""

    name: str
    events: frozenset[NoticeEvent]


class Outbox:
    """Stores notices for the targets that want them, and without any nothing. `mails` says that mail goes out."""

    def __init__(self, targets: Sequence[Target] = (), *, mails: bool = False) -> None:
        self._targets = targets
        self.mails = mails

    def add(self, connection: Connection, event: NoticeEvent, body: Mapping[str, str]) -> None:
        """Tell every target that wants to know, should the transaction succeed.

        `body` holds "product", "question", "language" and "path", where on this server it can be seen.
        """
        self._insert(connection, event, body, [target.name for target in self._targets if event in target.events])

    def add_mail(self, connection: Connection, body: Mapping[str, str]) -> None:
        """Mail to one asker ("to" in the body) that the answer was corrected."""
        if self.mails:
            self._insert(connection, "fixed", body, [MAIL])

    def _insert(
        self, connection: Connection, event: NoticeEvent, body: Mapping[str, str], targets: Collection[str]
    ) -> None:
        at = now()
        common: dict[str, Any] = {"event": event, "body": dict(body), "attempts": 0, "created_at": at, "due_at": at}
        rows = [{"id": secrets.token_urlsafe(16), "target": target} | common for target in targets]
        if rows:
            connection.execute(insert(outbox), rows)
