"""The only place that picks adapters and wires objects; everything below takes what it needs as arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant import AnswerStore, Assistant, TokenBudget, Verifier, Writer, load_chat_model
from assistant.publications import PublicationStore
from kb import Embedder, HybridSearch, KnowledgeBase, Records, load_embedder
from kb.embedding.rerank import CrossEncoderReranker
from ui.settings import Product, Settings

__all__ = ["ProductInfo", "Services", "build_services", "open_records"]

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
class Services:
    """Everything that a channel needs, ready to use."""

    settings: Settings
    knowledge: KnowledgeBase
    search: HybridSearch
    assistant: Assistant
    publications: PublicationStore

    def products(self) -> list[ProductInfo]:
        """The products of the knowledge base in the order of the settings, then by name."""
        configured = {product.id: product for product in self.settings.products}
        counts = self.search.products()
        order = [id for id in configured if id in counts] + [id for id in counts if id not in configured]
        return [_info(configured.get(id, Product(id=id)), counts[id]) for id in order]

    def close(self) -> None:
        """Give back files, locks and connections."""
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
    names = {product.id: [product.title, *product.names] for product in settings.products}
    reranker = CrossEncoderReranker(settings.reranker) if settings.reranker else None
    search = HybridSearch(knowledge, synonyms=settings.synonyms, product_names=names, reranker=reranker)
    store = AnswerStore(answers or knowledge.records)
    thresholds = {product.id: product.answer_at for product in settings.products} | {"": settings.answer_at}
    answer_at = {product: value for product, value in thresholds.items() if value is not None}
    assistant = Assistant(
        search,
        store,
        base_url=settings.base_url,
        product_names=names,
        answer_at=answer_at,
        writer=_writer(settings, knowledge),
    )
    return Services(settings, knowledge, search, assistant, PublicationStore(knowledge.records))


def _writer(settings: Settings, knowledge: KnowledgeBase) -> Writer | None:
    if not settings.llm:
        return None
    key = settings.llm_api_key.get_secret_value()
    model = load_chat_model(settings.llm, base_url=settings.llm_base_url, api_key=key)
    sites = {site.id: site.daily_tokens for site in settings.sites if site.daily_tokens}
    budget = TokenBudget(knowledge.records, daily=settings.llm_daily_tokens, sites=sites)
    return Writer(model, Verifier(knowledge.embedder), budget, max_passage_tokens=settings.llm_context_tokens)
