"""`dayi search`: hits with scores and reasons, for one query or a file of queries."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from assistant import confidence
from kb import Hit, SearchResult, UnknownProduct
from ui.cli.output import DataOption, JsonOption, ProductOption, emit, note, opened, progress, read_jsonl, writing
from ui.services import Services

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("search")(search)


def search(
    query: Annotated[str, typer.Argument(help='What to look for; "-" reads standard input.', show_default=False)] = "",
    k: Annotated[int, typer.Option("-k", help="Number of documents.", min=1, max=1000)] = 10,
    product: ProductOption = "",
    batch: Annotated[str, typer.Option("--batch", help='Queries, lines of {"id","text"}; "-" for stdin.')] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Where a batch's run goes; stdout when left out.")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search the knowledge base.

    Example: dayi search "user not found" -k 5
    """
    if bool(query) == bool(batch):
        raise typer.BadParameter("give either a query or --batch FILE")
    with opened(data) as services:
        products = _known(services, product)
        if batch:
            _run_batch(services, batch, out, products, k)
            return
        text = sys.stdin.read() if query == "-" else query
        result = services.search.search(text, products=products, k=k)
    if as_json:
        emit({"query": text, "hits": [_hit(hit) for hit in result.hits], "confidence": confidence(result.signals)})
    else:
        _print_table(result)


def _known(services: Services, product: str) -> list[str]:
    if product and product not in services.search.products():
        raise UnknownProduct(
            f"There is no product {product!r}. Known: {', '.join(services.search.products()) or 'none'}."
        )
    return [product] if product else []


def _run_batch(services: Services, batch: str, out: Path | None, products: list[str], k: int) -> None:
    queries = list(read_jsonl(batch))
    with writing(out) as target, progress() as bar:
        for line in bar.track(queries, description="Searching"):
            own = _known(services, line["product"]) if line.get("product") else products
            result = services.search.search(line["text"], products=own, k=k)
            found = _run_line(line, result, services.assistant.threshold(own))
            target.write(json.dumps(found, ensure_ascii=False) + "\n")
    note(f"{len(queries)} queries searched.")


def _run_line(line: dict[str, Any], result: SearchResult, answer_at: float) -> dict[str, Any]:
    certainty = confidence(result.signals)
    return {
        "query": line.get("id"),
        "docs": [hit.document.id for hit in result.hits],
        "scores": [round(hit.score, 6) for hit in result.hits],
        "abstained": certainty < answer_at,
        "confidence": round(certainty, 6),
    }


def _hit(hit: Hit) -> dict[str, Any]:
    document = hit.document
    return {
        "document": document.id,
        "product": document.product,
        "title": document.title,
        "url": document.url,
        "reviewed": document.reviewed,
        "score": round(hit.score, 6),
        "reasons": {reason.name: {"value": round(reason.value, 4), "detail": reason.detail} for reason in hit.reasons},
        "passages": [{"start": p.start, "end": p.end, "text": p.text} for p in hit.passages],
    }


def _print_table(result: SearchResult) -> None:
    table = Table("#", "Score", "Document", "Title", "Why", box=None, header_style="bold")
    for number, hit in enumerate(result.hits, 1):
        why = "; ".join(f"{reason.name} {reason.detail}" for reason in hit.reasons if reason.detail)
        table.add_row(
            str(number), f"{hit.score:.2f}", f"{hit.document.product}/{hit.document.id}", hit.document.title, why
        )
    Console().print(table if result.hits else "Nothing found.")
