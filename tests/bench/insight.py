"""`python -m tests.bench.insight [ANSWERS]`: how long the experts' figures take with many stored answers."""

import secrets
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from assistant.insight import days_ago
from kb.records import Records, answers, feedback
from kb.records.schema import review_events, review_reports, reviews
from tests.ui.review_desk import open_desk

_KINDS = ("abstained", "low_confidence", "bad_rated", "asked_expert")
_STATES = ("open", "in_progress", "resolved", "dismissed")
_ASKED = (
    "How do I {} the configuration of namespace {}?",
    "第 {1} 号节点无法 {0}，日志里没有报错",
    "Client {1} gets a timeout, {0} does not help",
)
_VERBS = ("export", "import", "restore", "migrate", "encrypt", "compare", "publish", "delete", "rename", "roll back")
_PAGES = ("/review/insight", "/review/insight?days=365", "/review/insight?days=30&product=nacos")
_ROUNDS = 10


def fill(records: Records, count: int, body: dict[str, Any]) -> None:
    """Answers of the last year: one of five not answered, one of eight rated badly, half of them with a review."""
    tables: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (answers, feedback, reviews, review_reports, review_events)
    }
    for number in range(count):
        at = (datetime.now(UTC) - timedelta(days=365 * number / count)).isoformat().replace("+00:00", "Z")
        id, product = secrets.token_urlsafe(16), ("nacos", "arthas")[number % 3 == 0]
        question = _ASKED[number % 3].format(_VERBS[number % 10], number % 997)
        answer = {"id": id, "conversation": id, "created_at": at, "product": product, "language": "en", "body": body}
        answer |= {"outcome": "abstained" if number % 5 == 0 else "answered", "engine": "extractive"}
        tables[answers].append(answer | {"confidence": 0.1, "token_hash": id, "question": question, "site": "docs"})
        if number % 8 == 0:
            rating = {"answer": id, "token_hash": id, "rating": "bad", "reasons": [], "comment": "", "contact": ""}
            tables[feedback].append(rating | {"created_at": at})
        if number % 2 == 0:
            _review(tables, number // 2, id, at, product, question)
    with records.write() as connection:
        for table, rows in tables.items():
            connection.execute(insert(table), rows)


def _review(
    tables: dict[Any, list[dict[str, Any]]], number: int, answer: str, at: str, product: str, question: str
) -> None:
    id, kind, state = secrets.token_urlsafe(16), _KINDS[number % 4], _STATES[number // 5 % 4]
    review = {"id": id, "kind": kind, "state": state, "product": product, "question": question, "created_at": at}
    review |= {"document": "", "fingerprint": id, "reports": 1, "version": 1, "due": "", "owner": "", "updated_at": at}
    tables[reviews].append(review)
    tables[review_reports].append({"answer": answer, "review": id, "kind": kind, "created_at": at})
    if state == "resolved":
        event = {"review": id, "at": at, "expert": "chief", "action": "approved", "detail": "", "digest": ""}
        tables[review_events].append(event)


def main() -> int:
    """Store, ask for every page several times, and print milliseconds."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder, open_desk(Path(folder)) as desk:
        fill(desk.services.knowledge.records, count, asdict(desk.ask()))
        client, slowest = desk.client("chief"), 0.0
        for page in _PAGES:
            taken = []
            for _ in range(_ROUNDS):
                started = time.perf_counter()
                assert client.get(page).status_code == 200
                taken.append((time.perf_counter() - started) * 1000)
            slowest = max(slowest, *taken)
            figures = f"first {taken[0]:5.0f} p50 {statistics.median(taken):5.0f} max {max(taken):5.0f} ms"
            sys.stdout.write(f"{page:42} {figures}\n")
        insight = desk.services.learning.insight
        for name, call in (
            ("daily", lambda: insight.daily(since=days_ago(364))),
            ("hours to fix", lambda: insight.hours_to_fix(since=days_ago(364))),
            ("hours to fix, one site", lambda: insight.hours_to_fix(since=days_ago(364), site="docs")),
            ("unanswered", insight.unanswered),
            ("public figures", lambda: insight.quality("nacos")),
        ):
            started = time.perf_counter()
            call()
            sys.stdout.write(f"{name:42} {(time.perf_counter() - started) * 1000:5.0f} ms\n")
        sys.stdout.write(f"{count} answers: slowest page {slowest:.0f} ms\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
