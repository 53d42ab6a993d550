"""The Gradio blocks of the chat page and their callbacks."""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.values import AskRequest, Delta, Event, Failed, Waiting
from kb.errors import AnswerNotFound, DayiError, RequestError
from ui.boundary import Services
from ui.chat.turns import Turn, advance, turn_html, turn_of
from ui.limits import Limits, address_of
from ui.pages import fragment

if TYPE_CHECKING:
    import gradio as gr
    from starlette.requests import HTTPConnection

__all__ = ["CONCURRENT", "build_chat"]

logger = logging.getLogger(__name__)

CONCURRENT = 20  # answers being written for chat pages at once
_WAITING = 60  # questions in line behind them
_REDRAW_S = 0.08  # a page redraws at most that often while an answer is being written
_CONNECT = """
window.dayi.connect({
  ask: (data) => trigger('ask', data),
  stop: () => trigger('stop', {}),
  restore: (data) => trigger('restore', data),
});
"""

_Name = Annotated[str, Field(max_length=200)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    question: str
    product: _Name = ""
    conversation: _Name = ""
    language: Literal["zh", "en"] = "en"


class _Remembered(BaseModel):
    turns: list[tuple[_Name, _Name, _Name]] = Field(max_length=30)  # answer, feedback token, conversation
    language: Literal["zh", "en"] = "en"


def build_chat(services: Services, limits: Limits) -> "gr.Blocks":
    """The chat page, to be mounted at the root of the application."""
    import gradio as gr

    def ask(event: gr.EventData, request: gr.Request) -> Iterator[str]:
        yield from _ask(services, limits, event._data, address_of(cast("HTTPConnection", request.request)))

    def restore(event: gr.EventData) -> str:
        return _restore(services, event._data)

    with gr.Blocks(title="答疑 Dayi", analytics_enabled=False, fill_width=True) as blocks:
        _html(gr, fragment("chat_top.html", "zh"), "top")
        restored = _html(gr, "", "restored")
        _html(gr, '<div class="thread"></div>', "thread")
        live = _html(gr, "", "live")
        composer = _html(gr, fragment("chat_composer.html", "zh"), "bottom", js_on_load=_CONNECT)
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        asking = composer.ask(ask, None, live, concurrency_limit=CONCURRENT, trigger_mode="once", **private)
        composer.stop(None, None, None, cancels=[asking], **private)
        composer.restore(restore, None, restored, concurrency_limit=CONCURRENT, **private)
    blocks.queue(max_size=_WAITING, default_concurrency_limit=CONCURRENT, api_open=False)
    return cast("gr.Blocks", blocks)


def _html(gr: Any, value: str, id: str, js_on_load: str | None = None) -> Any:
    return gr.HTML(str(value), elem_id=f"dayi-{id}", apply_default_css=False, js_on_load=js_on_load)


def _ask(services: Services, limits: Limits, data: object, address: str) -> Iterator[str]:
    """The turn's HTML, again and again as it grows; the last one is complete."""
    try:
        asked = _Asked.model_validate(data)
    except ValidationError:
        asked = _Asked(question="")
    turn, next_drawing = Turn(asked.question), 0.0
    for event in _events(services, limits, asked, address):
        turn = advance(turn, event)
        started = time.monotonic()
        if not isinstance(event, (Delta, Waiting)) or started >= next_drawing:
            html = str(turn_html(turn, asked.language, services.knowledge.records.document))
            now = time.monotonic()
            next_drawing = now + max(_REDRAW_S, 2 * (now - started))  # a long text is drawn less often
            yield html


def _events(services: Services, limits: Limits, asked: _Asked, address: str) -> Iterator[Event]:
    try:
        request = AskRequest(asked.question, product=asked.product, conversation=asked.conversation)
        with limits.asking(address):
            yield from services.assistant.ask(request)
    except RequestError as error:
        yield Failed(error.code, str(error))
    except DayiError as error:
        logger.error("A question from the chat page failed: %s", error, exc_info=error)
        yield Failed(error.code, "")


def _restore(services: Services, data: object) -> str:
    """The turns that a reloaded page remembers, as far as they still exist."""
    try:
        remembered = _Remembered.model_validate(data)
    except ValidationError:
        return ""
    html = []
    for id, token, conversation in remembered.turns:
        try:
            answer = replace(services.assistant.answer(id), feedback_token=token, conversation=conversation)
        except AnswerNotFound:
            continue
        html.append(turn_html(turn_of(answer), remembered.language, services.knowledge.records.document))
    return "".join(html)
