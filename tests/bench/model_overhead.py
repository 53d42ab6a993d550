"""`python -m tests.bench.model_overhead [SECONDS]`: what everything but the language model costs.

A server with the sample knowledge base is asked twenty questions a second; its language model is a scripted one on this
machine that answers at once. The same questions are asked of a server without a language model in the same run.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ingest
from assistant.metrics import percentile
from ingest import parse_file
from tests.bench.speed import machine
from tests.model_server import answering, model_server

_PER_SECOND = 20
_PORT = 7898
_SAMPLES = Path(ingest.__file__).parent / "samples/nacos"
_ANSWER = (
    "9848 端口没有放行。[1]\n\n### 可能原因\n\n1. 安全组、防火墙或 Docker 端口映射只开了 8848。[1]\n\n"
    "### 解决步骤\n\n1. 在应用所在的机器上测试端口：[1]\n\n   ```bash\n   nc -vz nacos.example.com 9848\n   ```\n\n"
    "2. 使用 Docker 时同时映射两个端口，并保持差值。[2]\n3. 仍然失败时查看客户端的日志。[1]\n\n"
    "### 说明\n\n8848 通并不代表连接可用：2.x 客户端通过 gRPC 长连接工作。[1]\n"
)


def main() -> int:
    """Print one line for each server."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    paths = sorted((_SAMPLES / "qa").glob("*.md"))
    questions = [parse_file(path, root=_SAMPLES, product="nacos").question for path in paths]
    sys.stdout.write(json.dumps(machine()) + "\n")
    with tempfile.TemporaryDirectory() as data, model_server(answering(_ANSWER)) as model:
        subprocess.run([*_DAYI, "ingest", str(_SAMPLES), "--data", data], check=True, capture_output=True)
        for name, settings in (
            ("experts' own words", {}),
            ("language model", {"DAYI_LLM": "openai:scripted", "DAYI_LLM_BASE_URL": model.address}),
        ):
            figures = _measured(data, {**settings, "DAYI_LLM_DAILY_TOKENS": "0"}, questions, seconds)
            sys.stdout.write(json.dumps({"case": name, "model calls": model.calls} | figures) + "\n")
            sys.stdout.flush()
    return 0


_DAYI = [sys.executable, "-m", "ui.cli"]


def _measured(data: str, settings: dict[str, str], questions: list[str], seconds: int) -> dict[str, Any]:
    process = subprocess.Popen(
        [*_DAYI, "serve", "--data", data, "--port", str(_PORT)], env=os.environ | settings, stderr=subprocess.DEVNULL
    )
    try:
        while not _ready():
            time.sleep(0.1)
        time.sleep(10)  # the chat page is still being imported
        for question in questions:
            _ask(question)
        began = time.monotonic()
        with ThreadPoolExecutor(40) as pool:
            jobs = []
            for number in range(seconds * _PER_SECOND):
                time.sleep(max(0.0, began + number / _PER_SECOND - time.monotonic()))
                jobs.append(pool.submit(_ask, questions[number % len(questions)]))
            times = [job.result() for job in jobs]
    finally:
        process.terminate()
        process.wait(20)
    return {"questions": len(times)} | {f"p{s} ms": round(percentile(times, s / 100), 1) for s in (50, 95, 99)}


def _ready() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{_PORT}/readyz", timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def _ask(question: str) -> float:
    body = json.dumps({"question": question, "product": "nacos"}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{_PORT}/api/v1/ask", data=body, headers=headers)
    started = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as reply:
        reply.read()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    sys.exit(main())
