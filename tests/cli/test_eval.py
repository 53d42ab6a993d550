"""`dayi eval`: golden files, runs, comparison, minima, held-out answers, the report."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import ingest
from kb import Records
from kb.records import answers
from ui.cli import main

QA = Path(ingest.__file__).parent / "samples/arthas/qa"
ALIENS = ["How long do I boil an egg?", "红烧肉怎么做才不腻？", "Who won the match last night?"]


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the Arthas questions, a golden file with strangers among them, and a run over both."""
    folder = tmp_path_factory.mktemp("eval")
    aliens = folder / "aliens.txt"
    aliens.write_text("\n\n".join(ALIENS) + "\n", encoding="utf-8")
    golden, data, stored = folder / "golden.jsonl", folder / "data", folder / "run.json"
    assert main(["ingest", str(QA), "--product", "arthas", "--data", str(data)]) == 0
    assert main(["eval", "--make", str(QA), "--product", "arthas", "--unanswerable", str(aliens),
                 "--out", str(golden)]) == 0  # fmt: skip
    assert main(["eval", str(golden), "--data", str(data), "--out", str(stored)]) == 0
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def edited(folder: Path, tmp_path: Path, **values: Any) -> Path:
    """The stored run with other values in each answerable question."""
    stored = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for question in stored["questions"]:
        if question["answerable"]:
            question |= values
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(stored), encoding="utf-8")
    return path


def test_a_golden_file_is_made_from_expert_answers(folder: Path) -> None:
    """Each question names its own document; the strangers name none, in the same product."""
    cases = lines(folder / "golden.jsonl")
    own, strangers = cases[: -len(ALIENS)], cases[-len(ALIENS) :]
    assert len(own) == len(list(QA.glob("*.md")))
    assert all(case["answerable"] and len(case["documents"]) == 1 for case in own)
    assert [case["question"] for case in strangers] == ALIENS
    assert not any(case["answerable"] or case["documents"] for case in strangers)
    assert {case["product"] for case in cases} == {"arthas"}


def test_a_golden_file_goes_to_stdout_without_out(capsys: pytest.CaptureFixture[str]) -> None:
    """It can be piped on; the summary is on stderr."""
    code, out, err = run(capsys, "eval", "--make", str(QA))
    assert code == 0
    assert all(json.loads(line)["question"] for line in out.splitlines())
    assert "answerable" in err


def test_a_run_holds_figures_and_every_question(folder: Path) -> None:
    """Stored questions find their own documents, and every quote is true."""
    stored = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert stored["metrics"]["mrr@10"]["value"] > 0.9
    assert stored["metrics"]["quotes"]["value"] == 1
    assert len(stored["questions"]) == len(lines(folder / "golden.jsonl"))
    assert stored["settings"]["knowledge base"].startswith("arthas (")
    assert stored["promises"][0]["max_risk"] == 0.05


def test_evaluation_leaves_no_answers_behind(folder: Path) -> None:
    """Readers' answers and statistics stay their own."""
    records = Records(f"sqlite:///{folder / 'data' / 'dayi.db'}")
    with records.read() as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(answers)).scalar_one()
    records.close()
    assert count == 0


def test_the_table_says_what_each_figure_means(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Figures with intervals, and the threshold for the promise, on stdout."""
    code, out, _ = run(capsys, "eval", str(folder / "golden.jsonl"), "--data", str(folder / "data"), "--promise", "2")
    assert code == 0
    assert "mrr@10" in out
    assert "At most 2.0% of the answers given to unanswerable questions" in out
    assert "answer_at = " in out
    assert "dayi.toml" in out


def test_the_same_again_is_no_regression(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Against its own run nothing fell, and the JSON holds the changes."""
    argv = ["eval", str(folder / "golden.jsonl"), "--data", str(folder / "data"), "--baseline",
            str(folder / "run.json"), "--json"]  # fmt: skip
    code, out, _ = run(capsys, *argv)
    result = json.loads(out)
    assert code == 0
    assert result["failures"] == []
    assert {change["name"] for change in result["changes"]} >= {"mrr@10", "f1", "quotes", "p95_ms"}


def test_a_regression_exits_1_and_is_named(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    """A baseline that never answered wrongly and quoted golden documents only is not reached."""
    golden = tmp_path / "golden.jsonl"
    cases = [case | {"documents": ["another"]} if case["answerable"] else case
             for case in lines(folder / "golden.jsonl")]  # fmt: skip
    golden.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
    report = tmp_path / "report.html"
    code, out, err = run(capsys, "eval", str(golden), "--data", str(folder / "data"), "--report", str(report),
                         "--baseline", str(folder / "run.json"))  # fmt: skip
    assert code == 1
    assert "mrr@10 fell from" in err
    assert "Change" in out
    assert 'class="tag down"' in report.read_text(encoding="utf-8")


def test_a_worse_baseline_is_no_failure(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    """Getting better passes."""
    worse = edited(folder, tmp_path, found=["nothing"], outcome="abstained", citations=0)
    argv = ["eval", str(folder / "golden.jsonl"), "--data", str(folder / "data"), "--baseline", str(worse), "--json"]
    code, out, _ = run(capsys, *argv)
    assert code == 0
    assert next(change for change in json.loads(out)["changes"] if change["name"] == "mrr@10")["low"] > 0


@pytest.mark.parametrize(("minimum", "code"), [("mrr@10=0.5", 0), ("mrr@10=1.1", 1), ("phrases=0.1", 1)])
def test_minima(capsys: pytest.CaptureFixture[str], folder: Path, minimum: str, code: int) -> None:
    """A figure below its minimum, or one that cannot be known, exits 1 and is named."""
    argv = ["eval", str(folder / "golden.jsonl"), "--data", str(folder / "data"), "--min", minimum, "--min", "auroc=0"]
    got, _, err = run(capsys, *argv)
    assert got == code
    assert (minimum.split("=")[0] in err) == bool(code)


def test_held_out_answers_are_asked_with_their_questions(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The knowledge base is a temporary one without the questions, and no data folder is touched."""
    data, out = tmp_path / "data", tmp_path / "run.json"
    code, printed, _ = run(capsys, "eval", "--heldout", str(QA), "--product", "arthas", "--data", str(data),
                           "--out", str(out), "--json")  # fmt: skip
    figures = json.loads(printed)["metrics"]
    assert code == 0
    assert 0.5 < figures["mrr@10"]["value"] <= 1
    assert not data.exists()
    titles = {question["found_title"] for question in json.loads(out.read_text(encoding="utf-8"))["questions"]}
    assert titles == {""}


def test_unanswerable_questions_may_be_json_lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The same lines as for `search --batch`; ids are kept."""
    path = tmp_path / "aliens.jsonl"
    path.write_text('{"id": "egg", "text": "How long do I boil an egg?"}\n{"text": "Why?"}\n', encoding="utf-8")
    _, out, _ = run(capsys, "eval", "--make", str(QA), "--unanswerable", str(path))
    last = [json.loads(line) for line in out.splitlines()][-2:]
    assert [case["id"] for case in last] == ["egg", "unanswerable-2"]
    assert not any(case["answerable"] for case in last)


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        ([], 2),
        (["golden.jsonl", "--heldout", "folder"], 2),
        (["golden.jsonl", "--min", "beauty=1"], 2),
        (["golden.jsonl", "--min", "mrr@10=high"], 2),
        (["golden.jsonl", "--promise", "101"], 2),
        (["no-such.jsonl"], 1),
        (["--heldout", "no/such/folder"], 1),
        (["--make", "."], 1),
        (["empty.jsonl"], 1),
        (["empty.jsonl", "--baseline", "empty.jsonl"], 1),
        (["text.jsonl"], 1),
        (["other-product.jsonl"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_mistakes_are_one_clear_message(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, argv: list[str], code: int
) -> None:
    """No stack trace, nothing on stdout."""
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    (tmp_path / "text.jsonl").write_text('{"id": "a", "text": "not a question"}\n', encoding="utf-8")
    (tmp_path / "other-product.jsonl").write_text('{"id": "a", "question": "q", "product": "x"}\n', encoding="utf-8")
    got, out, err = run(capsys, "eval", *argv, "--data", str(tmp_path / "data"))
    assert got == code
    assert out == ""
    assert err.strip()
    assert "Traceback" not in err
