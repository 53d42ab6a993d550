"""What the widget says, in Chinese and English. It fetches these with its site's settings when a reader opens it."""

from collections.abc import Mapping

from assistant.values import REASONS
from kb.values import Language
from ui.texts import LANGUAGES, texts

__all__ = ["WIDGET_TEXTS"]

_SHARED = (
    *("welcome", "welcome_text", "try", "ask", "stop", "new", "searching", "writing", "stopped", "placeholder"),
    *("placeholder_more", "causes", "steps", "explanation", "sources", "reviewed", "open_page", "gone", "related"),
    *("nearest", "abstained", "abstained_text", "which", "which_text", "masked", "unreviewed", "written"),
    *("unsupported", "copy", "copy_answer", "copied", "permalink", "helpful", "unhelpful", "thanks", "thanks_bad"),
    *("what_wrong", "comment", "send", "not_sent", "notice_words_only", "notice_no_model", "notice_incomplete"),
    *("error", "error_question", "error_unknown_product", "error_not_found", "error_busy", "error_rate_limited"),
    *("error_incomplete", *(f"reason_{reason}" for reason in REASONS)),
)
_OWN: dict[str, tuple[str, str]] = {
    "title": ("答疑", "Ask the experts"),
    "title_of": ("{} 答疑", "Ask about {}"),
    "modes": ("提问或搜索", "Ask or search"),
    "search": ("搜索", "Search"),
    "search_placeholder": ("搜索文档…", "Search the documents…"),
    "search_empty": ("输入关键词，边输边找。", "Type to find documents."),
    "disclaimer": (
        "答案整理自专家文档。请勿输入密码、密钥等敏感信息。",
        "Answers quote expert documents. Leave out passwords and keys.",
    ),
    "pages": ("相关文档", "Matching documents"),
    "found": ("找到 {} 篇文档", "{} documents found"),
    "none_found": ("没有找到匹配的文档。", "No document matches."),
    "ask_this": ("提问：“{}”", "Ask: “{}”"),
    "ready": ("答案已就绪。", "The answer is ready."),
    "source": ("出处 {}：{}", "Source {}: {}"),
    "not_copied": ("无法复制", "Not copied"),
    "expert": ("请专家解答", "Ask an expert"),
    "expert_text": (
        "专家会看到你的问题；解答会出现在这个回答的链接里。",
        "An expert will see your question; the reply will appear under this answer's link.",
    ),
    "contact": ("联系方式，如邮箱（可选）", "How to reach you, such as e-mail (optional)"),
    "expert_sent": ("已转给专家。", "Your question is with the experts."),
}

WIDGET_TEXTS: Mapping[Language, Mapping[str, str]] = {
    language: {key: texts(language)[key] for key in _SHARED} | {key: pair[n] for key, pair in _OWN.items()}
    for n, language in enumerate(LANGUAGES)
}
"""Texts by language and key. What must be said without the server, the script knows itself."""
