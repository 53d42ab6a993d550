"""`dayi eval`: how good the answers are, against golden questions or held-out expert answers."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from assistant.evaluate import evaluate_case
from assistant.figures import FIGURES
from assistant.golden import GoldenCase, golden_case, golden_line, unique_cases
from assistant.regression import GoldenStore
from assistant.report import report_html
from assistant.runs import Change, Estimate, Promise, Run, compare, load_run
from ingest import put_all, questions_of, without_question
from kb import Records, RequestError
from ui.cli.output import DataOption, JsonOption, ProductOption, emit, note, progress, read_jsonl, settings_for
from ui.services import Services, build_services, open_records

__all__ = ["register"]

MinimumOption = Annotated[
    list[str], typer.Option("--min", metavar="METRIC=VALUE", help="Exit 1 when a figure is below, as mrr@10=0.8.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("eval")(evaluate)


def evaluate(
    golden: Annotated[str, typer.Argument(help="Golden questions (JSON lines).", show_default=False)] = "",
    heldout: Annotated[str, typer.Option(help="Ask the questions of a folder of expert answers to a temporary "
                                              "knowledge base that holds only the answers.")] = "",
    make: Annotated[str, typer.Option(help="Write a golden file (--out) from a folder of expert answers.")] = "",
    reviewed: Annotated[bool, typer.Option("--reviewed", help="Ask what experts' corrections must answer.")] = False,
    unanswerable: Annotated[str, typer.Option(help="Further questions that must be refused: a text file of one a "
                                                   'line, or JSON lines of {"id","text"}.')] = "",
    out: Annotated[Path | None, typer.Option(help="Store the run, or with --make the golden file.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="A stored run; exit 1 when a figure fell for certain.")] = None,
    minimum: MinimumOption = [],  # noqa: B006  (typer declares options as defaults)
    promise: Annotated[float, typer.Option(help="Find the threshold with which at most so many of 100 answers are "
                                                "wrong.", min=0, max=100)] = 5.0,
    report: Annotated[Path | None, typer.Option(help="Write the report as one HTML page.")] = None,
    product: ProductOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Evaluate search, abstention, citations and composition.

    Example: dayi eval golden.jsonl --out run.json --report report.html
    """
    if sum(map(bool, (golden, heldout, make, reviewed))) != 1:
        raise typer.BadParameter("give either a golden file, --heldout FOLDER, --make FOLDER or --reviewed")
    minima = [_minimum(text) for text in minimum]
    before = load_run(baseline) if baseline else None
    cases = _reviewed(data, product) if reviewed else _cases(golden, heldout or make, product, unanswerable)
    if make:
        _write_golden(cases, out)
        return
    opening = _held_out(heldout, product, data) if heldout else _current(data)
    with opening as (services, records):
        run = _run(cases, services, records, {"golden": golden, "held out": heldout, "product": product})
    promises = run.promises(promise / 100)
    changes = compare(before, run) if before else []
    if out:
        _write(out, json.dumps(run.as_dict(promises), ensure_ascii=False, indent=1) + "\n")
    if report:
        _write(report, report_html(run, promises, changes))
    failures = [*_below(run.estimates, minima), *_regressions(changes)]
    if as_json:
        emit(run.summary(promises) | {"changes": [_change(change) for change in changes], "failures": failures})
    else:
        _print(run, promises, changes)
    for failure in failures:
        note(failure)
    if failures:
        raise typer.Exit(1)


# Questions


def _cases(golden: str, folder: str, product: str, unanswerable: str) -> list[GoldenCase]:
    if golden:
        lines = enumerate(read_jsonl(golden, "question"), 1)
        cases = [golden_case({"product": product} | line, f"{golden}, question {number}") for number, line in lines]
    else:
        cases = [
            GoldenCase(f"{document.product}/{document.id}", document.question, True, (document.id,), document.product)
            for document in questions_of(folder, product)
        ]
        if not cases:
            raise RequestError(f"There is no expert question in {folder}.")
    only = {case.product for case in cases}
    default = product or (only.pop() if len(only) == 1 else "")
    return unique_cases([*cases, *_unanswerable(unanswerable, default)])


def _reviewed(data: Path | None, product: str) -> list[GoldenCase]:
    records = open_records(settings_for(data))
    try:
        cases = GoldenStore(records).all(product)
    finally:
        records.close()
    if not cases:
        raise RequestError("No correction was approved yet; experts work at /review.")
    return cases


def _unanswerable(path: str, product: str) -> Iterator[GoldenCase]:
    if path.endswith(".jsonl"):
        for number, line in enumerate(read_jsonl(path), 1):
            id, own = str(line.get("id") or f"unanswerable-{number}"), line.get("product") or product
            yield GoldenCase(id, line["text"], False, product=str(own))
    elif path:
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise RequestError(f"{path} cannot be read as UTF-8 text: {error}") from None
        for number, text in enumerate(filter(str.strip, lines), 1):
            yield GoldenCase(f"unanswerable-{number}", text.strip(), False, product=product)


def _write_golden(cases: Sequence[GoldenCase], out: Path | None) -> None:
    text = "".join(golden_line(case) + "\n" for case in cases)
    if out:
        _write(out, text)
    else:
        print(text, end="")
    note(f"{len(cases)} questions, {sum(case.answerable for case in cases)} of them answerable.")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RequestError(f"{path} cannot be written: {error.strerror or error}") from None


# Running


@contextmanager
def _current(data: Path | None) -> Iterator[tuple[Services, Records]]:
    """The knowledge base as it is; what is asked and answered leaves no trace in it."""
    with tempfile.TemporaryDirectory(prefix="dayi-eval-") as folder:
        answers = Records(f"sqlite:///{folder}/answers.db")
        services = build_services(settings_for(data), private=True, answers=answers)
        try:
            services.knowledge.follow()
            yield services, services.knowledge.records
        finally:
            services.close()
            answers.close()


@contextmanager
def _held_out(folder: str, product: str, data: Path | None) -> Iterator[tuple[Services, Records]]:
    """A temporary knowledge base of a folder's answers without their questions and titles."""
    with tempfile.TemporaryDirectory(prefix="dayi-eval-") as temporary:
        settings = settings_for(data).model_copy(update={"data": Path(temporary), "database": None})
        services = build_services(settings)
        try:
            knowledge = services.knowledge
            documents = [without_question(document) for document in questions_of(folder, product)]
            put_all(knowledge.records, knowledge.embedder, documents)
            knowledge.follow()
            yield services, knowledge.records
        finally:
            services.close()


def _run(cases: Sequence[GoldenCase], services: Services, records: Records, settings: dict[str, str]) -> Run:
    with progress() as bar:
        asked = bar.track(cases, description="Asking")
        results = tuple(evaluate_case(case, services.assistant, records) for case in asked)
    known = {name: value for name, value in settings.items() if value}
    known["knowledge base"] = ", ".join(f"{name} ({count})" for name, count in records.products().items())
    threshold = services.assistant.threshold([case.product for case in cases])
    return Run(services.knowledge.embedder.id, known, results, threshold)


# Verdict


def _minimum(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        if name.strip() in FIGURES:
            return name.strip(), float(value)
    except ValueError:
        pass
    raise typer.BadParameter(f"{text!r} is not METRIC=VALUE, as mrr@10=0.8. Metrics: {', '.join(FIGURES)}")


def _below(estimates: dict[str, Estimate], minima: Sequence[tuple[str, float]]) -> list[str]:
    failures = []
    for name, value in minima:
        if name not in estimates:
            failures.append(f"{name} cannot be computed from these questions.")
        elif estimates[name].value < value:
            failures.append(f"{name} is {estimates[name].value:.4f}, below the minimum of {value:g}.")
    return failures


def _regressions(changes: Sequence[Change]) -> list[str]:
    return [
        f"{change.name} fell from {change.before:.4f} to {change.after:.4f} "
        f"({change.low:+.4f} to {change.high:+.4f}, p = {change.p:.3f})."
        for change in changes
        if change.is_regression
    ]


def _change(change: Change) -> dict[str, Any]:
    return {name: getattr(change, name) for name in ("name", "before", "after", "low", "high", "p", "is_regression")}


# Tables


def _print(run: Run, promises: Sequence[Promise], changes: Sequence[Change]) -> None:
    by_name = {change.name: change for change in changes}
    columns = ("Figure", "Value", "95 % interval", *(("Before", "Change", "p") if changes else ()), "What it says")
    table = Table(*columns, box=None, header_style="bold")
    for name, estimate in run.estimates.items():
        row = [name, f"{estimate.value:.4f}", f"{estimate.low:.4f}–{estimate.high:.4f}"]
        if changes:
            change = by_name.get(name)
            row += [f"{change.before:.4f}", f"{change.difference:+.4f}", f"{change.p:.3f}"] if change else ["", "", ""]
        table.add_row(*row, FIGURES[name].meaning)
    Console().print(table)
    for promise in promises:
        print(_promise(promise))


_WRONG = {"answerable": "given to unanswerable questions", "right": "given to those or from another document"}


def _promise(promise: Promise) -> str:
    whose = f", {promise.product}" if promise.product else ""
    wanted = f"At most {promise.max_risk:.1%} of the answers {_WRONG[promise.measure]}{whose}: "
    if promise.threshold is None:
        return f"{wanted}no threshold keeps that; the lowest is {promise.risk:.1%}."
    setting = f"answer_at = {promise.threshold:.4f}"
    place = f'under the [[products]] of "{promise.product}"' if promise.product else "at the top"
    return (
        f"{wanted}answer from confidence {promise.threshold:.4f} on; that answers {promise.coverage:.1%} of the "
        f"questions, {promise.risk:.1%} of them wrongly (with 97.5 % confidence below {promise.risk_below:.1%}). "
        f"To apply it, write {setting} {place} of dayi.toml."
    )
