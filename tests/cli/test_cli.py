"""The command line: exit codes, stdout for results, stderr for everything else."""

import json
from pathlib import Path

import pytest

import ingest
from ui.cli import COMMANDS, main

SAMPLES = Path(ingest.__file__).parent / "samples"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data folder with the Arthas samples in it."""
    folder = str(tmp_path_factory.mktemp("data"))
    assert main(["ingest", str(SAMPLES / "arthas"), "--data", folder]) == 0
    return folder


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_ingest_reports_every_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Added the first time, unchanged and not embedded the second time."""
    argv = ["ingest", str(SAMPLES / "arthas"), "--data", str(tmp_path / "data"), "--json"]
    code, out, _ = run(capsys, *argv)
    first = json.loads(out)
    assert code == 0
    assert first["counts"]["added"] == len(first["files"]) - first["counts"]["skipped"] > 20
    second = json.loads(run(capsys, *argv)[1])
    assert second["counts"]["unchanged"] == first["counts"]["added"]
    assert (second["embedded"], second["passages"]) == (0, 0)


def test_ingest_dry_run_changes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It reports what would be added, and nothing is there afterwards."""
    folder = str(tmp_path / "data")
    code, out, _ = run(capsys, "ingest", str(SAMPLES / "arthas"), "--data", folder, "--dry-run")
    assert code == 0
    assert out.strip().splitlines()[-1].startswith("Would be: ")
    assert json.loads(run(capsys, "check", "--data", folder, "--json")[1])["documents"] == 0


def test_ingest_with_a_bad_file_exits_2_and_takes_the_rest(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The good file is in, the bad ones are named with what to do."""
    (tmp_path / "good.md").write_text("# Good\n\nThis page is fine.\n", encoding="utf-8")
    (tmp_path / "binary.md").write_bytes(b"\x00\x01\x02\xff" * 100)
    (tmp_path / "huge.md").write_text("x" * 3_000_000, encoding="utf-8")
    code, out, err = run(capsys, "ingest", str(tmp_path), "--data", str(tmp_path / ".data"), "--json")
    report = json.loads(out)
    statuses = {file["path"]: file["status"] for file in report["files"]}
    assert code == 2
    assert statuses == {"good.md": "added", "binary.md": "failed", "huge.md": "failed"}
    assert all(file["message"] for file in report["files"] if file["status"] == "failed")


def test_ask_prints_the_answer_and_its_sources(capsys: pytest.CaptureFixture[str], data: str) -> None:
    """The answer is on stdout with numbered sources."""
    code, out, _ = run(capsys, "ask", "thread -b reports nothing although the application hangs", "--data", data)
    assert code == 0
    assert "### Steps" in out
    assert "[1] thread -b reports nothing" in out


def test_ask_as_json_is_the_answer(capsys: pytest.CaptureFixture[str], data: str) -> None:
    """Every field of the contract is there."""
    _, out, _ = run(capsys, "ask", "arthas 怎么退出", "--data", data, "--json")
    answer = json.loads(out)
    assert answer["outcome"] in ("answered", "abstained")
    assert {"id", "permalink", "causes", "steps", "explanation", "citations", "related", "markdown"} <= set(answer)


def test_search_batch_writes_a_run(capsys: pytest.CaptureFixture[str], data: str, tmp_path: Path) -> None:
    """One line per query, in order, with document ids and scores."""
    queries, out = tmp_path / "q.jsonl", tmp_path / "run.jsonl"
    queries.write_text('{"id": "a", "text": "busiest threads"}\n{"id": "b", "text": "退出 arthas"}\n', encoding="utf-8")
    code, stdout, _ = run(capsys, "search", "--batch", str(queries), "--out", str(out), "--data", data)
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert (code, stdout) == (0, "")
    assert [line["query"] for line in lines] == ["a", "b"]
    for line in lines:
        assert len(line["docs"]) == len(line["scores"]) > 0
        assert line["scores"] == sorted(line["scores"], reverse=True)
        assert isinstance(line["abstained"], bool)


def test_a_batch_is_cut_at_line_feeds_only(capsys: pytest.CaptureFixture[str], data: str, tmp_path: Path) -> None:
    """JSON strings may hold other characters that end lines for Python."""
    queries = tmp_path / "q.jsonl"
    queries.write_text('{"id": "a", "text": "退出\u2028arthas\u0085"}\r\n{"id": "b", "text": "x"}\n', encoding="utf-8")
    code, out, _ = run(capsys, "search", "--batch", str(queries), "--data", data)
    assert (code, [json.loads(line)["query"] for line in out.splitlines()]) == (0, ["a", "b"])


def test_search_gives_reasons(capsys: pytest.CaptureFixture[str], data: str) -> None:
    """Every hit says why it matched."""
    _, out, _ = run(capsys, "search", "thread -n 3", "--data", data, "--json")
    hits = json.loads(out)["hits"]
    assert hits
    assert {"dense", "lexical", "coverage", "identifiers"} <= set(hits[0]["reasons"])


def test_answer_batch_reports_failures(capsys: pytest.CaptureFixture[str], data: str, tmp_path: Path) -> None:
    """A question that cannot be read is an error line; the others are answered; exit 2."""
    queries = tmp_path / "q.jsonl"
    queries.write_text('{"id": "a", "text": "arthas 怎么退出"}\n{"id": "b", "text": ""}\n', encoding="utf-8")
    code, out, _ = run(capsys, "answer", "--batch", str(queries), "--data", data)
    first, second = map(json.loads, out.splitlines())
    assert code == 2
    assert first["answer"]["question"] == "arthas 怎么退出"
    assert second["error"]["code"] == "question"


def test_check_says_healthy(capsys: pytest.CaptureFixture[str], data: str) -> None:
    """A fresh store passes its probe, also after a repair."""
    assert run(capsys, "check", "--data", data)[0] == 0
    code, out, _ = run(capsys, "check", "--repair", "--data", data)
    assert code == 0
    assert out.startswith("healthy")


def test_settings_mask_secrets(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A password in the database URL is never printed."""
    monkeypatch.setenv("DAYI_DATABASE", "postgresql://user:hunter2@db/dayi")
    for argv in (["settings"], ["settings", "--json"]):
        code, out, err = run(capsys, *argv)
        assert code == 0
        assert "hunter2" not in out + err


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["ask", "nacos", "--product", "no-such"], 1),
        (["ask", ""], 1),
        (["ask", "a" * 21_000], 1),
        (["search"], 2),
        (["no-such-command"], 2),
        (["ingest", "no/such/folder"], 1),
        (["search", "--batch", "no-such.jsonl"], 1),
        (["search", "--batch", "/dev/null", "--out", "no/such/folder.jsonl"], 1),
        (["answer", "--batch", "/dev/null", "--out", "no/such/folder.jsonl"], 1),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else str(value),
)
def test_mistakes_are_one_clear_message(
    capsys: pytest.CaptureFixture[str], data: str, argv: list[str], code: int
) -> None:
    """Expected failures exit 1, wrong usage exits 2; no stack trace, nothing on stdout."""
    with_data = [*argv, "--data", data] if argv[0] != "no-such-command" else argv
    got, out, err = run(capsys, *with_data)
    assert got == code
    assert out == ""
    assert err.strip()
    assert "Traceback" not in err


def test_bad_settings_name_the_variable(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which setting is wrong and how it should look."""
    monkeypatch.setenv("DAYI_BASE_URL", "not-a-url")
    code, _, err = run(capsys, "settings")
    assert code == 1
    assert "base_url" in err


def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` of each command shows a line that can be run."""
    for command in COMMANDS:
        code, out, _ = run(capsys, command, "--help")
        assert code == 0
        assert f"Example: dayi {command}" in " ".join(out.split())
