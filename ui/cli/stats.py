"""`dayi stats`: what readers asked and how it ended."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from assistant.insight import COLUMNS, Counts, DayCounts, Insight, daily_rows, days_ago, total
from kb import load_embedder
from ui.cli.output import DataOption, JsonOption, ProductOption, emit, settings_for
from ui.services import open_records
from ui.spreadsheet import csv_text

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("stats")(stats)


def stats(
    days: Annotated[int, typer.Option(help="Days to count, today included.", min=1, max=3660)] = 90,
    product: ProductOption = "",
    site: Annotated[str, typer.Option(help="Count what this site asked only.", show_default=False)] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Counts by day, product and site as CSV.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how many questions were answered, were not, and got a bad rating, and how long a fix takes.

    Example: dayi stats --days 30 --product nacos
    """
    if as_csv and as_json:
        raise typer.BadParameter("--csv and --json exclude each other")
    settings = settings_for(data)
    records = open_records(settings)
    try:
        insight = Insight(records, load_embedder(settings.embedding))
        products, since = [product] if product else [], days_ago(days - 1)
        rows = insight.daily(products, since=since, site=site)
        if as_csv:
            print(csv_text(COLUMNS, daily_rows(rows)), end="")
            return
        hours = insight.hours_to_fix(products, since=since, site=site)
    finally:
        records.close()
    counts = total(row.counts for row in rows)
    if as_json:
        flat = [dict(zip(COLUMNS, row, strict=True)) for row in daily_rows(rows)]
        emit({"since": since, **asdict(counts), "median_hours_to_fix": hours, "days": flat})
    else:
        _print(rows, counts, hours, since)


def _print(rows: list[DayCounts], counts: Counts, hours: float | None, since: str) -> None:
    table = Table("Product", "Asked", "Answered", "Not answered", "Rated badly", box=None, header_style="bold")
    for name in sorted({row.product for row in rows}):
        table.add_row(name or "(not known)", *_shares(total(row.counts for row in rows if row.product == name)))
    table.add_row("all", *_shares(counts))
    Console().print(table)
    print(f"Since {since}. Median time to fix: {'no fix yet' if hours is None else f'{hours:.1f} h'}.")


def _shares(counts: Counts) -> list[str]:
    return [str(counts.asked), *(f"{counts.share(name):.1%}" for name in ("answered", "abstained", "bad_rated"))]
