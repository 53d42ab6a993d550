"""How long things take and how much they need, through the doors that users have."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from assistant import AskRequest
from assistant.metrics import percentile
from ui.services import build_services
from ui.settings import load_settings

__all__ = ["in_process", "ingestion", "machine", "mb", "server"]

_PORT = 7899


def ingestion(folder: Path, data: Path) -> Iterator[dict[str, Any]]:
    """A cold run of the command, and a second one over unchanged files."""
    for name in ("cold", "unchanged"):
        started = time.perf_counter()
        run = subprocess.run(
            [*_DAYI, "ingest", str(folder), "--product", "nacos", "--data", str(data), "--json"],
            capture_output=True,
            check=True,
            text=True,
        )
        report = json.loads(run.stdout)
        yield {
            "case": f"ingest, {name}",
            "seconds": round(time.perf_counter() - started, 2),
            "of which work": round(report["seconds"], 2),
            "embeddings": report["embedded"],
            "passages": report["passages"],
        }
    size = sum(path.stat().st_size for path in (data / "index").rglob("*") if path.is_file())
    yield {"case": "size", "index MB": mb(size), "database MB": mb((data / "dayi.db").stat().st_size)}


def in_process(data: Path, questions: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Latency of search and of extractive answers, one after the other, index warm."""
    services = build_services(load_settings(data=data))
    try:
        services.knowledge.follow()
        yield _latency("search", lambda q: services.search.search(q, products=["nacos"]), questions)
        yield _latency("answer", lambda q: list(services.assistant.ask(AskRequest(q, product="nacos"))), questions)
    finally:
        services.close()


def server(data: Path, questions: Sequence[str], product: str = "nacos") -> Iterator[dict[str, Any]]:
    """Start to ready, memory after some hundred questions, and latency over HTTP."""
    if _is_ready():
        raise RuntimeError(f"another server has port {_PORT}; its figures would be taken for this one's")
    started = time.perf_counter()
    process = subprocess.Popen([*_DAYI, "serve", "--data", str(data), "--port", str(_PORT)], stderr=subprocess.DEVNULL)
    try:
        while not _is_ready():
            time.sleep(0.02)
            if process.poll() is not None or time.perf_counter() - started > 60:
                raise RuntimeError("the server did not start")
        yield {"case": "server", "start to ready s": round(time.perf_counter() - started, 2)}
        yield _latency("answer over HTTP", lambda q: _ask_over_http(q, product), questions[:300])
        yield {"case": "server", "memory MB": mb(psutil.Process(process.pid).memory_info().rss)}
    finally:
        process.terminate()
        process.wait(20)


_DAYI = [sys.executable, "-m", "ui.cli"]


def _latency(name: str, ask: Callable[[str], object], questions: Sequence[str]) -> dict[str, Any]:
    for question in questions[:20]:
        ask(question)
    times = []
    for question in questions:
        started = time.perf_counter()
        ask(question)
        times.append((time.perf_counter() - started) * 1000)
    figures = {f"p{share:.0f} ms": round(percentile(times, share / 100), 1) for share in (50, 95, 99)}
    return {"case": name, "questions": len(questions), **figures}


def _is_ready() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{_PORT}/readyz", timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def _ask_over_http(question: str, product: str) -> None:
    body = json.dumps({"question": question, "product": product}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{_PORT}/api/v1/ask", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        reply.read()


def mb(size: int) -> float:
    """Bytes as megabytes."""
    return round(size / 2**20, 1)


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "case": "machine",
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "commit": commit.stdout.strip(),
    }
