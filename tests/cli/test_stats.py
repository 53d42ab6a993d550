"""`dayi stats` and `dayi links`: figures and dead references from the command line."""

import csv
import io
import json
from pathlib import Path

import pytest

from assistant.answers import AnswerStore
from assistant.insight import days_ago
from kb.embedding.hashing import HashEmbedder
from kb.records import Records
from kb.values import Document, Passage, Reference
from tests.assistant.test_reviews import answer, rate
from ui.cli import main


@pytest.fixture
def data(tmp_path: Path) -> str:
    """Three questions, one of them not answered, one rated badly; a document with a reference to this machine."""
    folder = tmp_path / "data"
    folder.mkdir()
    records, embedder = Records(f"sqlite:///{folder / 'dayi.db'}"), HashEmbedder(8)
    store = AnswerStore(records)
    for number, outcome in enumerate(["answered", "abstained", "answered"]):
        at = f"{days_ago(number)}T00:00:00.000000Z"
        store.save(answer(str(number), created_at=at, outcome=outcome, product=("nacos", "=arthas")[number // 2]))
    rate(store, "0")
    records.bind_embedding(embedder.id, embedder.dimension)
    document = Document("a", "nacos", "T", "text", references=(Reference("R", "http://127.0.0.1/x"),))
    records.put(document, [Passage("text", "", 0, 4, "text")], embedder.encode_documents(["text"]))
    records.close()
    return str(folder)


def test_stats(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For people, as JSON and as CSV without formulas; of a product and of fewer days."""
    assert main(["stats", "--data", data]) == 0
    assert "no fix yet" in capsys.readouterr().out
    assert main(["stats", "--json", "--data", data]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["asked"], found["answered"], found["abstained"], found["bad_rated"]) == (3, 2, 1, 1)
    assert [day["day"] for day in found["days"]] == [days_ago(2), days_ago(1), days_ago(0)]
    assert main(["stats", "--csv", "--data", data]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["product"] for row in rows] == ["'=arthas", "nacos", "nacos"]
    assert main(["stats", "--json", "--days", "1", "--product", "nacos", "--data", data]) == 0
    assert json.loads(capsys.readouterr().out)["asked"] == 1
    assert main(["stats", "--json", "--csv", "--data", data]) == 2


def test_links(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is looked at without being told to; a reference to this machine is dead, and not reached."""
    assert main(["links", "--data", data]) == 0
    assert "--check" in capsys.readouterr().err
    assert main(["links", "--check", "--limit", "5", "--json", "--data", data]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["url"], found["reason"]) == ("http://127.0.0.1/x", "not a public address")
    assert main(["links", "--data", data]) == 1
