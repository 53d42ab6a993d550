"""Sentences that no reader can use go; what stays is the expert's, word for word."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.prose import edited, length_of_substance, owns_to_ignorance


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("根据提供的知识，端口是 8848。", "端口是 8848。"),
        ("根据{{{知识}}}中的说明，可以重启服务。", "可以重启服务。"),
        ("请按照第1篇参考内容所述，先停掉旧节点。", "先停掉旧节点。"),
        ("基于已有的信息，我们可以得知缓存在本地目录。", "缓存在本地目录。"),
        ("从第二篇参考内容的日志来看，磁盘写满了。", "磁盘写满了。"),
        ("虽然知识中没有提及端口，但确保防火墙放行是必要的。", "确保防火墙放行是必要的。"),
        ("尽管直接的步骤未给出，但是可以手动迁移数据。", "可以手动迁移数据。"),
        ("继续检查网络，正如我在知识中提到的步骤所述。", "继续检查网络。"),
        ("先导出数据（参考内容2）。", "先导出数据。"),
        ("知识内容并未提供步骤。然而，重启通常有效。", "重启通常有效。"),
        ("由于资料有限，提供的知识里没有这一点。", ""),
        ("Based on the provided context, restart the node.", "restart the node."),
        ("Although the given documents do not cover TLS, a proxy works.", "a proxy works."),
        ("The provided documents do not mention ports. Open 9848.", "Open 9848."),
    ],
)
def test_talk_about_the_material_goes_and_the_substance_stays(said: str, kept: str) -> None:
    """A clause less where the rest stands alone; the sentence where it does not."""
    assert edited(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "根据日志中提供的信息，磁盘已满。",
        "如果社区没有提供这个插件，需要自己编写。",
        "虽然它不支持加密，但可以走代理。",
        "安装前需要一些容器的基本知识。",
        "`{{{知识}}}` 是模板变量。",
        "把文件加入知识库中，再重建索引。",
        "如果您希望能在线修改，可以打开动态刷新。",
        "错误日志会提供更多信息。",
        "The retrieved documents are passed to the model.",
        "The plugin provided by the community works.",
    ],
)
def test_words_about_the_product_stay(said: str) -> None:
    """What only looks like talk about the material."""
    assert edited(said) == said


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("根据您提供的错误信息，这表明磁盘已满。", "磁盘已满。"),
        ("根据您的描述，您在配置里添加了用户。重启后才生效。", "重启后才生效。"),
        ("先备份。希望以上内容对您有帮助！", "先备份。"),
        ("先备份。如有其他疑问，请随时告知。", "先备份。"),
        ("Back up first. Hope this helps!", "Back up first."),
        ("如前所述，先备份。", "先备份。"),
        ("如上图所示，请求先经过缓存。", "请求先经过缓存。"),
        ("As mentioned above, back up first.", "back up first."),
        ("点击保存，如下图所示：", "点击保存"),
        ("先备份。具体命令如下：", "先备份。"),
        ("- **版本**：知识内容未提及版本。", ""),
        ("- **依托现有知识**：先备份。", "- 先备份。"),
    ],
)
def test_courtesies_and_loose_ends_go(said: str, kept: str) -> None:
    """Wishes, references to what is not there, lead-ins and labels without anything behind them."""
    assert edited(said).strip() == kept


def test_a_lead_in_before_code_stays() -> None:
    """It announces something that follows; code is never touched."""
    text = "执行以下命令：\n```sh\n# 根据提供的知识，希望这有帮助\nls\n```"
    assert edited(text, aside=True) == text


def test_summing_up_goes_from_explanations_only() -> None:
    """After steps it repeats them; inside a step the same words say when to do it."""
    text = "密码只在启动时读取。以上步骤可以解决问题。"
    assert edited(text, aside=True) == "密码只在启动时读取。"
    assert edited("- 以上步骤先排除网络问题。\n- 接着排除配置问题。", aside=True) == ""
    assert edited("完成上述步骤后，重启服务。") == "完成上述步骤后，重启服务。"


@pytest.mark.parametrize(
    ("text", "owns"),
    [
        ("我目前了解到的信息可能不足以回答这个问题。", True),
        ("提供的知识内容中并未涉及这个参数。", True),
        ("The provided documents do not mention this setting.", True),
        ("服务端没有提供这个接口。", False),
        ("根据提供的知识，端口是 8848。", False),
    ],
)
def test_owning_to_ignorance_is_recognised(text: str, owns: bool) -> None:
    """Of the expert, not of the product."""
    assert owns_to_ignorance(text) is owns


def test_pointing_elsewhere_is_no_substance() -> None:
    """Neither is admitting that there is none."""
    assert length_of_substance("提供的知识内容中没有说明。建议查阅官方文档。") == 0
    assert length_of_substance("端口是 8848。") == len("端口是 8848。")


_PIECES = st.sampled_from(
    [
        "根据提供的知识，",
        "虽然知识中没有提及",
        "，但",
        "端口是 8848",
        "。",
        "希望这有帮助",
        "**标签**：",
        "- ",
        "\n",
        "```\n",
        "如下图所示",
        "：",
        "（参考内容1）",
        "[链接](https://a.example/b)",
        "`代码。`",
        "因此，",
        "Based on the provided context, ",
        "open it",
        ". ",
    ]
)


@settings(deadline=None)
@given(st.lists(_PIECES, max_size=25).map("".join) | st.text(max_size=80), st.booleans())
def test_every_sentence_that_stays_is_the_experts(text: str, aside: bool) -> None:
    """Whatever is cut: a sentence of the result, less its list mark and label, stands in the text as it is."""
    for line in edited(text, aside=aside).split("\n"):
        for sentence in re.split(r"。|\.(?=\s|$)|\*\*标签\*\*：|^\s*- ", line):
            assert sentence.strip() in text


@pytest.mark.parametrize(
    "word", ["根据提供的知识", "虽然没有", "如下图", "**a**：", "`", "[a", "“", "希望", "provided context "]
)
def test_hostile_words_take_no_time(word: str) -> None:
    """A section of the longest length is edited at once."""
    edited(word * (6_000 // len(word)), aside=True)
