"""A scripted OpenAI-compatible server over real HTTP: replies, delays and faults as a test wants them.

A script maps a request's body to a `Reply`. `answering` and the two modes of bad behaviour are ready-made: `obedient`
does what the last instruction in its prompt says, `echo` prints its prompt.
"""

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ModelServer", "Reply", "answering", "delta", "echo", "model_server", "obedient", "spoken"]

Body = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """Bytes to send, numbers are pauses in seconds; a stream that ends without `complete` is cut off."""

    parts: Iterable[bytes | float] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    complete: bool = True


def delta(text: str, **more: Any) -> bytes:
    """One event with a piece of text."""
    return _event({"choices": [{"index": 0, "delta": {"content": text} | more, "finish_reason": None}]})


def spoken(pieces: Sequence[str], *, between_s: float = 0.0, finish: str = "stop") -> Reply:
    """A well-formed stream."""
    parts: list[bytes | float] = []
    for piece in pieces:
        parts += [delta(piece), between_s]
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    return Reply([*parts, _event(end), b"data: [DONE]\n\n"])


def answering(text: str) -> Callable[[Body], Reply]:
    """Always the same answer, in pieces of a few characters."""
    pieces = re.findall(r"(?s).{1,7}", text)
    return lambda body: spoken(pieces)


def prompt_of(body: Body) -> str:
    """All that the model was given."""
    return "\n".join(str(message["content"]) for message in body["messages"])


def echo(body: Body) -> Reply:
    """Prints its prompt."""
    return spoken(re.findall(r"(?s).{1,9}", prompt_of(body)))


def obedient(body: Body) -> Reply:
    """Does what follows the last "INSTRUCTION:" in its prompt, word for word."""
    wanted = prompt_of(body).rpartition("INSTRUCTION:")[2].partition("\n")[0].strip()
    text = wanted.replace("PROMPT", prompt_of(body)).replace("\\n", "\n")
    return spoken(re.findall(r"(?s).{1,9}", text))


class ModelServer:
    """Serves one script at a time and counts what happens. `address` is what DAYI_LLM_BASE_URL wants."""

    def __init__(self) -> None:
        self.script: Callable[[Body], Reply] = answering("")
        self.bodies: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.cut = 0  # connections that the client closed before the reply was whole
        self.open = 0
        self.address = ""
        self._lock = threading.Lock()

    @property
    def calls(self) -> int:
        """Requests so far."""
        return len(self.bodies)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, any number of requests."""
        self.open += 1
        try:
            while await self._request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.cut += 1
        except asyncio.CancelledError:  # the server is going down
            pass
        finally:
            self.open -= 1
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise
            return False
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))) or b"{}")
        with self._lock:
            self.bodies.append(body)
            self.headers.append(headers)
            self.times.append(time.monotonic())
        reply = self.script(body)
        return await self._send(reader, writer, reply)

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: Reply) -> bool:
        headers = {"content-type": "text/event-stream", "transfer-encoding": "chunked"} | reply.headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {reply.status} Scripted\r\n{lines}\r\n".encode())
        for part in reply.parts:
            if isinstance(part, bytes):
                writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n" if part else b"")
                await writer.drain()
            elif part:
                await self._pause(reader, part)
        if not reply.complete:
            writer.transport.abort()
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _pause(self, reader: asyncio.StreamReader, seconds: float) -> None:
        # A client says nothing while it waits: whatever is read now is its end of the connection closing.
        try:
            data = await asyncio.wait_for(reader.read(1), seconds)
        except TimeoutError:
            return
        raise ConnectionError(f"the client left ({data!r})")


@contextmanager
def model_server(script: Callable[[Body], Reply] | None = None) -> Iterator[ModelServer]:
    """A running server on a free port of this machine."""
    server = ModelServer()
    if script:
        server.script = script
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(server.handle, "127.0.0.1", 0, backlog=1024))
    server.address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_close(listening), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _close(listening: asyncio.Server) -> None:
    listening.close()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _event(data: dict[str, Any]) -> bytes:
    whole = {"id": "c1", "object": "chat.completion.chunk", "created": 0, "model": "scripted"} | data
    return f"data: {json.dumps(whole, ensure_ascii=False)}\n\n".encode()
