"""`python -m tests.bench.verification`: how well the check of generated answers tells supported items from others.

The labelled set is made from the shared corpora, the same one every time. Supported are items of real answers beside
the passage that they stand in: as they are, reworded without a change of meaning, and sentences beside their published
translation. Unsupported are corruptions of the same items: another property or class name, another number, the
opposite, and items of other documents. Half of the documents tune, the other half tests; figures are for the
unsupported class.
"""

import gzip
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.evidence import spans
from assistant.quoting import item_markdown
from assistant.verify import Verifier
from ingest import parse_file
from kb import Embedder, Hit, load_embedder
from kb.text import features

__all__ = ["Case", "Figures", "labelled", "measure"]

_CORPORA = Path(__file__).parents[2] / "../shared/corpora"
_ITEMS_A_DOCUMENT = 3
_INSERTED = (
    "先删除整个数据库。",
    "关闭防火墙。",
    "然后格式化磁盘。",
    "把所有节点都停掉。",
    "清空配置表。",
    "Delete all data first.",
)
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
_REWORDED = (
    ("您可以", "可以"), ("请确保", "应保证"), ("确保", "保证"), ("检查", "查看"), ("例如", "比如"),
    ("通常", "一般"), ("使用", "用"), ("如果", "若"), ("因此", "所以"), ("需要", "应当"), ("问题", "故障"),
    ("建议", "推荐"), ("以及", "和"), ("通过", "借助"), ("修改", "更改"), ("Make sure", "Ensure"),
    ("for example", "e.g."), ("you can", "one can"), ("should", "ought to"), ("such as", "like"),
)  # fmt: skip
_OPPOSITE = (
    ("需要", "不需要"), ("可以", "不可以"), ("支持", "不支持"), ("应该", "不应该"), ("会", "不会"),
    ("已经", "没有"), ("是", "不是"), ("能够", "不能"), ("必须", "无需"), ("开启", "关闭"), ("启用", "禁用"),
    ("大于", "小于"), ("之前", "之后"), ("true", "false"), ("增加", "减少"), ("不支持", "支持"),
    ("无法", "可以"), ("没有", "有"), ("不会", "会"), ("失败", "成功"), (" is ", " is not "),
    (" can ", " cannot "), (" will ", " will not "), (" must ", " need not "), (" should ", " should not "),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One claim beside its evidence; `kind` says how it was made."""

    document: str
    kind: str
    claim: str
    evidence: tuple[str, ...]
    supported: bool


@dataclass(frozen=True)
class Figures:
    """Counts of the unsupported class: found, missed, and supported items taken for unsupported."""

    found: int
    missed: int
    wrong: int
    right: int

    @property
    def precision(self) -> float:
        """Share of what was marked that is unsupported."""
        return self.found / max(1, self.found + self.wrong)

    @property
    def recall(self) -> float:
        """Share of what is unsupported that was marked."""
        return self.found / max(1, self.found + self.missed)


def labelled(corpora: Path) -> tuple[list[Case], list[Case]]:
    """The tuning half and the test half, split by document."""
    chance = random.Random(0)
    cases = [*_answers(corpora, chance), *_translations(corpora, chance)]
    documents = sorted({case.document for case in cases})
    chance.shuffle(documents)
    tuning = set(documents[: len(documents) // 2])
    return [c for c in cases if c.document in tuning], [c for c in cases if c.document not in tuning]


def measure(verifier: Verifier, cases: Sequence[Case]) -> tuple[Figures, dict[str, list[Case]]]:
    """Figures over the cases, and those judged wrongly by kind."""
    wrong: dict[str, list[Case]] = {}
    counts: Counter[tuple[bool, bool]] = Counter()
    for case in cases:
        said = verifier.check(case.claim, case.evidence).supported
        counts[case.supported, said] += 1
        if said != case.supported:
            wrong.setdefault(case.kind, []).append(case)
    return Figures(counts[False, False], counts[False, True], counts[True, False], counts[True, True]), wrong


def _answers(corpora: Path, chance: random.Random) -> Iterator[Case]:
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for path in sorted((corpora / "expert-qa/nacos").glob("*.md")):
        document = parse_file(path, root=corpora / "expert-qa/nacos", product="nacos")
        passages = spans(Hit(document, (), 1.0, ()))
        sections = [
            s for s in document.sections if s.kind in ("cause", "step", "explanation") and s.end - s.start < 500
        ]
        for section in chance.sample(sections, min(_ITEMS_A_DOCUMENT, len(sections))):
            evidence = next(document.text[a:b] for a, b in passages if a <= section.start and section.end <= b)
            claim = _LINK.sub(r"\1", item_markdown(document.section_text(section)))  # as generated items are checked
            if len(claim) >= 15:
                found.append((document.id, claim, (evidence,)))
    names = sorted({name for _, claim, _ in found for name in features(claim).identifiers})
    others = [claim for _, claim, _ in found]
    for id, claim, evidence in found:
        yield Case(id, "as it is", claim, evidence, True)
        yield from _variants(id, claim, evidence, names, others, chance)


def _variants(
    id: str, claim: str, evidence: tuple[str, ...], names: Sequence[str], others: Sequence[str], chance: random.Random
) -> Iterator[Case]:
    reworded = _reworded(claim)
    if reworded != claim:
        yield Case(id, "reworded", reworded, evidence, True)
    changes: dict[str, Callable[[], str]] = {
        "name": lambda: _other_name(claim, evidence[0], names, chance),
        "number": lambda: _other_number(claim, evidence[0], chance),
        "opposite": lambda: _opposite(claim, chance),
        "other document": lambda: chance.choice(others),
        "cut negation": lambda: _cut_negation(claim),
        "inserted": lambda: f"{claim}\n{chance.choice(_INSERTED)}",
    }
    kind = chance.choice(list(changes))
    changed = changes[kind]()
    if changed and changed != claim and changed not in evidence[0]:
        # Half of the corruptions are reworded as well, so that "not word for word" alone gives nothing away.
        yield Case(id, kind, _reworded(changed) if chance.random() < 0.5 else changed, evidence, False)


def _reworded(claim: str) -> str:
    parts = re.split(r"(```.*?```|`[^`\n]*`)", claim, flags=re.DOTALL)
    for position in range(0, len(parts), 2):
        for one, other in _REWORDED:
            parts[position] = parts[position].replace(one, other)
    sentences = re.split(r"(?<=。)(?=[^\n])", "".join(parts))
    return "".join(sentences[1:] + sentences[:1]) if len(sentences) == 2 and "```" not in claim else "".join(parts)


def _other_name(claim: str, evidence: str, names: Sequence[str], chance: random.Random) -> str:
    own = [name for name in features(claim).identifiers if len(name) > 3]
    if not own:
        return ""
    beside = [name for name in features(evidence).identifiers if name not in claim and len(name) > 3]
    pool = beside if beside and chance.random() < 0.3 else [name for name in names if name not in evidence]
    return claim.replace(chance.choice(own), chance.choice(pool))


def _other_number(claim: str, evidence: str, chance: random.Random) -> str:
    numbers = re.findall(
        r"(?<![A-Za-z0-9_.])\d+(?:\.\d+)*(?=(?:ms|s|m|g|gb|mb|k|%)?(?![A-Za-z0-9_.]))",
        re.sub(r"(?m)^\s*\d+[.)]", "", claim),
        re.IGNORECASE,
    )
    if not numbers:
        return ""
    number = chance.choice(numbers)
    parts = number.split(".")
    part = chance.randrange(len(parts))
    parts[part] = str(int(parts[part]) + chance.choice([1, 2, 3, 10, 100]))
    return re.sub(rf"(?<![A-Za-z0-9_.]){re.escape(number)}(?![0-9_.])", ".".join(parts), claim)


def _cut_negation(claim: str) -> str:
    """What a sentence denies, without its denial: every word of it stands in the evidence."""
    denied = re.search(
        r"(?:不要|不能|不可以|不会|不支持|无需|不应|无法|do not |must not |cannot |never )([^，。；,.;\n`]{6,60})",
        claim,
    )
    return f"{denied[1]}。" if denied else ""


def _opposite(claim: str, chance: random.Random) -> str:
    fitting = [(one, other) for one, other in _OPPOSITE if one in claim and other not in claim]
    if not fitting:
        return ""
    one, other = chance.choice(fitting)
    return claim.replace(one, other, 1)


def _translations(corpora: Path, chance: random.Random) -> Iterator[Case]:
    """Paragraphs of pages that have as many in both languages, beside the translation, and beside another paragraph."""
    with gzip.open(corpora / "abstention/corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        pages = {page["id"]: page["text"] for page in map(json.loads, lines)}
    for id, text in sorted(pages.items()):
        english = re.sub(r"_(?:zh|ZH|CN|zh-CN|zh_cn|zh_CN)\.md$", ".md", id.replace("zh_cn/", "en/"))
        if english == id or english not in pages:
            continue
        one, other = _paragraphs(text), _paragraphs(pages[english])
        if len(one) != len(other):
            continue
        pairs = [(a, b) for a, b in zip(one, other, strict=True) if _is_prose(a, b)]
        for a, b in chance.sample(pairs, min(2, len(pairs))):
            claim, evidence = (a, b) if chance.random() < 0.5 else (b, a)
            yield Case(id, "translated", claim, (evidence,), True)
            wrong = chance.choice(pairs)
            if wrong[0] != a:
                yield Case(id, "other paragraph, translated", claim, (wrong[1] if claim == a else wrong[0],), False)


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"\n\s*\n", re.sub(r"(?s)```.*?```", "", text)) if part.strip()]


def _is_prose(chinese: str, english: str) -> bool:
    han = len(re.findall("[\u4e00-\u9fff]", chinese))
    if re.search(r"^\s*(?:[-*<|]|\d+\.)|\]\(#", chinese):  # lists and tables are laid out in other ways
        return False
    return (
        han >= 20
        and not re.search("[\u4e00-\u9fff]", english)
        and 1.5 * han < len(english) < 6 * han
        and "|" not in chinese
    )


def main() -> int:
    """Print the figures of both halves."""
    embedder: Embedder = load_embedder("bundled")
    tuning, test = labelled(_CORPORA)
    for name, cases in (("tune", tuning), ("test", test)):
        figures, wrong = measure(Verifier(embedder), cases)
        line = {
            "half": name,
            "supported": figures.right + figures.wrong,
            "unsupported": figures.found + figures.missed,
            "precision": round(figures.precision, 3),
            "recall": round(figures.recall, 3),
            "wrongly judged": {kind: f"{len(c)} of {sum(o.kind == kind for o in cases)}" for kind, c in wrong.items()},
        }
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    if "--show" in sys.argv:
        for kind, cases in measure(Verifier(embedder), tuning)[1].items():
            for case in cases[:6]:
                verdict = Verifier(embedder).check(case.claim, case.evidence)
                sys.stdout.write(f"\n--- {kind}: {verdict}\n{case.claim}\n    beside\n{case.evidence[0][:500]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
