"""The only place that picks adapters and wires objects; everything below takes what it needs as arguments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import ingest
from assistant import AnswerStore, Assistant, TokenBudget, Verifier, Writer, load_chat_model
from assistant.corrections import Corrections
from assistant.experts import ExpertStore
from assistant.insight import Insight
from assistant.links import LinkChecks
from assistant.notices.courier import Courier, Sender
from assistant.notices.mail import MailSender, SmtpAddress
from assistant.notices.outbox import MAIL, Outbox, Target
from assistant.notices.webhooks import Webhook, WebhookSender
from assistant.publications import PublicationStore
from assistant.readers import ReaderRatings
from assistant.regression import GoldenStore, Regression
from assistant.retention import Retention
from assistant.reviews import Queue
from kb import Document, Embedder, HybridSearch, KnowledgeBase, Language, Records, load_embedder
from kb.embedding.rerank import CrossEncoderReranker
from kb.records import Batch
from ui.settings import Product, Settings

__all__ = ["Learning", "ProductInfo", "Services", "build_learning", "build_services", "open_records"]

# Titles and example questions of the products in the sample knowledge base; `[[products]]` overrides them.
_TITLES = {"nacos": "Nacos", "arthas": "Arthas"}
_EXAMPLES: dict[str, dict[str, list[str]]] = {
    "nacos": {
        "zh": ["Nacos 开启鉴权后客户端报 user not found 怎么办？", "9848 端口是做什么用的，必须开放吗？"],
        "en": [
            "Client not connected, current status:STARTING. What is wrong?",
            "What happens to my services when all Nacos nodes are down?",
        ],
    },
    "arthas": {
        "zh": ["watch 命令怎么看方法的入参和返回值？", "quit 和 stop 有什么区别？"],
        "en": [
            "thread -b shows nothing although the application hangs. Why?",
            "Why can't Arthas attach inside a container?",
        ],
    },
}


@dataclass(frozen=True, slots=True)
class ProductInfo:
    """What a channel may know about a product; `examples` maps "zh" and "en" to questions."""

    id: str
    title: str
    documents: int
    examples: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Learning:
    """What experts work with, and what readers tell them."""

    experts: ExpertStore
    queue: Queue
    corrections: Corrections
    golden: GoldenStore
    regression: Regression
    readers: ReaderRatings
    insight: Insight
    links: LinkChecks


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a channel needs, ready to use."""

    settings: Settings
    knowledge: KnowledgeBase
    search: HybridSearch
    assistant: Assistant
    learning: Learning
    publications: PublicationStore
    retention: Retention
    courier: Courier

    def products(self) -> list[ProductInfo]:
        """The products of the knowledge base in the order of the settings, then by name."""
        configured = {product.id: product for product in self.settings.products}
        counts = self.search.products()
        order = [id for id in configured if id in counts] + [id for id in counts if id not in configured]
        return [_info(configured.get(id, Product(id=id)), counts[id]) for id in order]

    def close(self) -> None:
        """Stop what runs beside, give back files, locks and connections."""
        self.courier.close()
        self.knowledge.close()


def _info(product: Product, documents: int) -> ProductInfo:
    title = product.title or _TITLES.get(product.id, product.id)
    return ProductInfo(product.id, title, documents, product.examples or _EXAMPLES.get(product.id, {}))


def open_records(settings: Settings) -> Records:
    """The database alone, for commands that need no index."""
    Path(settings.data).mkdir(parents=True, exist_ok=True)
    return Records(settings.database_url)


def build_services(
    settings: Settings, *, embedder: Embedder | None = None, private: bool = False, answers: Records | None = None
) -> Services:
    """Open the knowledge base and wire the assistant.

    With `private`, a store whose index another process owns is served from a copy in memory; without, that is an error.
    Answers are kept in `answers` where it is given, so that none of an evaluation are among the readers' own.

    Raises:
        StoreBusy: another process owns the index.
        StoreError: the database cannot be opened.
        ModelError: the embedding model cannot be loaded.
        SettingsError: the language model's settings are wrong.
        MissingExtra: a package for the language model is missing.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    knowledge = KnowledgeBase.open(
        settings.data, settings.database_url, embedder or load_embedder(settings.embedding), private=private
    )
    reranker = CrossEncoderReranker(settings.reranker) if settings.reranker else None
    wire = partial(_wire, settings, reranker)
    records, webhooks = knowledge.records, _webhooks(settings)
    outbox = Outbox([target for target, _ in webhooks], mails=bool(settings.smtp_host))
    search, assistant = wire(knowledge, AnswerStore(answers or records, outbox), _writer(settings, knowledge))
    learning = build_learning(knowledge, lambda copy, store: wire(copy, store)[1], outbox)
    retention = Retention(records, settings.retention_days)
    courier = Courier(records, _senders(settings, webhooks))
    return Services(settings, knowledge, search, assistant, learning, PublicationStore(records), retention, courier)


def build_learning(
    knowledge: KnowledgeBase,
    make_assistant: Callable[[KnowledgeBase, AnswerStore], Assistant],
    outbox: Outbox | None = None,
) -> Learning:
    """Wire what experts work with.

    `make_assistant` makes one like the readers' for another knowledge base and store of answers; without a language
    model, whose answers differ from run to run.
    """
    records = knowledge.records
    return Learning(
        ExpertStore(records),
        Queue(records),
        Corrections(records, _Editor(knowledge.embedder), outbox),
        GoldenStore(records),
        Regression(knowledge, make_assistant),
        ReaderRatings(records, outbox),
        Insight(records, knowledge.embedder),
        LinkChecks(records),
    )


def _wire(
    settings: Settings,
    reranker: CrossEncoderReranker | None,
    knowledge: KnowledgeBase,
    store: AnswerStore,
    writer: Writer | None = None,
) -> tuple[HybridSearch, Assistant]:
    names = {product.id: [product.title, *product.names] for product in settings.products}
    search = HybridSearch(knowledge, synonyms=settings.synonyms, product_names=names, reranker=reranker)
    thresholds = {product.id: product.answer_at for product in settings.products} | {"": settings.answer_at}
    answer_at = {product: value for product, value in thresholds.items() if value is not None}
    assistant = Assistant(
        search, store, base_url=settings.base_url, product_names=names, answer_at=answer_at, writer=writer
    )
    return search, assistant


def _writer(settings: Settings, knowledge: KnowledgeBase) -> Writer | None:
    if not settings.llm:
        return None
    key = settings.llm_api_key.get_secret_value()
    model = load_chat_model(settings.llm, base_url=settings.llm_base_url, api_key=key)
    sites = {site.id: site.daily_tokens for site in settings.sites if site.daily_tokens}
    budget = TokenBudget(knowledge.records, daily=settings.llm_daily_tokens, sites=sites)
    return Writer(model, Verifier(knowledge.embedder), budget, max_passage_tokens=settings.llm_context_tokens)


def _webhooks(settings: Settings) -> list[tuple[Target, Webhook]]:
    found = []
    for one in settings.webhooks:
        webhook = Webhook(one.kind, one.url.get_secret_value(), one.secret.get_secret_value())
        found.append((Target(webhook.name, frozenset(one.events)), webhook))
    return found


def _senders(settings: Settings, webhooks: Sequence[tuple[Target, Webhook]]) -> dict[str, Sender]:
    senders: dict[str, Sender] = {
        target.name: WebhookSender(webhook, settings.base_url) for target, webhook in webhooks
    }
    if settings.smtp_host:
        smtp = SmtpAddress(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_from,
            settings.smtp_user,
            settings.smtp_password.get_secret_value(),
            settings.smtp_starttls,
        )
        senders[MAIL] = MailSender(smtp, settings.base_url)
    return senders


class _Editor:
    """Documents as experts edit them, read by the parsers that read the sources. See `assistant.correction.Editor`."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def editable(self, document: Document) -> str:
        return ingest.editable(document)

    def edited(self, document: Document, title: str, text: str) -> Document:
        return ingest.edited(document, title, text)

    def new_answer(self, id: str, product: str, question: str, language: Language) -> tuple[Document, str]:
        return ingest.new_answer(id, product, question, language)

    def prepared(self, document: Document) -> Callable[[Batch], bool]:
        return ingest.prepared(document, self._embedder, by_expert=True)
