"""`dayi publish`: from the stored publications to files, and from the files back into the knowledge base."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.publications import Publication, PublicationStore
from kb import Records
from tests.assistant.test_publishing import DOCUMENT
from tests.cli.test_cli import run


@pytest.fixture
def store(tmp_path: Path) -> PublicationStore:
    """Two published entries of one product and one of another, in the data folder `data`."""
    (tmp_path / "data").mkdir()
    store = PublicationStore(Records(f"sqlite:///{tmp_path / 'data' / 'dayi.db'}"))
    words = "zanzibarfehler 表示 9848 端口没有放行。"
    store.put(
        Publication(replace(DOCUMENT, id="a", text=f"{DOCUMENT.question}\n\n{words}"), "2026-01-01", "2026-02-03")
    )
    store.put(Publication(replace(DOCUMENT, id="b", title="另一个"), "2026-01-01", "2026-02-03"))
    store.put(Publication(replace(DOCUMENT, product="arthas"), "2026-01-01", "2026-02-03"))
    return store


def test_what_changed_is_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: PublicationStore
) -> None:
    """Files by product on stdout; a second run says that nothing changed; one product can be published alone."""
    code, out, err = run(capsys, "publish", "--out", "out", "--product", "nacos")
    assert code == 0
    assert "2 written." in out
    assert "DAYI_BASE_URL" in err
    assert not Path("out/arthas").exists()
    monkeypatch.setenv("DAYI_BASE_URL", "https://answers.example.org")
    code, out, err = run(capsys, "publish", "--out", "out", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["written"] == ["arthas/entry-1.md", "nacos/a.md", "nacos/b.md"]  # the links changed
    assert json.loads(run(capsys, "publish", "--out", "out", "--json")[1])["unchanged"] == 3
    assert "https://answers.example.org/p/nacos/a" in Path("out/nacos/a.md").read_text(encoding="utf-8")


def test_retired_answers_are_found_no_more(capsys: pytest.CaptureFixture[str], store: PublicationStore) -> None:
    """Published files come back as what they were; when an entry is retired, ingesting again takes it out."""
    run(capsys, "publish", "--out", "out")
    assert run(capsys, "ingest", "out")[0] == 0
    found = json.loads(run(capsys, "search", "zanzibarfehler", "--json")[1])
    assert "a" in [hit["document"] for hit in found["hits"]]
    published = store.get("nacos", "a")
    assert published
    store.put(replace(published, status="retired", redirect_to="b"))
    assert json.loads(run(capsys, "publish", "--out", "out", "--json")[1])["removed"] == ["nacos/a.md"]
    assert run(capsys, "ingest", "out")[0] == 0
    found = json.loads(run(capsys, "search", "zanzibarfehler", "--json")[1])
    assert "a" not in [hit["document"] for hit in found["hits"]]


def test_one_conflict_exits_2_and_publishes_the_rest(
    capsys: pytest.CaptureFixture[str], store: PublicationStore
) -> None:
    """The file is named with the reason and stays."""
    Path("out/nacos").mkdir(parents=True)
    Path("out/nacos/a.md").write_text("theirs", encoding="utf-8")
    code, out, err = run(capsys, "publish", "--out", "out")
    assert code == 2
    assert "nacos/a.md" in out
    assert "2 written" in out
    assert "left as they are" in err
    assert Path("out/nacos/a.md").read_text(encoding="utf-8") == "theirs"


def test_a_branch_gets_one_commit(capsys: pytest.CaptureFixture[str], store: PublicationStore) -> None:
    """Its name is on stdout."""
    subprocess.run(["git", "init", "--quiet", "--bare", "site.git"], check=True)
    code, out, _ = run(capsys, "publish", "--out", "site.git", "--git", "answers", "--json")
    tip = subprocess.run(["git", "-C", "site.git", "rev-parse", "answers"], check=True, capture_output=True, text=True)
    assert code == 0
    assert json.loads(out)["result"] == tip.stdout.strip()


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        ([], 2),
        (["--out", "out", "--push"], 2),
        (["--out", "out", "--product", "nothing"], 1),
        (["--out", "out", "--git", "answers"], 1),
        (["--out", "data/dayi.db"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_mistakes_are_one_clear_message(
    capsys: pytest.CaptureFixture[str], store: PublicationStore, argv: list[str], code: int
) -> None:
    """No stack trace, nothing on stdout."""
    got, out, err = run(capsys, "publish", *argv)
    assert (got, out) == (code, "")
    assert err.strip()
    assert "Traceback" not in err
