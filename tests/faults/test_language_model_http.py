"""Written answers over the web: events, readers who leave, many at once, and what is left open afterwards."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from ingest import ingest
from tests.conftest import SAMPLES
from tests.model_server import ModelServer, Reply, delta, model_server, prompt_of, spoken
from tests.ui.conftest import serving
from tests.ui.test_streams import SSE, events, wait_for
from ui.services import Services, build_services
from ui.settings import load_settings

QUESTION = "经 Nginx 代理后 2.x 客户端无法连接，9848 怎么转发"
STEP = "1. 9848 承载的是 gRPC 长连接，应使用 Nginx 的 `stream` 模块做 TCP 转发。[1]\n"


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with model_server() as started:
        yield started


@pytest.fixture(scope="module")
def written(model: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    data = tmp_path_factory.mktemp("written")
    services = build_services(load_settings(data=data, llm="openai:scripted", llm_base_url=model.address))
    ingest([str(SAMPLES / "nacos")], records=services.knowledge.records, embedder=services.knowledge.embedder)
    services.knowledge.follow()
    yield services
    services.close()


@pytest.fixture(scope="module")
def web(written: Services) -> Iterator[httpx.Client]:
    with serving(written) as client:  # type: ignore[arg-type]
        yield client


def test_words_arrive_while_the_model_writes(web: httpx.Client, model: ModelServer) -> None:
    """The first words are there long before the last ones, and items carry whether they are supported."""
    model.script = lambda body: spoken(
        ["### 解决步骤\n\n", STEP, "2. 把 `nacos.magic` 设为 4711。[1]\n"], between_s=0.5
    )
    times = []
    with web.stream("POST", "/api/v1/ask", json={"question": QUESTION}, headers=SSE) as reply:
        for name, data in events(reply):
            times.append((name, time.monotonic()))
            last = data
    first = next(at for name, at in times if name == "delta")
    assert times[-1][0] == "done"
    assert times[-1][1] - first >= 0.5
    assert [item["supported"] for item in last["steps"]] == [True, False]  # type: ignore[index, union-attr]


def test_an_answer_that_breaks_off_ends_with_an_error_and_is_kept(web: httpx.Client, model: ModelServer) -> None:
    """The event says so, the permalink shows what there was and that it is incomplete."""
    model.script = lambda body: Reply([delta("### 解决步骤\n\n" + STEP + "2. 然后"), b"data: {broken\n\n"])
    with web.stream("POST", "/api/v1/ask", json={"question": QUESTION}, headers=SSE) as reply:
        got = list(events(reply))
    assert got[-1][0] == "error"
    assert got[-1][1]["error"]["code"] == "incomplete"  # type: ignore[index]
    page = web.get(f"/a/{got[0][1]['id']}").text
    assert "stream" in page
    assert "中断" in page or "broke off" in page


def test_metrics_count(web: httpx.Client, model: ModelServer) -> None:
    """Outcomes, calls and the time to the first token are there, and nothing that names model, key or question."""
    model.script = lambda body: spoken(["### 解决步骤\n\n", STEP])
    web.post("/api/v1/ask", json={"question": QUESTION})
    text = web.get("/metrics").text
    assert re.search(r'dayi_questions_total{engine="generative",outcome="answered"} [1-9]', text)
    assert re.search(r"dayi_first_token_seconds_count [1-9]", text)
    assert re.search(r'dayi_model_calls_total{result="ok"} [1-9]', text)
    assert "scripted" not in text
    assert "Nginx" not in text


@pytest.mark.slow
def test_two_hundred_readers_half_of_whom_leave(web: httpx.Client, model: ModelServer) -> None:
    """Every answer holds its own marker, the calls of those who left are closed, nothing stays open."""

    def speak(body: dict[str, object]) -> Reply:
        marker = re.findall(r"MARK-\d+", prompt_of(body))[-1]
        more = 400 if int(marker[5:]) % 2 else 10  # what nobody will read to its end takes longest
        return spoken(
            ["### 解决步骤\n\n1. ", f"编号 {marker} 的回答。[1]\n", STEP, *["继续。"] * more, "[1]\n"], between_s=0.03
        )

    model.script = speak
    process = psutil.Process()

    async def ask(client: httpx.AsyncClient, gate: asyncio.Semaphore, number: int) -> None:
        async with gate:
            body = {"question": f"{QUESTION} MARK-{number}"}
            async with client.stream("POST", "/api/v1/ask", json=body, headers=SSE) as reply:
                assert reply.status_code == 200
                text = ""
                async for line in reply.aiter_lines():
                    if line.startswith("data: ") and "text" in (data := json.loads(line[6:])):
                        text += data["text"]
                        if number % 2:
                            return
                assert set(re.findall(r"MARK-\d+", text)) == {f"MARK-{number}"}

    async def readers(numbers: range) -> None:
        gate = asyncio.Semaphore(25)
        async with httpx.AsyncClient(base_url=web.base_url, timeout=60) as client:
            await asyncio.gather(*(ask(client, gate, number) for number in numbers))

    asyncio.run(readers(range(60)))  # threads and connections of the database that stay for the next questions
    wait_for(lambda: model.open <= 100, 10)
    before, threads = process.num_fds() - 2 * model.open, threading.active_count()
    asyncio.run(readers(range(200)))
    wait_for(lambda: model.open <= 100, 10)  # what the client keeps at most for the next questions
    wait_for(lambda: process.num_fds() - 2 * model.open <= before + 2, 10)  # both ends of a connection are ours
    assert threading.active_count() <= threads + 25  # pools grow to their bounds, not with the readers
    assert model.cut >= 125  # of 130
