"""What happened is told: in the transaction, again after failures and restarts, and to nobody else."""

import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from assistant.answers import AnswerStore
from assistant.notices.askers import is_mail_address, tell_fixed
from assistant.notices.courier import Courier, Notice
from assistant.notices.mail import MailSender, SmtpAddress
from assistant.notices.outbox import EVENTS, MAIL, Outbox, Target
from assistant.notices.webhooks import Webhook, WebhookSender
from assistant.publications import Publication
from assistant.readers import ReaderRatings
from assistant.reviews import Queue
from kb.errors import NoticeError
from kb.records import Records
from kb.records.schema import outbox
from kb.values import Document
from tests.assistant.test_reviews import answer
from tests.receivers import MailServer, WebServer, mail_server, web_server

PAST = "2026-01-01T00:00:00.000000Z"
BODY = {"product": "nacos", "question": "Why?", "language": "en", "path": "/a/x"}


class Receiver:
    """A target that refuses as often as it is told to."""

    def __init__(self, *failures: NoticeError) -> None:
        self.failures = list(failures)
        self.taken: list[Notice] = []

    def send(self, notice: Notice) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(notice)


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def add(records: Records, *targets: str, number: int = 1) -> None:
    box = Outbox([Target(name, frozenset(EVENTS)) for name in targets])
    with records.write() as connection:
        for _ in range(number):
            box.add(connection, "published", BODY)


def rows(records: Records) -> list[dict[str, object]]:
    with records.read() as connection:
        return [dict(row) for row in connection.execute(select(outbox)).mappings()]


def make_due(records: Records) -> None:
    with records.write() as connection:
        connection.execute(update(outbox).where(outbox.c.due_at != "").values(due_at=PAST))


def test_what_readers_do_is_told_once(records: Records) -> None:
    """A bad rating and a request, with the review to open; saying the same again tells nothing new."""
    store = AnswerStore(records, Outbox([Target("all", frozenset(EVENTS)), Target("few", frozenset(["fixed"]))]))
    store.save(answer("a"), site="docs")
    for comment in ("no", "still no"):
        store.rate("a", "token-a", "bad", created_at=PAST, comment=comment)
        store.ask_expert("a", "token-a", created_at=PAST, comment=comment)
    found = rows(records)
    assert sorted((row["event"], row["target"]) for row in found) == [("bad_rating", "all"), ("expert_request", "all")]
    assert {row["body"]["path"].rpartition("/")[0] for row in found} == {"/review/items"}  # type: ignore[index]
    store.rate("a", "token-a", "good", created_at=PAST)
    store.rate("a", "token-a", "bad", created_at=PAST)
    assert len(rows(records)) == 3


def test_other_readers_complaints_are_told_and_answered(records: Records) -> None:
    """Of an answer and of a published page; each who left an address hears of the fix once, at the right place."""
    box = Outbox([Target("all", frozenset(EVENTS))], mails=True)
    store, readers = AnswerStore(records, box), ReaderRatings(records, box)
    store.save(answer("a"))
    page = Publication(Document("doc", "nacos", "Title", "text", (), question="Why?", reviewed=True), "", "", ())
    for _ in range(2):
        readers.rate_answer("a", "reader", "bad", contact="a@example.org")
        readers.rate_page(page, "reader", "bad", contact="p@example.org")
        readers.rate_page(page, "other", "bad", contact="nobody")
    told = [(row["event"], row["body"]["question"]) for row in rows(records)]  # type: ignore[index]
    assert sorted(told) == [("bad_rating", "Title")] * 2 + [("bad_rating", "Why is 9848 closed?")]
    of_answer, (_, of_page) = Queue(records).of_answer("a"), readers.of_page("nacos", "doc", "reader")
    assert of_answer
    assert of_page
    for review in (of_answer, of_page):
        for _ in range(2):
            with records.write() as connection:
                tell_fixed(connection, box, review)
    mails = [row["body"] for row in rows(records) if row["target"] == MAIL]
    assert sorted((mail["to"], mail["path"]) for mail in mails) == [  # type: ignore[index]
        ("a@example.org", "/a/a"),
        ("p@example.org", "/p/nacos/doc"),
    ]


def test_what_an_asker_deletes_is_told_no_more(records: Records) -> None:
    """Notices that still wait hold the question, too."""
    store = AnswerStore(records, Outbox([Target("all", frozenset(EVENTS))]))
    for id, question in (("a", "My very own question"), ("b", "Another one")):
        store.save(answer(id, question))
        store.rate(id, f"token-{id}", "bad", created_at=PAST)
    store.delete("a", "token-a")
    assert [row["body"]["question"] for row in rows(records)] == ["Another one"]  # type: ignore[index]


def test_nothing_is_kept_for_nobody(records: Records) -> None:
    """Without targets and without mail the outbox stays empty."""
    store = AnswerStore(records)
    store.save(answer("a"))
    store.rate("a", "token-a", "bad", created_at=PAST)
    assert rows(records) == []


def test_what_is_undone_is_not_told(records: Records) -> None:
    """The notice belongs to the transaction."""
    box = Outbox([Target("all", frozenset(EVENTS))])

    def fail() -> None:
        with records.write() as connection:
            box.add(connection, "fixed", BODY)
            raise KeyError

    pytest.raises(KeyError, fail)
    assert rows(records) == []


def test_failures_are_tried_again_later(records: Records) -> None:
    """Not at once, not for ever, and a final refusal never again."""
    add(records, "one", "two")
    down = NoticeError("down")
    one, two = Receiver(down, down), Receiver(NoticeError("gone", final=True))
    courier = Courier(records, {"one": one, "two": two})
    assert courier.deliver() == 0
    assert courier.deliver() == 0  # not due yet
    assert len(one.failures) == 1
    make_due(records)
    courier.deliver()
    make_due(records)
    assert courier.deliver() == 1
    assert [notice.event for notice in one.taken] == ["published"]
    assert [(row["target"], row["due_at"]) for row in rows(records)] == [("two", "")]
    for _ in range(10):
        make_due(records)
        courier.deliver()
    assert two.taken == []


def test_after_eight_failures_a_notice_is_given_up(records: Records) -> None:
    add(records, "one")
    receiver = Receiver(*[NoticeError("down")] * 20)
    courier = Courier(records, {"one": receiver})
    for _ in range(12):
        courier.deliver()
        make_due(records)
    assert len(receiver.failures) == 20 - 8
    assert rows(records)[0]["due_at"] == ""


def test_one_that_is_down_holds_up_nobody(records: Records) -> None:
    """Of a target that fails, one notice is tried in a round; the others get theirs."""
    add(records, "down", "up", number=5)
    down, up = Receiver(*[NoticeError("x")] * 9), Receiver()
    assert Courier(records, {"down": down, "up": up}).deliver() == 5
    assert len(down.failures) == 8


def test_a_restart_loses_nothing_and_two_servers_send_once(records: Records) -> None:
    """What one process stored another sends; several at the same time send each notice once."""
    add(records, "one", number=30)
    receiver = Receiver()
    couriers = [Courier(records, {"one": receiver}) for _ in range(3)]

    def work(courier: Courier) -> None:
        for _ in range(30):
            courier.deliver()

    threads = [threading.Thread(target=work, args=(courier,)) for courier in couriers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({notice.id for notice in receiver.taken}) == len(receiver.taken) == 30
    assert rows(records) == []


def test_the_thread_delivers_over_http(records: Records, web: WebServer) -> None:
    """Stored, sent, gone; notices for a webhook that was taken out of the settings stay where they are."""
    webhook = Webhook("generic", f"{web.url}/hook")
    courier = Courier(records, {webhook.name: WebhookSender(webhook, "https://answers.example.org")})
    courier.start()
    add(records, webhook.name, "generic-old")
    end = time.monotonic() + 20
    while len(rows(records)) > 1 and time.monotonic() < end:
        time.sleep(0.05)
    courier.close()
    assert [request.path for request in web.requests] == ["/hook"]
    assert [row["target"] for row in rows(records)] == ["generic-old"]


# Mail


def smtp(mails: MailServer, **changes: object) -> SmtpAddress:
    values = {"host": "127.0.0.1", "port": mails.port, "sender": "Dayi <answers@example.org>", "starttls": False}
    return SmtpAddress(**values | changes)  # type: ignore[arg-type]


def letter(**changes: str) -> Notice:
    body = {"to": "wei@example.net", "question": "9848 端口不通？", "language": "zh", "path": "/a/x"}
    return Notice("id1", "fixed", body | changes, PAST)


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("zh", "你的问题有了专家的解答", "修订后的解答"),
        ("en", "An expert has dealt with your question", "The corrected answer"),
    ],
)
def test_askers_get_mail_in_their_language(mails: MailServer, language: str, subject: str, words: str) -> None:
    MailSender(smtp(mails), "https://answers.example.org").send(letter(language=language))
    (message,) = mails.messages
    assert (message["To"], message["From"], message["Subject"]) == (
        "wei@example.net",
        "Dayi <answers@example.org>",
        subject,
    )
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<id1@example.org>"
    text = message.get_content()
    assert words in text
    assert "https://answers.example.org/a/x" in text
    assert "9848 端口不通？" in text


def test_no_header_comes_from_a_reader(mails: MailServer) -> None:
    """A question with line breaks is one line of the text; a recipient with some is refused."""
    sender = MailSender(smtp(mails), "https://answers.example.org")
    sender.send(
        letter(question="Q\r\nBcc: all@example.net\r\n.\r\nMAIL FROM:<x@y.z>\r\n see https://evil.example/x now")
    )
    (message,) = mails.messages
    assert message["Bcc"] is None
    assert len(mails.recipients) == 1
    assert "evil.example" not in message.get_content()
    with pytest.raises(NoticeError) as error:
        sender.send(letter(to="wei@example.net\r\nBcc: all@example.net"))
    assert error.value.final
    assert len(mails.messages) == 1


@pytest.mark.parametrize(
    ("refuse", "final"), [("550 no such user", True), ("451 try again later", False)], ids=["for ever", "for now"]
)
def test_refused_mail(mails: MailServer, refuse: str, final: bool) -> None:
    mails.refuse = refuse
    with pytest.raises(NoticeError) as error:
        MailSender(smtp(mails), "").send(letter())
    assert error.value.final is final


def test_a_password_never_goes_in_the_clear(mails: MailServer) -> None:
    """A server that offers no TLS is refused where it is asked for, before anything is said."""
    with pytest.raises(NoticeError) as error:
        MailSender(smtp(mails, starttls=True, user="dayi", password="hunter2"), "").send(letter())
    assert not any(line.upper().startswith(("AUTH", "MAIL")) for line in mails.commands)
    assert "hunter2" not in f"{error.value} {smtp(mails, password='hunter2')!r}"


def test_an_unreachable_mail_server(records: Records) -> None:
    """Is tried again."""
    box = Outbox(mails=True)
    with records.write() as connection:
        box.add_mail(connection, letter().body)
    sender = MailSender(SmtpAddress("127.0.0.1", 1, "a@example.org", starttls=False), "")
    assert Courier(records, {MAIL: sender}).deliver() == 0
    assert rows(records)[0]["attempts"] == 1


@pytest.mark.parametrize(
    ("contact", "is_one"),
    [
        ("wei@example.net", True),
        ("w.e+i-2@mail.example.com.cn", True),
        ("13800000000", False),
        ("wei@localhost", False),
        ("Wei <wei@example.net>", False),
        ("a@example.net,b@example.net", False),
        ("wei@example.net\r\nBcc: b@example.net", False),
        ("wei@example.net\n", False),
        (".wei@example.net", False),
        ("w..i@example.net", False),
        ("卫@example.net", False),
        ("wei@-x.net", False),
        ("a@" + "b." * 200 + "net", False),
        ("", False),
    ],
)
def test_what_is_an_address(contact: str, is_one: bool) -> None:
    assert is_mail_address(contact) is is_one
