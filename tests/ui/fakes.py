"""Services with canned answers: real enough for the web layer, and as slow or broken as a test wants."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.answers import AnswerStore
from assistant.engine import Assistant as RealAssistant
from assistant.publications import Publication, PublicationStatus
from assistant.question import MAX_QUESTION_CHARS
from assistant.retention import Retention
from assistant.values import (
    Answer,
    AskRequest,
    Citation,
    Delta,
    Done,
    Event,
    Failed,
    Item,
    Rating,
    Related,
    Sources,
    Started,
)
from kb import KnowledgeBase, Records
from kb.embedding.hashing import HashEmbedder
from kb.errors import AnswerNotFound, QuestionError, StoreError, UnknownProduct
from kb.values import Document, Hit, Language, Passage, Reason, Reference, Section
from ui.services import Learning, build_learning
from ui.settings import Settings

__all__ = ["FakePublications", "FakeServices", "document", "publication"]

_TEXT = """# 客户端一直处于 STARTING 状态

升级到 Nacos 2.x 之后，客户端启动时报 `Client not connected, current status: STARTING`，服务无法注册。

## 根因

Nacos 2.x 客户端通过 gRPC 连接服务端，除 8848 外还会使用 **9848**（主端口 + 1000）。只放行 8848 时连不上。

## 处理步骤

1. 在客户端机器上确认 9848 是否可达：

```bash
nc -zv nacos.example.com 9848
```

2. 在防火墙或安全组中同时放行 8848 与 9848；经 Nginx 转发时要用 stream 模块转发 9848。

```nginx
stream {
  upstream nacos_grpc { server 10.0.0.8:9848; }
  server { listen 9848; proxy_pass nacos_grpc; }
}
```

3. 重启客户端，日志中出现 `Success to connect a server` 即恢复。

## 说明

端口偏移量固定，不能单独配置。
"""


def document(text: str = _TEXT, *, id: str = "grpc-port", title: str = "客户端连接报错：STARTING") -> Document:
    """A document whose paragraphs are its sections."""
    sections, start = [], 0
    for block in text.split("\n\n"):
        sections.append(Section("text", "", start, start + len(block)))
        start += len(block) + 2
    return Document(
        id, "nacos", title, text, tuple(sections), kind="qa", url="https://nacos.io/blog/faq/grpc-port/", reviewed=True
    )


def publication() -> Publication:
    """The document as an expert's published answer."""
    question = "升级到 2.x 之后，客户端一直报 `Client not connected, current status: STARTING`，服务注册不上，怎么办？"
    doc = document()
    references = (
        Reference("Nacos 文档：端口", "https://nacos.io/docs/latest/overview/"),
        Reference("专家经验：2.0 升级后连不上"),
    )
    words = replace(doc, question=question, text=f"{question}\n\n{doc.text}", sections=(), references=references)
    return Publication(words, "2026-11-02", "2026-11-20", ("2.2", "2.3"), updated_at="2026-11-20T08:00:00Z")


def _cite(doc: Document, n: int, words: str) -> Citation:
    start = doc.text.index(words)
    return Citation(
        n, doc.id, doc.product, doc.title, doc.url, words, start, start + len(words), doc.reviewed
    )  # fmt: skip


@dataclass(frozen=True)
class FakeProduct:
    id: str
    title: str
    documents: int
    examples: Mapping[str, Sequence[str]]


@dataclass
class FakeAssistant:
    """Answers everything from one document. Words in the question change its behaviour: 不知道, 失败, 密钥."""

    documents: Mapping[str, Document]
    delay_s: float = 0.0
    gate: threading.Event | None = None
    answer_text: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)  # what the next answers have instead
    asked: list[AskRequest] = field(default_factory=list)
    ratings: dict[tuple[str, str], tuple[str, tuple[str, ...], str]] = field(default_factory=dict)
    closed: int = 0
    _answers: dict[str, Answer] = field(default_factory=dict)

    def ask(self, request: AskRequest) -> Iterator[Event]:
        if len(request.question) > MAX_QUESTION_CHARS or not request.question.strip():
            raise QuestionError("The question is empty or too long.")
        if request.product not in ("", "nacos", "arthas"):
            raise UnknownProduct("There is no such product.")
        self.asked.append(request)
        return self._events(request)

    def answer(self, answer_id: str, /) -> Answer:
        if answer_id not in self._answers:
            raise AnswerNotFound("There is no such answer.")
        return replace(self._answers[answer_id], conversation="", feedback_token="")

    def rate(
        self,
        answer_id: str,
        token: str,
        rating: Rating,
        reasons: Sequence[str] = (),
        comment: str = "",
        contact: str = "",
        key: str = "",
    ) -> None:
        if answer_id not in self._answers or self._answers[answer_id].feedback_token != token:
            raise AnswerNotFound("There is no such answer.")
        self.ratings[answer_id, token] = (rating, tuple(reasons), comment)

    def ask_expert(self, answer_id: str, token: str, comment: str = "", contact: str = "", key: str = "") -> None:
        if answer_id not in self._answers or self._answers[answer_id].feedback_token != token:
            raise AnswerNotFound("There is no such answer.")

    def delete(self, answer_id: str, token: str) -> None:
        if answer_id not in self._answers or self._answers[answer_id].feedback_token != token:
            raise AnswerNotFound("There is no such answer.")
        del self._answers[answer_id]

    def _events(self, request: AskRequest) -> Iterator[Event]:
        number = len(self.asked)
        answer = replace(self._compose(request, f"answer{number}"), **self.changes)
        try:
            yield Started(answer.id, answer.permalink, answer.conversation)
            self._wait()
            if "失败" in request.question:
                yield Failed("store", "The answer could not be made.")
                return
            yield Sources(answer.citations)
            for block in answer.markdown.split("\n\n"):
                self._wait()
                yield Delta(block + "\n\n")
            self._answers[answer.id] = answer
            yield Done(answer)
        finally:
            self.closed += 1

    def _wait(self) -> None:
        time.sleep(self.delay_s)
        if self.gate is not None:
            self.gate.wait(30)

    def _compose(self, request: AskRequest, id: str) -> Answer:
        doc = self.documents["grpc-port"]
        abstained = "不知道" in request.question
        language: Language = "zh"
        citations = (
            _cite(doc, 1, doc.text.split("\n\n")[3]),
            _cite(doc, 2, doc.text.split("\n\n")[7]),
        )
        causes = (Item(self.answer_text or citations[0].quote, (1,)),)
        steps = (
            Item("在客户端机器上确认 9848 是否可达：\n\n```bash\nnc -zv nacos.example.com 9848\n```", (2,)),
            Item(citations[1].quote.removeprefix("2. "), (2,)),
            Item("重启客户端，日志中出现 `Success to connect a server` 即恢复。", (1, 2)),
        )
        parts = [self.answer_text, "### 可能原因", f"1. {causes[0].text} [1]", "### 解决步骤"]
        parts += [f"{n}. {item.text} [2]" for n, item in enumerate(steps, 1)]
        return Answer(
            id=id,
            permalink=f"http://127.0.0.1:7860/a/{id}",
            question=request.question.replace("sk-secret", "[已隐藏]"),
            product=request.product,
            language=language,
            outcome="abstained" if abstained else "answered",
            engine="extractive",
            confidence=0.1 if abstained else 0.87,
            summary="" if abstained else "2.x 客户端还需要 9848 端口，多半是它没有放行。",
            causes=() if abstained else causes,
            steps=() if abstained else steps,
            explanation=() if abstained else (Item("端口偏移量固定，不能单独配置。", (1,)),),
            citations=() if abstained else citations,
            related=(
                Related("sample-11", "nacos", "经 Nginx 代理后 2.x 客户端无法连接", "https://nacos.io/blog/faq/nginx/"),
                Related("sample-12", "nacos", "Docker 中注册了错误的 IP", ""),
            ),
            markdown="知识库里没有可靠的内容。" if abstained else "\n\n".join(part for part in parts if part),
            conversation=request.conversation or "conversation1",
            feedback_token=f"token-{id}",
            created_at="2026-11-22T08:00:00.000000Z",
            milliseconds=42,
            masked="sk-secret" in request.question,
        )


@dataclass
class FakeFound:
    hits: Sequence[Hit]


@dataclass
class FakeSearch:
    documents: Mapping[str, Document]

    def search(self, query: str, *, products: Sequence[str] = (), k: int = 10) -> FakeFound:
        doc = self.documents["grpc-port"]
        passage = Passage("text", "", 0, 20, doc.text[:20])
        return FakeFound([Hit(doc, (passage,), 1.5, (Reason("lexical", 1.5, "9848"),))][:k])


@dataclass
class FakeRecords:
    documents: Mapping[str, Document]
    down: bool = False

    def document(self, product: str, id: str) -> Document | None:
        return self.documents.get(id) if product == "nacos" else None

    def ping(self) -> None:
        if self.down:
            raise StoreError("postgresql://user:hunter2@db/secret does not answer")


class FakePublications:
    """One published entry; tests put in more."""

    def __init__(self, *publications: Publication) -> None:
        self.all = {(p.document.product, p.document.id): p for p in publications}

    def put(self, *publications: Publication) -> None:
        self.all |= {(p.document.product, p.document.id): p for p in publications}

    def list(self, product: str = "", *, status: PublicationStatus | None = None) -> Sequence[Publication]:
        return [
            p
            for p in self.all.values()
            if product in ("", p.document.product) and (status is None or p.status == status)
        ]

    def get(self, product: str, document: str, /) -> Publication | None:
        return self.all.get((product, document))


@dataclass
class FakeKnowledge:
    records: FakeRecords


def learning(records: Records) -> Learning:
    """The real learning loop on an empty database; its regression check is not for use."""

    def no_assistant(_: KnowledgeBase, __: AnswerStore) -> RealAssistant:
        raise NotImplementedError

    return build_learning(KnowledgeBase(records, HashEmbedder(8), None), no_assistant)


class FakeServices:
    """Everything that `create_app` and `build_chat` need."""

    def __init__(self, settings: Settings, *, delay_s: float = 0.0, answer_text: str = "") -> None:
        documents = {"grpc-port": document()}
        self.settings = settings
        self.knowledge = FakeKnowledge(FakeRecords(documents))
        self.search = FakeSearch(documents)
        self.assistant = FakeAssistant(documents, delay_s=delay_s, answer_text=answer_text)
        records = Records(settings.database_url)
        self.learning = learning(records)
        self.retention = Retention(records, settings.retention_days)
        self.publications = FakePublications(publication())

    def products(self) -> list[FakeProduct]:
        return [
            FakeProduct(
                "nacos",
                "Nacos",
                19,
                {
                    "zh": ["Nacos 开启鉴权后客户端报 user not found 怎么办？", "9848 端口是做什么用的，必须开放吗？"],
                    "en": ["Client not connected, current status: STARTING. What is wrong?"],
                },
            ),
            FakeProduct(
                "arthas", "Arthas", 12, {"zh": ["watch 命令怎么看入参？"], "en": ["Find the busiest threads?"]}
            ),
        ]
