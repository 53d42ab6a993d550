"""The assistant end to end on real parts: SQLite, Chroma, tantivy, the bundled model, the sample knowledge base."""

from dataclasses import asdict
from pathlib import Path

import pytest

from assistant import Answer, AnswerStore, AskRequest, Assistant, Delta, Done, Sources, Started
from ingest import put_all
from ingest.jsonl import parse_line
from kb import AnswerNotFound, HybridSearch, KnowledgeBase, QuestionError, UnknownProduct, load_embedder
from ui.services import Services


def ask(services: Services, question: str, **fields: str) -> Answer:
    *_, last = services.assistant.ask(AskRequest(question, **fields))
    assert isinstance(last, Done)
    return last.answer


def test_events_come_in_order(services: Services) -> None:
    """Started, sources, deltas, and exactly one last event; the deltas are the answer's Markdown."""
    events = list(services.assistant.ask(AskRequest("nacos 开启鉴权后报 user not found", product="nacos")))
    assert isinstance(events[0], Started)
    assert isinstance(events[1], Sources)
    assert isinstance(events[-1], Done)
    assert all(isinstance(event, Delta) for event in events[2:-1])
    answer = events[-1].answer
    assert "".join(event.text for event in events[2:-1] if isinstance(event, Delta)).strip() == answer.markdown.strip()
    assert answer.id == events[0].id
    assert answer.permalink.endswith(f"/a/{answer.id}")
    assert answer.citations == events[1].citations


@pytest.mark.parametrize(
    ("question", "product", "documents"),
    [
        ("nacos 开启鉴权后客户端报 user not found 怎么办", "nacos", {"nacos-sample-0004"}),
        ("Client not connected, current status:STARTING", "nacos", {"nacos-sample-0002"}),
        ("arthas 怎么看一个方法的入参和返回值", "arthas", {"docs/watch", "arthas-sample-0003"}),
        ("thread -b reports nothing although the application hangs", "arthas", {"arthas-sample-0015"}),
        ("How do I find the busiest threads with Arthas?", "arthas", {"arthas-sample-0005"}),
        ("watch 命令怎么用", "", {"docs/watch", "arthas-sample-0003", "arthas-sample-0004"}),
        ("9848 端口是做什么的", "", {"nacos-sample-0002", "nacos-sample-0011"}),
    ],
)
def test_a_known_question_gets_steps_with_exact_quotes(
    services: Services, question: str, product: str, documents: set[str]
) -> None:
    """The right entry, causes or steps, and every quote equals the document's text at its offsets."""
    answer = ask(services, question, product=product)
    assert answer.outcome == "answered"
    assert answer.steps or answer.explanation
    assert answer.citations[0].document in documents
    for citation in answer.citations:
        document = services.knowledge.records.document(citation.product, citation.document)
        assert document is not None
        assert citation.quote == document.text[citation.start : citation.end]


@pytest.mark.parametrize(
    "question", ["红烧肉怎么做才好吃？", "How do I centre a div in CSS?", "今天天气怎么样", "mmdet 训练 loss 为 nan"]
)
def test_an_alien_question_is_declined(services: Services, question: str) -> None:
    """No evidence, no answer, no citation; the reader is told so."""
    answer = ask(services, question)
    assert answer.outcome == "abstained"
    assert answer.citations == ()
    assert answer.causes == answer.steps == answer.explanation == ()


@pytest.mark.parametrize(
    ("question", "asks_back"),
    [
        ("报错了怎么办", "哪个版本"),
        ("启动失败", "报错原文"),
        ("it does not work", "which version"),
        ("why error", "word for word"),
    ],
)
def test_a_vague_question_is_asked_back(services: Services, question: str, asks_back: str) -> None:
    """It names nothing that could be looked up, so the reader is told what to add, in the question's language."""
    answer = ask(services, question)
    assert answer.outcome == "abstained"
    assert asks_back in answer.markdown


@pytest.mark.parametrize("question", ["红烧肉怎么做才好吃？", "How long should I roast a chicken?"])
def test_an_alien_question_gets_no_entries(services: Services, question: str) -> None:
    """Entries that have nothing to do with the question help nobody."""
    answer = ask(services, question)
    assert answer.outcome == "abstained"
    assert answer.related == ()


def test_a_nearly_answerable_question_gets_the_nearest_entries(services: Services) -> None:
    """Too little for an answer, enough to look further."""
    answer = ask(services, "kubectl cannot reach the API server")
    assert answer.outcome == "abstained"
    assert answer.related


def test_an_entry_that_does_not_know_is_not_among_the_nearest(tmp_path: Path) -> None:
    """It would send the reader to a page that says only that it cannot help."""
    embedder = load_embedder("bundled")
    knowledge = KnowledgeBase.open(tmp_path, f"sqlite:///{tmp_path}/dayi.db", embedder)
    texts = {
        "silent": "我目前了解到的信息可能不足以回答这个问题，知识库中并未提及端口冲突。\n\n建议在社区提问。",
        "telling": "端口冲突时，修改 server.port，再重新启动。",
    }
    lines = [{"id": id, "title": f"端口冲突 {id}", "text": text} for id, text in texts.items()]
    try:
        put_all(knowledge.records, embedder, [parse_line(line, product="p") for line in lines])
        knowledge.follow()
        store = AnswerStore(knowledge.records)
        never = Assistant(HybridSearch(knowledge), store, base_url="http://x", answer_at={"": 1.0})
        *_, last = never.ask(AskRequest("端口冲突怎么解决？"))
    finally:
        knowledge.close()
    assert isinstance(last, Done)
    assert [entry.document for entry in last.answer.related] == ["telling"]


def test_a_product_answers_from_its_own_threshold(services: Services) -> None:
    """A product that promises more declines what others answer; a threshold of 0 declines nothing that was found."""
    settings = {"arthas": 1.0, "": 0.0}
    careful = Assistant(
        services.search, AnswerStore(services.knowledge.records), base_url="http://x", answer_at=settings
    )
    for question, outcome in (("arthas 怎么看一个方法的入参和返回值", "abstained"), ("nacos 集群", "answered")):
        *_, last = careful.ask(AskRequest(question))
        assert isinstance(last, Done)
        assert last.answer.outcome == outcome


def test_the_language_follows_the_question(services: Services) -> None:
    """Headings are in the reader's language."""
    assert "### 解决步骤" in ask(services, "nacos 开启鉴权后客户端报 user not found 怎么办").markdown
    assert "### Steps" in ask(services, "thread -b reports nothing although the application hangs").markdown


def test_a_named_product_is_searched_alone(services: Services) -> None:
    """A question that names Arthas finds nothing of Nacos."""
    answer = ask(services, "arthas watch 命令怎么用")
    assert answer.product == "arthas"
    assert {citation.product for citation in answer.citations} == {"arthas"}


def test_a_follow_up_uses_the_conversation(services: Services) -> None:
    """A short question that points back is answered in the light of the one before."""
    first = ask(services, "nacos 怎么开启鉴权")
    second = ask(services, "那 docker 里怎么配置呢", conversation=first.conversation)
    assert second.conversation == first.conversation
    assert second.product == "nacos"
    assert second.outcome == "answered"


def test_an_answer_is_stored_without_its_capabilities(services: Services) -> None:
    """Who knows the id may read it, not rate it and not continue the conversation."""
    answer = ask(services, "arthas 怎么退出")
    stored = services.assistant.answer(answer.id)
    assert stored.conversation == stored.feedback_token == ""
    assert asdict(stored) == {**asdict(answer), "conversation": "", "feedback_token": ""}


def test_ratings_need_the_asker_and_the_last_one_counts(services: Services) -> None:
    """Repeats leave one rating; a foreign token and an unknown answer look the same."""
    answer = ask(services, "arthas 怎么退出")
    for rating in ("good", "bad", "bad"):
        services.assistant.rate(answer.id, answer.feedback_token, rating, reasons=("outdated",), comment="旧了")
    ratings = [row for row in services.assistant.ratings() if row["answer"] == answer.id]
    assert [(row["rating"], row["reasons"]) for row in ratings] == [("bad", ["outdated"])]
    with pytest.raises(AnswerNotFound) as foreign:
        services.assistant.rate(answer.id, "not-the-token", "good")
    with pytest.raises(AnswerNotFound) as unknown:
        services.assistant.rate("unknown", answer.feedback_token, "good")
    assert str(foreign.value) == str(unknown.value)


def test_secrets_never_reach_the_database(services: Services) -> None:
    """The password is hidden before anything is stored, and the reader is told."""
    answer = ask(services, "nacos 连不上数据库 jdbc:mysql://root:Pa55w0rdX@10.1.2.3:3306/nacos")
    assert answer.masked
    assert "Pa55w0rdX" not in str(asdict(services.assistant.answer(answer.id)))


def test_bad_requests_are_refused_before_any_event(services: Services) -> None:
    """Too long, unknown product, foreign conversation: an error at once, nothing stored."""
    for request, error in (
        (AskRequest("a" * 20_001), QuestionError),
        (AskRequest("nacos", product="no-such"), UnknownProduct),
        (AskRequest("nacos", conversation="guessed"), AnswerNotFound),
    ):
        with pytest.raises(error):
            services.assistant.ask(request)


def test_a_cancelled_question_leaves_nothing(services: Services) -> None:
    """Closing the events early stores no answer."""
    events = services.assistant.ask(AskRequest("arthas 怎么退出"))
    started = next(events)
    assert isinstance(started, Started)
    events.close()  # type: ignore[attr-defined]
    with pytest.raises(AnswerNotFound):
        services.assistant.answer(started.id)


def test_a_long_stack_trace_is_answered(services: Services) -> None:
    """20 000 characters of frames around one message find the entry about that message."""
    trace = "java.lang.IllegalStateException: No DataSource set\n" + "\tat org.spring.A.b(A.java:1)\n" * 660
    answer = ask(services, trace[:20_000], product="nacos")
    assert any("DataSource" in citation.title for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "documents"),
    {
        "Nacos 开启鉴权后客户端报 user not found 怎么办？": {"nacos-sample-0004"},
        "9848 端口是做什么用的，必须开放吗？": {"nacos-sample-0002", "nacos-sample-0011"},
        "Client not connected, current status:STARTING. What is wrong?": {"nacos-sample-0002"},
        "What happens to my services when all Nacos nodes are down?": {"nacos-sample-0028"},
        "watch 命令怎么看方法的入参和返回值？": {"docs/watch", "arthas-sample-0003"},
        "quit 和 stop 有什么区别？": {"arthas-sample-0007"},
        "thread -b shows nothing although the application hangs. Why?": {"arthas-sample-0015"},
        "Why can't Arthas attach inside a container?": {"arthas-sample-0002"},
    }.items(),
)
def test_the_example_questions_are_answered_from_the_right_entry(
    services: Services, question: str, documents: set[str]
) -> None:
    """What the chat page suggests to a newcomer is answered from the entry about it, over all products."""
    answer = ask(services, question)
    assert answer.outcome == "answered"
    assert answer.citations[0].document in documents


def test_the_chat_page_suggests_the_tested_examples(services: Services) -> None:
    """No example goes untested."""
    suggested = {q for product in services.products() for questions in product.examples.values() for q in questions}
    tested = test_the_example_questions_are_answered_from_the_right_entry.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert suggested == {question for question, _ in tested}
