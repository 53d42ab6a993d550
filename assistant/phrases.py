"""The words by which talk about an expert's material, courtesies and loose ends are known, in Chinese and English.

The patterns are applied to one sentence at a time.
"""

import re

__all__ = [
    "ALTHOUGH",
    "ALTHOUGH_BUT",
    "ASIDE",
    "BACK",
    "BY_SOURCE",
    "CHINESE_MATERIAL",
    "CODE_OR_LINK",
    "COURTESY",
    "DANGLES",
    "FENCE",
    "FIGURE",
    "FROM_ASKER",
    "LABEL",
    "LINK",
    "MATERIAL",
    "MATERIAL_FIRST",
    "POINTS_ELSEWHERE",
    "PROMISES",
    "REPEATS_ASKER",
    "SENTENCE",
    "SILENT",
    "SOURCE",
    "SOURCE_SAYS",
    "UNABLE",
    "UNSAID",
]

# What experts were given to answer from, and readers never saw.
_CHINESE_SOURCE = (
    r"(?:第\s*[一二三四五六七八九十\d]+\s*篇\s*(?:参考)?(?:内容|资料|知识)|\{\{+[^{}\n]{0,80}\}\}+"
    r"|参考内容\s*\d*|[“\"「]知识[”\"」](?:内容)?|知识点?(?=中|里|内|提|未|没|并|所)"
    r"|知识(?:库|内容|段落)(?=(?:中|里|内)?[^，。]{0,6}(?:没有|未|无法|提到|提及|提供的|指出|不足))"
    r"|我们?的知识(?:库|内容)|(?:(?<=根据)|(?<=基于))知识(?:库|内容)"
    r"|(?:我(?:所|目前)?)?(?:(?:提供|给出|给定|了解|掌握|收集)到?的|(?:已有|已知|现有|上述|当前|依托于?|直接)的?)(?:我(?:所)?(?:了解|掌握)的)?"
    r"(?:直接|相关|参考|背景)?(?:知识|资料)(?!图谱)(?:内容|信息)?|我(?:所|目前)?(?:了解|掌握)(?:到)?的(?:信息|内容)"
    r"|(?:(?<=根据)|(?<=基于)|(?<=依据)|(?<=[从在您你所由的，])|^)"
    r"(?:(?:提供|给出|给定|已有|已知|现有)(?:的|我(?:所)?(?:了解|掌握)的)+(?:直接|相关|参考|背景)?(?:信息|内容|文档|上下文)(?:内容)?"
    r"|(?:已知|现有|已有)信息)"
    r")(?:的|中的?)?(?:信息|内容)?"
)
_ENGLISH_SOURCE = (
    r"\b(?:provided|given|supplied|retrieved|available)\s+(?:reference\s+)?"
    r"(?:knowledge|information|context|documents?|passages?|materials?)\b|\bthe (?:context|knowledge base) (?=does|do)"
)
SOURCE = rf"(?:{_CHINESE_SOURCE}|{_ENGLISH_SOURCE})"
CHINESE_MATERIAL = re.compile(_CHINESE_SOURCE)
MATERIAL = re.compile(SOURCE, re.IGNORECASE)
_OPENING = r"(?:(?:首先|其次|然后|接着|最后|此外|另外|同时|因此|所以|不过|但是|然而|其中|请?注意|需要注意的是)[，,]?)?"
# "根据提供的知识中的指导，", "From the provided context, ": what follows can stand alone.
BY_SOURCE = re.compile(
    rf"{_OPENING}(?:但是?|而|并|请|也|因此)?(?:您|你|我们)?(?:可以|可)?"
    r"(?:根据|基于|依据|依照|按照|遵循|结合|综合|参考|参照|鉴于|依托(?:于)?|从|在|正?如)[^，,。：:；]{0,15}?"
    rf"(?:{SOURCE})+(?:[（(][^（）()\n]{{0,40}}[）)])?(?:[^，,。：:\[`]{{0,16}}?"
    r"(?:来看|而言|所述|所示|可知|显示|提示)(?=[，,])|(?:中|里|内)?(?:所|的)?(?:提及|提到|提供|介绍|描述|给出|列出|说明)?(?:过?的)?"
    r"(?:方法|指导|说明|建议|提示|步骤|指引|思路|解决方案|内容|信息)?)[，,：:]?\s*"
    r"(?:(?:我们|您|你)?(?:可以|能够)?(?:得知|获知|知道|了解到?|看到|看出|发现|推断出?)(?:了|[，,：:])?\s*)?"
    r"|(?:based on|according to|from|given|as \w+ in|in)\s+(?:the|your|my)?\s*"
    rf"(?:{SOURCE})[^,.\n]{{0,40}},\s*",
    re.IGNORECASE,
)
SOURCE_SAYS = re.compile(
    rf"{_OPENING}(?:{SOURCE})(?:中|里)?(?:还|也|曾|明确)?(?:提到|提及|指出|说明|显示|介绍|强调|表明|建议)了?[，,：:]?"
)
_UNSAID = (
    r"(?:(?:没有|未曾?|并?未|无)[^，,。]{0,10}?(?:提及|提到|给出|说明|描述|指出|涉及|阐述|阐明|展示|涵盖|详述|体现|明确)"
    r"|无法(?:直接)?(?:提供|给出|回答|确定)|\bdo(?:es)? not (?:mention|say|cover|describe))"
)
UNSAID = re.compile(_UNSAID)
ALTHOUGH_BUT = re.compile(
    rf"{_OPENING}(?:但|而)?(?:虽然?|尽管|即使|虽说)(?P<what>[^。；]{{0,160}}?)[，,]\s*(?:但是|但|不过|然而|却)[，,]?"
)
ALTHOUGH = re.compile(
    rf"{_OPENING}(?:虽然?|尽管|(?:although|though|while|even though)\s)(?P<what>[^，。；]{{0,200}}?)"
    r"[，,]\s*(?:but\s+)?",
    re.IGNORECASE,
)
UNABLE = re.compile(
    r"(?:无法|不能|难以|不足以|没有办法)[^，,。]{0,8}(?:得出|给出|提供|回答|解答|确定|判断|确认|推断)"
    rf"|不(?:够)?充分|信息不足|{_UNSAID}|(?:没有|未|并未)[^，,。]{{0,10}}(?:提供|包含|信息|答案)"
    r"|\b(?:cannot|can't|unable to|not enough|insufficient)\b",
    re.IGNORECASE,
)
DANGLES = re.compile(r"(?:推导|推断|总结出|得出|整理|它|其|这|并|且|以及|而|的|了|中|和|等|也)")
MATERIAL_FIRST = re.compile(rf"[^，,。]*?(?:{SOURCE})[^，,。]*[，,](?=若|如果|请|您|你|可以|建议)")
SILENT = re.compile(
    r"(?:但是?|然而|不过|遗憾的是)?[，,]?(?:(?:直接|具体|关于)[^。]{0,80}?(?=没有|未|无)|(?=并?没有(?:直接|明确)|并?未(?:直接|明确)))"
    r"并?(?:没有|未曾?|无)[^，,。]{0,10}?(?:提及|提到|给出|说明|描述|指出|阐述|体现)"
)
PROMISES = re.compile(
    r"(?:因此|所以|但是?|不过)?[，,]?(?:我们|我|以下|下面|这里|让我们)(?:可以|能|将|会|就|来|是|尝试|我)*"
    r"(?:[^，。]{0,60}(?:分析|解答|回答|介绍|梳理|借鉴|一些[^，。]{0,12}建议|建议路径)"
    r"|[^。]{0,90}(?:推测|推断|推导|推理|推论|思路|探讨|寻找答案|尝试解决))[^，。]{0,25}[。：:]?\s*$"
    r"|(?:我们|我)?(?:可以|将|来|会)*(?:分析|解决|解答|回答|探讨|和|与|、)+[^。]{0,12}[您你][^。]*[。：:]?\s*$"
    r"|.{0,40}(?:如下|分析|解答|回答)[：:]\s*$|(?:here|below) (?:are|is) ",
    re.IGNORECASE,
)
# Where to look or what to ask instead of an answer.
POINTS_ELSEWHERE = re.compile(
    r"(?:参考|参照|查阅|查看|访问|联系|咨询|关注|求助|遵循)[^。]{0,60}(?:文档|社区|官网|网站|论坛|渠道|指南|GitHub|链接|源代码)"
    r"|提供更(?:多|具体|详细)|换一?个问法|更(?:好|准确)地|see the (?:official )?doc|consult the|refer to",
    re.IGNORECASE,
)
COURTESY = re.compile(
    r"(?<![一-鿿])希望(?:这|以上|上述)|希望(?:能|可以)?够?(?:对[您你]|帮[助到]{1,2}[您你])|随时(?:告诉|告知|提问|联系|与我)"
    r"|欢迎(?:继续|进一步|随时|再次|提问|咨询)|请(?:随时)?告(?:知|诉)我"
    r"|^(?:如|若)[^，。]{0,40}(?:疑问|需求|问题|场景)[^。]{0,30}(?:请(?:进一步|提供更多)|进一步(?:说明|提问|咨询))"
    r"|无需(?:进一步)?提问|前置问题|(?:请|需要)[^，。]{0,6}提供更(?:多|具体|详细)|不再?(?:详细展开|赘述)|提供更具体的问题|换一?个问法|我们?[^，。]{0,4}能更"
    r"|\bhope (?:this|that|these|it)\b[^.]{0,30}\b(?:help|useful|answer)"
    r"|\bfeel free to (?:ask|contact|reach|let|comment|open|raise|share)|\blet (?:me|us) know\b",
    re.IGNORECASE,
)
# "根据您提供的错误信息，": what the asker knows; and what follows where it only repeats the question.
FROM_ASKER = re.compile(
    r"(?:根据|结合|基于|依据|从)(?:您|你|用户)(?:的|所)?(?:问题|疑问|提问|描述|提供|提到|提出|遇到|反馈)[^，,。]{0,40}[，,]\s*"
)
REPEATS_ASKER = re.compile(r"[您你](?:在|使用|遇到|正在|想|希望|尝试|提到|询问|的问题|已|似乎|可能遇到)")
ASIDE = re.compile(
    r"(?:请?注意[，,:：]\s*)?(?:"
    r"希望|综上|总(?:的来说|而言之|之)[，,]|让我们|一步步|无论您?选择|这样[，,]?[您你我]们?(?:就|便)"
    r"|请?(?:通过|按照|遵循|完成|实施|执行|根据|逐[一步个]\w{0,3})?(?:以上|上述|这部分|这些(?=步骤|建议|措施|解答))(?:的|几[个种点])?"
    r"(?:解决|排查|处理|优化|操作|调整)?(?:步骤|方案|方法|建议|措施|调整|操作|分析|推荐|策略|信息|内容|思路|流程|解答)"
    r"|如果?(?:以上|上述|经过|问题(?:依然|依旧|仍|还))|(?:针对|关于|对于)(?:您|你|用户)(?:的|提|所|描|遇)"
    r"|(?:为了|在)(?:准确|更好地?)?(?:解答|回答|帮助[您你])"
    r"|let'?s (?:look|go|analy)|step by step|the (?:above )?steps above|in summary)",
    re.IGNORECASE,
)
BACK = re.compile(
    r"如[上下]图所示[，,]\s*|正?如(?:上|前|前文|上文|前面|之前)(?:所述|所示|所说|提到的?|述)[，,]\s*|综上(?:所述)?[，,]\s*"
    r"|as (?:mentioned|described|noted|stated|discussed) (?:above|earlier|before|previously),\s*",
    re.IGNORECASE,
)
# A figure that no answer shows: ", 如下图所示。" at the end, or a sentence that does nothing but announce one.
FIGURE = re.compile(
    r"[，,]\s*(?:具体|效果|结果)?(?:可以)?(?:如|见|参[见考])(?:下|上|附)?(?:面的?)?(?:图片?|截图)(?:所示)?[。：:]?\s*$"
    r"|(?<=^)[^，,。]{0,20}(?:如|见|参[见考])(?:下|上|附)?(?:面的?)?(?:图片?|截图)(?:所示)?[：:]?\s*$"
    r"|,\s*(?:as shown in|see) the (?:figure|image|screenshot|picture)(?: below| above)?[.:]?\s*$",
    re.IGNORECASE,
)
LINK = re.compile(
    r"(?:但是|但|不过|然而|可是|因此|所以|此外|另外|同时|尽管如此|即便如此|而)"
    r"(?:[，,]\s*|(?=我们|从|在|您|你|根据|关于|实际|考虑|对于|此|需|请))|这(?:也|就|间接|直接|进一步|通常|往往|可能)*(?:意味着|说明|表明|表示|是因为|是由于)了?[，,]?"
)
CODE_OR_LINK = re.compile(r"`[^`\n]+`")
SENTENCE = re.compile(
    r"(?:`[^`\n]+`|\[[^\[\]\n]*\]\([^()\n]*\)|“[^”\n]*”|\"[^\"\n]{1,300}\"|[^。！？!?.\n]|[.!?](?!\s|$))*+(?:[。！？!?.]+[”」』）)*]*\s*|$)"
)
LABEL = re.compile(
    r"(?P<mark>\s*(?:>[ \t]?)*(?:(?:[-*+]|\d{1,3}[.)、])[ \t]+)?)"
    r"(?P<name>\*\*[^*\n]{1,60}\*\*(?:[（(][^（）()\n]{1,20}[）)])?\s*[：:]?\s*)?"
)
FENCE = re.compile(r"\s*(?:>\s?)*(?:[-*+]\s+|\d{1,3}[.)]\s+)?(?:```|~~~)")
