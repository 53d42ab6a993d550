"""Secrets that readers paste leave no trace: not in the database, the logs, what a model is sent, or an export."""

import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

import ingest
from assistant.values import AskRequest, Done
from tests.assistant.test_masking import SECRETS
from tests.conftest import SAMPLES
from tests.model_server import ModelServer, answering, model_server
from tests.ui.conftest import serving
from tests.ui.review_desk import Desk, open_desk
from ui.cli import main
from ui.logs import JsonLines
from ui.services import Services, build_services
from ui.settings import load_settings

GOOD = "### 解决步骤\n\n1. 9848 承载的是 gRPC 长连接，应使用 Nginx 的 `stream` 模块做 TCP 转发。[1]\n"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(answering(GOOD)) as started:
        yield started


@pytest.fixture
def written(tmp_path: Path, server: ModelServer) -> Iterator[Services]:
    """The desk with a language model."""
    settings = load_settings(
        data=tmp_path / "data", llm="openai:scripted", llm_base_url=server.address, llm_api_key="key", answer_at=0.0
    )
    services = build_services(settings)
    knowledge = services.knowledge
    ingest.ingest([str(SAMPLES / "nacos")], records=knowledge.records, embedder=knowledge.embedder, product="nacos")
    knowledge.follow()
    yield services
    services.close()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that the program logs, down to debugging, as it would be written."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def raw(data: Path) -> bytes:
    """Every byte of the database, what is not yet checkpointed included; indexes hold documents only."""
    return b"".join(path.read_bytes() for path in sorted(data.glob("dayi.db*")))


def escaped(text: str) -> set[bytes]:
    """How a text may stand in a file: as it is, or as JSON writes it."""
    return {text.encode(), json.dumps(text)[1:-1].encode()}


@pytest.mark.timeout(300)
def test_no_secret_leaves_a_trace(
    written: Services, server: ModelServer, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """All fixtures in questions, follow-ups, comments, reasons, requests, searches and addresses of pages."""
    data, texts = written.settings.data, list(SECRETS.values())
    groups = [texts[start : start + 9] for start in range(0, len(texts), 9)]
    with serving(written) as client:  # type: ignore[arg-type]
        for group in groups:
            pasted = "\n\n".join(text for text, _ in group)
            body = {
                "question": f"经 Nginx 代理后 9848 怎么转发\n{pasted}",
                "product": "nacos",
                "page_url": f"/x?{pasted}",
            }
            answer = client.post("/api/v1/ask", json=body).json()
            assert answer["masked"], answer
            follow_up = {"question": f"那 8848 呢 {group[0][0]}", "conversation": answer["conversation"]}
            client.post("/api/v1/ask", json=follow_up | {"product": "nacos"})
            words = {"answer": answer["id"], "token": answer["feedback_token"], "comment": pasted}
            rated = {"rating": "bad", "reasons": [text[:100] for text, _ in group]}
            assert client.post("/api/v1/feedback", json=words | rated).status_code == 201
            assert client.post("/api/v1/expert-requests", json=words).status_code == 201
            form = {"token": "t" * 22, "rating": "bad", "answer": answer["id"], "comment": pasted}
            assert client.post("/feedback", data=form).status_code == 303
            assert client.post("/api/v1/search", json={"query": pasted[:900]}).status_code == 200
    written.knowledge.follow()
    assert main(["feedback", "export", "--data", str(data)]) == 0
    assert main(["feedback", "export", "--csv", "--data", str(data)]) == 0
    sent = json.dumps(server.bodies, ensure_ascii=False)
    assert len(server.bodies) >= len(groups)
    places = {"exports": capsys.readouterr().out, "logs": log.getvalue(), "the model": sent}
    stored = raw(data)
    for _, secret in texts:
        assert not any(form in stored for form in escaped(secret)), f"{secret} in the database"
        for place, text in places.items():
            assert secret not in text, f"{secret} in {place}"


def test_the_contact_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is what the reader wants to be reached at; formulas in what readers wrote are text in a table."""
    with open_desk(tmp_path / "desk") as desk:
        answer = desk.ask("导出 9848")
        comment = '=HYPERLINK("https://evil.example")'
        desk.services.assistant.rate(answer.id, answer.feedback_token, "bad", ["outdated"], comment, "me@example.org")
        data = str(desk.services.settings.data)
        assert main(["feedback", "export", "--data", data]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        assert main(["feedback", "export", "--csv", "--data", data]) == 0
        table = capsys.readouterr().out
    row = json.loads(line)
    assert (row["contact"], row["comment"], row["by"], row["reasons"]) == (
        "me@example.org", comment, "asker", ["outdated"],
    )  # fmt: skip
    assert row["question"] == "导出 9848"
    assert "\"'=HYPERLINK" in table


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "desk") as opened:
        yield opened


def test_a_deleted_answer_is_gone_everywhere(desk: Desk) -> None:
    """410 on the permalink, in the API and in forms; with a wrong token nothing happens."""
    answer = desk.ask("我要删除的问题 9848")
    address, client = f"/api/v1/answers/{answer.id}", desk.client()
    for headers, status in (({}, 401), ({"Authorization": "Bearer wrong"}, 404), ({"Authorization": "Basic x"}, 401)):
        assert client.delete(address, headers=headers).status_code == status
    foreign = {"Authorization": f"Bearer {answer.feedback_token}", "Origin": "https://evil.example"}
    assert client.delete(address, headers=foreign).status_code == 403
    assert client.get(f"/a/{answer.id}").status_code == 200
    own = {"Authorization": f"Bearer {answer.feedback_token}"}
    assert client.delete(address, headers=own).status_code == 204
    page = client.get(f"/a/{answer.id}")
    assert (page.status_code, page.headers["x-robots-tag"]) == (410, "noindex")
    assert "9848" not in page.text
    assert_gone(client, answer.id, own)
    (*_, last) = desk.services.assistant.ask(AskRequest("9848 端口", product="nacos"))
    assert isinstance(last, Done)


def assert_gone(client: httpx.Client, answer: str, own: dict[str, str]) -> None:
    for reply in (client.get(f"/api/v1/answers/{answer}"), client.delete(f"/api/v1/answers/{answer}", headers=own)):
        assert (reply.status_code, reply.json()["error"]["code"]) == (410, "gone")
    assert client.get(f"/feedback?answer={answer}").status_code == 410
    fields = {"token": "t" * 22, "rating": "bad", "answer": answer}
    assert client.post("/feedback", data=fields).status_code == 410


def test_dayi_forget(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """By id, beside the running server; one that is not there is an error."""
    answer, data = desk.ask("忘掉我 9848"), str(desk.services.settings.data)
    assert main(["forget", answer.id, "--data", data]) == 0
    assert desk.client().get(f"/a/{answer.id}").status_code == 410
    assert main(["forget", "nothing", "--data", data]) == 1
    assert "There is no answer nothing" in capsys.readouterr().err


def test_a_server_deletes_what_is_old_when_it_starts(tmp_path: Path) -> None:
    """What is older than the setting says is gone soon after; the rest is there."""
    with open_desk(tmp_path / "desk") as desk:
        old, young = desk.ask("老问题 9848 端口"), desk.ask("新问题 9848 端口")
    long_ago = (datetime.now(UTC) - timedelta(days=91)).isoformat()
    with sqlite3.connect(tmp_path / "desk" / "dayi.db") as database:
        database.execute("UPDATE answers SET created_at = ? WHERE id = ?", (long_ago, old.id))
    services = build_services(load_settings(data=tmp_path / "desk"))
    try:
        with serving(services) as client:  # type: ignore[arg-type]
            end = datetime.now(UTC) + timedelta(seconds=20)
            while client.get(f"/a/{old.id}").status_code == 200 and datetime.now(UTC) < end:
                pass
            assert client.get(f"/a/{old.id}").status_code == 404
            assert client.get(f"/a/{young.id}").status_code == 200
    finally:
        services.close()
