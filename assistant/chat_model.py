"""The boundary to language models: a LangChain chat model by name, as a stream of text that always ends in time.

The model's own client reads on an event loop in a thread of its own, and whoever answers a question waits for pieces
with a short patience: so a reader who leaves cancels the call within a moment, and a server that keeps a connection
alive without saying anything is noticed. Clients' own retries are off, because retries over several layers multiply.
Only text leaves this module: tool calls, other events and a provider's error messages (which may quote keys) stay here.
"""

import asyncio
import importlib.util
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from assistant.budget import estimate_tokens
from kb.errors import MissingExtra, ModelError, ModelUnavailable, SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from openai import AsyncOpenAI, AsyncStream

__all__ = ["ChatModel", "Ended", "LanguageModel", "Message", "Patience", "Thought", "load_chat_model"]

logger = logging.getLogger(__name__)

MAX_OUTPUT_TOKENS = 800
_MAX_OUTPUT_CHARS = (
    8 * MAX_OUTPUT_TOKENS
)  # for servers that do not heed the limit; long English words have eight letters
_TICK_S = 0.2
_NETWORK = frozenset({"APIConnectionError", "TransportError", "ConnectionError"})  # openai's, httpx's, Python's
_EXTRAS = {"openai": "langchain_openai", "ollama": "langchain_ollama"}

Message: TypeAlias = tuple[Literal["system", "user"], str]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: for the first sign of life, between two, and for everything."""

    first_s: float = 10.0
    gap_s: float = 15.0
    total_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a stream. `complete` says that the model had no more to say; `tokens` in and out, None if unknown."""

    complete: bool
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Thought:
    """A piece that the model did not mean to be read, with its size in tokens, estimated."""

    tokens: int


_Piece: TypeAlias = str | Thought | Ended | ModelError


class LanguageModel(Protocol):
    """Something that writes. Thread-safe."""

    def stream(self, messages: Sequence[Message]) -> Iterator[str | Thought | Ended]:
        """Pieces of text, "" where nothing is there yet; `Ended` is the last. Closing the iterator cancels the call.

        Raises:
            ModelUnavailable: the server refused or cannot be reached.
            ModelError: it fell silent, took too long, or sent what cannot be read.
        """


class ChatModel:
    """A LangChain chat model. One call of `stream` is one call of the server."""

    def __init__(self, model: "BaseChatModel", *, patience: Patience | None = None) -> None:
        self._model = model
        self._patience = patience or Patience()

    def stream(self, messages: Sequence[Message]) -> Iterator[str | Thought | Ended]:
        """See `LanguageModel.stream`."""
        pieces: queue.SimpleQueue[_Piece] = queue.SimpleQueue()
        left = threading.Event()
        reading = asyncio.run_coroutine_threadsafe(self._read(messages, pieces.put, left), _loop())
        try:
            while True:
                for piece in _joined(pieces):
                    if isinstance(piece, ModelError):
                        raise piece
                    yield piece
                    if isinstance(piece, Ended):
                        return
        finally:
            left.set()
            reading.cancel()

    async def _read(
        self,
        messages: Sequence[Message],
        put: Callable[[_Piece], None],
        left: threading.Event,
    ) -> None:
        try:
            async with asyncio.timeout(self._patience.total_s):
                put(await self._chunks(messages, put, left))
        except TimeoutError:
            put(ModelError("The language model took too long"))
        except ModelError as error:
            put(error)
        except Exception as error:  # every provider has its own classes, and a broken stream raises anything
            put(_translated(error))

    async def _chunks(
        self, messages: Sequence[Message], put: Callable[[str | Thought], None], left: threading.Event
    ) -> Ended:
        patience, size, tokens, complete = self._patience.first_s, 0, None, False
        thoughts = _Thoughts()
        stream = self._model.astream(list(messages))
        try:
            while True:
                try:
                    async with asyncio.timeout(patience):
                        chunk = await anext(stream, None)
                except TimeoutError:
                    raise ModelError(f"The language model said nothing for {patience:g} s") from None
                # Python 3.11's `wait_for`, which clients use, loses a cancellation that comes together with a chunk.
                if chunk is None or left.is_set():
                    return Ended(complete, tokens)
                patience = self._patience.gap_s
                text = chunk.text[: _MAX_OUTPUT_CHARS - size]
                size += len(text)
                said = thoughts.without(text)
                put(said or Thought(estimate_tokens(text)))
                if size >= _MAX_OUTPUT_CHARS:
                    return Ended(False, tokens)
                if chunk.usage_metadata:
                    tokens = (tokens or 0) + chunk.usage_metadata["total_tokens"]
                complete = complete or _is_complete(chunk.response_metadata)
        finally:
            await stream.aclose()  # type: ignore[attr-defined]  # an asynchronous generator, typed as an iterator


def _joined(pieces: "queue.SimpleQueue[_Piece]") -> Iterator[_Piece]:
    """What has come so far, neighbouring texts as one; "" where nothing comes for a moment."""
    text = ""
    try:
        piece = pieces.get(timeout=_TICK_S)
        while isinstance(piece, str):
            text += piece
            piece = pieces.get_nowait()
    except queue.Empty:
        yield text
        return
    if text:
        yield text
    yield piece


class _Thoughts:
    """Keeps back what a reasoning model thinks aloud: some servers send it at the beginning of the text, in marks."""

    _OPEN, _CLOSE = "<think>", "</think>"

    def __init__(self) -> None:
        self._held: str | None = ""  # None: the thoughts are over, or there are none

    def without(self, text: str) -> str:
        """What of the text is said."""
        if self._held is None:
            return text
        self._held += text
        begun = self._held.lstrip()
        if begun.startswith(self._OPEN):
            _, closed, said = begun.partition(self._CLOSE)
        elif self._OPEN.startswith(begun):
            return ""
        else:
            closed, said = "none", self._held
        if not closed:
            return ""
        self._held = None
        return said


def load_chat_model(name: str, *, base_url: str = "", api_key: str = "", patience: Patience | None = None) -> ChatModel:
    """The model that a setting such as "openai:qwen-plus" or "ollama:qwen3" names.

    `base_url` is the address of an OpenAI-compatible server or of Ollama; empty means the provider's own.

    Raises:
        SettingsError: the name has no provider, or the provider refuses the settings.
        MissingExtra: the provider's package is not installed.
    """
    provider, _, model = name.partition(":")
    if not model:
        raise SettingsError(f"DAYI_LLM={name!r} must be PROVIDER:MODEL, such as openai:gpt-4.1-mini or ollama:qwen3")
    if importlib.util.find_spec("langchain") is None or not importlib.util.find_spec(
        _EXTRAS.get(provider, "langchain")
    ):
        raise MissingExtra(f"DAYI_LLM={name}", provider if provider in _EXTRAS else "openai")
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"temperature": 0}
    if base_url:
        options["base_url"] = base_url
    options |= _options(provider, base_url, api_key, patience or Patience())
    try:
        chat_model = init_chat_model(model, model_provider=provider, **options)
        if provider == "openai":
            chat_model.async_client = _PlainChunks(chat_model.root_async_client)
        return ChatModel(chat_model, patience=patience)
    except ImportError as error:
        raise SettingsError(f"DAYI_LLM={name} needs another package: {error}") from None
    except Exception as error:  # each provider checks its settings in its own way
        raise SettingsError(f"DAYI_LLM={name} cannot be used: {type(error).__name__}. Check name and key.") from error


class _PlainChunks:
    """OpenAI's chat completions as LangChain calls them, with chunks as the server sent them.

    LangChain takes dictionaries; to have the client make objects of them first costs more than all else about a chunk.
    """

    def __init__(self, client: "AsyncOpenAI") -> None:
        self._client = client

    async def create(self, **payload: Any) -> "AsyncStream[object]":
        from openai import AsyncStream

        return await self._client.post(
            "/chat/completions", body=payload, cast_to=object, stream=True, stream_cls=AsyncStream[object]
        )


def _options(provider: str, base_url: str, api_key: str, patience: Patience) -> dict[str, Any]:
    if provider == "ollama":
        return {"num_predict": MAX_OUTPUT_TOKENS, "reasoning": False, "client_kwargs": {"timeout": patience.total_s}}
    options: dict[str, Any] = {"max_retries": 0, "timeout": patience.total_s, "max_tokens": MAX_OUTPUT_TOKENS}
    if provider == "openai":
        options["stream_chunk_timeout"] = None  # our own clock does it, without a task for every chunk
    if api_key or base_url:  # a server of one's own often has no key, and the client wants one
        options["api_key"] = api_key or "none"
    return options


def _is_complete(metadata: dict[str, Any]) -> bool:
    reasons = (metadata.get(name) for name in ("finish_reason", "done_reason", "stop_reason", "stopReason"))
    reason = next((str(reason).lower() for reason in reasons if reason), "")
    return bool(reason) and reason not in ("length", "max_tokens", "content_filter", "load")


def _translated(error: Exception) -> ModelError:
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    logger.warning("The language model failed: %s, status %s", type(error).__name__, status)
    logger.debug("Where it failed", exc_info=error)
    is_network = not _NETWORK.isdisjoint(cls.__name__ for cls in type(error).__mro__)
    if isinstance(status, int) or is_network:
        wait = getattr(response, "headers", {}).get("retry-after", "")
        return ModelUnavailable(status or 0, float(wait) if wait.isascii() and wait.isdigit() else None)
    return ModelError(f"The language model sent what cannot be read ({type(error).__name__})")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    # One for the whole process: providers share their HTTP clients between models, and a client belongs to one loop.
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="language-model", daemon=True).start()
    return loop
