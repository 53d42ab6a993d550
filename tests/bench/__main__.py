"""`python -m tests.bench`: a table for people on stderr, JSON lines for programs on stdout."""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ingest import parse_file
from kb import load_embedder
from tests.bench.quality import question_answer_retrieval
from tests.bench.robustness import robustness
from tests.bench.speed import in_process, ingestion, machine, server

_CORPORA = Path(__file__).parents[2] / "../shared/corpora"


def _alien_questions() -> dict[str, list[str]]:
    """Questions about other things: ours, and real ones of another project's group chat where they are at hand."""
    ours = Path(__file__).with_name("alien_questions.txt").read_text(encoding="utf-8").splitlines()
    chat = _CORPORA / "abstention/questions.jsonl"
    if not chat.is_file():
        return {"alien": ours}
    return {"alien": ours, "group chat": [json.loads(line)["text"] for line in chat.open(encoding="utf-8")]}


def _cases(folder: Path) -> Iterator[dict[str, Any]]:
    yield machine()
    questions = [parse_file(path, root=folder, product="nacos").question for path in sorted(folder.glob("*.md"))]
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "data"
        yield from ingestion(folder, data)
        yield from in_process(data, questions)
        yield from server(data, questions)
    yield from question_answer_retrieval(folder, load_embedder("bundled"), _alien_questions())
    yield from robustness(folder, load_embedder("bundled"))


def main() -> int:
    """Run every case on the corpus; 0 when they all ran."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _CORPORA / "expert-qa/nacos"
    console = Console(stderr=True)
    if not folder.is_dir():
        console.print(f"{folder} is not there. Give a folder of expert answers: python -m tests.bench FOLDER")
        return 1
    table = Table("Case", "Figures", box=None, header_style="bold")
    for line in _cases(folder.resolve()):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        table.add_row(
            str(line["case"]), "   ".join(f"{name} {value}" for name, value in line.items() if name != "case")
        )
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
