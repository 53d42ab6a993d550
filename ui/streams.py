"""Answers in worker threads: the assistant's synchronous events as an asynchronous stream, a bounded number at once.

One thread runs one answer from its first event to its last, because a generator must be closed by whoever runs it. The
place is free again when the thread is, not when the reader leaves, so the bound holds for the work as well.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from threading import Event as Flag

from assistant.values import Event, Waiting
from kb.errors import DayiError

__all__ = ["HEARTBEAT_S", "Busy", "Stopping", "Streams"]

logger = logging.getLogger(__name__)

HEARTBEAT_S = 15.0
_TICK_S = 0.5  # how soon a waiting stream notices that the server is stopping

_Item = Event | BaseException | None  # None: the thread is through


class Busy(Exception):
    """All places are taken."""


class Stopping(Exception):
    """The server is shutting down."""


class Streams:
    """Places for answers that are being made. All methods belong to the event loop except `stop`."""

    def __init__(self, limit: int = 50, *, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._limit = limit
        self._heartbeat_s = heartbeat_s
        self._running = 0
        self._stopping = Flag()
        self._pool = ThreadPoolExecutor(limit, "answer")

    @property
    def running(self) -> int:
        """Answers whose threads are at work."""
        return self._running

    @property
    def is_stopping(self) -> bool:
        """Whether the server has been told to stop."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Tell all open streams to end. Safe to call from a signal handler."""
        self._stopping.set()

    def open(
        self, ask: Callable[[], Iterator[Event]], place: AbstractContextManager[None] | None = None
    ) -> AsyncGenerator[Event | None, None]:
        """Events of one answer; None where nothing happened for a while. Closing it cancels the answer.

        `place` is held while the answer's thread is at work; what entering it raises is raised here.

        Raises:
            Busy: no place is free; nothing was started.
            Stopping: while iterating or at once: the server is shutting down.
            DayiError: what `ask` raised, while iterating.
        """
        if self.is_stopping:
            raise Stopping
        if self._running >= self._limit:
            raise Busy
        place = place or nullcontext()
        place.__enter__()
        queue: asyncio.Queue[_Item] = asyncio.Queue()
        left = Flag()
        loop = asyncio.get_running_loop()
        self._running += 1
        work = loop.run_in_executor(self._pool, _work, ask, left, lambda item: _put(loop, queue, item))
        work.add_done_callback(lambda _: self._finished(place))
        return self._follow(queue, left)

    def _finished(self, place: AbstractContextManager[None]) -> None:
        self._running -= 1
        place.__exit__(None, None, None)

    async def _follow(self, queue: "asyncio.Queue[_Item]", left: Flag) -> AsyncGenerator[Event | None, None]:
        silent_s = 0.0
        try:
            while True:
                try:
                    item = await asyncio.wait_for(queue.get(), _TICK_S)
                except TimeoutError:
                    if self.is_stopping:
                        raise Stopping from None
                    silent_s += _TICK_S
                    if silent_s >= self._heartbeat_s:
                        silent_s = 0.0
                        yield None
                    continue
                silent_s = 0.0
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            left.set()


def _work(ask: Callable[[], Iterator[Event]], left: Flag, put: Callable[[_Item], None]) -> None:
    try:
        events = ask()
        try:
            for event in events:
                if left.is_set():
                    return
                if not isinstance(event, Waiting):
                    put(event)
        finally:
            if hasattr(events, "close"):
                events.close()
    except DayiError as error:
        put(error)
    except Exception as error:  # the outer edge of the thread: whoever follows reports it
        logger.exception("An answer failed")
        put(error)
    finally:
        put(None)


def _put(loop: asyncio.AbstractEventLoop, queue: "asyncio.Queue[_Item]", item: _Item) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(queue.put_nowait, item)
