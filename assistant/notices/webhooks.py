"""Notices as HTTP requests: to programs as JSON with a signature, to group chats as a line of text.

Readers' words are in them, so nothing of these may act there: no mention of everybody, no markup.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

import httpx

from assistant.notices.courier import Notice
from kb.errors import NoticeError

__all__ = ["Webhook", "WebhookKind", "WebhookSender"]

WebhookKind = Literal["generic", "slack", "dingtalk", "feishu", "wecom"]

_TIMEOUT_S = 10
_MAX_REPLY_BYTES = 16_384
_SHOWN = 300  # characters of a question; WeCom takes 2048 bytes of text
_EVENTS = {
    "bad_rating": ("差评", "Bad rating"),
    "expert_request": ("有读者请求专家", "A reader asks for an expert"),
    "fixed": ("已修订", "Corrected"),
    "published": ("已发布", "Published"),
}
_Request = tuple[str, dict[str, Any], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where notices go; address and secret are in no text of it."""

    kind: WebhookKind
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What it is called in the database and in logs."""
        return f"{self.kind}-{hashlib.sha256(self.url.encode()).hexdigest()[:12]}"


class WebhookSender:
    """Sends notices to one webhook; `base_url` is this server's public address."""

    def __init__(self, webhook: Webhook, base_url: str, *, clock: Callable[[], float] = time.time) -> None:
        self._webhook = webhook
        self._base_url = base_url
        self._clock = clock

    def send(self, notice: Notice) -> None:
        """See `Sender.send`. Redirects are not followed: the address is the one of the settings."""
        url, body, headers = self._request(notice)
        content = json.dumps(body, ensure_ascii=False).encode()
        headers |= {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Dayi"}
        if self._webhook.kind == "generic":
            headers |= self._signature(notice, content)
        try:
            status, text = asyncio.run(_post(url, content, headers))
        except TimeoutError:
            raise NoticeError(f"no answer within {_TIMEOUT_S} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:  # their messages may quote the address
            raise NoticeError(f"no answer, {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise NoticeError(f"status {status}", final=status == 410)
        if self._webhook.kind != "generic" and (refusal := _refusal(text)):
            raise NoticeError(f"refused with code {refusal}")

    def _request(self, notice: Notice) -> _Request:
        kind, url, link = self._webhook.kind, self._webhook.url, self._base_url + notice.body["path"]
        if kind == "generic":
            facts = {name: notice.body.get(name, "") for name in ("product", "question", "language")}
            return url, {"id": notice.id, "event": notice.event, "at": notice.created_at, "url": link, **facts}, {}
        text = _line(notice, link)
        if kind == "slack":
            return url, {"text": text.replace("&", "&amp;")}, {}
        if kind == "wecom":
            return url, {"msgtype": "text", "text": {"content": text}}, {}
        if kind == "feishu":
            return url, {"msg_type": "text", "content": {"text": text}} | self._feishu_sign(), {}
        return url + self._dingtalk_sign(), {"msgtype": "text", "text": {"content": text}}, {}

    def _signature(self, notice: Notice, content: bytes) -> dict[str, str]:
        """Headers by which the receiver knows that it was us.

        Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
        """
        stamp, secret = str(int(self._clock())), self._webhook.secret
        headers = {"webhook-id": notice.id, "webhook-timestamp": stamp}
        if secret:
            key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
            signed = _hmac(key, b".".join((notice.id.encode(), stamp.encode(), content)))
            headers["webhook-signature"] = f"v1,{signed}"
        return headers

    def _dingtalk_sign(self) -> str:
        """Source: https://open.dingtalk.com/document/robots/customize-robot-security-settings"""  # noqa: D400
        if not self._webhook.secret:
            return ""
        stamp = str(round(self._clock() * 1000))
        sign = _hmac(self._webhook.secret.encode(), f"{stamp}\n{self._webhook.secret}".encode())
        return f"&timestamp={stamp}&sign={quote(sign, safe='')}"

    def _feishu_sign(self) -> dict[str, str]:
        """Source: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot"""  # noqa: D400
        if not self._webhook.secret:
            return {}
        stamp = str(int(self._clock()))
        return {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{self._webhook.secret}".encode(), b"")}


def _hmac(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def _line(notice: Notice, link: str) -> str:
    """What happened, to which question, and where to look, without the marks that mention people or set links."""
    body: Mapping[str, str] = notice.body
    zh, en = _EVENTS[notice.event]
    product = f"[{body['product']}] " if body.get("product") else ""
    question = " ".join(body.get("question", "").split())
    if len(question) > _SHOWN:
        question = question[:_SHOWN] + "…"
    words = f"{zh if body.get('language') == 'zh' else en}: {product}{question}"
    return f"{words.replace('<', '‹').replace('>', '›').replace('@', '＠')}\n{link}"


async def _post(url: str, content: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Status and beginning of the reply, within ten seconds in all: a limit for each read would not limit their sum."""
    async with (
        asyncio.timeout(_TIMEOUT_S),
        httpx.AsyncClient(timeout=None) as client,
        client.stream("POST", url, content=content, headers=headers) as reply,
    ):
        text = b""
        async for chunk in reply.aiter_bytes():
            text += chunk
            if len(text) > _MAX_REPLY_BYTES:
                break
        return reply.status_code, text


def _refusal(text: bytes) -> int:
    """The error code of chats that refuse with status 200; 0 where there is none."""
    try:
        reply = json.loads(text)
    except ValueError:
        return 0
    code = next((reply[name] for name in ("errcode", "code") if name in reply), 0) if isinstance(reply, dict) else 0
    return code if isinstance(code, int) else 0
