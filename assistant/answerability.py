"""Whether the knowledge base answers a question at all. A wrong answer costs a reader more than an honest no."""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path

from kb.signals import Signals

__all__ = ["ANSWER_AT", "NEAR_AT", "WEIGHTS_FILE", "confidence", "is_vague"]

ANSWER_AT = 0.6  # answer from this confidence on: more likely than not is not enough
NEAR_AT = 0.1  # below this confidence the nearest entries are about something else
WEIGHTS_FILE = Path(__file__).with_name("answerability.json")  # written by `python -m assistant.train_answerability`


def confidence(signals: Signals) -> float:
    """Estimated probability (0..1) that the knowledge base answers the question.

    A logistic model over all signals, or over those of words while there are no others. It was fitted to knowledge
    bases of many sizes about many products, in both languages, so it leans on nothing that only one of them has.
    """
    if not signals.length:
        return 0.0
    weights = _WEIGHTS["words alone" if signals.dense is None else "meaning and words"]
    score = sum(weight * (getattr(signals, name) if name != "bias" else 1.0) for name, weight in weights.items())
    return 1.0 / (1.0 + math.exp(-max(score, -700.0)))


# What people say of any trouble with anything. Nothing is left of a vague question without these.
_ANY_TROUBLE = re.compile(
    r"怎么办|怎么回事|怎么解决|怎么弄|怎么搞|怎么用|怎么配置|怎么|如何|为什么|为啥|什么|原因|求助|请问|帮忙|一下|解决|处理"
    r"|一直|总是|突然|启动|运行|安装|部署|连接|配置|使用|打开|访问|程序|服务|系统|项目|东西"
    r"|报错|出错|错误|异常|失败|问题|故障|不了|不上|不行|不能|无法|没反应|没有反应|不好使|不起来|起不来|崩溃|挂了|卡住|有"
    r"|[我你他它这那个啊吗呢吧呀了的是又都还在用出来不]"
    r"|\b(?:it|this|that|is|are|was|does|do|did|not|the|a|an|my|i|we|get|got|have|has|there|doesn'?t|isn'?t|can'?t|cannot"
    r"|won'?t|why|how|what|help|me|please|to|any|more|still|always|suddenly|again|with|in|of|some|something|wrong|went"
    r"|works?|working|broken|fix|fails?|failed|failing|error|errors|problem|problems|issue|issues|crash(?:es|ed)?"
    r"|start|starts|starting|run|runs|running|program|app|application|service|system|startup|up|down)\b",
    re.IGNORECASE,
)


def is_vague(question: str) -> bool:
    """Whether a question tells of trouble without saying with what: nobody could answer it without asking back."""
    return bool(question.strip()) and not re.search(r"\w", _ANY_TROUBLE.sub(" ", question))


def _read() -> Mapping[str, Mapping[str, float]]:
    weights: Mapping[str, Mapping[str, float]] = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))["weights"]
    return weights


_WEIGHTS = _read()
