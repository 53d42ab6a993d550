"""Mail to an asker whose answer was corrected: one message, in the language of the question, in plain text."""

import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate

from assistant.notices.courier import Notice
from kb.errors import NoticeError

__all__ = ["MailSender", "SmtpAddress"]

_TIMEOUT_S = 20
_IMPLICIT_TLS_PORT = 465
_SHOWN = 200
_LINK = re.compile(r"\S*(?:://|www\.)\S*", re.IGNORECASE)
_TEXTS = {
    "zh": (
        "你的问题有了专家的解答",
        "你好：\n\n你曾在答疑留下邮箱。专家已经处理了你的问题：\n\n    {question}\n\n修订后的解答：\n{link}\n\n"
        "这是一封一次性的通知，不会再就这个问题给你发信。\n",
    ),
    "en": (
        "An expert has dealt with your question",
        "Hello,\n\nyou left your address with a question that you asked. An expert has dealt with it:\n\n"
        "    {question}\n\nThe corrected answer:\n{link}\n\nYou get no other message about this question.\n",
    ),
}


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """A mail server and who sends through it. Port 465 speaks TLS from the start; elsewhere `starttls` asks for it."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = True


class MailSender:
    """Sends notices to the asker that their body names in "to"; `base_url` is this server's public address."""

    def __init__(self, smtp: SmtpAddress, base_url: str) -> None:
        self._smtp = smtp
        self._base_url = base_url

    def send(self, notice: Notice) -> None:
        """See `Sender.send`."""
        try:
            message = self._message(notice)
        except ValueError:  # a line break in what becomes a header
            raise NoticeError("the address is none", final=True) from None
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NoticeError(f"recipient refused, {codes}", final=all(code >= 500 for code in codes)) from None
        except smtplib.SMTPResponseException as error:
            raise NoticeError(f"mail server says {error.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as error:  # their messages may quote what was sent
            raise NoticeError(f"mail server failed, {type(error).__name__}") from None

    def _connected(self) -> smtplib.SMTP:
        smtp, context = self._smtp, ssl.create_default_context()
        if smtp.port == _IMPLICIT_TLS_PORT:
            server: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=_TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(smtp.host, smtp.port, timeout=_TIMEOUT_S)
        try:
            if smtp.starttls and smtp.port != _IMPLICIT_TLS_PORT:
                server.starttls(context=context)  # raises where the server does not offer it: nothing goes in the clear
            if smtp.user:
                server.login(smtp.user, smtp.password)
        except BaseException:
            server.close()
            raise
        return server

    def _message(self, notice: Notice) -> EmailMessage:
        body = notice.body
        subject, text = _TEXTS["zh" if body["language"] == "zh" else "en"]
        message = EmailMessage()
        message["Subject"] = subject
        message["From"] = self._smtp.sender
        message["To"] = body["to"]
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{notice.id}@{self._smtp.sender.rpartition('@')[2].rstrip('>')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text.format(question=_quoted(body["question"]), link=self._base_url + body["path"]))
        return message


def _quoted(question: str) -> str:
    """The beginning of a question in one line. Whoever asks can name anybody's address, so links are left out."""
    words = _LINK.sub("…", " ".join(question.split()))
    return words if len(words) <= _SHOWN else words[:_SHOWN] + "…"
