"""Corrections: experts' texts for documents, from the first draft to the entry that readers get.

A correction lies over the document that a source gave (`kb.records` keeps it there when the source is taken in again),
or is a new answer of its own. Approving one is a single transaction: the entry, the regression case, the publication,
the audit trail and the end of the review are stored together or not at all, and only if the draft and the document are
still what the expert has seen.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select, update

from assistant.clock import now
from assistant.correction import Correction, CorrectionState, Editor, to_correction
from assistant.experts import Expert
from assistant.golden import GoldenCase
from assistant.notices.askers import tell_fixed
from assistant.notices.outbox import Outbox
from assistant.publications import Publication, put_publication, retire_publication
from assistant.publishing import page_path
from assistant.regression import add_case, drop_cases
from assistant.reporting import WAITING, Review, load_review, log_event
from assistant.reviews import advance, not_found
from kb.errors import EditConflict, NotAllowed, RequestError
from kb.records import Batch, Records, document_values, to_document, words_digest
from kb.records.schema import corrections, documents, reviews
from kb.text import clean, detect_language
from kb.values import Document

__all__ = ["Corrections"]

_STANDING: tuple[CorrectionState, ...] = ("approved", "conflict")
_LONGEST_TEXT = 40_000  # characters; in UTF-8 they fit into a request
_MAX_PHRASES = 10


class Corrections:
    """Drafts and corrections in the database of the records, each expert seeing those of his products. Thread-safe."""

    def __init__(self, records: Records, editor: Editor, outbox: Outbox | None = None) -> None:
        self._records = records
        self._editor = editor
        self._outbox = outbox or Outbox()

    # Reading

    def get(self, expert: Expert, id: str) -> Correction:
        """One correction.

        Raises:
            AnswerNotFound: there is none, or it is not this expert's to see.
        """
        with self._records.read() as connection:
            return self._get(connection, expert, id)

    def of_review(self, review: Review) -> list[Correction]:
        """The corrections that were made in a review, newest first."""
        return self._find(corrections.c.review == review.id)

    def standing(self, product: str, document: str) -> Correction | None:
        """The correction that stands over a document."""
        here = (corrections.c.product == product) & (corrections.c.document == document)
        return next(iter(self._find(here & corrections.c.state.in_(_STANDING))), None)

    def preview(self, correction: Correction) -> Document:
        """The document that approving a draft would give.

        Raises:
            DocumentError: the text cannot be read as what it should be; the message says why.
        """
        return self._editor.edited(self.before(correction), correction.title, correction.text)

    def before(self, correction: Correction) -> Document:
        """The document that readers have now; without text where a draft is the first of a new answer."""
        current = self._records.document(correction.product, correction.document)
        if current is not None:
            return current
        language = detect_language(correction.text)
        return self._editor.new_answer(correction.document, correction.product, correction.title, language)[0]

    def text_before(self, correction: Correction) -> str:
        """What readers have now, as the draft's text is written."""
        return self._editor.editable(self.before(correction))

    def is_outdated(self, correction: Correction) -> bool:
        """Whether a draft was made from another text than readers have now."""
        with self._records.read() as connection:
            return correction.state == "draft" and correction.base_digest != _digest_of(connection, correction)

    def trial(self, correction: Correction) -> tuple[GoldenCase, Callable[[Batch], bool]]:
        """What `Regression.check` needs: the question that a draft must answer, and what would store it.

        Raises:
            DocumentError: the text cannot be read as what it should be.
        """
        document = self.preview(correction)
        with self._records.read() as connection:
            question = _question(load_review(connection, correction.review), document)
        case = GoldenCase(correction.id, question, True, (document.id,), document.product, correction.phrases)
        return case, self._editor.prepared(document)

    # Drafts

    def start(self, expert: Expert, review: Review, product: str, document: str = "") -> Correction:
        """The draft of a review for a document, or without one for a new answer: the open one, or a new one.

        Raises:
            AnswerNotFound: there is no such document, or its product is not this expert's.
            RequestError: the review is done with, or no product is named.
        """
        if not product:
            raise RequestError("Choose the product that the answer belongs to. （请先选择产品。）")
        if not expert.sees(product):
            raise not_found()
        with self._records.write() as connection:
            if open_draft := _open_draft(connection, review.id, product, document):
                return open_draft
            current = load_review(connection, review.id)
            if current is None or current.state not in WAITING:
                raise RequestError("This review is done with; reopen it first. （该条目已处理，请先重新打开。）")
            values = self._first_draft(connection, product, document, review.question)
            row = values | {"id": secrets.token_urlsafe(16), "review": review.id, "state": "draft", "phrases": []}
            row |= {"source": None, "author": expert.name, "reviewer": "", "version": 1}
            connection.execute(corrections.insert().values(row | {"created_at": now(), "updated_at": now()}))
            log_event(connection, review.id, expert.name, "drafted", row["document"])
        return self.get(expert, row["id"])

    def save(
        self, expert: Expert, id: str, version: int, *, title: str, text: str, phrases: Sequence[str] = ()
    ) -> Correction:
        """Store a draft's words in place of those of `version`.

        Raises:
            AnswerNotFound: there is none, or it is not this expert's.
            EditConflict: somebody saved or decided it since.
            RequestError: it is too long.
        """
        if len(text) > _LONGEST_TEXT or len(title) > 300 or any(len(phrase) > 200 for phrase in phrases):
            raise RequestError(f"A text has at most {_LONGEST_TEXT} characters, a title 300, a phrase 200.")
        with self._records.write() as connection:
            draft = self._draft(connection, expert, id, version)
            cleaned = (clean(phrase).strip() for phrase in phrases)
            found = list(dict.fromkeys(phrase for phrase in cleaned if phrase))[:_MAX_PHRASES]
            values = {"title": " ".join(clean(title).split()), "text": clean(text), "phrases": found}
            self._update(connection, draft, values | {"author": expert.name})
            if draft.review:
                log_event(connection, draft.review, expert.name, "saved", draft.document)
        return self.get(expert, id)

    def rebase(self, expert: Expert, id: str, version: int) -> Correction:
        """Say that a draft was compared with the document as it is now. Raises as `save`."""
        with self._records.write() as connection:
            draft = self._draft(connection, expert, id, version)
            self._update(connection, draft, {"base_digest": _digest_of(connection, draft)})
        return self.get(expert, id)

    def reject(self, expert: Expert, id: str, version: int) -> Correction:
        """Drop a draft. Raises as `save`."""
        with self._records.write() as connection:
            draft = self._draft(connection, expert, id, version)
            self._update(connection, draft, {"state": "rejected", "reviewer": expert.name})
            if draft.review:
                log_event(connection, draft.review, expert.name, "rejected", draft.document)
        return self.get(expert, id)

    # Decisions

    def approve(self, expert: Expert, id: str, version: int) -> Correction:
        """Make a draft what readers get, at once; its review is resolved, and its question becomes a regression case.

        Raises:
            AnswerNotFound: there is none, or it is not this expert's.
            EditConflict: the draft was saved or decided since `version`, or the document has changed since it was
                drafted. Nothing was stored.
            DocumentError: the text cannot be read as what it should be.
        """
        with self._records.read() as connection:
            seen = self._draft(connection, expert, id, version)
        document = self.preview(seen)
        put = self._editor.prepared(document)
        with self._records.batch() as batch:
            connection = batch.connection
            draft = self._draft(connection, expert, id, version)
            if draft.base_digest != _digest_of(connection, draft):
                raise EditConflict("The entry has changed since this was drafted. （条目在起草之后已有变化。）")
            source = self._replace_standing(connection, draft)
            put(batch)
            base = words_digest(source.title, source.text) if source else ""
            row = {"state": "approved", "reviewer": expert.name, "base_digest": base}
            self._update(connection, draft, row | {"source": document_values(source) if source else None})
            self._conclude(connection, expert, draft, document)
        return self.get(expert, id)

    def keep(self, expert: Expert, id: str, version: int) -> Correction:
        """Let a correction stand although its source has changed: the expert has seen what it says now.

        Raises:
            AnswerNotFound: there is none, or it is not this expert's.
            EditConflict: it is not in conflict, or the source has changed since `version`.
        """
        with self._records.write() as connection:
            standing = self._at(connection, expert, id, version, ("conflict",))
            source = standing.source
            base = words_digest(source.title, source.text) if source else ""
            self._update(connection, standing, {"state": "approved", "base_digest": base})
            _resolve_stale(connection, expert, standing, "kept")
        return self.get(expert, id)

    def withdraw(self, expert: Expert, id: str, version: int, redirect_to: str = "") -> Correction:
        """Take a correction back: readers get what the source says, or nothing where there is none.

        Its regression cases go, and its page is retired; `redirect_to` is the published entry of the same product that
        the page's readers are sent to.

        Raises:
            AnswerNotFound: there is none, or it is not this expert's.
            NotAllowed: the expert is no maintainer.
            RequestError: `redirect_to` is no published entry.
            EditConflict: it does not stand, or the source has changed since `version`.
        """
        source = self.get(expert, id).source
        if expert.role != "maintainer":
            raise NotAllowed("Only maintainers may take a correction back. （只有维护者可以撤回修订。）")
        put = self._editor.prepared(source) if source else None
        with self._records.batch() as batch:
            connection = batch.connection
            standing = self._at(connection, expert, id, version, _STANDING)
            if put:
                put(batch)
            else:
                batch.delete(standing.product, standing.document, by_expert=True)
            self._update(connection, standing, {"state": "withdrawn", "reviewer": expert.name})
            drop_cases(connection, standing.product, standing.document)
            retire_publication(connection, standing.product, standing.document, redirect_to)
            _resolve_stale(connection, expert, standing, "withdrawn")
        return self.get(expert, id)

    # Parts of the above

    def _first_draft(self, connection: Connection, product: str, id: str, question: str) -> dict[str, Any]:
        if not id:
            id, language = f"expert-{secrets.token_hex(8)}", detect_language(question)
            document, text = self._editor.new_answer(id, product, question, language)
            base = ""
        else:
            found = _document(connection, product, id)
            if found is None:
                raise not_found()
            document, text, base = found, self._editor.editable(found), words_digest(found.title, found.text)
        return {"product": product, "document": id, "title": document.title, "text": text, "base_digest": base}

    def _replace_standing(self, connection: Connection, draft: Correction) -> Document | None:
        """End the correction that stood until now; what the source says, which the new one will stand over."""
        query = select(corrections).where(_about(corrections, draft), corrections.c.state.in_(_STANDING))
        if row := connection.execute(query).mappings().first():
            standing = to_correction(row)
            self._update(connection, standing, {"state": "replaced"})
            return standing.source
        return _document(connection, draft.product, draft.document)

    def _conclude(self, connection: Connection, expert: Expert, draft: Correction, document: Document) -> None:
        review, at = load_review(connection, draft.review), now()
        add_case(connection, draft, _question(review, document), at)
        if document.kind == "qa":
            asked = review.created_at[:10] if review else ""
            versions = (document.version,) if document.version else ()
            put_publication(connection, Publication(document, asked, at[:10], versions))
            facts = {"product": document.product, "question": document.title, "language": document.language}
            self._outbox.add(connection, "published", facts | {"path": page_path(document.product, document.id)})
        if review:
            tell_fixed(connection, self._outbox, review)
            log_event(connection, review.id, expert.name, "approved", draft.document, draft.digest)
            if review.state in WAITING:
                advance(connection, review.id, review.version)
                values = {"state": "resolved", "product": draft.product, "document": draft.document}
                values["owner"] = review.owner or expert.name
                connection.execute(update(reviews).where(reviews.c.id == review.id).values(values))
        _resolve_stale(connection, expert, draft, "corrected")

    def _find(self, where: Any) -> list[Correction]:
        query = select(corrections).where(where).order_by(corrections.c.created_at.desc())
        with self._records.read() as connection:
            return [to_correction(row) for row in connection.execute(query).mappings()]

    def _get(self, connection: Connection, expert: Expert, id: str) -> Correction:
        row = connection.execute(select(corrections).where(corrections.c.id == id)).mappings().first()
        if row is None or not expert.sees(row["product"]):
            raise not_found()
        return to_correction(row)

    def _draft(self, connection: Connection, expert: Expert, id: str, version: int) -> Correction:
        return self._at(connection, expert, id, version, ("draft",))

    def _at(
        self, connection: Connection, expert: Expert, id: str, version: int, states: Sequence[CorrectionState]
    ) -> Correction:
        found = self._get(connection, expert, id)
        if found.version != version or found.state not in states:
            raise EditConflict("Somebody changed this in the meantime; look at it again. （内容已被他人修改。）")
        return found

    def _update(self, connection: Connection, seen: Correction, values: Mapping[str, Any]) -> None:
        here = (corrections.c.id == seen.id) & (corrections.c.version == seen.version)
        values = {**values, "version": seen.version + 1, "updated_at": now()}
        if connection.execute(update(corrections).where(here).values(values)).rowcount == 0:
            raise EditConflict("Somebody changed this in the meantime; look at it again. （内容已被他人修改。）")


def _resolve_stale(connection: Connection, expert: Expert, correction: Correction, action: str) -> None:
    """Close the reviews that asked what to do about a source that changed."""
    stale = (reviews.c.kind == "stale") & reviews.c.state.in_(WAITING)
    here = select(reviews).where(_about(reviews, correction), stale)
    for row in connection.execute(here).mappings().all():
        advance(connection, row["id"], row["version"])
        connection.execute(update(reviews).where(reviews.c.id == row["id"]).values(state="resolved"))
        log_event(connection, row["id"], expert.name, action, correction.document, correction.digest)


def _question(review: Review | None, document: Document) -> str:
    """What a correction must answer: what the reader asked, else what the entry says that it is about."""
    return review.question if review and review.kind != "stale" else document.question or document.title


def _open_draft(connection: Connection, review: str, product: str, document: str) -> Correction | None:
    query = select(corrections).where(corrections.c.review == review, corrections.c.state == "draft")
    named = corrections.c.document == document if document else corrections.c.base_digest == ""
    row = connection.execute(query.where(corrections.c.product == product, named)).mappings().first()
    return to_correction(row) if row else None


def _about(table: Table, correction: Correction) -> ColumnElement[bool]:
    return (table.c.product == correction.product) & (table.c.document == correction.document)


def _document(connection: Connection, product: str, id: str) -> Document | None:
    query = select(documents).where(documents.c.product == product, documents.c.id == id)
    row = connection.execute(query).mappings().first()
    return to_document(row) if row else None


def _digest_of(connection: Connection, correction: Correction) -> str:
    current = _document(connection, correction.product, correction.document)
    return words_digest(current.title, current.text) if current else ""
