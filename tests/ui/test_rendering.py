"""The one renderer: whatever goes in, only harmless HTML comes out."""

import gc
import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.payloads import HOST, PAYLOADS
from ui.rendering import MAX_CHARS, is_safe_link, plain, render

TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "span", "blockquote", "ul", "ol", "li", "a"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "class", "rel", "target"}, "span": {"class"}, "code": {"class"}, "ol": {"start"}}
VOID = {"br", "hr"}


class Judge(HTMLParser):
    """Reads HTML as a browser would and notes every forbidden thing, every link and the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS and (tag, dict(attrs)) != ("pre", {"class": "plain"}):
            self.problems.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()) and (tag, name, value) != ("pre", "class", "plain"):
                self.problems.append(f"{tag} {name}={value}")
            if name == "href":
                self.links.append(value or "")

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.problems.append(f"declaration {decl}")

    def handle_data(self, data: str) -> None:
        self.text += data


def judged(markdown: str, **options: object) -> Judge:
    html = render(markdown, **options)  # type: ignore[arg-type]
    judge = Judge(str(html))
    for link in judge.links:
        if not re.fullmatch(r"#source-\d+", link) and not is_safe_link(link):
            judge.problems.append(f"link {link}")
    return judge


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_payload_is_harmless_at_every_cut(payload: str) -> None:
    """The accumulated text of a stream is safe after every byte, with and without citations."""
    data = payload.encode()
    for end in range(len(data) + 1):
        text = data[:end].decode("utf-8", "ignore")
        assert judged(text).problems == []
        assert judged("前文 [1] " + text, citations={1, 2}).problems == []


def test_there_are_enough_payloads() -> None:
    """No two alike."""
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 60


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from(PAYLOADS), st.text(max_size=40), st.sampled_from("\n[]()!<>`*_|#&;:")), max_size=8
    )
)
def test_any_mixture_is_harmless(parts: list[str]) -> None:
    """Payloads glued to each other and to arbitrary text."""
    assert judged("".join(parts), citations={1}).problems == []


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_plain_text_is_escaped(text: str) -> None:
    """Text is text."""
    judge = Judge(str(plain(text)))
    assert judge.problems == []
    assert "<" not in str(plain(text)).removeprefix('<pre class="plain">').removesuffix("</pre>")


def test_no_picture_in_any_syntax() -> None:
    """The words for a picture stay, its address does not become anything."""
    for payload in PAYLOADS:
        assert "<img" not in render(payload)
    assert render("![ein *Bild*](https://evil.example/i.png)") == "<p>ein Bild</p>\n"


def test_links_say_where_they_lead() -> None:
    """The host stands beside every link whose text is not its address."""
    for payload in PAYLOADS:
        judge = judged(payload)
        for link in judge.links:
            assert link.split("/")[2] in judge.text
    assert "(evil.example)" in judged(f"[docs.example.org](https://{HOST}/)").text
    assert "(xn--e1awd7f.com)" in judged("[a](https://ёлка.com) [a](https://xn--e1awd7f.com)").text


def test_links_leave_nothing_behind() -> None:
    """No opener, no referrer, no recommendation."""
    html = render("<https://docs.example.org/a>")
    assert 'rel="noopener noreferrer nofollow ugc"' in html
    assert 'target="_blank"' in html


@pytest.mark.parametrize(
    "url",
    ["//evil.example", "https://a@evil.example", "https://", "https:evil.example", "javascript:alert(1)", "ftp://a.example",
     "https://a b.example", "https://a.example\\@b", "https://a.example:x/", "/a", "#source-1", "mailto:", "HTTPS:///a",
     "mailto:a@b.example?subject=x", "https://ex\u202eample.org", "data:text/html,x", ""],
)  # fmt: skip
def test_unsafe_links(url: str) -> None:
    """Relative, with a user name, malformed, or of another kind."""
    assert not is_safe_link(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "http://a.example:8080/p?q=1#f",
        "HTTPS://A.example/",
        "mailto:a.b@c.example",
        "http://[::1]/",
    ],
)
def test_safe_links(url: str) -> None:
    """Absolute addresses that people know."""
    assert is_safe_link(url)


def test_known_citations_become_links() -> None:
    """Also side by side; unknown numbers and numbers in code stay as they are."""
    html = render("端口 9848 [1][2]。[7] `[1]`\n\n```\n[1]\n```", citations=(1, 2), anchor="abc-source")
    assert re.findall(r'<a class="cite" href="([^"]+)">(\d+)</a>', html) == [
        ("#abc-source-1", "1"),
        ("#abc-source-2", "2"),
    ]
    assert "[7]" in html
    assert html.count("[1]") == 2


def test_citations_cannot_be_forged() -> None:
    """A definition or an address after the mark changes nothing."""
    for text in (f"[1](https://{HOST}/)", f"[1]\n\n[1]: https://{HOST}/", f"[99](https://{HOST}/)"):
        assert all(link == "#source-1" for link in judged(text, citations={1}).links)


def test_code_is_coloured_by_class() -> None:
    """Known languages get spans with classes, unknown ones stay text; no style attribute anywhere."""
    assert '<span class="nt">' in render("```yaml\nport: 9848\n```")
    assert '<code class="language-nonsense">a &lt; b' in render("```nonsense\na < b\n```")
    assert "style" not in render("|a|\n|-:|\n|1|\n\n```java\nint a;\n```")


def test_invisible_characters_vanish() -> None:
    """Also those that arrive as entities."""
    assert render("a\u202eb &#x202e; &#8203;c\U000e0041") == "<p>ab  c</p>\n"


def test_long_text_is_shown_as_it_is() -> None:
    """Beyond the cap nothing is parsed."""
    assert render("*" * (MAX_CHARS + 1)).startswith('<pre class="plain">')


PATHOLOGICAL = {
    "brackets": "[" * MAX_CHARS, "images": "![" * (MAX_CHARS // 2), "quotes": ">" * MAX_CHARS,
    "stars": "*a" * (MAX_CHARS // 2), "ticks": "`" * MAX_CHARS, "links": "[a](b" * (MAX_CHARS // 5),
    "lists": "- " * (MAX_CHARS // 2), "underscores": "_a " * (MAX_CHARS // 3), "entities": "&" * MAX_CHARS,
    "references": "[a]: b\n" * (MAX_CHARS // 7), "table": "|a" * 8000 + "\n" + "|-" * 7000,
    "autolinks": "<http://" * (MAX_CHARS // 8), "code": "```python\n" + "('\"" * 4000, "citations": "[1]" * 10_000,
    "nested": "\n".join(" " * n + "- x" for n in range(220)), "tildes": "~~a" * 10_000,
}  # fmt: skip


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_hostile_input_is_quick(name: str) -> None:
    """Each in well under a second of this thread's time, without the collections of what other tests left behind."""
    gc.disable()
    try:
        started = time.thread_time()
        judge = judged(PATHOLOGICAL[name], citations={1})
        took = time.thread_time() - started
    finally:
        gc.enable()
    assert judge.problems == []
    assert took < 1
