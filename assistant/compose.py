"""The Markdown of an answer: the same headings and citation marks whatever engine wrote it."""

from collections.abc import Iterator, Sequence

from assistant.extractive import Draft
from assistant.values import Item, Related
from kb.values import Language

__all__ = ["HEADINGS", "abstention_blocks", "answer_blocks", "breaking_off", "choice_blocks", "retraction"]

HEADINGS: dict[Language, tuple[str, str, str]] = {
    "zh": ("可能原因", "解决步骤", "说明"),
    "en": ("Likely causes", "Steps", "Explanation"),
}
_NO_ANSWER: dict[Language, str] = {
    "zh": "知识库里没有能可靠回答这个问题的内容，所以这里不作猜测。",
    "en": "The knowledge base holds nothing that answers this reliably, so there is no guess here.",
}
_NEAREST: dict[Language, str] = {"zh": "最接近的条目：", "en": "The nearest entries:"}
_ADVICE: dict[Language, str] = {
    "zh": "补充产品名、版本号和完整的报错信息后再问一次，通常会有帮助。",
    "en": "Asking again with the product, its version and the exact error message often helps.",
}

_ASKING_BACK: dict[Language, str] = {
    "zh": "要回答这个问题，还需要知道：\n\n- 是哪个产品的哪个版本？\n"
    "- 完整的报错原文是什么？\n- 出现问题之前做了什么操作？\n\n",
    "en": "To answer this, a little more is needed:\n\n- Which product is it, and which version?\n"
    "- What does the error message say, word for word?\n- What was done just before it happened?\n\n",
}

_WHICH: dict[Language, str] = {
    "zh": "不同的产品或版本做法不同。你用的是哪一个？",
    "en": "This differs between products or versions. Which one do you use?",
}
_RETRACTED: dict[Language, str] = {
    "zh": "以上内容在知识库里找不到依据，请不要采用。",
    "en": "Nothing in the knowledge base supports the text above; please do not use it.",
}
_INCOMPLETE: dict[Language, str] = {
    "zh": "回答在这里中断了，请重新提问。",
    "en": "The answer broke off here. Please ask again.",
}


def choice_blocks(choices: Sequence[str], language: Language) -> Iterator[str]:
    """The question which product or version is meant."""
    yield _WHICH[language] + "\n\n"
    yield "".join(f"- {choice}\n" for choice in choices) + "\n"


def retraction(language: Language) -> str:
    """What follows a text that was sent and turned out to be supported by nothing."""
    return f"\n\n---\n\n{_RETRACTED[language]}\n\n"


def breaking_off(language: Language) -> str:
    """What follows a text that ended in the middle."""
    return f"\n\n---\n\n{_INCOMPLETE[language]}\n"


def answer_blocks(draft: Draft, language: Language) -> Iterator[str]:
    """Pieces of Markdown, each ending in a blank line; joined they are the answer."""
    for item in draft.summary:
        yield _marked(item) + "\n\n"
    parts = (draft.causes, draft.steps, draft.explanation)
    for position, (heading, items) in enumerate(zip(HEADINGS[language], parts, strict=True)):
        if items:
            yield f"### {heading}\n\n"
        for number, item in enumerate(items, 1):
            yield _listed(item, number) if position < 2 and len(items) > 1 else _marked(item) + "\n\n"


def abstention_blocks(related: Sequence[Related], language: Language, *, vague: bool = False) -> Iterator[str]:
    """What a reader sees instead of an answer: a plain no and how to ask better, or for a `vague` question what to add;
    then what is nearest.
    """
    yield _ASKING_BACK[language] if vague else f"{_NO_ANSWER[language]} {_ADVICE[language]}\n\n"
    if related:
        entries = "".join(f"- {_linked(entry)}\n" for entry in related)
        yield f"{_NEAREST[language]}\n\n{entries}\n"


def _linked(entry: Related) -> str:
    title = entry.title.replace("[", "［").replace("]", "］")
    return f"[{title}](<{entry.url}>)" if entry.url and ">" not in entry.url else title


def _marked(item: Item) -> str:
    marks = "".join(f" [{n}]" for n in item.citations)
    lines = item.text.split("\n")
    if lines[-1].lstrip().startswith(("```", "~~~", "|")) or _in_code(lines):
        return f"{item.text}\n\n{marks.strip()}"
    return item.text + marks


def _in_code(lines: Sequence[str]) -> bool:
    return sum(line.lstrip().startswith(("```", "~~~")) for line in lines) % 2 == 1


def _listed(item: Item, number: int) -> str:
    head = f"{number}. "
    lines = _marked(item).split("\n")
    indent = " " * len(head)
    return head + "\n".join([lines[0], *(indent + line if line.strip() else "" for line in lines[1:])]) + "\n\n"
