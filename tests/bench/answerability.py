"""Knowledge bases with questions to fit abstention on: `python -m tests.bench.answerability FOLDER`.

Then `python -m assistant.train_answerability --data FOLDER`. From the shared corpora come a group chat with the pages
it asks about, expert answers without their questions, and pages without their headings, which are asked instead. Alien
are headings of other products, and a list of ours; another list, `alien_questions.txt`, stays out to measure with.
"""

import gzip
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ingest
from ingest import parse_file, put_all, questions_of, without_question
from ingest.jsonl import parse_line
from kb import Document, Embedder, Records, load_embedder

CORPORA = Path(__file__).parents[2] / "../shared/corpora"
ALIENS = Path(__file__).with_name("alien_questions_fitting.txt")
SAMPLES = Path(ingest.__file__).parent / "samples"
# What a domain weighs, and the part of it that falls on questions without an answer. Aliens of the expert answers
# weigh more: they are few and easy to tell apart on the whole, and the hard ones among them matter.
WEIGHTS = {
    "chat": (1.5, 0.5), "expert": (2.5, 0.8), "small": (1.3, 0.8), "samples": (0.6, 0.8), "headings": (1.0, 0.5)
}  # fmt: skip
SIZES = (80, 400, 1500)  # documents
ASKED = 100  # headings of a product, and of others
_ASKING = re.compile(r"[?？]|如何|怎么|为什么|^(?:how|why|what|can) ", re.IGNORECASE)


@dataclass(frozen=True)
class _World:
    name: str
    documents: Sequence[Document]
    own: Sequence[str]
    alien: Sequence[str]


def main() -> int:
    """Write the folders; 0 when all of them are there."""
    if len(sys.argv) != 2 or not CORPORA.is_dir():
        sys.stderr.write("python -m tests.bench.answerability FOLDER, with the shared corpora beside the checkout\n")
        return 2
    folder, embedder = Path(sys.argv[1]), load_embedder("bundled")
    worlds = [_chat(), *_expert(ALIENS.read_text(encoding="utf-8").splitlines()), *_headings()]
    for world in worlds:
        _write(
            folder / world.name, world, sum(world.name.split(".")[0] == w.name.split(".")[0] for w in worlds), embedder
        )
    return 0


def _write(folder: Path, world: _World, siblings: int, embedder: Embedder) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dayi.db").unlink(missing_ok=True)
    records = Records(f"sqlite:///{folder}/dayi.db")
    records.bind_embedding(embedder.id, embedder.dimension)
    put_all(records, embedder, world.documents)
    records.close()
    total, part = WEIGHTS[world.name.split(".")[0]]
    with (folder / "questions.jsonl").open("w", encoding="utf-8") as file:
        for label, questions, share in (("answerable", world.own, 1 - part), ("unanswerable", world.alien, part)):
            weight = 1000 * total * share / siblings / len(questions)
            for text in questions:
                line = {"text": text, "label": label, "weight": round(weight, 4)}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stderr.write(
        f"{world.name}: {len(world.documents)} documents, {len(world.own)} own, {len(world.alien)} alien\n"
    )


def _chat() -> _World:
    with gzip.open(CORPORA / "abstention/corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        documents = [parse_line(json.loads(line), product="chat") for line in lines]
    with (CORPORA / "abstention/questions.jsonl").open(encoding="utf-8") as lines:
        asked = [json.loads(line) for line in lines]
    own, alien = ([q["text"] for q in asked if q["label"] == label] for label in ("answerable", "unanswerable"))
    return _World("chat", documents, own, alien)


def _expert(alien: Sequence[str]) -> Iterator[_World]:
    answers = list(questions_of(str(CORPORA / "expert-qa/nacos"), "nacos"))
    few = random.Random(3).sample(answers, 60)
    samples = [answer for product in ("nacos", "arthas") for answer in questions_of(str(SAMPLES / product), product)]
    pages = [
        parse_file(path, root=SAMPLES / product, product=product)
        for product in ("nacos", "arthas")
        for path in sorted((SAMPLES / product / "docs").rglob("*.md"))
    ]
    for name, entries, others in (("expert", answers, []), ("small", few, []), ("samples", samples, pages)):
        documents = [*map(without_question, entries), *others]
        yield _World(name, documents, [entry.question for entry in entries], alien)


def _headings() -> Iterator[_World]:
    rows: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    uses: dict[str, set[tuple[str, str]]] = defaultdict(set)
    with gzip.open(CORPORA / "parallel/titles.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            source = row["source"].removesuffix(":MT")
            if source not in ("dotnet", "nacos"):  # too wide to be alien to anything; asked above
                rows[source, row["lang"]].append(row)
                uses[row["query"].lower()].add((source, row["passage"][:80]))
    telling = {
        key: [row for row in found if len(uses[row["query"].lower()]) == 1 and _is_telling(row["query"], key[1])]
        for key, found in rows.items()
    }
    for number, key in enumerate(sorted(key for key, found in telling.items() if len(found) >= 60)):
        yield _site(key, number, rows[key], telling)


def _is_telling(heading: str, language: str) -> bool:
    words = len(re.findall("[\u4e00-\u9fff]", heading)) + 2 * len(re.findall("[A-Za-z]{2,}", heading))
    return words >= (9 if language == "zh" else 8) and len(heading) < 150


def _site(
    key: tuple[str, str],
    number: int,
    rows: Sequence[Mapping[str, str]],
    telling: Mapping[tuple[str, str], Sequence[Mapping[str, str]]],
) -> _World:
    """Pages of one product; those asked about have no title, the others have one in every second site."""
    chance, (source, language) = random.Random(number), key
    asking = [row for row in telling[key] if _ASKING.search(row["query"])]
    count = min(ASKED, len(telling[key]), SIZES[number % 3] // 2)
    own = chance.sample(asking, min(len(asking), count // 2))
    own += chance.sample([row for row in telling[key] if row not in own], count - len(own))
    rest = [row for row in rows if row not in own]
    rest = chance.sample(rest, min(len(rest), SIZES[number % 3] - count))
    others = [found for other, found in telling.items() if other[0] != source and other[1] == language and found]
    alien = [chance.choice(chance.choice(others))["query"] for _ in range(ASKED)]
    titled = number % 2 == 0
    documents = [
        parse_line({"id": str(n), "text": row["passage"], "title": row["query"] if titled and n >= count else ""},
                   product=source)
        for n, row in enumerate([*own, *rest])
    ]  # fmt: skip
    return _World(f"headings.{source}-{language}", documents, [row["query"] for row in own], alien)


if __name__ == "__main__":
    sys.exit(main())
