from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.interfaces.web.markup import Html, element, escape, head_links, join, marked, page

HOSTILE = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "</div></div><form action=//evil.example>",
    "${window.pwned=1} `${1}` {{7*7}} {% x %}",
    "![x](http://evil.example/x.png) $$x^2$$ \\(y\\) ```mermaid\ngraph TD```",
    "&amp; &#60; &lt;b&gt; &NotEqualTilde;",
    "left \u202eright\u202c \u2066x\u2069 \u200b\ufeff",
    "\r\n\r mixed \n line ends \x0b\x0c",
    "𝔘𝔫𝔦 👩🏽‍🚀 ﷺ אבג ไทย e\u0301",
    "<!--",
    "]]>",
)


class Reader(HTMLParser):
    """What a browser makes of markup: its text, its tags, its attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def read(markup: Html) -> Reader:
    reader = Reader()
    reader.feed(markup.text)
    reader.close()
    return reader


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text: str) -> None:
    reader = read(element("p", text, title=text))
    assert reader.words == text
    assert reader.tags == ["p"]
    assert reader.attributes == [("title", text)]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_every_text_comes_back_whole(text: str) -> None:
    assert read(element("p", text)).words == text
    assert not set("<>\"'`${}\\\r") & set(re.sub(r"&#?\w+;", "", escape(text)))


def test_what_no_page_can_hold_is_shown_as_missing() -> None:
    assert escape("a\0b\ud800c") == "a\ufffdb\ufffdc"


def test_attributes_are_spelled_for_html() -> None:
    written = element("button", "Go", class_="x", data_start=5, aria_label='"', disabled=True, hidden=False, title=None)
    assert written.text == '<button class="x" data-start="5" aria-label="&quot;" disabled>Go</button>'


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [
        ("object", {}),
        ("p", {"onclick": "x()"}),
        ("p", {"style": "x"}),
        ("a", {"href": "javascript:alert(1)"}),
        ("a", {"href": "//evil.example"}),
        ("a", {"href": "/\\evil.example"}),
        ("iframe", {"src": "https://evil.example/"}),
        ("form", {"action": ""}),
    ],
)
def test_what_could_run_or_lead_away_cannot_be_written(tag: str, attributes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="not"):
        element(tag, "x", **attributes)


def test_spans_are_wrapped_where_they_stand() -> None:
    assert marked("one two three", [(0, 3), (8, 13)]).text == "<mark>one</mark> two <mark>three</mark>"


def test_spans_count_from_the_document_and_are_cut_to_the_text() -> None:
    assert marked("two three", [(0, 7), (8, 99)], offset=4).text == "<mark>two</mark> <mark>three</mark>"
    assert marked("two", [(0, 4), (7, 9)], offset=4).text == "two"


@given(
    st.text(max_size=40), st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50)), max_size=5), st.integers(0, 9)
)
def test_marking_never_changes_the_text(text: str, spans: list[tuple[int, int]], offset: int) -> None:
    bare = re.sub(r"</?mark>", "", marked(text, sorted(spans), offset=offset).text)
    assert bare == escape(text)


def test_children_may_be_markup_text_or_nothing() -> None:
    assert join(["a<", None, element("br"), Html("<!---->")]).text == "a&lt;<br><!---->"


def test_a_whole_page() -> None:
    whole = page([element("title", "<T>"), head_links(styles=("/a.css",), scripts=("/a.js",))], [element("p", "x")])
    assert whole == (
        '<!doctype html>\n<html lang="en"><head><title>&lt;T&gt;</title><link rel="stylesheet" href="/a.css">'
        '<script src="/a.js"></script></head><body><p>x</p></body></html>\n'
    )


def test_no_other_file_writes_html() -> None:
    """Strings that look like markup stand in ``markup.py`` alone; the demo page's are code samples, shown as text."""
    found = []
    for file in sorted(Path("rag/interfaces/web").glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            (file.name, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken
            if re.search(r"</?[a-zA-Z!]", node.value)
        ]
    assert {name for name, _ in found} == {"demo.py", "markup.py"}
