"""The knowledge base as a LangChain retriever, for programs that are built on LangChain."""

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from kb.search import HybridSearch
from kb.values import Hit

__all__ = ["DayiRetriever"]


class DayiRetriever(BaseRetriever):
    """`retriever.invoke("question")` gives the best passages of the best `k` documents of the given products."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    search: HybridSearch
    products: list[str] = []
    k: int = 10

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        hits = self.search.search(query, products=self.products, k=self.k).hits
        return [LangChainDocument(page_content=_content(hit), metadata=_metadata(hit)) for hit in hits]


def _content(hit: Hit) -> str:
    return "\n\n".join(passage.text for passage in hit.passages)


def _metadata(hit: Hit) -> dict[str, Any]:
    document = hit.document
    return {
        "id": document.id,
        "product": document.product,
        "title": document.title,
        "url": document.url,
        "version": document.version,
        "language": document.language,
        "reviewed": document.reviewed,
        "score": hit.score,
        "reasons": {reason.name: reason.detail for reason in hit.reasons},
        "spans": [(passage.start, passage.end) for passage in hit.passages],
    }
