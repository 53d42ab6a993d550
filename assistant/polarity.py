"""Whether two sentences about the same thing say opposite things: negation and antonyms, in Chinese and English."""

import re
from collections.abc import Iterator

__all__ = ["contradicts"]

_HAN_NEGATION = "不没未无勿别莫非"
_HAN_REACH = 6  # characters between a negation and what it negates: 不能直接使用
_LATIN_NEGATION = frozenset(
    ("not", "no", "never", "without", "cannot", "can't", "don't", "doesn't", "didn't", "won't", "isn't", "aren't")
    + ("shouldn't", "mustn't", "nor", "neither")
)
_CLAUSE = re.compile(r"[,，。；;：:！？!?\n()（）]|\.\s")
_HAN_PAIR = re.compile(r"(?=([\u4e00-\u9fff]{2}))")
_MODAL = re.compile(r"([不没未无非]?)(?:必)?(是|会|能|可以|需要?|应该?|要|必须|支持)")
_WORD = re.compile(r"[a-z']+")
_WEAK = frozenset("不没未无勿别莫非的了是在有和与或等会能")
# Words with one of these characters that deny nothing.
_NO_NEGATION = re.compile(
    "不同|不仅|不断|不过|不管|不少|不止|不论|无论|非常|除非|特别|别名|区别|分别|类别|级别|是否|未来|能不能|是不是|与否|有没有"
)
_OPPOSITES = (
    ("开启", "关闭"), ("启用", "禁用"), ("打开", "关闭"), ("启动", "停止"), ("增加", "减少"), ("增大", "减小"),
    ("调大", "调小"), ("大于", "小于"), ("高于", "低于"), ("之前", "之后"), ("升级", "降级"), ("成功", "失败"),
    ("允许", "禁止"), ("必须", "无需"), ("添加", "删除"), ("新增", "移除"), ("上线", "下线"), ("连接", "断开"),
    ("最大", "最小"), ("支持", "不支持"), ("客户端", "服务端"),
    ("true", "false"), ("enable", "disable"), ("enabled", "disabled"), ("before", "after"), ("increase", "decrease"),
    ("greater", "less"), ("higher", "lower"), ("start", "stop"), ("open", "close"), ("add", "remove"),
    ("allow", "deny"),
    ("always", "never"), ("required", "optional"), ("must", "optional"), ("client", "server"), ("upgrade", "downgrade"),
    ("maximum", "minimum"), ("success", "failure"), ("first", "last"), ("on", "off"),
)  # fmt: skip


def contradicts(claim: str, evidence: str) -> bool:
    """Whether the claim denies what the evidence affirms, affirms what it denies, or names its opposite."""
    claim, evidence = _NO_NEGATION.sub("  ", claim.lower()), _NO_NEGATION.sub("  ", evidence.lower())
    said, known = _polarities(claim), _polarities(evidence)
    for word, polarity in said.items():
        if word in known and not polarity & known[word]:
            return True
    return any(_swapped(claim, evidence, *pair) for pair in _OPPOSITES)


def _swapped(claim: str, evidence: str, one: str, other: str) -> bool:
    for said, known in ((one, other), (other, one)):
        if _has(claim, said) and not _has(claim, known) and _has(evidence, known) and not _has(evidence, said):
            return True
    return False


def _has(text: str, word: str) -> bool:
    return re.search(rf"(?<![a-z]){word}(?![a-z])", text) is not None if word.isascii() else word in text


def _polarities(text: str) -> dict[str, set[bool]]:
    """For each pair of Han characters and each Latin word: whether it stands affirmed, denied, or both."""
    found: dict[str, set[bool]] = {}
    for clause in _CLAUSE.split(text):
        for word, denied in (*_han(clause), *_latin(clause)):
            found.setdefault(word, set()).add(denied)
    return found


def _han(clause: str) -> Iterator[tuple[str, bool]]:
    for match in _HAN_PAIR.finditer(clause):
        pair = match[1]
        if not _WEAK.intersection(pair):
            before = clause[max(0, match.start() - _HAN_REACH) : match.start()]
            yield pair, any(char in _HAN_NEGATION for char in before)
    for match in _MODAL.finditer(clause):
        yield match[2][0], bool(match[1])


def _latin(clause: str) -> Iterator[tuple[str, bool]]:
    # All words of a clause share its negation: "cannot use the driver" is "the driver cannot be used".
    words = _WORD.findall(clause)
    denied = not _LATIN_NEGATION.isdisjoint(words)
    yield from ((word, denied) for word in words if len(word) > 2 and word not in _LATIN_NEGATION)
