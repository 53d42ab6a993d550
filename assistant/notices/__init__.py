"""Telling others what happened: webhooks to experts' channels, and mail to askers whose answer was corrected.

What is to be told is stored in the transaction that makes it true (`outbox`), and sent from a thread (`courier`) that
tries again until it is taken, over restarts too.
"""

from assistant.notices.courier import Courier
from assistant.notices.mail import MailSender, SmtpAddress, is_mail_address
from assistant.notices.outbox import EVENTS, NoticeEvent, Outbox, Target
from assistant.notices.webhooks import Webhook, WebhookKind, WebhookSender

__all__ = [
    "EVENTS",
    "Courier",
    "MailSender",
    "NoticeEvent",
    "Outbox",
    "SmtpAddress",
    "Target",
    "Webhook",
    "WebhookKind",
    "WebhookSender",
    "is_mail_address",
]
