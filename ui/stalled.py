"""Connections whose reader takes nothing: dropped, so that answers written for nobody hold no memory and no place.

Only the transport sees this. To the application a stalled reader is a `send` that never returns.
"""

import asyncio
from typing import cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

__all__ = ["PatientProtocol"]


class PatientProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # chosen when uvicorn is imported
    """uvicorn's protocol, which waits `idle_write_s` seconds for a reader to take anything of a full write buffer."""

    idle_write_s = 15.0

    _watch: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The write buffer is full."""
        super().pause_writing()
        self._wait(self._waiting())

    def resume_writing(self) -> None:
        """The write buffer has room again."""
        self._stop()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self, before: int) -> None:
        self._watch = self.loop.call_later(self.idle_write_s, self._check, before)

    def _check(self, before: int) -> None:
        waiting = self._waiting()
        if waiting < before:  # slow, but reading
            self._wait(waiting)
        else:
            self.transport.abort()

    def _stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _waiting(self) -> int:
        return cast(int, self.transport.get_write_buffer_size())
