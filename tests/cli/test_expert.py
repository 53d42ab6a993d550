"""`dayi expert` and what it leads to: accounts from the command line, and the questions of approved corrections."""

import io
import json
from pathlib import Path

import pytest

from assistant.experts import ExpertStore
from tests.ui.review_desk import open_desk
from ui.cli import main
from ui.cli.output import settings_for
from ui.services import open_records

PASSWORD = "correct horse battery"


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def can_sign_in(folder: str, name: str, password: str) -> bool:
    records = open_records(settings_for(Path(folder)))
    try:
        return bool(ExpertStore(records).log_in(name, password, "x"))
    finally:
        records.close()


def test_accounts(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Add with a password from standard input, list, disable, and open again with a made-up one."""
    data = str(tmp_path / "data")
    typed(monkeypatch, f"{PASSWORD}\n")
    assert main(["expert", "add", "lin", "--product", "nacos", "--data", data]) == 0
    assert PASSWORD not in capsys.readouterr().out
    assert can_sign_in(data, "lin", PASSWORD)
    assert main(["expert", "list", "--json", "--data", data]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed == {"name": "lin", "role": "reviewer", "products": ["nacos"], "disabled": False, "oidc": ""}
    assert main(["expert", "disable", "lin", "--data", data]) == 0
    assert main(["expert", "list", "--data", data]) == 0
    assert capsys.readouterr().out == "lin  reviewer  nacos  disabled\n"
    assert main(["expert", "password", "lin", "--generate", "--data", data]) == 0
    assert can_sign_in(data, "lin", capsys.readouterr().out.strip())


def test_accounts_of_a_provider(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """No password is asked for; an identity can be bound later, to one account, and taken away."""
    data = str(tmp_path / "data")
    assert main(["expert", "add", "lin", "--oidc", "Lin@example.org", "--data", data]) == 0
    assert main(["expert", "add", "wei", "--generate", "--data", data]) == 0
    assert main(["expert", "bind", "wei", "lin@EXAMPLE.org", "--data", data]) == 1
    assert "'lin' signs in with this already" in capsys.readouterr().err
    assert main(["expert", "bind", "wei", "248289761001", "--data", data]) == 0
    assert main(["expert", "bind", "lin", "--data", data]) == 0
    capsys.readouterr()
    assert main(["expert", "list", "--data", data]) == 0
    assert capsys.readouterr().out == "lin  reviewer  all products\nwei  reviewer  all products  sub:248289761001\n"


@pytest.mark.parametrize("password", ["", "changeme"])
def test_weak_passwords_make_no_account(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, password: str
) -> None:
    """Exit 1, and nobody is there."""
    data = str(tmp_path / "data")
    typed(monkeypatch, f"{password}\n")
    assert main(["expert", "add", "lin", "--data", data]) == 1
    assert main(["expert", "list", "--data", data]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "characters" in captured.err


@pytest.mark.parametrize("argv", [["disable", "nobody"], ["password", "nobody", "--generate"], ["bind", "nobody", "x"]])
def test_unknown_accounts(capsys: pytest.CaptureFixture[str], tmp_path: Path, argv: list[str]) -> None:
    assert main(["expert", *argv, "--data", str(tmp_path / "data")]) == 1
    assert "There is no expert 'nobody'" in capsys.readouterr().err


def test_questions_of_corrections_are_evaluated(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`dayi eval --reviewed` asks what an approved correction must answer; without any it says so."""
    data = tmp_path / "data"
    assert main(["eval", "--reviewed", "--data", str(data)]) == 1
    assert "No correction" in capsys.readouterr().err
    with open_desk(data) as desk:
        learning = desk.services.learning
        lin = next(expert for expert in learning.experts.all() if expert.name == "lin")
        review = learning.queue.get(lin, desk.complain())
        cited = desk.ask().citations[0].document
        draft = learning.corrections.start(lin, review, "nacos", cited)
        text = draft.text.replace("9848", "9848 / 9850")
        draft = learning.corrections.save(lin, draft.id, draft.version, title=draft.title, text=text)
        learning.corrections.approve(lin, draft.id, draft.version)
    assert main(["eval", "--reviewed", "--data", str(data), "--json", "--min", "mrr@10=1"]) == 0
    run = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (run["questions"], run["answerable"]) == (1, 1)
