"""Everything that the pages say by themselves, in Chinese and English."""

from collections.abc import Mapping

from kb.values import Language
from ui.review_texts import REVIEW_TEXTS

__all__ = ["LANGUAGES", "TEXTS", "texts"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")

_PAIRS: dict[str, tuple[str, str]] = {
    # the page
    "tagline": ("专家答疑", "Expert answers"),
    "title": ("答疑 · 有依据的专家解答", "Dayi · expert answers with sources"),
    "welcome": ("哪里卡住了？", "What are you stuck on?"),
    "welcome_text": (
        "描述现象，或直接粘贴报错日志。每个原因和步骤都标注出处，点开即可核对专家原文。",
        "Describe what you see, or paste the error. Every cause and step names its source for you to check.",
    ),
    "try": ("试着问问", "Try asking"),
    "product": ("产品", "Product"),
    "all_products": ("全部产品", "All products"),
    "placeholder": ("描述问题，或粘贴报错日志…", "Describe the problem or paste the error…"),
    "placeholder_more": ("继续追问…", "Ask a follow-up…"),
    "ask": ("提问", "Ask"),
    "stop": ("停止", "Stop"),
    "hint": (
        "Enter 发送，Shift + Enter 换行。请勿输入密码、密钥等敏感信息。",
        "Enter to send, Shift + Enter for a new line. Leave out passwords and keys.",
    ),
    "new": ("新对话", "New conversation"),
    "language": ("切换到英文", "Switch to Chinese"),
    "other_language": ("EN", "中文"),
    "theme": ("切换深色或浅色", "Switch between dark and light"),
    "no_script": (
        "对话页面需要 JavaScript。也可以通过 API（/docs）提问。",
        "This page needs JavaScript. You can also ask through the API (/docs).",
    ),
    "library": ("知识库：", "Knowledge base: "),
    "documents": ("篇", "documents"),
    # an answer
    "searching": ("正在查找相关的专家解答…", "Looking through the experts' answers…"),
    "writing": ("正在整理答案…", "Writing the answer…"),
    "causes": ("可能原因", "Likely causes"),
    "steps": ("解决步骤", "What to do"),
    "explanation": ("说明", "Background"),
    "sources": ("出处", "Sources"),
    "reviewed": ("专家已复核", "Expert-reviewed"),
    "page": ("文档", "Documentation"),
    "open_page": ("查看原文", "Open original"),
    "gone": (
        "该文档已更新或移除，以下是回答时引用的原文。",
        "This document has changed since; this is what was quoted.",
    ),
    "related": ("相关条目", "Related entries"),
    "nearest": ("最接近的条目", "Nearest entries"),
    "abstained": ("知识库里没有可靠的答案", "No reliable answer in the knowledge base"),
    "abstained_text": (
        "与其猜测，不如直说。补充产品版本和完整报错后再问一次，通常会有帮助。",
        "Better to say so than to guess. Adding the product version and the full error message often helps.",
    ),
    "notice_words_only": (
        "按语义检索暂时不可用，这个回答可能不完整。",
        "Search by meaning is down at the moment; this answer may be incomplete.",
    ),
    "notice_no_model": (
        "语言模型暂时不可用，以下直接引用专家原文。",
        "The language model is not available at the moment; this is quoted from the experts directly.",
    ),
    "notice_incomplete": ("这个回答中断了，内容不完整。", "This answer broke off and is incomplete."),
    "unsupported": ("出处中未见依据", "not found in its sources"),
    "which": ("你用的是哪一个？", "Which one do you use?"),
    "which_text": (
        "不同的产品或版本做法不同，请选择一个。",
        "This differs between products or versions. Please choose one.",
    ),
    "written": (
        "由语言模型根据专家文档撰写并逐条核对，尚未经人工复核",
        "Written by a language model from expert documents and checked item by item, not yet reviewed by a person",
    ),
    "masked": (
        "你的问题里疑似含有密钥或个人信息，已隐藏后再处理。",
        "Your question seemed to hold a secret or personal data; we hid that part before using it.",
    ),
    "unreviewed": (
        "自动整理自专家文档，尚未经人工复核",
        "Composed from expert documents, not yet reviewed by a person",
    ),
    "stopped": ("已停止。", "Stopped."),
    # actions
    "delete": ("删除", "Delete"),
    "delete_sure": ("确定删除？链接也会失效", "Sure? Its link will stop working"),
    "copy": ("复制", "Copy"),
    "copy_answer": ("复制答案", "Copy answer"),
    "copied": ("已复制", "Copied"),
    "permalink": ("链接", "Link"),
    "helpful": ("有帮助", "Helpful"),
    "unhelpful": ("没帮助", "Not helpful"),
    "thanks": ("感谢反馈！", "Thank you!"),
    "thanks_bad": ("感谢反馈，专家会查看这个回答。", "Thank you. An expert will look at this answer."),
    "what_wrong": ("哪里不对？", "What was wrong?"),
    "reason_inaccurate": ("不准确", "Inaccurate"),
    "reason_outdated": ("已过时", "Out of date"),
    "reason_irrelevant": ("答非所问", "Off the point"),
    "reason_incomplete": ("不完整", "Incomplete"),
    "reason_wrong_citation": ("出处不对", "Wrong source"),
    "reason_other": ("其他", "Other"),
    "comment": ("补充说明（可选）", "Tell us more (optional)"),
    "send": ("提交", "Send"),
    "not_sent": ("没有发送成功，请稍后再试。", "That could not be sent. Please try again."),
    # errors
    "error": ("这次没能回答，请稍后再试。", "That did not work. Please try again."),
    "error_question": (
        "无法读取这个问题，请缩短或改写后再试。",
        "This question cannot be read. Please shorten or rephrase it.",
    ),
    "error_unknown_product": ("没有这个产品，请重新选择。", "There is no such product. Please choose another."),
    "error_not_found": (
        "这个对话已失效，请新建对话。",
        "This conversation is no longer available. Please start a new one.",
    ),
    "error_rate_limited": (
        "提问过于频繁，请过一会儿再试。",
        "That was a lot of questions in a short time. Please try again a little later.",
    ),
    "error_incomplete": ("回答中断了，请重新提问。", "The answer broke off. Please ask again."),
    "error_busy": ("当前提问较多，请稍候再试。", "Many people are asking right now. Please try again in a moment."),
    # permalink page
    "back": ("去提问", "Ask a question"),
    "asked_at": ("提问时间", "Asked"),
    "deleted": ("这个回答已删除", "This answer was deleted"),
    "deleted_text": (
        "问题和回答已按提问者的要求删除。",
        "Its asker wanted question and answer to be deleted.",
    ),
    # ratings of other readers, in forms
    "rate_answer": ("这个回答有帮助吗？", "Did this answer help?"),
    "rate_page": ("这篇解答有帮助吗？", "Did this page help?"),
    "rated_already": ("你的评价：", "Your rating:"),
    "rated_again": ("。可以修改后重新提交。", ". You can change it and send it again."),
    "contact": (
        "联系方式，仅用于告知处理结果（可选）",
        "How to reach you, only to tell you what came of it (optional)",
    ),
    "rate_privacy": (
        "评价由专家查看；说明里的密钥和个人信息会被隐藏。提交后会使用一个 Cookie 记住这是你的评价，关闭浏览器即失效。",
        "Experts read ratings; secrets and personal data in your words are hidden. Sending sets one cookie, gone when "
        "the browser closes, that knows the rating as yours.",
    ),
    "thanks_received": ("已收到，谢谢！", "Received, thank you."),
    # published entries
    "published_all": ("专家解答", "Expert answers"),
    "published_by": ("答疑专家", "Dayi experts"),
    "published_text": (
        "由专家撰写或更正，并经复核后发布。",
        "Written or corrected by experts, published after review.",
    ),
    "the_question": ("用户问题", "The question"),
    "the_answer": ("专家解答", "The answer"),
    "references": ("参考资料", "References"),
    "version": ("版本", "Version"),
    "page_wrong": ("这篇解答有帮助吗？", "Did this help?"),
    "page_wrong_text": (
        "专家会看到每条评价，并更正这篇解答。",
        "Experts see every rating and correct this page.",
    ),
    "ask_about": ("就此提问", "Ask about this"),
    "as_markdown": ("Markdown 版本", "As Markdown"),
    "feed": ("订阅更新（Atom）", "Atom feed"),
    "previous_page": ("上一页", "Previous"),
    "next_page": ("下一页", "Next"),
    "withdrawn": ("这篇解答已撤下", "This answer was withdrawn"),
    "withdrawn_text": (
        "其中的内容不再适用。欢迎重新提问。",
        "What it said holds no longer. You are welcome to ask again.",
    ),
    "missing_title": ("没有这个页面", "There is no such page"),
    "missing_text": ("链接可能已失效，或地址有误。", "The link may have expired, or the address is wrong."),
}

_ALL = _PAIRS | REVIEW_TEXTS
TEXTS: dict[Language, dict[str, str]] = {
    "zh": {key: pair[0] for key, pair in _ALL.items()},
    "en": {key: pair[1] for key, pair in _ALL.items()},
}
"""Texts by language and key; both languages have the same keys."""


def texts(language: str) -> Mapping[str, str]:
    """The texts of a language; English for one that we do not speak."""
    return TEXTS["zh"] if language == "zh" else TEXTS["en"]
