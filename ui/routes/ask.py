"""`POST /api/v1/ask`: one question, answered whole as JSON or event by event as server-sent events."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import asdict
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Send

from assistant.values import Answer, AskRequest, Delta, Done, Event, Failed, Sources, Started, Waiting
from ui.blocks import BlockStream, answer_blocks
from ui.boundary import Services
from ui.errors import error_body, error_of, status_of_code
from ui.limits import Limits, address_of
from ui.sites import Sites
from ui.streams import Streams

__all__ = ["AskBody", "ask_routes"]

_Stream = AsyncGenerator[Event | None, None]
_SSE_HEADERS = {"X-Accel-Buffering": "no"}  # nginx would hold events back until its buffer is full


class AskBody(BaseModel):
    """A question. `conversation` is the capability from an earlier answer; without it a new conversation begins.

    With `blocks`, deltas and the answer carry their texts as trees of safe elements too, for pages that may not insert
    HTML; `ui.blocks` describes them.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    question: str = Field(min_length=1, max_length=32_000, examples=["Nacos 9848 端口连不上怎么办？"])
    product: str = Field("", max_length=100)
    version: str = Field("", max_length=100)
    conversation: str = Field("", max_length=200)
    page_url: str = Field("", max_length=2_000)
    site: str = Field("", max_length=100)
    blocks: bool = False

    def to_request(self) -> AskRequest:
        """The same, as the assistant takes it."""
        return AskRequest(**self.model_dump(exclude={"blocks"}))


def ask_routes(services: Services, streams: Streams, sites: Sites, limits: Limits) -> APIRouter:
    """The route for asking."""
    router = APIRouter()

    @router.post(
        "/ask",
        response_model=Answer,
        responses={200: {"content": {"text/event-stream": {}}}},
        summary="Ask a question",
        description="With `Accept: text/event-stream`: events `answer`, `sources`, `delta`…, then `done` or `error`.",
    )
    async def ask(
        body: AskBody, request: Request, accept: Annotated[str, Header()] = ""
    ) -> JSONResponse | StreamingResponse:
        asked = sites.complete(body.to_request(), request.state.origin)

        def events() -> Iterator[Event]:
            return services.assistant.ask(asked)

        stream = streams.open(events, limits.asking(address_of(request), asked.site))
        view = _BlockView(services) if body.blocks else _View()
        if "text/event-stream" not in accept:
            return await _whole(stream, view)
        # The first event is awaited here, so that a refused question has a proper status instead of a stream.
        first = await anext(stream)
        return _Events(_lines(first, stream, view), media_type="text/event-stream", headers=_SSE_HEADERS)

    return router


class _View:
    """What leaves of an event."""

    def delta(self, event: Delta) -> dict[str, Any]:
        return asdict(event)

    def sources(self, event: Sources) -> dict[str, Any]:
        return asdict(event)

    def answer(self, answer: Answer) -> dict[str, Any]:
        return asdict(answer)


class _BlockView(_View):
    """The same with trees of elements."""

    def __init__(self, services: Services) -> None:
        self._documents = services.knowledge.records.document
        self._written = BlockStream(())

    def sources(self, event: Sources) -> dict[str, Any]:
        self._written = BlockStream(citation.n for citation in event.citations)
        return super().sources(event)

    def delta(self, event: Delta) -> dict[str, Any]:
        return super().delta(event) | self._written.add(event.text)

    def answer(self, answer: Answer) -> dict[str, Any]:
        return super().answer(answer) | {"blocks": answer_blocks(answer, self._documents)}


class _Events(StreamingResponse):
    """Closes its events when the reader leaves; Starlette leaves that to the garbage collector, and answers go on."""

    async def stream_response(self, send: Send) -> None:
        async with aclosing(cast("AsyncGenerator[str, None]", self.body_iterator)):
            await super().stream_response(send)


async def _whole(stream: _Stream, view: _View) -> JSONResponse:
    async with aclosing(stream):
        async for event in stream:
            if isinstance(event, Done):
                return JSONResponse(await run_in_threadpool(view.answer, event.answer))
            if isinstance(event, Failed):
                return JSONResponse(error_body(event.code, event.message), status_of_code(event.code))
    raise RuntimeError("the assistant ended without a last event")


async def _lines(first: Event | None, stream: _Stream, view: _View) -> AsyncIterator[str]:
    """Server-sent events, exactly one last one, whatever happens."""
    async with aclosing(stream):
        try:
            event: Event | None = first
            while True:
                yield await run_in_threadpool(_line, event, view)  # rendering takes milliseconds
                if isinstance(event, (Done, Failed)):
                    return
                event = await anext(stream)
        except StopAsyncIteration:
            yield _sse("error", error_body("internal", "The answer ended early. Please ask again."))
        except Exception as error:  # after the first byte an error can only be an event
            _, code, message = error_of(error)
            yield _sse("error", error_body(code, message))


def _line(event: Event | None, view: _View) -> str:
    match event:
        case None | Waiting():
            return ": still here\n\n"
        case Started():
            return _sse("answer", asdict(event))
        case Sources():
            return _sse("sources", view.sources(event))
        case Delta():
            return _sse("delta", view.delta(event))
        case Done():
            return _sse("done", view.answer(event.answer))
        case Failed():
            return _sse("error", error_body(event.code, event.message))


def _sse(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
