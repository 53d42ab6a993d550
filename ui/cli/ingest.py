"""`dayi ingest`: brings documents into the knowledge base and reports every file."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ingest import Report, ingest
from kb import KnowledgeBase, StoreBusy, load_embedder
from ui.cli.output import DataOption, JsonOption, emit, note, progress, settings_for
from ui.services import open_records
from ui.settings import Settings

__all__ = ["register"]

_SHOWN = 50  # rows of the table; a run over thousands of files prints its numbers and its problems


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest")(run)


def run(
    paths: Annotated[list[str], typer.Argument(help="Folders, files (.md, .mdx, .jsonl) or https git addresses.")],
    product: Annotated[str, typer.Option(help="Product of the documents.", show_default=False)] = "",
    version: Annotated[str, typer.Option(help="Version that the documents are about.", show_default=False)] = "",
    prune: Annotated[bool, typer.Option("--prune/--no-prune", help="Remove documents whose file vanished.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would happen and change nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Read unchanged files again; allow mass removal.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add what is new, update what changed, remove what vanished.

    Example: dayi ingest ingest/samples/nacos --product nacos
    """
    settings = settings_for(data)
    embedder = load_embedder(settings.embedding)
    records = open_records(settings)
    try:
        with progress() as bar:
            task = bar.add_task("Reading", total=None)
            report = ingest(
                paths,
                records=records,
                embedder=embedder,
                product=product,
                version=version,
                prune=prune,
                dry_run=dry_run,
                force=force,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        records.close()
    if not dry_run and report.changed:
        _follow(settings)
    if as_json:
        emit(report.as_dict())
    else:
        _print(report)
    if report.failed:
        raise typer.Exit(2)


def _follow(settings: Settings) -> None:
    # Without a server this command brings the indexes up to date; beside one, the server does within two seconds.
    try:
        knowledge = KnowledgeBase.open(settings.data, settings.database_url, load_embedder(settings.embedding))
    except StoreBusy:
        note("A running server owns the index and takes the changes over within 2 seconds.")
        return
    try:
        knowledge.follow()
    finally:
        knowledge.close()


def _print(report: Report) -> None:
    # Changes and problems file by file; what stayed the same is a number.
    table = Table("File", "Status", "What", box=None, header_style="bold")
    notable = [file for file in report.files if file.status != "unchanged" or file.warnings]
    problems = [file for file in notable if file.status in ("failed", "skipped") or file.warnings]
    shown = notable if len(notable) <= _SHOWN else problems
    for file in shown:
        table.add_row(file.path, file.status, "; ".join(filter(None, (file.message, *file.warnings))))
    if shown:
        Console().print(table)
    counts = ", ".join(f"{number} {status}" for status, number in report.counts.items() if number)
    products = ", ".join(f"{product} ({number})" for product, number in report.products.items())
    prefix = "Would be: " if report.dry_run else ""
    print(f"{prefix}{counts or 'nothing found'} in {report.seconds:.1f} s. {products}".strip())
    if report.failed:
        note("Some files failed; the others are in. Correct them and run the command again.")
