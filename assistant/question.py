"""Intake: what a reader typed or pasted becomes a question that can be searched for and answered."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.masking import mask
from kb.errors import QuestionError
from kb.query import search_text
from kb.text import Features, clean, detect_language, features, tokens
from kb.values import Language

__all__ = ["MAX_QUESTION_CHARS", "Question", "read_question"]

MAX_QUESTION_CHARS = 20_000  # a long stack trace fits; more is a log file, which should be cut to the fault first


@dataclass(frozen=True, slots=True)
class Question:
    """A question after intake.

    `text` is what may be stored and shown (secrets masked), `query` what is searched for, `products` the products that
    it is about (empty: all), `versions` those that the reader named. `masked` says that something was hidden.
    """

    text: str
    query: str
    language: Language
    products: tuple[str, ...]
    versions: tuple[str, ...]
    features: Features
    masked: bool


def read_question(
    text: str,
    *,
    product: str = "",
    version: str = "",
    product_names: Mapping[str, Sequence[str]] | None = None,
    follows: Question | None = None,
) -> Question:
    """Check, clean, mask and understand what a reader wrote.

    `product_names` maps product ids to the words readers use for them; a question that names exactly one product is
    about that one, unless `product` says otherwise. `follows` is the question before in the same conversation: a short
    follow-up is searched for together with it, and what it leaves open (product, version, language) is taken from it.

    Raises:
        QuestionError: empty, longer than 20 000 characters, or not valid text.
    """
    text = _checked(text)
    text, masked = mask(text)
    text = _cut(text)
    found = features(text)
    products = (product,) if product else _named_products(text, product_names or {})
    if follows is not None and not products:
        products = follows.products
    query = search_text(text)
    if follows is not None and is_follow_up(text):
        query = f"{follows.query}\n{query}"
    versions = tuple(dict.fromkeys((*((version,) if version else ()), *found.versions)))
    if follows is not None and not versions:
        versions = follows.versions
    language = follows.language if follows is not None and not _SPEAKS.search(text) else detect_language(text)
    return Question(text, query, language, products, versions, found, masked)


# A name or a version alone is no language.
_SPEAKS = re.compile("[\u3400-\u9fff]|[A-Za-z]{2,} [A-Za-z]{2,}|[?!]")


def _checked(text: str) -> str:
    if len(text) > MAX_QUESTION_CHARS:
        raise QuestionError(
            f"The question has {len(text):,} characters; at most {MAX_QUESTION_CHARS:,} are read. "
            "Keep the error message and the first lines of the log. "
            f"（问题有 {len(text)} 个字符，最多 {MAX_QUESTION_CHARS} 个：请只保留报错信息和日志的前几行。）"
        )
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise QuestionError(
            "The question holds a broken character (a lone surrogate). Copy the text again. "
            "（问题中有损坏的字符，请重新复制。）"
        )
    text = clean(text).strip()
    if not re.search(r"\w", text):
        raise QuestionError(
            "The question is empty. Write what happens, and the error message. （问题是空的，请描述现象和报错信息。）"
        )
    return text


def _cut(text: str) -> str:
    """A text that marks of hidden secrets made too long, without its end: as it is stored it must be readable again."""
    if len(text) <= MAX_QUESTION_CHARS:
        return text
    return re.sub(r"\[[^\[\]]{0,30}$", "", text[:MAX_QUESTION_CHARS]).rstrip()  # no mark is cut in two


def _named_products(text: str, names: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    words = set(tokens(text))
    lower = text.lower()
    named = [
        product
        for product, others in names.items()
        if any(name.lower() in (words if name.isascii() and " " not in name else lower) for name in (product, *others))
    ]
    return (named[0],) if len(named) == 1 else ()


_POINTS_BACK = re.compile(
    r"^(?:那么?|然后|还是|但是|可是|如果|上面|上述|刚才|为什么呢|怎么改|怎么做|具体|第[一二三四五\d]+步)"
    r"|^(?:and |but |then |so |what about|how about|why\??$|what if|step \d|which one|where (?:is|do)|how exactly)"
    r"|(?:它|这个|那个|这样|上面|上述|刚才|之前)|呢[？?]?$"
    r"|\b(?:it|that|this|those|these|they|them|above|previous)\b",
    re.IGNORECASE,
)


def is_follow_up(text: str) -> bool:
    """Whether a message only makes sense with the one before it: short, and pointing back or naming nothing."""
    if len(text) > 120:
        return False
    words = [token for token in tokens(text) if len(token) > 1]
    return bool(_POINTS_BACK.search(text)) or len(words) <= 4
