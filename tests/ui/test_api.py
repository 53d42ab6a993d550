"""The REST API: answers, searches, ratings, and one shape for everything that goes wrong."""

import inspect
from http import HTTPStatus
from typing import Any

import httpx
import pytest

import kb.errors
from kb.errors import DayiError
from tests.ui.fakes import FakeServices
from ui.errors import STATUS, error_of

QUESTION = {"question": "Nacos 9848 端口连不上怎么办？"}


def error(reply: httpx.Response) -> dict[str, str]:
    body = reply.json()
    assert list(body) == ["error"]
    assert set(body["error"]) == {"code", "message", "request_id"}
    assert body["error"]["request_id"] == reply.headers["x-request-id"]
    return dict(body["error"])


def test_ask_answers_with_causes_steps_and_citations(site: httpx.Client) -> None:
    """The whole answer in one JSON object, quotes included."""
    reply = site.post("/api/v1/ask", json=QUESTION | {"product": "nacos"})
    answer = reply.json()
    assert reply.status_code == HTTPStatus.OK
    assert answer["outcome"] == "answered"
    assert answer["causes"][0]["citations"] == [1]
    assert answer["citations"][0]["quote"]
    assert answer["feedback_token"]
    assert reply.headers["cache-control"] == "no-store"


def test_follow_up_keeps_the_conversation(site: httpx.Client, services: FakeServices) -> None:
    """The capability of the first answer travels with the second question."""
    first = site.post("/api/v1/ask", json=QUESTION).json()
    site.post("/api/v1/ask", json={"question": "还是不行", "conversation": first["conversation"]})
    assert services.assistant.asked[-1].conversation == first["conversation"]


def test_stored_answer_holds_no_capability(site: httpx.Client) -> None:
    """Whoever has the link may read, but neither rate nor ask on."""
    id = site.post("/api/v1/ask", json=QUESTION).json()["id"]
    answer = site.get(f"/api/v1/answers/{id}").json()
    assert (answer["conversation"], answer["feedback_token"]) == ("", "")
    assert answer["question"] == QUESTION["question"]


def test_search_gives_passages_with_reasons(site: httpx.Client) -> None:
    """Hits say what matched and why."""
    hits = site.post("/api/v1/search", json={"query": "9848", "k": 3}).json()["hits"]
    assert hits[0]["document"] == "grpc-port"
    assert hits[0]["reasons"][0]["name"] == "lexical"


def test_feedback_is_stored_once_per_asker(site: httpx.Client, services: FakeServices) -> None:
    """A second rating replaces the first."""
    answer = site.post("/api/v1/ask", json=QUESTION).json()
    rating = {"answer": answer["id"], "token": answer["feedback_token"]}
    assert site.post("/api/v1/feedback", json=rating | {"rating": "good"}).status_code == HTTPStatus.CREATED
    site.post("/api/v1/feedback", json=rating | {"rating": "bad", "reasons": ["wrong"], "comment": "不对"})
    assert services.assistant.ratings[answer["id"], answer["feedback_token"]] == ("bad", ("wrong",), "不对")


def test_feedback_needs_the_answers_own_token(site: httpx.Client) -> None:
    """A foreign token looks like an unknown answer."""
    answer = site.post("/api/v1/ask", json=QUESTION).json()
    reply = site.post("/api/v1/feedback", json={"answer": answer["id"], "token": "guess", "rating": "bad"})
    assert reply.status_code == HTTPStatus.NOT_FOUND
    assert error(reply)["code"] == "not_found"


def test_products_have_examples_in_both_languages(site: httpx.Client) -> None:
    """What a page needs to offer a choice."""
    products = site.get("/api/v1/products").json()["products"]
    assert [product["id"] for product in products] == ["nacos", "arthas"]
    assert {"zh", "en"} <= set(products[0]["examples"])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/nothing", None, 404, "not_found"),
        ("GET", "/nothing", None, 404, "not_found"),
        ("GET", "/api/v1/answers/unknown", None, 404, "not_found"),
        ("GET", "/api/v1/ask", None, 405, "method_not_allowed"),
        ("DELETE", "/healthz", None, 405, "method_not_allowed"),
        ("POST", "/api/v1/ask", {}, 422, "invalid"),
        ("POST", "/api/v1/ask", {"question": ""}, 422, "invalid"),
        ("POST", "/api/v1/ask", {"question": " "}, 422, "question"),
        ("POST", "/api/v1/ask", {"question": 7}, 422, "invalid"),
        ("POST", "/api/v1/ask", {"question": "a", "model": "gpt"}, 422, "invalid"),
        ("POST", "/api/v1/ask", {"question": "a", "product": "no"}, 422, "unknown_product"),
        ("POST", "/api/v1/ask", {"question": "失败"}, 503, "store"),
        ("POST", "/api/v1/search", {"query": "a", "k": 51}, 422, "invalid"),
        ("POST", "/api/v1/feedback", {"answer": "a", "token": "t", "rating": "so-so"}, 422, "invalid"),
    ],
)
def test_every_failure_has_the_one_error_body(
    site: httpx.Client, method: str, path: str, body: Any, status: int, code: str
) -> None:
    """Unknown paths, wrong methods, wrong bodies and failures of ours look alike."""
    reply = site.request(method, path, json=body)
    assert (reply.status_code, error(reply)["code"]) == (status, code)


@pytest.mark.parametrize(
    "body",
    [
        b'{"question": "\\ud800"}',
        b'{"question": NaN}',
        b'{"question": "a", "k": Infinity}',
        b'{"question": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b"[" * 30_000,
        b'{"a":' * 10_000,
        b'{"question": "a", "question": 7}',
        b"\xff\xfe",
        b"",
        b"null",
        b'{"question": 1e999}',
        b"{",
    ],
    ids=range(12),
)
@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/search", "/api/v1/feedback"])
def test_odd_json_is_422(site: httpx.Client, path: str, body: bytes) -> None:
    """Surrogates, NaN, deep nesting, doubled keys and broken bytes are the caller's mistake, never ours."""
    reply = site.post(path, content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    error(reply)


def test_every_error_class_has_a_status() -> None:
    """Each class of kb.errors is in the table itself or below a class that says more than the root."""
    classes = [cls for _, cls in inspect.getmembers(kb.errors, inspect.isclass) if issubclass(cls, DayiError)]
    assert len(classes) > 10
    for cls in classes:
        named = [base for base in cls.__mro__ if base in STATUS]
        assert cls is DayiError or named[0] is not DayiError, f"{cls.__name__} has no status of its own"


def test_only_request_errors_speak_for_themselves() -> None:
    """Addresses, paths and passwords in other messages stay in the log."""
    for cls in (kb.errors.StoreError, kb.errors.ModelError, kb.errors.SettingsError, ValueError):
        assert "secret" not in error_of(cls("postgresql://u:secret@host"))[2]
    assert error_of(kb.errors.QuestionError("too long"))[2] == "too long"


def test_readiness_needs_the_database(site: httpx.Client, services: FakeServices) -> None:
    """Liveness stays; the reason holds no address of the database."""
    assert site.get("/readyz").json() == {"status": "ready"}
    services.knowledge.records.down = True
    try:
        reply = site.get("/readyz")
        assert (reply.status_code, reply.json()) == (503, {"status": "database_down"})
        assert site.get("/healthz").status_code == HTTPStatus.OK
    finally:
        services.knowledge.records.down = False


def test_api_page_lists_every_documented_route(site: httpx.Client) -> None:
    """The page is made from the description, without anybody else's script."""
    page, description = site.get("/docs").text, site.get("/openapi.json").json()
    for path in description["paths"]:
        assert path in page
    assert "<script" not in page
    assert "https://" not in page.replace("https://answers.example.org", "")


@pytest.mark.parametrize("path", ["/api/v1/feedback", "/api/v1/expert-requests"])
def test_an_id_holds_no_nul(site: httpx.Client, path: str) -> None:
    """No database can look for it."""
    rating = {"rating": "good"} if path.endswith("feedback") else {}
    assert site.post(path, json={"answer": "a\0", "token": "t", **rating}).status_code == 422
