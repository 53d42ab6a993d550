"""Documents as experts edit them: Markdown out, and the document of the edited Markdown back in.

An expert answer is shown under the headings of its format, a page as it is. What is edited is read by the same parsers
as a file, so that a corrected document is cut into causes and steps as its source was.
"""

from dataclasses import replace

from ingest.expert_qa import is_expert_qa, parse_expert_qa
from ingest.front_matter import FrontMatter
from ingest.page import parse_page
from ingest.parsing import check_secrets
from kb.errors import DocumentError
from kb.text import clean
from kb.values import Document, Language, Reference

__all__ = ["editable", "edited", "new_answer"]

_HEADINGS: dict[Language, tuple[str, str, str]] = {
    "zh": ("用户问题", "专家官方解答", "参考链接"),
    "en": ("Question", "Expert answer", "References"),
}


def editable(document: Document) -> str:
    """A document's text for an expert to edit: question, answer and references under their headings, or a page."""
    if document.kind == "page":
        return document.text
    answer = document.text.removeprefix(document.question).strip("\n")
    return _markdown(document.language, document.question, answer, document.references)


def edited(document: Document, title: str, text: str) -> Document:
    """The document with another title and text, marked as reviewed; what its header said stays.

    Raises:
        DocumentError: there is no question or no answer in it, or it holds a secret.
    """
    check_secrets(text, document.id)
    header = FrontMatter(clean(text), {"title": clean(title).strip()})
    names = {"id": document.id, "product": document.product, "source": document.source, "version": document.version}
    try:
        if document.kind == "qa":
            if not is_expert_qa(header.body):
                question, answer, _ = _HEADINGS[document.language]
                raise DocumentError(document.id, f"keep the headings `## {question}` and `## {answer}`")
            read = parse_expert_qa(header, **names)
        else:
            read = parse_page(header, **names)
    except RecursionError:
        raise DocumentError(document.id, "nested too deeply") from None
    if not read.text:
        raise DocumentError(document.id, "there is no text in it")
    kept = {name: getattr(document, name) for name in ("url", "date", "metadata", "language")}
    return replace(read, reviewed=True, **kept)


def new_answer(id: str, product: str, question: str, language: Language) -> tuple[Document, str]:
    """An expert answer that is still to be written: its document without text, and the Markdown to begin with."""
    document = Document(id, product, question.split("\n", 1)[0][:200], "", kind="qa", language=language)
    return document, _markdown(language, question, "", ())


def _markdown(language: Language, question: str, answer: str, references: tuple[Reference, ...]) -> str:
    titles = _HEADINGS[language]
    links = "\n".join(f"- [{one.title}]({one.url})" if one.url else f"- {one.title}" for one in references)
    parts = [f"## {titles[0]}\n\n{question}", f"## {titles[1]}\n\n{answer}", f"## {titles[2]}\n\n{links}"]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"
