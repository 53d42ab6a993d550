"""`python -m tests.bench.review_queue [ANSWERS]`: how long the review pages take with many stored answers."""

import secrets
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from kb.records import Records, answers
from kb.records.schema import review_reports, reviews
from tests.ui.review_desk import open_desk

_STATES = ("open", "in_progress", "resolved", "dismissed")
_KINDS = ("abstained", "low_confidence", "bad_rated", "asked_expert")
_PAGES = (
    "/review",
    "/review?state=resolved",
    "/review?kind=asked_expert",
    "/review?kind=bad_rated&product=nacos",
    "/review?kind=stale",
    "/review?owner=chief&product=arthas",
    "/review?overdue=1",
    "/review?state=dismissed&kind=abstained&owner=lin",
)
_ROUNDS = 12


def fill(records: Records, count: int, body: dict[str, Any]) -> None:
    """Answers with a review each, spread over states, kinds, products and owners."""
    rows = []
    for number in range(count):
        at = (
            f"2026-{number * 12 // count + 1:02}-{number % 28 + 1:02}T{number % 24:02}:00:{number % 60:02}.{number:06}Z"
        )
        id = secrets.token_urlsafe(16)
        product = ("nacos", "arthas")[number % 3 == 0]
        answer = {"id": id, "conversation": id, "created_at": at, "product": product, "language": "en"}
        answer |= {"outcome": "abstained", "engine": "extractive", "confidence": 0.1, "token_hash": id, "body": body}
        review = {"id": secrets.token_urlsafe(16), "kind": _KINDS[number % 4], "state": _STATES[number // 5 % 4]}
        review |= {"product": product, "document": "", "fingerprint": id, "reports": 1, "version": 1, "due": ""}
        review |= {"owner": ("", "chief", "lin")[number % 3], "created_at": at, "updated_at": at}
        question = {"question": f"Question number {number}: why does port {number % 65_536} not answer?"}
        report = {"answer": id, "review": review["id"], "kind": review["kind"], "created_at": at}
        rows.append((answer | question, review | question, report))
    with records.write() as connection:
        for table, part in ((answers, 0), (reviews, 1), (review_reports, 2)):
            connection.execute(insert(table), [row[part] for row in rows])


def main() -> int:
    """Store, ask for every page several times as maintainer and as reviewer, and print milliseconds."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder, open_desk(Path(folder)) as desk:
        fill(desk.services.knowledge.records, count, asdict(desk.ask()))
        everything: list[float] = []
        for name in ("chief", "lin"):
            client = desk.client(name)
            for page in _PAGES:
                taken = []
                for _ in range(_ROUNDS):
                    started = time.perf_counter()
                    assert client.get(page).status_code == 200
                    taken.append((time.perf_counter() - started) * 1000)
                everything += taken
                sys.stdout.write(f"{name:6} {page:52} p50 {statistics.median(taken):6.1f} ms\n")
        first = client.get("/review").text
        item = first.partition('href="/review/items/')[2].partition('"')[0]
        started = time.perf_counter()
        assert client.get(f"/review/items/{item}").status_code == 200
        sys.stdout.write(f"one review {(time.perf_counter() - started) * 1000:.0f} ms\n")
        p50, p95 = np.percentile(everything, [50, 95])
        sys.stdout.write(f"all pages, {count} answers: p50 {p50:.0f} ms, p95 {p95:.0f} ms\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
