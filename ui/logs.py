"""Logging of the server: one JSON object per line, so that no text from outside can forge a second line."""

import json
import logging
import time
from contextvars import ContextVar

__all__ = ["JsonLines", "configure_logging", "request_id"]

request_id: ContextVar[str] = ContextVar("request_id", default="")

_MAX_MESSAGE = 4_000
_MAX_TRACE = 16_000


class JsonLines(logging.Formatter):
    """A record as one line of ASCII JSON: control characters and line separators arrive escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a line end."""
        entry: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:_MAX_MESSAGE],
        }
        if request := request_id.get():
            entry["request_id"] = request
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)[-_MAX_TRACE:]
        return json.dumps(entry, ensure_ascii=True, default=str)


def configure_logging(level: str = "INFO") -> None:
    """Send everything to standard error as JSON lines. For entry points only."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("httpx", "asyncio", "multipart"):  # httpx writes whole addresses, which hold the keys of chats
        logging.getLogger(chatty).setLevel(logging.WARNING)
