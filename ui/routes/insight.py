"""`/review/insight`: what readers ask and how it ends, for experts; and the same as CSV."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import HTMLResponse, Response

from assistant.charts import timeline
from assistant.experts import Expert
from assistant.insight import COLUMNS, Counts, DayCounts, Period, daily_rows, days_ago, periods, total
from ui.boundary import Services
from ui.pages import fragment, preferred_language
from ui.routes.review import product_choices
from ui.sessions import ReviewRoute, Session, Sessions
from ui.spreadsheet import csv_text
from ui.texts import texts

__all__ = ["insight_routes"]

_Languages = Annotated[str, Header()]
_Choice = Annotated[str, Query(max_length=100)]
_Days = Literal["30", "90", "365"]
_STEP = {"30": 1, "90": 7, "365": 7}  # days that one bar of the chart stands for
_BOM = "\ufeff"  # spreadsheet programs take a file without one for the system's own encoding


def insight_routes(services: Services, sessions: Sessions) -> APIRouter:
    """The routes of the experts' figures."""
    router = APIRouter(include_in_schema=False, route_class=ReviewRoute)
    insight, links = services.learning.insight, services.learning.links
    Reader = Annotated[Session, Depends(sessions.required)]

    @router.get("/review/insight")
    def dashboard(
        session: Reader, days: _Days = "90", product: _Choice = "", site: _Choice = "", accept_language: _Languages = ""
    ) -> HTMLResponse:
        language, products = preferred_language(accept_language), _scope(session.expert, product)
        first = days_ago(int(days) - 1)
        rows = insight.daily(products, since=first, site=site)
        values: dict[str, Any] = {
            "chosen": {"days": days, "product": product, "site": site},
            "lengths": list(_STEP),
            "products": product_choices(services, session),
            "sites": [one.id for one in services.settings.sites],
            "total": total(row.counts for row in rows),
            "hours": insight.hours_to_fix(products, since=first, site=site),
            "chart": _chart(periods(rows, first=first, last=days_ago(0), days=_STEP[days]), language),
            "by_product": _sums(rows, "product"),
            "by_site": _sums(rows, "site"),
            "topics": insight.unanswered(products),
            "links": links.summary(products),
        }
        return HTMLResponse(fragment("insight.html", language, session=session, **values))

    @router.get("/review/insight/days.csv")
    def days_csv(session: Reader, days: _Days = "365", product: _Choice = "", site: _Choice = "") -> Response:
        rows = insight.daily(_scope(session.expert, product), since=days_ago(int(days) - 1), site=site)
        return _download("dayi-days.csv", csv_text(COLUMNS, daily_rows(rows)))

    @router.get("/review/insight/unanswered.csv")
    def unanswered_csv(session: Reader, product: _Choice = "") -> Response:
        topics = insight.unanswered(_scope(session.expert, product))
        rows = [(one.title, one.product, one.asked, one.reviews[0].created_at, one.reviews[0].id) for one in topics]
        header = ("question", "product", "asked", "newest", "review")
        return _download("dayi-unanswered.csv", csv_text(header, rows))

    return router


def _scope(expert: Expert, product: str) -> Sequence[str]:
    """The products to count: the chosen one where the expert sees it, else all that he sees."""
    return [product] if product and expert.sees(product) else expert.scope


def _sums(rows: Sequence[DayCounts], key: Literal["product", "site"]) -> list[tuple[str, Counts]]:
    """Counts by product or site, the most asked first."""
    names = {getattr(row, key) for row in rows}
    sums = [(name, total(row.counts for row in rows if getattr(row, key) == name)) for name in names]
    return sorted(sums, key=lambda pair: (-pair[1].asked, pair[0]))


def _chart(steps: Sequence[Period], language: str) -> str:
    t = texts(language)
    columns = []
    for step in steps:
        counts = step.counts
        words = f"{step.first}: {counts.asked} {t['insight_asked']}, {counts.answered} {t['insight_answered']}, "
        words += f"{counts.abstained} {t['insight_abstained']}, {counts.bad_rated} {t['insight_bad_rated']}"
        parts = [("answered", counts.answered), ("missing", counts.abstained)]
        columns.append((step.first[5:], parts, counts.bad_rated, words))
    return timeline(columns, t["insight_over_time"])


def _download(name: str, text: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_BOM + text, media_type="text/csv; charset=utf-8", headers=headers)
