"""Lexical search with BM25: our own tokens in a tantivy index."""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from kb.errors import StoreDamaged, StoreError
from kb.index.base import Change, IndexQuery, Match
from kb.text import query_tokens, tokens

__all__ = ["TantivyIndex"]

_HEAP = 32_000_000  # bytes for the writer; one thread needs 15 MB at least
_QUERY_TOKENS = 60  # a pasted log has thousands; its rarest ones decide
_TITLE_BOOST = 1.5
_SYNONYM_BOOST = 0.5


class TantivyIndex:
    """Finds passages by their words; in memory when `folder` is None. Thread-safe.

    Raises:
        StoreDamaged: the folder cannot be read as an index.
    """

    format = 1  # raise it when the fields or `kb.text.tokens` change; indexes of another format are built anew

    def __init__(self, folder: Path | None) -> None:
        self._schema = _schema()
        self._writing = threading.Lock()
        try:
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(self._schema, path=str(folder) if folder else None)
        except (ValueError, OSError) as error:
            raise StoreDamaged(f"The lexical index cannot be opened ({error}); it has to be rebuilt") from error
        self._index.register_tokenizer("tokens", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        self._index.config_reader("manual")
        self._searcher = self._index.searcher()

    def apply(self, changes: Sequence[Change]) -> None:
        """See `Index.apply`."""
        if not changes:
            return
        keys = [change.key for change in changes]
        try:
            with self._writing:
                writer = self._index.writer(_HEAP, 1)
                writer.delete_documents_by_query(Query.term_set_query(self._schema, "key", keys))
                for change in {change.key: change for change in changes}.values():
                    if not change.deleted:
                        writer.add_document(_document(change, self._schema))
                writer.commit()
                writer.wait_merging_threads()
                self._index.reload()
                self._searcher = self._index.searcher()
        except (ValueError, OSError) as error:
            raise StoreError(f"The lexical index cannot be written: {error}") from error

    def search(self, query: IndexQuery, *, products: Sequence[str], limit: int) -> list[Match]:
        """See `Index.search`."""
        searcher = self._searcher
        words = self._rarest(searcher, query_tokens(_utf8(query.text)))
        synonyms = self._rarest(searcher, _words(" ".join(query.synonyms)))
        weights = {**dict.fromkeys(synonyms, _SYNONYM_BOOST), **dict.fromkeys(words, 1.0)}
        return self.search_words(weights, products=products, limit=limit)

    def search_words(self, weights: Mapping[str, float], *, products: Sequence[str], limit: int) -> list[Match]:
        """As `search`, for tokens with what each of them counts (over 0)."""
        searcher = self._searcher
        if not weights or limit < 1:
            return []
        try:
            wanted = {_utf8(product) for product in products}
            if all(product in wanted for product, _ in searcher.terms_with_prefix("product", "")):
                wanted = set()  # there are no others, and a filter takes longer than the search
            result = searcher.search(self._query(weights, wanted), limit, count=False)
            found = [Match(int(searcher.doc(address)["key"][0]), float(score)) for score, address in result.hits]
        except (ValueError, OSError) as error:
            raise StoreDamaged(f"The lexical index cannot be read ({error}); it has to be rebuilt") from error
        return sorted(found, key=lambda match: (-match.score, match.key))

    def frequencies(self, words: Iterable[str]) -> tuple[int, dict[str, int]]:
        """The number of passages, and for each token, in the given order, in how many passages' body it occurs.

        The body is heading and text.
        """
        searcher = self._searcher
        return searcher.num_docs, {word: searcher.doc_freq("body", _utf8(word)) for word in dict.fromkeys(words)}

    def occurrences(self, words: Iterable[str]) -> dict[str, int]:
        """For each token, in the given order, in how many passages' body it occurs, or else in how many titles."""
        searcher = self._searcher
        return {
            word: searcher.doc_freq("body", _utf8(word)) or searcher.doc_freq("title", _utf8(word))
            for word in dict.fromkeys(words)
        }

    def starting_with(self, prefix: str) -> dict[str, int]:
        """The tokens of headings and texts with this beginning, and in how many passages they occur."""
        return dict(self._searcher.terms_with_prefix("body", _utf8(prefix)))

    def close(self) -> None:
        """See `Index.close`."""
        with self._writing:
            del self._searcher, self._index

    def _rarest(self, searcher: tantivy.Searcher, words: Sequence[str]) -> list[str]:
        distinct = list(dict.fromkeys(words))
        if len(distinct) <= _QUERY_TOKENS:
            return distinct
        frequency = {word: searcher.doc_freq("body", word) for word in distinct}
        return sorted((word for word in distinct if frequency[word]), key=frequency.__getitem__)[:_QUERY_TOKENS]

    def _query(self, weights: Mapping[str, float], products: Collection[str]) -> Query:
        # Built from terms, never parsed: what readers type has no syntax.
        clauses = []
        for word, weight in weights.items():
            body = Query.term_query(self._schema, "body", word, "freq")
            clauses.append((Occur.Should, body if weight == 1.0 else Query.boost_query(body, weight)))
            title = Query.term_query(self._schema, "title", word, "freq")
            clauses.append((Occur.Should, Query.boost_query(title, _TITLE_BOOST * weight)))
        matching = Query.boolean_query(clauses)
        if not products:
            return matching
        here = Query.const_score_query(Query.term_set_query(self._schema, "product", sorted(products)), 0.0)
        return Query.boolean_query([(Occur.Must, matching), (Occur.Must, here)])


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", stored=True, indexed=True)
    builder.add_text_field("product", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title", tokenizer_name="tokens", index_option="freq")
    builder.add_text_field("body", tokenizer_name="tokens", index_option="freq")
    return builder.build()


def _words(text: str) -> list[str]:
    return tokens(_utf8(text))


def _utf8(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON can carry and tantivy refuses."""
    return text.encode("utf-8", "replace").decode()


@lru_cache(maxsize=1000)
def _line(text: str) -> str:
    # The passages of a document come one after another and share its title and headings.
    return " ".join(_words(text))


def _document(change: Change, schema: tantivy.Schema) -> tantivy.Document:
    title, heading, text = _line(change.title), _line(change.heading), " ".join(_words(change.text))
    fields = {
        "key": change.key,
        "product": _utf8(change.product),
        "title": f"{title} {text}" if change.question else title,
        "body": f"{heading} {text}",
    }
    return tantivy.Document.from_dict(fields, schema)
