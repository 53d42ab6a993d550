"""Answers as server-sent events: order, endings, slowness, leaving readers, and the bound on how many at once."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.ui.conftest import serving
from tests.ui.fakes import FakeServices
from ui.settings import Settings
from ui.streams import Streams

SSE = {"Accept": "text/event-stream"}
QUESTION = {"question": "9848 端口连不上"}


def events(reply: httpx.Response) -> Iterator[tuple[str, dict[str, object]]]:
    name = ""
    for line in reply.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@pytest.fixture
def slow(settings: Settings) -> FakeServices:
    services = FakeServices(settings)
    services.assistant.gate = threading.Event()
    return services


def wait_for(condition: object, seconds: float = 5.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_events_come_in_order_with_one_last(site: httpx.Client) -> None:
    """First where the answer will be, then what it stands on, then its text, then the whole."""
    with site.stream("POST", "/api/v1/ask", json=QUESTION, headers=SSE) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert reply.headers["x-accel-buffering"] == "no"
        got = list(events(reply))
    names = [name for name, _ in got]
    assert names[:2] == ["answer", "sources"]
    assert set(names[2:-1]) == {"delta"}
    assert names[-1] == "done"
    text = "".join(str(data["text"]) for name, data in got if name == "delta")
    assert text.strip() == str(got[-1][1]["markdown"]).strip()
    assert got[0][1]["id"] == got[-1][1]["id"]


def test_failure_after_the_first_event_is_the_last_event(site: httpx.Client) -> None:
    """A stream that has begun ends with an error event in the one error shape."""
    with site.stream("POST", "/api/v1/ask", json={"question": "失败"}, headers=SSE) as reply:
        got = list(events(reply))
    assert [name for name, _ in got] == ["answer", "error"]
    assert set(got[-1][1]["error"]) == {"code", "message", "request_id"}  # type: ignore[arg-type]


def test_refused_question_is_no_stream(site: httpx.Client) -> None:
    """What cannot be asked has a status, also for those who accept events."""
    reply = site.post("/api/v1/ask", json={"question": " "}, headers=SSE)
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "question")


def test_slow_answers_do_not_hold_up_the_rest(slow: FakeServices) -> None:
    """With twenty answers waiting, a health check takes no time."""
    with serving(slow) as client, ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(client.post, "/api/v1/ask", json=QUESTION) for _ in range(20)]
        wait_for(lambda: len(slow.assistant.asked) == 20)
        started = time.monotonic()
        assert client.get("/healthz").status_code == 200
        assert time.monotonic() - started < 1
        assert slow.assistant.gate is not None
        slow.assistant.gate.set()
        assert {reply.result().status_code for reply in asked} == {200}


def test_reader_who_leaves_cancels_the_answer(slow: FakeServices) -> None:
    """The assistant's generator is closed soon after the connection."""
    slow.assistant.delay_s = 0.05
    slow.assistant.gate = None
    slow.assistant.answer_text = "段落\n\n" * 200
    with serving(slow) as client:
        with client.stream("POST", "/api/v1/ask", json=QUESTION, headers=SSE) as reply:
            next(reply.iter_lines())
        wait_for(lambda: slow.assistant.closed == 1, seconds=2)
        assert not slow.assistant._answers, "a cancelled answer must not be finished"


def test_more_than_the_places_are_turned_away_at_once(slow: FakeServices) -> None:
    """503 with Retry-After, quickly, and the places come back."""
    with serving(slow, streams=Streams(3)) as client, ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(client.post, "/api/v1/ask", json=QUESTION) for _ in range(3)]
        wait_for(lambda: len(slow.assistant.asked) == 3)
        started = time.monotonic()
        reply = client.post("/api/v1/ask", json=QUESTION, headers=SSE)
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "busy")
        assert int(reply.headers["retry-after"]) > 0
        assert time.monotonic() - started < 0.5
        assert slow.assistant.gate is not None
        slow.assistant.gate.set()
        assert {r.result().status_code for r in asked} == {200}
        assert client.post("/api/v1/ask", json=QUESTION).status_code == 200


def test_stopping_server_ends_open_streams_with_an_event(slow: FakeServices) -> None:
    """A reader learns that the answer is not coming, instead of a cut connection."""
    streams = Streams()
    with (
        serving(slow, streams=streams) as client,
        client.stream("POST", "/api/v1/ask", json=QUESTION, headers=SSE) as reply,
    ):
        got = events(reply)
        assert next(got)[0] == "answer"
        streams.stop()
        name, data = next(got)
        assert name == "error"
        assert data["error"]["code"] == "stopping"  # type: ignore[index]
        assert list(got) == []
        assert slow.assistant.gate is not None
        slow.assistant.gate.set()


def test_silence_is_filled_with_comments() -> None:
    """While an answer takes long, something is sent, so that no proxy gives up."""
    gate = threading.Event()

    def quiet() -> Iterator[object]:
        gate.wait(10)
        yield from ()

    async def first() -> object:
        stream = Streams(1, heartbeat_s=0.5).open(quiet)  # type: ignore[arg-type]
        try:
            return await anext(stream)
        finally:
            gate.set()
            await stream.aclose()

    assert asyncio.run(first()) is None
