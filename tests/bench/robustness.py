"""Question→answer retrieval when people ask the way they do: with typos, logs, greetings, pinyin, other characters.

Every question of a folder of expert answers is changed by a seeded rule; the answer to find stays the same.
"""

import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingest import parse_file, without_question
from kb import Embedder, HybridSearch, KnowledgeBase
from tests.bench.metrics import mean_reciprocal_rank, recall
from tests.bench.quality import fill

__all__ = ["CHANGES", "robustness"]

Change = Callable[[str, random.Random], str]


def robustness(folder: Path, embedder: Embedder) -> Iterator[dict[str, object]]:
    """A line of figures for each way of asking, the plain questions first."""
    documents = [parse_file(path, root=folder, product="bench") for path in sorted(folder.glob("*.md"))]
    questions = {document.id: document.question for document in documents}
    with tempfile.TemporaryDirectory() as temporary:
        knowledge = KnowledgeBase.open(Path(temporary), f"sqlite:///{temporary}/bench.db", embedder)
        try:
            fill(knowledge, [without_question(document) for document in documents])
            search = HybridSearch(knowledge, product_names={"bench": ["nacos"]})
            for name in CHANGES:
                yield figures(search, questions, name)
            columns = _ENGLISH.split()
            groups = list(zip(columns[::2], columns[1::2], strict=True))
            line = figures(HybridSearch(knowledge, synonyms=groups), questions, "half in English")
            yield {**line, "asked": "half in English, these words listed as synonyms"}
        finally:
            knowledge.close()


def figures(search: HybridSearch, questions: Mapping[str, str], name: str) -> dict[str, object]:
    """How well the changed questions find their documents."""
    asked = {id: CHANGES[name](question, random.Random(f"{name} {id}")) for id, question in questions.items()}
    runs = {
        id: [hit.document.id for hit in search.search(question, products=["bench"]).hits]
        for id, question in asked.items()
    }
    expected = {id: id for id in questions}
    return {
        "case": "robustness",
        "asked": name,
        "changed": sum(asked[id] != question for id, question in questions.items()),
        "MRR@10": round(mean_reciprocal_rank(runs, expected), 4),
        "R@10": round(recall(runs, expected), 4),
    }


def _plain(question: str, _: random.Random) -> str:
    return question


_LOG = """\
{time}  INFO 1 --- [           main] o.s.b.w.embedded.tomcat.TomcatWebServer  : Tomcat initialized with port(s): 80
{time}  INFO 1 --- [           main] c.z.h.HikariDataSource                   : HikariPool-1 - Start completed.
{time}  WARN 1 --- [  scheduling-1 ] c.n.d.s.t.d.RetryableEurekaHttpClient    : Request execution failed
{time} DEBUG 1 --- [nio-8080-exec-3] o.s.web.servlet.DispatcherServlet        : GET "/orders/42", parameters={{}}
{time}  INFO 1 --- [           main] com.example.shop.OrderApplication        : 2 profiles are active: "dev", "eu"
{time} ERROR 1 --- [nio-8080-exec-7] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() threw exception
shop-order-1    | {time} INFO  [lettuce-nioEventLoop-4-1] i.l.core.protocol.ConnectionWatchdog - Reconnected
""".splitlines()


def _log_lines(chance: random.Random, number: int) -> list[str]:
    def time() -> str:
        day, hour, second = chance.randint(1, 9), chance.randint(10, 19), chance.randint(10, 59)
        return f"2024-03-0{day} {hour}:07:{second}.{chance.randint(100, 999)}"

    return [chance.choice(_LOG).format(time=time()) for _ in range(number)]


def _in_a_log(question: str, chance: random.Random) -> str:
    before, after = chance.randint(0, 6), chance.randint(5, 60)
    return "\n".join([*_log_lines(chance, before), question, *_log_lines(chance, after)])


_PACKAGES = (
    "org.springframework.beans.factory",
    "org.apache.catalina.core",
    "java.util.concurrent",
    "io.netty.channel",
)


def _with_a_stack_trace(question: str, chance: random.Random) -> str:
    lines = [question, *_log_lines(chance, 3), "java.lang.RuntimeException: request failed"]
    size = sum(map(len, lines))
    while size < 20_000:
        name = f"{chance.choice(['Default', 'Abstract', 'Simple'])}{chance.choice(['Factory', 'Worker', 'Handler'])}"
        line = f"\tat {chance.choice(_PACKAGES)}.{name}.invoke({name}.java:{chance.randint(10, 999)})"
        lines.append(line if chance.random() < 0.98 else "Caused by: java.lang.RuntimeException: nested failure")
        size += len(lines[-1]) + 1
    return "\n".join(lines)


def _with_rules(question: str, chance: random.Random) -> str:
    rule = chance.choice(["-", "=", "*", "#", "~", "— "]) * chance.randint(10, 80)
    return f"{rule}\n{question}\n{rule}\n{rule}"


_SNIPPETS = (
    "spring:\n  application:\n    name: order\n  datasource:\n    url: jdbc:mysql://10.0.0.8:3306/shop?useSSL=false\n"
    "    username: shop\nserver:\n  port: 8080\nlogging:\n  level:\n    root: info",
    "server.port=8080\nspring.application.name=order\nspring.datasource.driver-class-name=com.mysql.cj.jdbc.Driver\n"
    "management.endpoints.web.exposure.include=*\nmybatis.mapper-locations=classpath:mapper/*.xml",
    "```java\n@RestController\npublic class OrderController {\n    @Autowired private OrderService orders;\n"
    "    @GetMapping(\"/orders/{id}\")\n    public Order get(@PathVariable Long id) { return orders.get(id); }\n}\n```",
    "<dependency>\n  <groupId>org.springframework.boot</groupId>\n  <artifactId>spring-boot-starter-web</artifactId>\n"
    "  <version>2.7.18</version>\n</dependency>",
    "version: '3'\nservices:\n  order:\n    image: shop/order:latest\n    ports:\n      - \"8080:8080\"\n"
    "    environment:\n      - JAVA_OPTS=-Xmx512m",
)  # fmt: skip


def _around_configuration(question: str, chance: random.Random) -> str:
    snippet = chance.choice(_SNIPPETS)
    return f"{question}\n{snippet}" if chance.random() < 0.5 else f"我的配置如下:\n{snippet}\n{question}"


def _with_the_product(question: str, chance: random.Random) -> str:
    before, after = chance.choice(
        [("nacos ", ""), ("我用的是 Nacos，", " nacos"), ("Nacos 问题：", "（Nacos）"), ("nacos nacos ", " nacos")]
    )
    return f"{before}{question}{after}"


_GREETINGS = [
    "大佬们好，请教一个问题：",
    "各位老师好，麻烦帮忙看一下，",
    "你好，",
    "请问一下，",
    "hello everyone, ",
    "求助！！",
    "想咨询一下，",
    "不好意思打扰了，新手小白一个，",
]
_FAREWELLS = [
    "，谢谢！",
    "，有遇到过的吗？",
    "，在线等，急！",
    "，万分感谢",
    "，thanks a lot",
    "，有大佬知道怎么解决吗",
    "，求解答",
    "，麻烦各位了，非常感谢！",
]


def _politely(question: str, chance: random.Random) -> str:
    return f"{chance.choice(_GREETINGS)}{question}{chance.choice(_FAREWELLS)}"


def _with_typos(question: str, chance: random.Random) -> str:
    """One edit in the longest and in one more Latin word of four letters or more."""
    words = sorted(set(re.findall(r"[A-Za-z]{4,}", question)), key=lambda word: (-len(word), word))
    for word in words[:1] + ([chance.choice(words[1:])] if len(words) > 1 else []):
        question = question.replace(word, _one_edit(word, chance))
    return question


def _one_edit(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice(
        [
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        ]
    )


_PINYIN = """
注册 zhuce 失败 shibai 鉴权 jianquan 认证 renzheng 启动 qidong 集群 jiqun 服务 fuwu 配置 peizhi 报错 baocuo
端口 duankou 连接 lianjie 超时 chaoshi 客户端 kehuduan 数据库 shujuku 节点 jiedian 版本 banben 密码 mima
权限 quanxian 健康 jiankang 检查 jiancha 心跳 xintiao 订阅 dingyue 推送 tuisong 命名空间 mingmingkongjian
控制台 kongzhitai 日志 rizhi 升级 shengji 部署 bushu 镜像 jingxiang 实例 shili 下线 xiaxian 注销 zhuxiao
缓存 huancun 持久化 chijiuhua 临时 linshi 网关 wangguan 负载均衡 fuzaijunheng 内存 neicun 监听 jianting
异常 yichang 刷新 shuaxin 修改 xiugai 删除 shanchu 发布 fabu 密钥 miyao 用户名 yonghuming 域名 yuming
路由 luyou 灰度 huidu 权重 quanzhong 获取 huoqu 读取 duqu 关闭 guanbi 开启 kaiqi 同步 tongbu 一致性 yizhixing
选举 xuanju 磁盘 cipan 重启 chongqi 加密 jiami 依赖 yilai 支持 zhichi 生效 shengxiao
"""
_ENGLISH = """
注册 register 失败 failed 鉴权 auth 认证 authentication 启动 start 集群 cluster 服务 service 配置 config 报错 error
端口 port 连接 connection 超时 timeout 客户端 client 数据库 database 节点 node 版本 version 密码 password
权限 permission 健康检查 healthcheck 心跳 heartbeat 订阅 subscribe 推送 push 命名空间 namespace 控制台 console
日志 log 升级 upgrade 部署 deploy 镜像 image 实例 instance 缓存 cache 临时 ephemeral 网关 gateway 内存 memory
监听 listener 异常 exception 刷新 refresh 修改 update 删除 delete 发布 publish 用户名 username 域名 domain
权重 weight 关闭 disable 开启 enable 同步 sync 磁盘 disk 重启 restart 加密 encrypt 依赖 dependency 支持 support
"""


def _replaced(question: str, pairs: str, chance: random.Random) -> str:
    """Up to two of the words replaced, set off by spaces."""
    columns = pairs.split()
    words = dict(zip(columns[::2], columns[1::2], strict=True))
    there = [word for word in words if word in question]
    for word in chance.sample(there, min(2, len(there))):
        question = question.replace(word, f" {words[word]} ")
    return question


def _in_pinyin(question: str, chance: random.Random) -> str:
    return _replaced(question, _PINYIN, chance)


def _half_in_english(question: str, chance: random.Random) -> str:
    return _replaced(question, _ENGLISH, chance)


def _full_width(question: str, _: random.Random) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in question)


def _traditional(question: str, _: random.Random) -> str:
    return str(_converter("s2t").convert(question))


def _taiwanese(question: str, _: random.Random) -> str:
    return str(_converter("s2twp").convert(question))


@lru_cache
def _converter(name: str) -> Any:
    import opencc

    return opencc.OpenCC(name)


CHANGES: Mapping[str, Change] = {
    "plain": _plain,
    "in a log": _in_a_log,
    "with a stack trace": _with_a_stack_trace,
    "between rules": _with_rules,
    "around configuration": _around_configuration,
    "naming the product": _with_the_product,
    "politely": _politely,
    "with typos": _with_typos,
    "with pinyin": _in_pinyin,
    "half in English": _half_in_english,
    "in full width": _full_width,
    "in traditional characters": _traditional,
    "in Taiwan's words": _taiwanese,
}
