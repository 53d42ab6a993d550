"""The words by which causes, steps, notes and the rest are known, in Chinese and English.

Experts name the same thing in hundreds of ways; these lists were grown from real answers. The patterns are applied to
short strings only (a heading, a label, a first or last sentence), so they cannot be made slow.
"""

import re

from kb.values import SectionKind

__all__ = [
    "ABOUT_TROUBLE",
    "ANNOUNCES",
    "DESCRIBES",
    "CAUSE_SENTENCE",
    "CAUSE_WORDS",
    "CLOSING",
    "CONTAINER_END",
    "EDGE",
    "ENGLISH_VERB",
    "HAS_CAUSE",
    "HAS_EXPLANATION",
    "HAS_NOTE",
    "HAS_REFERENCE",
    "HAS_STEP",
    "HOW",
    "LEAD_CAUSE",
    "LEAD_EXPLANATION",
    "LEAD_STEP",
    "NOTE_START",
    "NOUN",
    "NUMBERING",
    "PROMPT",
    "SCAFFOLD",
    "SCAFFOLD_START",
    "STEP_LABEL_END",
    "STEP_N",
    "STRICT_PATTERNS",
    "VERB",
    "WHAT",
    "WHY",
]

NUMBERING = re.compile(
    r"^(?:第[一二三四五六七八九十\d]{1,3}[步点部分]+[：:、.]?|"
    r"[（(]?[\d一二三四五六七八九十]{1,3}(?:\.\d{1,2}){0,3}[)）.、．：:]|"
    r"[ivx]{1,4}\.|[①-⑩]|\d{1,2}(?:\.\d{1,2})+|\d{1,2}\s)\s*",
)
STEP_N = re.compile(
    r"^(?:步骤|方法|方案|场景|情况|选项|Step|Option|Method|"
    r"Solution)\s*[一二三四五六七八九十\dA-Da-d]{1,3}(?!\w)\s*[：:.、\-]?\s*",
    re.I,
)
EDGE = re.compile(r"^[\s*_#`>~]+|[\s*_：:。.]+$")

STRICT: tuple[tuple[SectionKind | str, str], ...] = (
    (
        "mixed",
        r"(?:问题)?(?:原因)?分析(?:与|及|和|、|并)(?:提供)?(?:解决|解答|建议|处理|排查|操作)\w{0,6}|"
        r"步骤分析\w{0,8}|分析步骤\w{0,4}",
    ),
    (
        "reference",
        r"(?:相关|更多|官方|额外)?(?:参考|引用|相关)?(?:文档|资料|链接|文献|资源|来源|阅读)(?:引用|链接|推荐|来源|"
        r"回顾|汇总|列表)?|参考(?:链接|资料|文档|文献|信息|内容|来源)?\w{0,2}"
        r"|references?|further reading|see also|related (?:links|documents|documentation)|links|sources",
    ),
    (
        "note",
        r"(?:特别|重要|温馨|额外|其他|安全)?(?:注意|提示|警告|提醒|注)(?:事项|点|信息)?(?:与\w{0,6}|和\w{0,6}|"
        r"说明)?|请注意|重要说明|补充说明|备注|(?:额外|其他|补充|更多)(?:的)?建议"
        r"|(?:important )?notes?|caution|warnings?|important|tips?|caveats?|things to note|keep in mind",
    ),
    (
        "cause",
        r"(?:可能|潜在|主要|常见|根本|具体|直接|问题|故障|错误|报错|异常|失败|现象|核心)*的?(?:问题)?(?:原因|成因|"
        r"根因|诱因)(?:分析|如下|解析|概述|推测|定位|排查)*"
        r"|(?:分析|理解|推测|定位|识别|诊断|确定|明确)(?:一下)?(?:问题|故障|错误|报错|可能)*的?(?:可能|"
        r"根本)?(?:原因|根源)|(?:问题|错误|故障|异常|情况|现象|报错)(?:的)?(?:原因)?分析"
        r"|分析(?:问题|错误|故障)|(?:可能|主要)?(?:影响)?因素(?:分析)?|问题根源"
        r"|(?:possible|likely|potential|common|root|main|probable|the)?\s?causes?(?: analysis)?|why (?:this|"
        r"it) happen\w*|reasons?"
        r"|what(?: is|'s)? (?:going wrong|wrong|happening)|(?:problem|cause|root cause) analysis|diagnosis",
    ),
    (
        "step",
        r"(?:问题|故障|错误)?的?(?:具体|详细|推荐|建议|通用|可能|常规|提供|给出|初步|综合|针对性|相应|"
        r"基本)*的?(?:解决|处理|修复|排查|应对|优化|诊断|调试|配置|操作|实施|实现|安装|部署|升级|执行|集成|整合|"
        r"迁移|"
        r"验证|检查|启动|使用|设置|修改|恢复|改进|调整|调试|搭建|开发|接入|启用|关闭|查询|测试|清理|编译|故障排除|"
        r"回滚|建议|开启|解答|指导|实践|下载|注册|改造|适配|切换|访问|获取)*(?:与|及|和|、|或)?"
        r"(?:解决|操作|实施|排查|验证|执行|建议|处理|优化|具体|实践)*的?(?:步骤|方案|方法|办法|策略|措施|流程|"
        r"建议|思路|指南|做法|操作|实施|途径|方式|手段|对策)(?:步骤|概述|概览|建议|探索|设计|如下|概要|简述|总结|"
        r"说明|详解)*"
        r"|解决问题|问题解决|提供解决方案|如何解决|解决|建议|排查|怎么做|怎么办|(?:故障)?排(?:查|除)(?:步骤)?"
        r"|(?:the )?(?:solutions?|resolution|fix(?:es)?|workarounds?|remedy|procedure|steps?|instructions|"
        r"troubleshooting(?: steps)?|what to do|how to (?:fix|resolve|solve)\b.*"
        r"|(?:solution|resolution|troubleshooting|fix|configuration|detailed|recommended) steps|steps to\b.*|"
        r"recommended (?:actions?|fix))",
    ),
    (
        "explanation",
        r"(?:步骤|操作|分析|原理|配置|参数|补充|详细|具体|概念|代码|背景|方案|问题|错误|情况|现象|机制|结果|影响|"
        r"技术|功能|特性|关键|重要|核心)*(?:与|和|及)?(?:的)?(?:解释|说明|原理|描述|背景|总结|结论|小结|概述|概览|"
        r"解读|释义|解析|概念|机制|介绍|答案|要点|回顾|理由|依据)(?:说明|与\w{0,6}|和\w{0,6}|及\w{0,6}|要点|分析)?"
        r"|总之|分析|示例(?:代码)?|解答|回答|答案|简介|"
        r"(?:detailed )?explanation|background|summary|conclusion|overview|how it works|why (?:this|it) works|"
        r"details|example",
    ),
)
STRICT_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in STRICT)

HAS_CAUSE = re.compile(
    r"原因|成因|根因|(?:问题|故障|错误|异常)分析|分析(?:问题|故障|错误)|\bcauses?\b|\breasons?\b|\bwhy\b", re.I
)
HAS_STEP = re.compile(
    r"步骤|解决|方案|修复|排查|处理(?!器)|建议$|建议(?:措施|操作|做法)|指南|实施|措施|对策|流程$|方法$|如何|怎么|"
    r"怎样|教程"
    r"|\bhow to\b|\bsteps?\b|\bsolutions?\b|\bfix|\bresol|\btroubleshoot|\bworkaround",
    re.IGNORECASE,
)
HAS_EXPLANATION = re.compile(
    r"解释|说明|原理|机制|背景|概述|简介|介绍|总结|结论|区别|对比|比较|优势|特[点性]|概念|作用|功能|含义|(?<!自)定义|"
    r"差异|为什么"
    r"|\bexplain|\bsummary\b|\bconclu|\boverview\b|\bbackground\b|\bdifferences?\b",
    re.IGNORECASE,
)
HAS_NOTE = re.compile(
    r"^(?:额外|特别|重要|安全)?(?:注意|警告|提醒|提示)|注意事项|\b(?:caution|warning|notes?)\b", re.IGNORECASE
)
HAS_REFERENCE = re.compile(
    r"参考(?:链接|资料|文[档献]|资源)|(?:文档|相关|额外|更多)(?:的)?(?:链接|资源)|链接引用|引用(?:链接|资料|来源)|"
    r"\breferences\b",
    re.I,
)

VERB = re.compile(
    r"(?:请|先|首先|其次|然后|接着|随后|最后|再次?|并|务必|尽量|尝试|建议|推荐|可以|可|需要?|应该?|必须|您|你|"
    r"重新|手动|逐[一步]|考虑|优先|主动|定期|适当|合理|确保|如有必要|必要时|在.{1,12}(?:中|里|上|下|后|前|内|时|"
    r"处|端)[，,]?|通过.{1,12}?|对.{1,12}?进行|将|把|为.{1,8}?){0,3}"
    r"(?:检查|确认|确保|配置|修改|设置|执行|下载|启动|重启|搭建|添加|增加|引入|创建|新建|编辑|打开|登[录陆]|访问|进入|"
    r"点击|选择|选用|运行|安装|部署|升级|更新|验证|校验|测试|查看|查询|查找|查阅|参[考照阅]|调整|优化|删除|"
    r"清[理除空]|移除|"
    r"替换|更换|更改|变更|改[为用成]|解压|编译|打包|构建|备份|导[入出]|初始化|启用|关闭|开启|禁用|停止|停掉|减少|"
    r"降低|提[升高供]|监[控测听]|排[查除]|定位|联系|咨询|提交|保存|发布|注册|订阅|编写|实现|定义|准备|拉取|克隆|"
    r"获取|切换|迁移|扩[容展]|限制|避免|对[比照]|比[较对]|"
    r"分析|审[查核视]|核[对实查]|复制|指定|声明|注入|加载|调用|集成|整合|生成|上传|使用|采用|利用|引用|遵循|隔离|"
    r"释放|捕获|模拟|收集|等待|观察|跟踪|追踪|记录|开放|映射|挂载|绑定|授权|分配|设定|重置|回滚|回退|补充|了解|"
    r"理解|阅读|寻求|求助|反馈|报告|搜索|关注|识别|评估|规划|实施|处理|解决|修复|修正|恢复|加入|统一|加强|增强|"
    r"区分|保持|保留|维护|避开|填写|输入|"
    r"触发|同步|推送|刷新|清空|重建|重新|改造|适配|封装|继承|注释|暴露|判断|诊断|明确|强制|尝试|排除|联合|触发|"
    r"依次|逐台|去掉|拷贝|放入|放置|写入|读取|连接|切断|设计|制定|应用|转换|导航|发送|请求|开发|拆分|合并|压缩|"
    r"缩短|延长|锁定|卸载|迁出|安排|建立)",
)
STEP_LABEL_END = re.compile(
    r"(?:检查|确认|验证|调整|修改|升级|测试|排查|诊断|重启|启动|校验|审查|备份|清理|更新|核查|核对|恢复|编译|下载|"
    r"初始化|回滚|替换|修复)$"
)
CONTAINER_END = re.compile(
    r"^(?:解决|处理|操作|实施|排查)(?:方案|步骤|策略|方法|建议|思路)|(?:步骤|建议|方案|方法|流程|指南|策略|措施|思路|操作|实践|过程|办法|\b(?:steps|solutions?|guide|procedure))$",
    re.I,
)
NOUN = re.compile(  # a thing, although its first word can also be a verb: "配置管理", "服务发现的原理"
    r"^(?:配置|服务|管理|监控|测试|分析|部署|使用|安装|设计|应用|请求|处理|更新|限制|同步|注册|开启|关闭|集成|加载)"
    r".{0,12}(?:服务|文件|信息|参数|时间|协议|列表|内容|管理|中心|支持|模式|方式|类型|发现|规则|场景|概念|关系|"
    r"介绍|情况|作用|效果)$"
    r"|(?:机制|原理|概览|概述|说明|依据|总结|分析|优势|特性|区别|差异|特点|能力|生态|体系|影响|原因|性)$"
)
ENGLISH_VERB = re.compile(
    r"(?:please |then |next,? |first,? |finally,? |you (?:can|should|must|need to) |make sure|try to |try |also |"
    r"now |always |never |do not |don't )*"
    r"(?:check|confirm|ensure|make|configure|modify|change|set|run|execute|download|start|restart|stop|add|remove|"
    r"delete|create|edit|open|log ?in|visit|go to|click|select|install|deploy|upgrade|update|downgrade|verify|"
    r"test|view|"
    r"look|find|refer|adjust|optimi[sz]e|clean|clear|replace|rename|move|unzip|extract|compile|build|back up|"
    r"import|export|initiali[sz]e|enable|disable|turn|increase|decrease|reduce|raise|lower|monitor|inspect|"
    r"contact|submit|save|publish|"
    r"register|subscribe|write|implement|define|prepare|pull|clone|get|switch|migrate|scale|limit|avoid|compare|"
    r"analy[sz]e|review|copy|paste|specify|declare|inject|load|call|use|integrate|generate|upload|wait|watch|"
    r"trace|record|"
    r"mount|bind|grant|assign|reset|roll|read|follow|apply|put|place|send|request|connect|choose|pick|keep|give|"
    r"allow|expose|point|pass|rebuild|reload|recreate|rerun|re-run|retry|repeat|query|list|search|fix|correct|pin|"
    r"override|exclude|include|validate|align|map|attach|drop|do|try|see)\b",
    re.IGNORECASE,
)
CAUSE_WORDS = re.compile(
    r"问题$|错误$|异常$|故障$|失败$|不足$|不当$|不兼容|不一致|不匹配|不正确|不稳定|冲突|缺失|丢失|"
    r"过[大小高低期长短多旧载]|超时|延迟|耗尽|泄[漏露]|未[一-鿿]|没有|缺[少乏]|可能[是会存由因导]|无法|限制$|"
    r"不[可通当足全支符对]|抖动|损坏|占用|变[更化动]$|bug|缺陷|误[解用删报]|遗漏|影响$|原因|差异$|残留|机制$|特性$"
    r"|\b(?:wrong|missing|mismatch\w*|incompatib\w*|conflict\w*|incorrect\w*|invalid|not |no longer|never|cannot|"
    r"can't|isn't|aren't|doesn't|didn't|expired?|too (?:small|large|old|new|long|short|low|high)|outdated|"
    r"old(?:er)?|stale|blocked|occupied|unreachable|timed? ?out|timeout|fail\w*|bug|leak|lack\w*|insufficient|"
    r"unset|differ\w*|different)\b",
    re.IGNORECASE,
)
LEAD_STEP = re.compile(
    r"步骤|操作|解决|排查|修复|方法|措施|方案|处理|配置如下|这样[做操]|进行(?:配置|设置|排查|处理)|尝试以下|"
    r"以下(?:方式|途径|建议|命令)|建议|办法|策略|应对|指[导南]|实现如下|按照|遵循|采取"
    r"|\bsteps?\b|\bfollow|\btry\b|\bfix|\bresol|\bdo the following|\bworkaround|\bprocedure|\bas follows to\b|"
    r"\byou can\b",
    re.IGNORECASE,
)
LEAD_CAUSE = re.compile(
    r"原因|因素|由于|因为|导致|引起|造成|可能(?:是|源于|涉及|有)|源于|\bcauses?\b|\breasons?\b|\bbecause\b|"
    r"\bdue to\b|\bcaused\b|\bhappens? when\b",
    re.IGNORECASE,
)
# How the words after a label begin that tell what something is rather than what to do.
DESCRIBES = re.compile(
    r"(?:此|该|这|它|其|支持|允许|能够?|提供|用于|用来|是|有|作为|一[种个]|this|it|the|supports|allows|is)", re.I
)
PROMPT = re.compile(r"(?:回答|答案)(?:内容)?要?有条理|分步骤[：:]?$")  # words of whoever ordered the answer
LEAD_EXPLANATION = re.compile(
    r"总结|结论|要点|特[点性征]|优势|优点|好处|功能|区别|差异|不同|场景|概念|组成|例如|比如|如下分析|分析如下|"
    r"几点|包括"
    r"|\bdifferences?\b|\bfeatures?\b|\badvantages?\b|\bfor example\b|\bsuch as\b|\binclud",
    re.IGNORECASE,
)
WHY = re.compile(
    r"为什么|为何|为啥|怎么回事|什么原因|原因|报错|错误|异常|失败|无法|不能|不了|不上|(?<!有)没有|没法|不生效|失效|超时|"
    r"拒绝|问题|不一致|丢失|挂了|起不来|不到|卡[住死顿]|[过很太]高|[太很变]慢|[占打]满|飙|泄[漏露]|频繁|突然|一直|怎么不|未[一-鿿]|"
    r"不[显更同注推通对刷]|还是(?=[^，。？?]{0,6}(?:不|没|无|报|失败|错|旧|老))|仍[然旧是]|(?<!有)没(?!有)"
    r"|exception|error|fail|refused|denied|timed? ?out|timeout|not (?:found|work|support|exist|match)|cannot|"
    r"can't|unable|invalid|\bno \w+|\bwhy\b|\bwrong\b|\bdoesn't|\bdown\b|\bstill\b|\bonly get\b|\b[45]\d\d\b|"
    r"Caused by",
    re.IGNORECASE,
)
ABOUT_TROUBLE = re.compile(r"解决|处理|报错|error", re.IGNORECASE)
HOW = re.compile(r"^(?:#?\s*[A-Za-z][\w\- .]{0,30})?(?:如何|怎么|怎样|怎么样|how (?:to|do|can))", re.IGNORECASE)
WHAT = re.compile(
    r"如何|怎么|怎样|什么|[哪那][些个里种]|区别|是否|支持|能否|可以|可否|吗[？?]?\s*$|介绍|样例|示例|教程|方案|建议|实现|部署|安装|配置|集成|搭建|开启|关闭|升级|下载|使用"
    r"|还是|多[少久大]|几个|在哪|有没有|是不是|要不要|能不能|适用|对应"
    r"|\bhow\b|\bwhat\b|\bwhich\b|\bdoes\b|\bcan\b|\bis there\b",
    re.IGNORECASE,
)
SCAFFOLD = re.compile(
    r"针对[您你].{0,60}(?:问题|疑问|需求|情况|查询|描述)|[您你](?:提到|提出|提供|描述|遇到|所|的问题|的疑问|询问)|"
    r"(?:回答|答案)(?:内容)?(?:要有条理|如下|[：:]?$)|为了.{0,10}(?:准确|更好地?)(?:地)?(?:回答|解答)[您你]|"
    r"(?:我们|下面|以下|这里)(?:可以|将|就|来|是|会|我).{0,60}(?:分析|解答|回答|如下|步骤|探讨|介绍|梳理|解决|说明|建议|总结|概括)|"
    r"(?:知识|信息|资料)(?:库|内容)?(?:中|里|可能)?.{0,30}(?:没有|未|不足|并不).{0,6}(?:直接|具体|详细|包含|提供|提及|提到|以)|"
    r"^(?:based on|according to) (?:the|your) (?:provided |given |available )?"
    r"(?:information|knowledge|context|description|error)|"
    r"^(?:here (?:are|is)|below (?:are|is)|the following|let'?s|regarding your|for your question|thank)",
    re.IGNORECASE,
)
# "根据提供的知识内容，…" announces when nothing but an announcement follows.
SCAFFOLD_START = re.compile(
    r"(?:根据|基于|依据|从|结合|按照|鉴于|参考|综合).{0,40}(?:提供的?|掌握的?|已有的?|已知的?|现有的?|给出的|上述的?|我了解的)"
    r"\s*.{0,12}(?:知识|信息|内容|资料|文档|描述)"
)
ANNOUNCES = re.compile(
    r"(?:我们|我|以下|如下|下面|这里|可以|将|并).{0,40}"
    r"(?:分析|解答|回答|步骤|方案|建议|解决|指导|说明|概括|总结|整理|探讨|梳理|介绍|如下|推测|推断|排查|处理|应对)|[：:]$"
)
CLOSING = re.compile(
    r"^(?:希望|总结来说|总的来讲|总而言之|总体(?:来说|而言)|简而言之|如[果有若](?:您|你|仍|还|有|在|问题|以上|"
    r"上述|遇到|实施|需要|上面).{0,120}(?:帮助|咨询|提问|联系|求助|支持|告知|反馈|社区|提供|文档|解答|协助|排查|"
    r"深入|寻求|指导)|若.{0,30}(?:帮助|咨询|提问|联系|求助|支持|告知|反馈|社区|提供|文档|深入)|综上|总之|总的来说|"
    r"总而言之|通过(?:以上|上述|这些|这种|上面|遵循|实施|执行)|"
    r"(?:以上|上述|这些)(?:步骤|方法|措施|内容|是|信息|分析|建议|操作|解答|策略)|请(?:根据|按照|依据|"
    r"参[照考])(?:您|你|实际|具体|上述|以上|官方)|完成(?:以上|上述|这些)|经过(?:以上|上述)|根据(?:以上|上述)步骤|"
    r"按照(?:以上|上述)|至此|遵循(?:以上|上述|这些)|"
    r"(?:i )?hope (?:this|that|these)|if (?:you (?:still|have|need)|the (?:problem|issue|error) (?:still|"
    r"persists))|in (?:summary|conclusion|short)|(?:after|with|by following) (?:these|the above|all)|the (?:above|"
    r"steps above)|these steps)",
    re.IGNORECASE,
)
NOTE_START = re.compile(
    r"^(?:\*\*)?(?:请?(?:特别|务必)?注意|注意事项|注[：:]|提示|温馨提示|警告|重要提示|重要|需要(?:特别)?注意|"
    r"值得注意|特别提醒|备注|⚠|note\b|please note|important|warning|caution|tip\b|be aware|keep in mind|beware)",
    re.I,
)
CAUSE_SENTENCE = re.compile(
    r"(?:(?:通常|一般|可能|往往|主要|多半|大多|很可能|极有可能|应该|确实)(?:是|会)?(?:由于|由|因为|因|源于|与|"
    r"意味着)|是(?:由于|由|因为|因)|(?:的)?原因(?:在于|是|可能|通常|有|主要)|(?:导致|引起|造成|引发)(?:的|了)|"
    r"源于|归因于|表明|意味着"
    r"|\b(?:because|due to|caused by|the (?:reason|cause) is|means? that|indicates?)\b)",
    re.IGNORECASE,
)
