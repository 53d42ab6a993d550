"""An empty database and what is made on it; tests that need another one define their own `records`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answers import AnswerStore
from assistant.reviews import Queue
from kb.records import Records


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records(f"sqlite:///{tmp_path / 'dayi.db'}")
    yield opened
    opened.close()


@pytest.fixture
def answers(records: Records) -> AnswerStore:
    return AnswerStore(records)


@pytest.fixture
def queue(records: Records) -> Queue:
    return Queue(records)
