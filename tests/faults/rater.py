"""A process that is meant to be killed: rates answers and asks experts for ever, and notes what was acknowledged."""

import os
import secrets
import sys
from dataclasses import replace
from pathlib import Path

from assistant.answers import AnswerStore
from kb.records import Records
from tests.assistant.test_reviews import answer


def main(data: Path, acknowledged: Path) -> None:
    """Save, rate, note; until killed."""
    answers = AnswerStore(Records(f"sqlite:///{data / 'dayi.db'}"))
    with acknowledged.open("a", buffering=1) as log:
        while True:
            id = secrets.token_urlsafe(8)
            answers.save(replace(answer(id, f"question {id}"), feedback_token=id))
            answers.rate(id, id, "bad", created_at="2026-01-01T00:00:00Z", comment=id, key=id)
            answers.ask_expert(id, id, created_at="2026-01-01T00:00:00Z", key=id)
            log.write(f"{id}\n")
            os.fsync(log.fileno())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
