"""`dayi publish`: reviewed answers as Markdown files, in a folder or on a git branch."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from assistant.publications import PublicationStore
from assistant.publishing import BranchPlace, FolderPlace, PublishReport, publish
from kb import UnknownProduct
from ui.cli.output import DataOption, JsonOption, emit, note, settings_for
from ui.services import open_records
from ui.settings import Settings

__all__ = ["register"]

_SHOWN = 50  # rows of the table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("publish")(run)


def run(
    out: Annotated[Path, typer.Option("--out", help="Folder for the files; with --git, one in the repository.")],
    product: Annotated[str, typer.Option(help="Publish this product only.", show_default=False)] = "",
    git: Annotated[str, typer.Option(help="Commit to this branch instead of writing files.", show_default=False)] = "",
    push: Annotated[
        bool, typer.Option("--push", help="With --git: fetch the branch from origin, then push it.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write reviewed answers as Markdown files; what did not change is left as it is.

    Example: dayi publish --out answers
    """
    if push and not git:
        raise typer.BadParameter("--push needs --git BRANCH")
    settings = settings_for(data)
    records = open_records(settings)
    try:
        publications = PublicationStore(records).list(product)
    finally:
        records.close()
    if product and not publications:
        raise UnknownProduct(f"Nothing was ever published for {product}.")
    if settings.base_url == Settings.model_fields["base_url"].default:
        note(f"DAYI_BASE_URL is not set: the links in the files lead to {settings.base_url}.")
    place = BranchPlace(out, git, push=push) if git else FolderPlace(out)
    report = publish(publications, place, base_url=settings.base_url)
    if as_json:
        emit(report.as_dict())
    else:
        _print(report)
    if report.failed:
        raise typer.Exit(2)


def _print(report: PublishReport) -> None:
    table = Table("File", "Status", "What", box=None, header_style="bold")
    rows = [(path, "failed", reason) for path, reason in report.failed.items()]
    changes = [(path, "written", "") for path in report.written] + [(path, "removed", "") for path in report.removed]
    for row in rows + (changes if len(changes) <= _SHOWN else []):
        table.add_row(*row)
    if table.row_count:
        Console().print(table)
    named = {"written": len(report.written), "removed": len(report.removed), "unchanged": report.unchanged}
    counts = ", ".join(f"{number} {name}" for name, number in named.items() if number)
    print(f"{counts or 'Nothing to publish'}{f' in commit {report.result}' if report.result else ''}.")
    if report.failed:
        note("Some files were left as they are; the others are published.")
