"""Corrections on real parts: they are what readers get at once, survive the sources, and can be taken back."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import ingest
from assistant.correction import Correction
from assistant.experts import Expert
from assistant.golden import golden_case, golden_line
from assistant.reporting import Review
from assistant.values import Answer, AskRequest, Done
from kb.errors import AnswerNotFound, DocumentError, EditConflict, NotAllowed, RequestError
from ui.services import Services, build_services
from ui.settings import load_settings

CHIEF = Expert("chief", "maintainer")
LIN = Expert("lin", "reviewer", ("nacos",))
WEI = Expert("wei", "reviewer", ("arthas",))
QUESTION = "客户端一直报 Client not connected, current status: STARTING，怎么处理？"
ENTRY = """---
id: starting
title: 客户端一直处于 STARTING
---

## 用户问题

客户端启动后一直报 Client not connected, current status: STARTING，服务注册不上。

## 专家官方解答

**原因**：2.x 客户端要用 gRPC 端口，而防火墙没有放行。

1. 在防火墙上放行 9848 端口。
2. 重启客户端。

## 参考链接

- [端口说明](https://nacos.io/docs/ports)
"""
OTHER = """---
id: cluster
title: 集群节点列表为空
---

## 用户问题

集群启动后，控制台的节点列表是空的，怎么办？

## 专家官方解答

检查 conf/cluster.conf 里是否写了每个节点的地址，然后重启所有节点。
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "nacos"
    folder.mkdir()
    (folder / "starting.md").write_text(ENTRY, encoding="utf-8")
    (folder / "cluster.md").write_text(OTHER, encoding="utf-8")
    return folder


@pytest.fixture
def desk(tmp_path: Path, sources: Path) -> Iterator[Services]:
    services = build_services(load_settings(data=tmp_path / "data", answer_at=0.2))
    take_in(services, sources)
    yield services
    services.close()


def take_in(desk: Services, sources: Path, **options: bool) -> ingest.Report:
    knowledge = desk.knowledge
    report = ingest.ingest(
        [str(sources)], records=knowledge.records, embedder=knowledge.embedder, product="nacos", **options
    )
    knowledge.follow()
    return report


def ask(desk: Services, question: str = QUESTION) -> Answer:
    *_, last = desk.assistant.ask(AskRequest(question, product="nacos"))
    assert isinstance(last, Done)
    return last.answer


def complain(desk: Services, question: str = QUESTION) -> Review:
    """Ask, rate badly; the review that comes of it."""
    answer = ask(desk, question)
    desk.assistant.rate(answer.id, answer.feedback_token, "bad")
    review = desk.learning.queue.of_answer(answer.id)
    assert review
    return review


def draft(
    desk: Services, review: Review, old: str = "9848", new: str = "9848 和 9849", document: str = "starting"
) -> Correction:
    """A draft that changes some words of an entry."""
    corrections = desk.learning.corrections
    begun = corrections.start(LIN, review, "nacos", document)
    text = begun.text.replace(f"放行 {old} 端口", f"放行 {new} 端口")
    return corrections.save(LIN, begun.id, begun.version, title=begun.title, text=text, phrases=["9849"])


def expert_answer(desk: Services) -> Correction:
    """A new answer that an expert wrote and that stands."""
    corrections = desk.learning.corrections
    begun = corrections.start(LIN, complain(desk), "nacos")
    text = begun.text.replace("## 专家官方解答\n", "## 专家官方解答\n\n放行 4711 端口。\n")
    saved = corrections.save(LIN, begun.id, begun.version, title="4711", text=text)
    return corrections.approve(LIN, saved.id, saved.version)


def approved(desk: Services) -> Correction:
    one = draft(desk, complain(desk))
    done = desk.learning.corrections.approve(LIN, one.id, one.version)
    desk.knowledge.follow()
    return done


def entry(desk: Services, id: str = "starting") -> str:
    document = desk.knowledge.records.document("nacos", id)
    return document.text if document else ""


def test_an_approved_correction_is_what_readers_get(desk: Services) -> None:
    """The same question is answered from the corrected entry, marked as reviewed; the review is done with."""
    correction = approved(desk)
    answer = ask(desk)
    assert "9849" in answer.markdown
    assert {(c.document, c.reviewed) for c in answer.citations} == {("starting", True)}
    review = desk.learning.queue.get(LIN, correction.review)
    assert (review.state, review.document, review.owner) == ("resolved", "starting", "lin")
    last = desk.learning.queue.history(review)[-1]
    assert (last.expert, last.action, last.digest) == ("lin", "approved", correction.digest)
    document = desk.knowledge.records.document("nacos", "starting")
    assert document
    assert [reference.url for reference in document.references] == ["https://nacos.io/docs/ports"]
    publication = desk.publications.get("nacos", "starting")
    assert publication
    assert (publication.document, publication.status) == (document, "published")


def test_drafts_are_in_no_index(desk: Services) -> None:
    """What nobody approved is found by nobody."""
    one = draft(desk, complain(desk), new="4711")
    desk.knowledge.follow()
    assert "4711" not in entry(desk)
    desk.learning.corrections.reject(LIN, one.id, one.version)
    assert not any("4711" in p.text for hit in desk.search.search("4711").hits for p in hit.passages)


def test_what_nobody_sees_is_not_stored(desk: Services) -> None:
    """NUL, which PostgreSQL refuses, and marks that turn the reading direction around."""
    corrections = desk.learning.corrections
    begun = corrections.start(LIN, complain(desk), "nacos", "starting")
    text = f"{begun.text}\r\n\x00放行\u202e 9849"
    saved = corrections.save(LIN, begun.id, begun.version, title="T\x00 t\u202e", text=text, phrases=["98\x0049"])
    assert (saved.title, saved.text, saved.phrases) == ("T t", f"{begun.text}\n放行 9849", ("9849",))


def test_a_new_answer(desk: Services) -> None:
    """Where nothing is cited, an expert writes; the question is answered from then on."""
    question = "如何把命名空间 dev 导出再导入到另一个环境？"
    answer = ask(desk, question)
    review = desk.learning.queue.of_answer(answer.id) or complain(desk, question)
    corrections = desk.learning.corrections
    begun = corrections.start(LIN, review, "nacos")
    assert corrections.start(LIN, review, "nacos") == begun
    with pytest.raises(DocumentError):
        corrections.approve(LIN, begun.id, begun.version)
    text = begun.text.replace(
        "## 专家官方解答\n", "## 专家官方解答\n\n在控制台的命名空间页面导出配置，再到另一个环境导入。\n"
    )
    saved = corrections.save(LIN, begun.id, begun.version, title="命名空间的导出与导入", text=text)
    corrections.approve(LIN, saved.id, saved.version)
    desk.knowledge.follow()
    again = ask(desk, question)
    assert {c.document for c in again.citations} == {saved.document}
    assert saved.document.startswith("expert-")
    assert "导入" in again.markdown


def test_unchanged_sources_leave_a_correction_alone(desk: Services, sources: Path) -> None:
    """Also when every file is read again."""
    approved(desk)
    corrected = entry(desk)
    assert take_in(desk, sources).counts["unchanged"] == 2
    assert take_in(desk, sources, force=True).counts["updated"] == 0
    assert entry(desk) == corrected
    assert desk.learning.queue.page(CHIEF, kind="stale").reviews == ()


def change(sources: Path, old: str, new: str) -> None:
    path = sources / "starting.md"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def stale(desk: Services) -> Review:
    (review,) = desk.learning.queue.page(CHIEF, kind="stale").reviews
    return review


def test_changed_sources_leave_a_correction_alone_and_say_so(desk: Services, sources: Path) -> None:
    """The correction stands, the report names it, and one review asks what to do."""
    correction = approved(desk)
    corrected = entry(desk)
    change(sources, "重启客户端", "重启客户端和服务端")
    report = take_in(desk, sources)
    assert [file.message for file in report.files if file.document == "starting"] == [
        "an expert's correction stands; what changed here waits for review"
    ]
    assert take_in(desk, sources).counts["unchanged"] == 2
    assert entry(desk) == corrected
    assert (stale(desk).document, stale(desk).product) == ("starting", "nacos")
    standing = desk.learning.corrections.standing("nacos", "starting")
    assert standing
    assert (standing.id, standing.state) == (correction.id, "conflict")
    assert standing.source
    assert "重启客户端和服务端" in standing.source.text


def test_a_conflict_is_settled_by_keeping(desk: Services, sources: Path) -> None:
    """The same change does not come back; the next one does."""
    approved(desk)
    change(sources, "重启客户端", "重启客户端和服务端")
    take_in(desk, sources)
    review, corrections = stale(desk), desk.learning.corrections
    standing = corrections.standing("nacos", "starting")
    assert standing
    kept = corrections.keep(LIN, standing.id, standing.version)
    assert kept.state == "approved"
    assert desk.learning.queue.get(CHIEF, review.id).state == "resolved"
    take_in(desk, sources, force=True)
    assert desk.learning.queue.page(CHIEF, kind="stale").reviews == ()
    change(sources, "重启客户端和服务端", "全部重启")
    take_in(desk, sources)
    assert stale(desk).id != review.id


def test_a_source_that_says_the_same_is_no_conflict(desk: Services, sources: Path) -> None:
    """Somebody made the expert's change in the source, as publishing to it does."""
    approved(desk)
    change(sources, "放行 9848 端口", "放行 9848 和 9849 端口")
    take_in(desk, sources)
    assert desk.learning.queue.page(CHIEF, kind="stale").reviews == ()
    change(sources, "放行 9848 和 9849 端口", "放行所有端口")
    take_in(desk, sources)
    assert "9849" in entry(desk)
    assert stale(desk)


def test_a_vanished_source_leaves_a_correction_alone(desk: Services, sources: Path) -> None:
    """The entry stays, and an expert is asked."""
    approved(desk)
    corrected = entry(desk)
    (sources / "starting.md").unlink()
    report = take_in(desk, sources)
    assert [file.message for file in report.files if file.document == "starting"] == [
        "gone; an expert's correction of it stands"
    ]
    assert entry(desk) == corrected
    assert stale(desk)
    assert take_in(desk, sources).counts["removed"] == 0


def test_withdrawing_gives_the_source_back(desk: Services, sources: Path) -> None:
    """As it is now; the page and the regression case go, and later changes of the source come through again."""
    correction = approved(desk)
    change(sources, "重启客户端", "重启客户端和服务端")
    take_in(desk, sources)
    corrections = desk.learning.corrections
    standing = corrections.get(CHIEF, correction.id)
    with pytest.raises(NotAllowed):
        corrections.withdraw(LIN, standing.id, standing.version)
    corrections.withdraw(CHIEF, standing.id, standing.version)
    assert "重启客户端和服务端" in entry(desk)
    assert "9849" not in entry(desk)
    assert desk.learning.golden.all() == []
    publication = desk.publications.get("nacos", "starting")
    assert publication
    assert publication.status == "retired"
    change(sources, "放行 9848 端口", "放行端口")
    take_in(desk, sources)
    assert "9848" not in entry(desk)
    assert desk.learning.queue.page(CHIEF, kind="stale").reviews == ()


def test_a_withdrawn_new_answer_is_found_no_more(desk: Services, sources: Path) -> None:
    """Not after taking the sources in again either."""
    done = expert_answer(desk)
    desk.knowledge.follow()
    assert desk.search.search("4711 端口").hits[0].document.id == done.document
    desk.learning.corrections.withdraw(CHIEF, done.id, done.version)
    take_in(desk, sources, force=True)
    assert not any(hit.document.id == done.document for hit in desk.search.search("4711 端口").hits)


def test_readers_of_a_withdrawn_page_are_sent_on(desk: Services) -> None:
    """To a published entry of the same product; to nothing else."""
    kept, gone = approved(desk), expert_answer(desk)
    corrections = desk.learning.corrections
    for wrong in ("no-such", gone.document):
        with pytest.raises(RequestError, match="no other published entry"):
            corrections.withdraw(CHIEF, gone.id, gone.version, wrong)
    assert corrections.get(CHIEF, gone.id).state == "approved"
    corrections.withdraw(CHIEF, gone.id, gone.version, kept.document)
    page = desk.publications.get("nacos", gone.document)
    assert page
    assert (page.status, page.redirect_to) == ("retired", kept.document)


def test_what_was_read_is_what_is_approved(desk: Services) -> None:
    """A draft that was saved again, or decided, since the page was opened is not approved; nothing is stored."""
    corrections = desk.learning.corrections
    seen = draft(desk, complain(desk))
    saved = corrections.save(CHIEF, seen.id, seen.version, title=seen.title, text=seen.text.replace("9849", "1"))
    with pytest.raises(EditConflict):
        corrections.approve(LIN, seen.id, seen.version)
    assert "9849" not in entry(desk)
    corrections.approve(CHIEF, saved.id, saved.version)
    for action in (corrections.approve, corrections.reject, corrections.rebase):
        with pytest.raises(EditConflict):
            action(LIN, saved.id, saved.version)
    with pytest.raises(EditConflict):
        corrections.save(LIN, saved.id, saved.version, title="", text="")


def test_an_entry_that_changed_is_looked_at_again(desk: Services, sources: Path) -> None:
    """A draft made from an older text is not approved over the newer one, until an expert has compared them."""
    corrections = desk.learning.corrections
    seen = draft(desk, complain(desk))
    change(sources, "重启客户端", "重启客户端和服务端")
    take_in(desk, sources)
    assert corrections.is_outdated(seen)
    with pytest.raises(EditConflict):
        corrections.approve(LIN, seen.id, seen.version)
    assert "重启客户端和服务端" in entry(desk)
    rebased = corrections.rebase(LIN, seen.id, seen.version)
    corrections.approve(LIN, rebased.id, rebased.version)
    assert "9849" in entry(desk)


def test_a_second_correction_replaces_the_first(desk: Services, sources: Path) -> None:
    """Both stand over the same source, which comes back when the second one is withdrawn."""
    first = approved(desk)
    second = draft(desk, complain(desk), old="9848 和 9849", new="9848、9849 和 7848")
    done = desk.learning.corrections.approve(LIN, second.id, second.version)
    assert desk.learning.corrections.get(LIN, first.id).state == "replaced"
    assert "7848" in entry(desk)
    desk.learning.corrections.withdraw(CHIEF, done.id, done.version)
    assert "放行 9848 端口" in entry(desk)
    assert take_in(desk, sources, force=True).counts["updated"] == 0


def test_experts_touch_their_products_only(desk: Services) -> None:
    """Drafts of another product are not there."""
    review = complain(desk)
    one = draft(desk, review)
    corrections = desk.learning.corrections
    for refused in (
        lambda: corrections.get(WEI, one.id),
        lambda: corrections.save(WEI, one.id, one.version, title="", text=""),
        lambda: corrections.approve(WEI, one.id, one.version),
        lambda: corrections.start(WEI, review, "nacos", "starting"),
        lambda: corrections.start(LIN, review, "nacos", "missing"),
        lambda: corrections.get(LIN, "missing"),
    ):
        with pytest.raises(AnswerNotFound):
            refused()
    with pytest.raises(RequestError):
        corrections.start(CHIEF, review, "")


def test_secrets_and_damage_are_refused(desk: Services) -> None:
    """A text with a key in it, or without an answer, cannot become an entry; nor can a review that is done with."""
    corrections, review = desk.learning.corrections, complain(desk)
    seen = draft(desk, review)
    for text in (seen.text + "\nAKIA" + "Q3ZX7KPLM2WRT9BV", "just words", "## 用户问题\n\nx\n\n## 专家官方解答\n"):
        seen = corrections.save(LIN, seen.id, seen.version, title="T", text=text)
        with pytest.raises(DocumentError):
            corrections.approve(LIN, seen.id, seen.version)
    with pytest.raises(RequestError):
        corrections.save(LIN, seen.id, seen.version, title="T", text="x" * 40_001)
    current = desk.learning.queue.get(LIN, review.id)
    desk.learning.queue.change(LIN, review.id, current.version, state="dismissed")
    with pytest.raises(RequestError):
        corrections.start(LIN, review, "nacos", "cluster")


# Regression


def test_an_accepted_correction_becomes_a_golden_case(desk: Services) -> None:
    """In the format that `dayi eval` reads; the same question counts once."""
    approved(desk)
    second = draft(desk, complain(desk), old="9848 和 9849", new="9849")
    desk.learning.corrections.approve(LIN, second.id, second.version)
    (case,) = desk.learning.golden.all("nacos")
    assert (case.question, case.documents, case.phrases) == (QUESTION, ("starting",), ("9849",))
    assert golden_case(json.loads(golden_line(case)), "here") == case


def test_a_fall_is_seen_before_it_happens(desk: Services) -> None:
    """A new answer that would take the place of an accepted one is found out; readers notice nothing of the check."""
    approved(desk)
    before = (desk.knowledge.records.seq(), len(desk.assistant.ratings()))
    review = complain(desk, "集群启动后，控制台的节点列表是空的，怎么办？")
    corrections = desk.learning.corrections
    begun = corrections.start(LIN, review, "nacos")
    body = f"## 用户问题\n\n{QUESTION}\n\n## 专家官方解答\n\n**原因**：{QUESTION}\n\n1. 换一台机器再试 {QUESTION}\n"
    saved = corrections.save(LIN, begun.id, begun.version, title=QUESTION, text=body)
    check = desk.learning.regression.check(*corrections.trial(saved))
    assert (check.asked, check.answered) == (1, 0)
    assert not check.is_safe
    assert [case.question for case in check.fallen] == [QUESTION]
    assert before[0] == desk.knowledge.records.seq()
    assert entry(desk, saved.document) == ""


def test_a_good_correction_passes_the_check(desk: Services) -> None:
    """Its own question is answered from it, with the words that must be quoted, and nothing falls."""
    approved(desk)
    again = draft(desk, complain(desk), old="9848 和 9849", new="9848、9849 和 7848")
    check = desk.learning.regression.check(*desk.learning.corrections.trial(again))
    assert check.is_safe
    broken = draft(desk, complain(desk), old="9848、9849 和 7848", new="一个")
    check = desk.learning.regression.check(*desk.learning.corrections.trial(broken))
    assert not check.own_answered


# Many at once


def test_fifty_reviewers_lose_nothing(desk: Services) -> None:
    """Each adds lines to the same draft, in between the others, and tries again when told; all lines are there."""
    corrections = desk.learning.corrections
    one = draft(desk, complain(desk))
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            for line in range(3):
                while True:
                    seen = corrections.get(LIN, one.id)
                    text = f"{seen.text.rstrip()}\n\nreviewer {number} line {line}\n"
                    try:
                        corrections.save(LIN, one.id, seen.version, title=seen.title, text=text)
                    except EditConflict:
                        continue
                    break
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    final = corrections.get(LIN, one.id)
    assert final.version == one.version + 150
    written = {line for line in final.text.splitlines() if line.startswith("reviewer")}
    assert written == {f"reviewer {number} line {line}" for number in range(50) for line in range(3)}


def test_two_approvals_at_once_are_one(desk: Services) -> None:
    """Of twenty experts who press the button on the same page, one approves."""
    one = draft(desk, complain(desk))
    outcomes: list[str] = []

    def work() -> None:
        try:
            desk.learning.corrections.approve(LIN, one.id, one.version)
            outcomes.append("approved")
        except EditConflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approved", *["conflict"] * 19]
    assert len(desk.learning.golden.all()) == 1
