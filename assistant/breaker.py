"""A circuit breaker: while a server is down, nobody waits for it and it is left alone.

After some failures in a short time it opens; after a pause one call may try, and its success closes it again.
Source: https://martinfowler.com/bliki/CircuitBreaker.html
"""

import threading
import time
from collections import deque
from collections.abc import Callable

__all__ = ["CircuitBreaker"]


_FAILURES = 5
_WINDOW_S = 30.0
_PAUSE_S = 30.0


class CircuitBreaker:
    """Opens after five failures within 30 seconds, for 30 seconds. Thread-safe."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: deque[float] = deque(maxlen=_FAILURES)
        self._opened: float | None = None
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, but for one now and then that tries."""
        return self._opened is not None

    def allows(self) -> bool:
        """Whether a call may be made now; of an open breaker one call in each pause."""
        with self._lock:
            if self._opened is None:
                return True
            if self._clock() - self._opened < _PAUSE_S:
                return False
            self._opened = self._clock()  # the next one has to wait for this one's result, or for another pause
            return True

    def succeeded(self) -> None:
        """A call that was allowed went well."""
        with self._lock:
            self._opened = None
            self._failed.clear()

    def failed(self) -> None:
        """A call that was allowed failed."""
        with self._lock:
            now = self._clock()
            self._failed.append(now)
            if len(self._failed) == self._failed.maxlen and now - self._failed[0] <= _WINDOW_S:
                self._opened = now
