"""Answers are cut into causes, steps, explanations and notes whatever their headings look like."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.normalise import normalise
from ingest.sections import cut


def kinds(answer: str, question: str = "启动报错怎么办") -> list[tuple[str, str]]:
    """(kind, first line) of every section."""
    text = normalise(answer)
    return [(s.kind, text[s.start : s.end].split("\n")[0]) for s in cut(text, question)]


def only_kinds(answer: str, question: str = "启动报错怎么办") -> str:
    """The kinds' initials: c, s, e, n, r, t."""
    return "".join(kind[0] for kind, _ in kinds(answer, question))


@pytest.mark.parametrize(
    "heading",
    [
        "### 原因分析",
        "### 1. 可能的原因：",
        "**问题原因分析：**",
        "#### 一、分析问题原因",
        "### Likely causes",
        "## Root cause",
        "### Why this happens",
        "可能原因：",
    ],
)
def test_items_under_a_cause_heading_are_causes(heading: str) -> None:
    """Numbering, colons, bold letters and language make no difference."""
    assert only_kinds(f"{heading}\n\n1. 端口 9848 没有放行\n2. 客户端版本太低") == "cc"


@pytest.mark.parametrize(
    "heading",
    [
        "### 解决步骤",
        "### 二、解决方案：",
        "**操作步骤**",
        "#### 具体的排查步骤如下",
        "### Steps",
        "### How to fix it",
        "## Solution",
        "解决方法：",
        "### 解决步骤与建议",
    ],
)
def test_items_under_a_step_heading_are_steps(heading: str) -> None:
    """So do steps."""
    assert only_kinds(f"{heading}\n\n1. 放行端口\n2. 升级客户端\n   ```bash\n   mvn -U\n   ```") == "ss"


def test_a_lead_in_gives_its_list_a_kind_and_stays_outside() -> None:
    """Without headings, the sentence before a list decides; it is nobody's cause or step."""
    answer = (
        "通常有这些原因导致连接失败：\n\n- 防火墙拦截\n- 地址写错\n\n"
        "可以按照以下步骤排查：\n\n1. 用 telnet 测试端口\n2. 核对地址"
    )
    assert only_kinds(answer) == "tcctss"
    english = (
        "This can have several causes:\n\n- a firewall\n- a typo\n\n"
        "You can follow these steps:\n\n1. Test the port.\n2. Fix it."
    )
    assert only_kinds(english, "Client cannot connect") == "tcctss"


def test_the_announcement_of_an_answer_is_neither_cause_nor_step() -> None:
    """Sentences about the answer are set apart even at the start of a paragraph that tells something."""
    found = kinds(
        "根据提供的知识内容，我们可以这样分析您的问题。该异常是由于磁盘写满导致的。\n\n### 解决步骤\n1. 清理磁盘"
    )
    assert [kind for kind, _ in found] == ["text", "cause", "step"]
    assert found[1][1].startswith("该异常")


def test_subheadings_are_steps_with_all_that_stands_under_them() -> None:
    """A step keeps its paragraphs, lists, code and its own explanation."""
    answer = (
        "### 解决步骤\n\n#### 步骤1：修改配置\n在文件里加入：\n```yaml\na: 1\n```\n**解释**：这一项打开功能。\n\n"
        "#### 步骤2：重启\n- 停止\n- 启动\n\n### 解释\n这样配置才会生效。"
    )
    assert kinds(answer) == [
        ("step", "#### 步骤1：修改配置"),
        ("step", "#### 步骤2：重启"),
        ("explanation", "这样配置才会生效。"),
    ]


def test_subheadings_of_the_same_level_belong_to_an_empty_announcement() -> None:
    """Authors count headings carelessly."""
    answer = "### 解决步骤\n\n### 1. 停止服务\n执行 stop。\n\n### 2. 数据目录\n删除缓存。\n\n### 总结\n完成。"
    assert only_kinds(answer) == "sse"


def test_numbered_headings_that_command_are_steps_without_a_parent() -> None:
    """A walk-through made of headings only; a noun among verbs is a step, too."""
    answer = (
        "### 1. 添加依赖\n引入包。\n\n### 2. 修改配置\n写地址。\n\n### 3. 服务发现\n加注解。\n\n### 4. 启动应用\n运行。"
    )
    assert only_kinds(answer, "如何接入注册中心") == "ssss"


def test_code_that_nobody_indented_stays_with_its_item() -> None:
    """The list goes on counting after the code, so it is one list."""
    answer = "### 步骤\n\n1. 下载安装包\n\n```bash\nwget x\n```\n\n2. 解压\n\n```bash\ntar xf x\n```\n\n3. 启动"
    found = kinds(answer)
    assert [kind for kind, _ in found] == ["step"] * 3
    text = normalise(answer)
    assert "wget x" in text[cut(text)[0].start : cut(text)[0].end]


def test_unannounced_lists_are_judged_by_their_items() -> None:
    """Commands are steps, faults are causes when something went wrong, features are neither."""
    assert only_kinds("1. 检查端口是否放行\n2. 确认密码正确\n3. 重启客户端") == "sss"
    assert only_kinds("1. **版本不兼容**：两边协议不同\n2. **网络问题**：丢包严重") == "cc"
    assert only_kinds("1. **服务发现**：基于 DNS\n2. **动态配置**：实时推送", "它有哪些功能") == "e"


def test_a_list_can_be_the_skeleton_of_the_answer() -> None:
    """Items that only announce are headings in disguise."""
    answer = (
        "1. **原因分析**：\n   - 令牌过期\n   - 时钟不一致\n2. **解决步骤**：\n   - 同步时钟\n   - 重新登录\n"
        "3. **注意事项**：\n   - 先备份"
    )
    assert only_kinds(answer) == "tcctsstn"


def test_causes_in_name_only_are_steps() -> None:
    """A list of commands under "analysis" tells what to do."""
    answer = (
        "### 分析问题原因\n1. **检查集群状态**：确认节点都在线\n2. **验证配置**：对比各节点的文件\n\n"
        "### 处理步骤\n1. 重启节点"
    )
    assert only_kinds(answer, "节点挂掉后服务不可用") == "sss"


def test_notes_are_recognised_anywhere() -> None:
    """As heading, as quotation, as first words."""
    assert only_kinds("### 注意事项\n- 先备份\n- 选低峰期") == "n"
    assert only_kinds("> **Warning**\n> Back up first.") == "n"
    assert only_kinds("请注意，修改后需要重启。") == "n"


def test_reference_lists_inside_the_answer_are_set_apart() -> None:
    """They are no words of the expert; what is said after them is no reference."""
    answer = "重启即可。\n\n参考链接：\n- [文档](https://a.b/c)\n\n希望以上内容对您有帮助。"
    assert only_kinds(answer) == "ert"


def test_closing_words_are_not_part_of_the_last_step() -> None:
    """Wishes and summaries come after the steps, also without a heading."""
    assert only_kinds("### 解决步骤\n#### 步骤1：重启\n执行 restart。\n\n综上所述，重启即可解决。") == "st"
    assert only_kinds("### 步骤\n1. 重启\n\n如果问题仍然存在，请联系社区获取帮助。") == "st"


def test_an_announced_heading_is_not_lost_with_its_announcement() -> None:
    """A paragraph that ends in a colon before a heading is an announcement."""
    assert (
        only_kinds(
            "要开启鉴权，请遵循以下步骤：\n\n### 1. 修改配置\n写入密钥。\n\n### 2. 重启服务\n逐台重启。", "如何开启鉴权"
        )
        == "tss"
    )


def test_reasons_for_a_design_are_no_causes_of_a_fault() -> None:
    """Who asks what something is gets an explanation."""
    answer = "### 分析原因\n1. **负载均衡**：前缀告诉网关按名字找服务\n2. **注册中心**：实例列表来自注册中心"
    assert only_kinds(answer, "lb:// 是什么连接方式") == "e"


def test_the_heading_path_is_kept() -> None:
    """Outermost first, without marks and numbers' stars."""
    text = "### **二、解决方案**\n\n#### 方式一：控制台\n\n**准备工作**\n\n打开页面。\n\n### 说明\n\n只需一次。"
    assert [s.heading for s in cut(text, "怎么办")][-1] == "说明"


def test_a_very_long_step_is_cut_between_its_blocks() -> None:
    """No piece is cut inside code, none is longer than needed."""
    block = "```text\n" + "line\n" * 150 + "```"
    text = "### 步骤\n#### 步骤1：看日志\n" + "\n\n".join([block] * 3)
    pieces = [text[s.start : s.end] for s in cut(text)]
    assert len(pieces) == 3
    assert all(piece.count("```") == 2 for piece in pieces)


_LINES = st.sampled_from(
    [
        "### 原因",
        "### 步骤",
        "#### 步骤1",
        "**解释**",
        "1. 检查",
        "2. **原因**：",
        "   - x",
        "- [a](https://b)",
        "```",
        "text：",
        "",
        "> 注意",
        "|a|b|",
        "|-|-|",
        "参考链接：",
        "综上所述，好。",
        "根据提供的知识，如下：",
        "***",
        "Steps:",
        "3. Fix it.",
    ]
)


@given(st.lists(_LINES, max_size=30), st.text(max_size=40))
def test_sections_are_ordered_and_cover_the_words(lines: list[str], question: str) -> None:
    """Any mixture of blocks: in order, without overlap, nothing lost but headings and rules."""
    text = normalise("\n".join(lines))
    last, left = 0, ""
    for section in cut(text, question):
        assert last <= section.start < section.end <= len(text)
        left += text[last : section.start]
        last = section.end
    left += text[last:]
    words = [line for line in left.split("\n") if line.strip() and not line.lstrip().startswith(("#", "*", "Steps"))]
    assert all(line.strip(" 0123456789.-*：>") in ("", "text", "参考链接", "根据提供的知识，如下") for line in words)


@pytest.mark.parametrize(
    "word",
    [
        "通过",
        "在中",
        "问题",
        "解决步骤",
        "请先",
        "根据提供的知识",
        "**",
        "1. ",
        "you can ",
        "可能的",
        "如果您",
        "我们可以",
        "a_b.",
    ],
)
def test_hostile_words_take_no_time(word: str) -> None:
    """Repeating what the word lists look for does not make them slow."""
    started = time.process_time()
    hostile = word * (50_000 // len(word))
    cut(f"{hostile}\n\n### {hostile}\n\n1. {hostile}\n2. **{word * 20}**：{hostile}\n\n{hostile}：\n\n- x\n", hostile)
    assert time.process_time() - started < 1


def test_questions_that_only_look_like_trouble_get_explanations() -> None:
    """ "Is there", "this or that" and "which version" ask for facts: what is said because of them is no fault."""
    answer = "应该选临时实例。这是因为容器会频繁重建。"
    for question in ("应该注册为临时实例还是持久化实例？", "有没有容器里的建议", "3.1.5 用那个版本"):
        assert only_kinds(answer, question) == "e"
    assert only_kinds(answer, "重启后还是不能注册") == "c"


def test_links_alone_are_no_steps() -> None:
    """Whatever announces them."""
    answer = "修改端口的步骤可以参考：\n- [集群模式](https://a.b/c)\n- 兼容性：[升级指南](https://a.b/d)"
    assert "s" not in only_kinds(answer, "怎么修改端口")


def test_demands_under_a_heading_about_causes_are_steps() -> None:
    """The label names a thing, what follows tells what to do with it."""
    answer = "### 分析问题原因\n- **网络连通性**：确保能访问服务器。\n- **配置文件**：检查地址是否正确。"
    assert only_kinds(answer, "控制台无法访问") == "ss"


def test_numbered_commands_among_numbered_steps_are_steps() -> None:
    """Also one whose words could announce causes."""
    answer = "### 1. 检查配置\n看地址。\n\n### 2. 验证网络\n看端口。\n\n### 3. 查看日志分析问题\n看报错。"
    assert only_kinds(answer, "如何实现热更新") == "sss"


def test_a_comparison_among_steps_is_a_step() -> None:
    """Under a heading about steps, only a plain announcement turns to explanations."""
    answer = "### 解决步骤\n#### 不同环境的配置比较\n1. 导出配置\n2. 使用比对工具\n\n#### 原理说明\n逐行比较。"
    assert only_kinds(answer, "如何比较配置") == "sse"


def test_a_quotation_is_not_cut() -> None:
    """A full stop of an error message does not end the expert's sentence."""
    answer = "根据您提供的信息，错误提示是“Server is down. Please check the status”。\n\n重启即可。"
    text = normalise(answer)
    assert any("down. Please" in text[section.start : section.end] for section in cut(text))
