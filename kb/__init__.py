"""What is known: documents in a database, two indexes over their passages, and the search that fuses them."""

from kb.embedding import Embedder, load_embedder
from kb.knowledge_base import KnowledgeBase, ProbeReport
from kb.records import Records
from kb.search import HybridSearch, SearchResult

__all__ = ["Embedder", "HybridSearch", "KnowledgeBase", "ProbeReport", "Records", "SearchResult", "load_embedder"]
