"""The review queue: what experts have to look at, one page per review, and what can be done with it."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Header, Query
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from starlette.responses import Response

from assistant.golden import golden_line
from assistant.publishing import page_path
from assistant.reporting import KINDS, STATES, Review, ReviewState
from assistant.values import Answer
from kb.errors import AnswerNotFound, EditConflict
from ui.boundary import Services
from ui.chat.turns import turn_html, turn_of
from ui.diff import diff
from ui.pages import fragment, preferred_language
from ui.sessions import ReviewRoute, Session, Sessions

__all__ = ["product_choices", "review_routes"]

_Languages = Annotated[str, Header()]
_Choice = Annotated[str, Query(max_length=100)]
_Text = Annotated[str, Form(max_length=200)]
_SHOWN_ANSWERS = 3
_NEAR = 5


def review_routes(services: Services, sessions: Sessions) -> APIRouter:
    """The routes of the queue."""
    router = APIRouter(include_in_schema=False, route_class=ReviewRoute)
    learning = services.learning
    Reader = Annotated[Session, Depends(sessions.required)]
    Writer = Annotated[Session, Depends(sessions.changing)]

    @router.get("/review")
    def queue(
        session: Reader,
        state: ReviewState = "open",
        kind: _Choice = "",
        product: _Choice = "",
        owner: _Choice = "",
        overdue: bool = False,
        after: _Choice = "",
        accept_language: _Languages = "",
    ) -> HTMLResponse:
        chosen = {"state": state, "kind": kind, "product": product, "owner": owner}
        page = learning.queue.page(session.expert, **chosen, overdue=overdue, after=after)  # type: ignore[arg-type]
        values: dict[str, Any] = {
            "page": page,
            "chosen": {**chosen, "overdue": "1" if overdue else ""},
            "link": _link,
            "states": {one: sum(n for (s, _), n in page.counts.items() if s == one) for one in STATES},
            "kinds": {one: page.counts.get((state, one), 0) for one in KINDS},
            "products": product_choices(services, session),
            "experts": _experts(services),
        }
        return _page("review_queue.html", session, accept_language, **values)

    @router.get("/review/golden.jsonl")
    def golden(session: Reader) -> PlainTextResponse:
        cases = [case for case in learning.golden.all() if session.expert.sees(case.product)]
        headers = {"Content-Disposition": 'attachment; filename="golden.jsonl"'}
        return PlainTextResponse("".join(golden_line(case) + "\n" for case in cases), headers=headers)

    @router.get("/review/items/{id}")
    def item(id: str, session: Reader, accept_language: _Languages = "") -> HTMLResponse:
        review = learning.queue.get(session.expert, id)
        return _page("review_item.html", session, accept_language, **_item(services, session, review, accept_language))

    @router.post("/review/items/{id}")
    def change(
        id: str,
        session: Writer,
        version: Annotated[int, Form()],
        state: Annotated[str | None, Form(max_length=20)] = None,
        owner: Annotated[str | None, Form(max_length=40)] = None,
        due: Annotated[str | None, Form(max_length=10)] = None,
        accept_language: _Languages = "",
    ) -> Response:
        try:
            learning.queue.change(session.expert, id, version, state=state, owner=owner, due=due)
        except EditConflict:
            review = learning.queue.get(session.expert, id)
            wanted = {"state": state, "owner": owner, "due": due}
            values = _item(services, session, review, accept_language) | {"wanted": wanted}
            return _page("review_item.html", session, accept_language, status=HTTPStatus.CONFLICT, **values)
        return RedirectResponse(f"/review/items/{id}", HTTPStatus.SEE_OTHER)

    @router.post("/review/items/{id}/merge")
    def merge(id: str, session: Writer, version: Annotated[int, Form()], into: _Text) -> RedirectResponse:
        target = learning.queue.merge(session.expert, id, version, into)
        return RedirectResponse(f"/review/items/{target.id}", HTTPStatus.SEE_OTHER)

    @router.post("/review/items/{id}/corrections")
    def correct(id: str, session: Writer, product: _Text = "", document: _Text = "") -> RedirectResponse:
        review = learning.queue.get(session.expert, id)
        draft = learning.corrections.start(session.expert, review, product, document)
        return RedirectResponse(f"/review/corrections/{draft.id}", HTTPStatus.SEE_OTHER)

    return router


def _page(
    template: str, session: Session, accept_language: str, *, status: int = HTTPStatus.OK, **values: Any
) -> HTMLResponse:
    language = preferred_language(accept_language)
    return HTMLResponse(fragment(template, language, session=session, **values), status)


def _link(chosen: Mapping[str, str], **changes: str) -> str:
    """The queue's address with these filters."""
    return f"/review?{urlencode({name: value for name, value in {**chosen, **changes}.items() if value})}"


def _item(services: Services, session: Session, review: Review, accept_language: str) -> dict[str, Any]:
    learning, records = services.learning, services.knowledge.records
    reports = learning.queue.reports(review)
    ids = list(dict.fromkeys(report.answer for report in reports if report.answer))
    answers = list(_answers(services, ids[:_SHOWN_ANSWERS]))
    language = preferred_language(accept_language)
    standing = learning.corrections.standing(review.product, review.document) if review.kind == "stale" else None
    source = standing.source.text if standing and standing.source else ""
    cited = {(c.product, c.document): c.title for answer in answers for c in answer.citations}
    pages = {(report.product, report.document) for report in reports if not report.answer}
    cited |= {page: document.title for page in pages if (document := records.document(*page))}
    products = [review.product] if review.product else []
    near = [hit.document for hit in services.search.search(review.question, products=products, k=_NEAR).hits]
    return {
        "review": review,
        "reports": reports,
        "turns": [(answer.question, turn_html(turn_of(answer), language, records.document)) for answer in answers],
        "cited": [(product, id, title) for (product, id), title in cited.items() if session.expert.sees(product)],
        "near": [one for one in near if (one.product, one.id) not in cited and session.expert.sees(one.product)],
        "similar": learning.queue.similar(session.expert, review),
        "history": learning.queue.history(review),
        "corrections": learning.corrections.of_review(review),
        "standing": standing,
        "lines": diff(source, learning.corrections.before(standing).text) if standing else [],
        "products": product_choices(services, session),
        "experts": _experts(services),
        "states": STATES,
        "wanted": None,
        "page_path": page_path,
    }


def _answers(services: Services, ids: list[str]) -> Iterator[Answer]:
    for id in ids:
        try:
            yield services.assistant.answer(id)
        except AnswerNotFound:  # deleted meanwhile
            continue


def product_choices(services: Services, session: Session) -> list[tuple[str, str]]:
    """Id and title of the products that an expert sees."""
    return [(one.id, one.title) for one in services.products() if session.expert.sees(one.id)]


def _experts(services: Services) -> list[str]:
    return [expert.name for expert in services.learning.experts.all() if not expert.disabled]
