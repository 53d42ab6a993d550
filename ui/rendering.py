"""The one way from text that a person or a model wrote to HTML. Every page, stream and preview goes through `render`.

Markdown is parsed with raw HTML off, then the result passes an allow-list sanitiser: either layer alone would do, so a
fault in one of them is not a hole. Images never render, because a picture's address can carry text out of the page
without a click. A link says where it leads. Always render the whole accumulated text of a stream, never a fragment:
what is harmless in two halves may not be in one piece.
"""

import logging
import re
from collections.abc import Collection, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup
from pygments import highlight as pygments_highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from kb.text import clean

__all__ = ["MAX_CHARS", "is_safe_link", "plain", "render"]

logger = logging.getLogger(__name__)

MAX_CHARS = 32_000  # longer text is shown as it is: parsing time grows faster than length on hostile input
_MAX_BRACKETS = 2_000  # every one of them may begin a link: the parser reads on from each
_MAX_HIGHLIGHTED = 12_000
_REL = "noopener noreferrer nofollow ugc"
_CITATION = re.compile(r"\[(\d{1,3})\]")
_FRAGMENT = re.compile(r"#[\w-]{1,80}-\d{1,3}")
_MAIL = re.compile(r"mailto:[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9-]+|\[[0-9a-f:.]+\]", re.ASCII | re.IGNORECASE)
_CLASS = re.compile(r"[a-z0-9-]{1,20}")


def render(markdown: str, *, citations: Collection[int] | None = None, anchor: str = "source") -> Markup:
    """Safe HTML of Markdown, for insertion into any page of ours.

    With `citations`, a mark `[n]` outside code becomes a link to `#{anchor}-n` where n is one of them and stays text
    where it is not, whatever the text itself declares for it. Text over `MAX_CHARS` characters, with thousands of
    brackets, or that the parser fails on, is shown unformatted. Never raises.
    """
    text = clean(markdown)
    if len(text) > MAX_CHARS or text.count("[") > _MAX_BRACKETS:
        return plain(text)
    try:
        html = _MARKDOWN.render(text, {"citations": citations, "anchor": anchor})
    except Exception:  # hostile text must not take a page down; what failed is in the log
        logger.exception("Markdown of %s characters could not be rendered", len(text))
        return plain(text)
    # A second cleaning: entities such as &#x202e; have become characters by now.
    return Markup(clean(_CLEANER.clean(html)))


def plain(text: str) -> Markup:
    """Safe HTML that shows the text as it is, line breaks kept."""
    return Markup('<pre class="plain">') + Markup(escapeHtml(clean(text))) + Markup("</pre>")


def is_safe_link(url: str) -> bool:
    """Whether a reader may be sent there: absolute http, https or mailto, a plain host, no user name or password."""
    if _MAIL.fullmatch(url):
        return True
    if not re.match(r"https?://", url, re.IGNORECASE) or re.search(r"[\s\\\x00-\x20\x7f]", url):
        return False
    return bool(_HOST.fullmatch(_host(url))) and "@" not in url.split("/", 3)[2]


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return parts.netloc.rpartition("@")[2].rsplit(":", 1)[0] if parts.port else parts.netloc.rpartition("@")[2]
    except ValueError:  # a malformed port or bracket
        return ""


class _SafeMarkdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's own name
        return is_safe_link(url)


def _citation_rule(state: StateInline, silent: bool) -> bool:
    citations = state.env.get("citations")
    match = _CITATION.match(state.src, state.pos)
    if citations is None or not match:
        return False
    if not silent:
        known = int(match[1]) in citations and not state.linkLevel
        token = state.push("citation" if known else "text", "", 0)
        token.content = str(int(match[1])) if known else match[0]
    state.pos = match.end()
    return True


def _show_hosts(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = _with_hosts(token.children)


def _with_hosts(tokens: Sequence[Token]) -> list[Token]:
    result: list[Token] = []
    url, text = "", ""
    for token in tokens:
        result.append(token)
        if token.type == "link_open":
            url, text = str(token.attrGet("href") or ""), ""
            token.attrs = {"href": url, "rel": _REL, "target": "_blank"}
        elif token.type == "link_close":
            where = url.removeprefix("mailto:") if url.startswith("mailto:") else _host(url)
            if text.strip() not in (url, where):
                result.append(Token("link_host", "", 0, content=where))
        else:
            text += token.content
    return result


def _citation(_: Any, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
    n = tokens[index].content
    return f'<a class="cite" href="#{escapeHtml(env["anchor"])}-{n}">{n}</a>'


def _link_host(_: Any, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
    return f' <span class="link-host">({escapeHtml(tokens[index].content)})</span>'


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    return escapeHtml(renderer.renderInlineAsText(tokens[index].children or [], options, env))


def _highlight(code: str, language: str, _: str) -> str:
    if not language or len(code) > _MAX_HIGHLIGHTED:
        return ""  # the parser escapes it
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    html: str = pygments_highlight(code, lexer, HtmlFormatter(nowrap=True))
    return html


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if _FRAGMENT.fullmatch(value) or is_safe_link(value) else None
    if name == "class":
        return " ".join(part for part in value.split() if _CLASS.fullmatch(part)) or None
    allowed = {"rel": value == _REL, "target": value == "_blank", "start": value.isascii() and value.isdigit()}
    return value if allowed.get(name) else None


def _parser() -> MarkdownIt:
    parser = _SafeMarkdown("commonmark", {"html": False, "highlight": _highlight}).enable(["table", "strikethrough"])
    parser.inline.ruler.before("link", "citation", _citation_rule)
    parser.core.ruler.push("show_hosts", _show_hosts)
    for name, rule in {"citation": _citation, "link_host": _link_host, "image": _image}.items():
        parser.add_render_rule(name, rule)
    return parser


_MARKDOWN = _parser()
_CLEANER = nh3.Cleaner(
    tags={
        *("p", "br", "hr", "strong", "em", "s", "code", "pre", "span", "blockquote", "ul", "ol", "li", "a"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
    },
    attributes={
        "a": {"href", "class", "rel", "target"},
        "span": {"class"},
        "code": {"class"},
        "ol": {"start"},
    },
    attribute_filter=_attribute,
    url_schemes={"http", "https", "mailto"},
    link_rel=None,  # set above, on outside links only
)
