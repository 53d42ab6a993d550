"""Streams under stress: too many, a reader that takes nothing, a stop in the middle, a flood and the calm after it."""

import asyncio
import json
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.ui.conftest import serving
from tests.ui.fakes import FakeServices
from tests.ui.test_streams import events, wait_for
from ui.settings import LimitSettings, Settings
from ui.stalled import PatientProtocol
from ui.streams import Streams

ASK = "/api/v1/ask"
QUESTION = {"question": "9848 端口"}
SSE = {"Accept": "text/event-stream"}
ROOT = Path(__file__).parents[2]


class Impatient(PatientProtocol):
    idle_write_s = 0.5


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.mark.slow
def test_two_hundred_readers_for_fifty_places(settings: Settings) -> None:
    """Fifty are answered, the others are turned away at once, and probes hear nothing of it."""
    services, streams = FakeServices(settings), Streams()
    gate = services.assistant.gate = threading.Event()

    async def crowd(address: httpx.URL) -> tuple[list[httpx.Response], list[float], list[httpx.Response]]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60) as client:
            first = [asyncio.create_task(client.post(ASK, json=QUESTION)) for _ in range(50)]
            while streams.running < 50:
                await asyncio.sleep(0.01)
            late, probes = [], []
            for n in range(150):
                late.append(await client.post(ASK, json=QUESTION, headers=SSE))
                if n % 10 == 0:
                    started = time.monotonic()
                    assert (await client.get("/healthz")).status_code == 200
                    probes.append(time.monotonic() - started)
            gate.set()
            return late, probes, list(await asyncio.gather(*first))

    with serving(services, streams=streams) as client:
        late, probes, first = asyncio.run(crowd(client.base_url))
    assert {reply.status_code for reply in first} == {200}
    assert {reply.status_code for reply in late} == {503}
    assert all(int(reply.headers["retry-after"]) > 0 for reply in late)
    assert statistics.median(reply.elapsed.total_seconds() for reply in late) < 0.1
    assert statistics.median(probes) < 0.05


def ask_without_reading(client: httpx.Client, room: int) -> socket.socket:
    """A connection that has asked for a stream, with so many bytes of room for what comes."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    connection.settimeout(30)
    assert client.base_url.port
    connection.connect(("127.0.0.1", client.base_url.port))
    body = json.dumps(QUESTION).encode()
    connection.sendall(
        f"POST {ASK} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    return connection


def all_of(connection: socket.socket, pause_s: float = 0.0) -> bytes:
    reply = bytearray()
    while chunk := connection.recv(1 << 18):
        reply += chunk
        time.sleep(pause_s)
    return bytes(reply)


@pytest.mark.slow
def test_a_stalled_reader_is_dropped(settings: Settings) -> None:
    """The answer is cancelled soon after the connection is full, and its place is free."""
    services, streams = FakeServices(settings, delay_s=0.02, answer_text=("x" * 50_000 + "\n\n") * 600), Streams()
    with (
        serving(services, streams=streams, protocol=Impatient) as client,
        ask_without_reading(client, 4096) as connection,
    ):
        wait_for(lambda: services.assistant.closed == 1, seconds=10)  # whole, it would take 12 s at least
        wait_for(lambda: streams.running == 0)
        assert not services.assistant._answers, "a cancelled answer must not be finished"
        with suppress(ConnectionResetError):  # as good an end as any
            assert b"event: done" not in all_of(connection)


@pytest.mark.slow
def test_a_slow_reader_gets_everything(settings: Settings) -> None:
    """Whoever takes something now and then is not stalled."""
    services = FakeServices(settings, answer_text=("x" * 50_000 + "\n\n") * 100)
    with serving(services, protocol=Impatient) as client, ask_without_reading(client, 65_536) as connection:
        started = time.monotonic()
        reply = all_of(connection, pause_s=0.01)
        assert time.monotonic() - started > 4 * Impatient.idle_write_s, "not slow"
        assert b"event: done" in reply
        assert reply.endswith(b"\r\n0\r\n\r\n")


@pytest.mark.slow
def test_a_stop_ends_open_streams_and_the_process(tmp_path: Path) -> None:
    """Twenty readers are told, and the process ends by itself, cleanly, within 15 seconds."""
    command = [sys.executable, "-m", "tests.faults.slow_server", str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout
        address = process.stdout.readline().strip()
        with httpx.Client(base_url=address, timeout=30) as client, ExitStack() as open_streams:
            streams = [
                events(open_streams.enter_context(client.stream("POST", ASK, json=QUESTION, headers=SSE)))
                for _ in range(20)
            ]
            assert {next(stream)[0] for stream in streams} == {"answer"}
            process.send_signal(signal.SIGTERM)
            stopped = time.monotonic()
            for stream in streams:
                name, data = list(stream)[-1]
                assert (name, data["error"]["code"]) == ("error", "stopping")  # type: ignore[index]
        assert process.wait(15) == 0
        assert time.monotonic() - stopped < 15
    finally:
        process.kill()
        process.wait()
        process.stdout and process.stdout.close()


@pytest.mark.slow
def test_after_a_flood_all_is_as_before(settings: Settings) -> None:
    """One address sends as fast as it can; it gets its allowance, and others are soon served as fast as ever."""
    limits = LimitSettings(questions_per_minute=20)
    services = FakeServices(settings.model_copy(update={"limits": limits}))

    def ask(client: httpx.Client, address: str) -> tuple[int, float]:
        reply = client.post(ASK, json=QUESTION, headers={"X-Forwarded-For": address})
        return reply.status_code, reply.elapsed.total_seconds()

    def others(network: int) -> float:
        asked = [ask(client, f"198.51.{network}.{n}") for n in range(40)]
        assert {status for status, _ in asked} == {200}
        return statistics.quantiles([seconds for _, seconds in asked], n=20)[-1]

    with serving(services) as client, ThreadPoolExecutor(4) as pool:
        before = others(1)
        end = time.monotonic() + 5
        floods = [pool.submit(_flood, client, ask, end) for _ in range(4)]
        statuses = [status for flood in floods for status in flood.result()]
        after = others(2)
    assert statuses.count(200) <= 20
    assert len(statuses) > 200, "no flood"
    assert after < max(3 * before, 0.2)


def _flood(client: httpx.Client, ask, end: float) -> list[int]:  # type: ignore[no-untyped-def]
    statuses = []
    while time.monotonic() < end:
        statuses.append(ask(client, "203.0.113.7")[0])
    return statuses
