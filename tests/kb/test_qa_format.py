"""What site generators act on is broken in published text, and comes back exactly."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb.qa_format import HEADING, escape, escape_line, unescape
from kb.text import clean

PIECES = [
    *("```", "~~~", "````", "`", "``", "$$", "\n", "\n\n", " ", "    ", "1. ", "- ", "> ", "|", "\\", "---\n", "+++\n"),
    *("<script>", "</script>", "<!--", "-->", "<% x %>", "<", "{", "}", "{{", "{%", "{!", "{#", "8<-", "--8<--"),
    *("&lt;", "&#123;", "&#x7b;", "&lbrace;", "&amp;", "&", "\u200b", "\u200d", "\ufeff", "\u202e", "\r\n", "é"),
    *("## 参考链接\n", "##", "## <font color=red>专家解答：</font>\n", "## References\n", "参考链接", "# "),
    *("import ", "export ", "](", "]:", "[a]", "javascript:x", "https://x/", "!!!include(x)", "{include} x", "a", "文"),
]  # fmt: skip
hostile = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=40).map("".join)
_IN_PROSE = re.compile(r"[<{]")
_ANYWHERE = re.compile(r"\{[{%!]|8<-|<!--\s*@include|!include\(", re.IGNORECASE)


@given(hostile)
@example("&lt;\u200b&#123;\u200b")
def test_nothing_is_lost(text: str) -> None:
    """Taking the escapes back gives the text, without the characters that nobody sees."""
    assert unescape(escape(text)) == clean(text)
    assert clean(escape_line(text)) == clean(text)


@given(hostile)
def test_no_generator_finds_anything_to_act_on(text: str) -> None:
    """No macro, shortcode, snippet or include anywhere; no heading of the format; no header at the start."""
    escaped = escape(text)
    assert not _ANYWHERE.search(escaped)
    assert not HEADING.search(escaped)
    assert not escaped.startswith(("---", "+++"))
    assert not _ANYWHERE.search(escape_line(text))
    assert not re.search(r"<[A-Za-z/!?%]", escape_line(text))


@given(hostile)
def test_raw_html_is_left_in_code_only(text: str) -> None:
    """Outside fences at the line's beginning, neither tags that a browser acts on nor expressions are left."""
    outside = re.sub(r"(?ms)^(`{3,}|~{3,})[ ]?[\w#.+-]*[ ]*\n.*?^\1[ ]*$", "", escape(text))
    for line in outside.split("\n"):
        if not re.match(r"[ \t>]|[-*+] |\d", line):  # code in lists has a test of its own
            assert not _IN_PROSE.search(re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)), line


@pytest.mark.parametrize(
    "text",
    [
        "普通文字 **粗体** [链接](https://nacos.io/a_(b)) `List<String>` `${a.b}`",
        "```xml\n<dependency>\n  <groupId>a</groupId>\n</dependency>\n```",
        "1. 配置：\n\n   ```xml\n   <property name=\"a\">${b}</property>\n   ```\n\n2. 重启",
        "```yaml\n---\na: {b: 1}\n```",
        "| a | b |\n| --- | --- |\n| `x` | 1 |",
        "a < b, c > d & e".replace("<", "≤"),
    ],
    ids=range(6),
)  # fmt: skip
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    """Prose, links, inline code, blocks of code at the beginning of the line and in lists."""
    assert escape(text) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<b>x</b>", "&lt;\u200bb>x&lt;\u200b/b>"),
        ("{{ x }}", "&#123;\u200b&#123;\u200b x }}"),
        ("`{{ x }}`", "`{\u200b{ x }}`"),
        ("```\n{{ x }} <b>\n```", "```\n{\u200b{ x }} <b>\n```"),
        ("```\n--8<-- \"x\"\n```", "```\n--8<\u200b-- \"x\"\n```"),
        ("---\ntitle: x\n---", "\u200b---\ntitle: x\n---"),
        ("## 参考链接：", "## \u200b参考链接："),
        ("```\n## References\n```", "```\n## \u200bReferences\n```"),
        ("export const a = 1", "export\u200b const a = 1"),
        ("[a](javascript:x)", "[a](\u200bjavascript:x)"),
        ("[a]\n\n[a]: javascript:x", "[a]\n\n[a]:\u200b javascript:x"),
        ("&#123;{", "&\u200b#123;&#123;\u200b"),
        ("- a\n\n  ```\n  <a>\n  <x onclick=a>\n  ```", "- a\n\n  ```\n  <\u200ba>\n  <\u200bx onclick=a>\n  ```"),
        ("lone ` tick\n\n```\n<b>\n```", "lone ` tick\n\n```\n&lt;\u200bb>\n```"),
        ("```{include} /etc/passwd\n```", "```&#123;\u200binclude} /etc/passwd\n```"),
        ("a ` b\n` {process.env.X} `", "a ` b\n` &#123;\u200bprocess.env.X} `"),
        ("| `a|<b>` |", "| `a|&lt;\u200bb>` |"),
        ("$$\n```\n$$\n<b>\n```", "$$\n```\n$$\n&lt;\u200bb>\n```"),
        ("1. a\n   ```\nb <i>\n   ```\n", "1. a\n   ```\nb &lt;\u200bi>\n   ```\n"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else value,
)  # fmt: skip
def test_what_is_acted_on_is_broken(text: str, escaped: str) -> None:
    """Each by the least that stops it; where generators disagree about what is code, nothing counts as code."""
    assert escape(text) == escaped
