from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from test_web_markup import read
from web_library import document

from rag.interfaces.web import document_pane as reading
from rag.types import Span

TEXT = "Überschrift 👩🏽‍🚀\n\nDas Schiff 𝔡𝔞 fuhr. Es sank <b>nicht</b>.\nEnde."


def pieces(markup: str) -> str:
    """The text of the document that a panel shows: that of its pieces, between the buttons."""
    found = re.findall(r'<div class="cv-piece"[^>]*>(.*?)</div>', markup, re.DOTALL)
    return "".join(read(type(reading.join([]))(piece)).words for piece in found)


def test_the_quote_and_its_answer_are_marked_by_offset() -> None:
    start = TEXT.index("Das Schiff")
    end = TEXT.index(" Es sank")
    answer = (TEXT.index("𝔡𝔞"), TEXT.index("𝔡𝔞") + 2)
    html = reading.panel(document("a.txt", TEXT), (start, end), [answer]).text
    assert '<mark class="cv-here">Das Schiff <strong>𝔡𝔞</strong> fuhr.</mark> Es sank &lt;b&gt;nicht&lt;/b&gt;.' in html
    assert pieces(html) == TEXT
    assert "line 3" in html


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    st.tuples(st.integers(0, 60), st.integers(0, 60)),
    st.lists(st.integers(0, 60)),
)
def test_the_text_shown_is_the_document(text: str, quote: Span, pages: list[int]) -> None:
    starts = tuple(sorted({page for page in pages if page < len(text)}))
    html = reading.panel(document("a.txt", text, pages=starts), quote, [quote]).text
    assert pieces(html) == text


def test_pages_are_drawn_not_written() -> None:
    text = "first page second page third"
    html = reading.panel(document("a.pdf", text, pages=(0, 11, 23)), (8, 14)).text
    assert re.findall(r'data-label="(Page \d)"', html) == ["Page 1", "Page 2", "Page 3"]
    assert pieces(html) == text
    assert '<mark class="cv-here">ge </mark>' in html
    assert '<mark class="cv-here">sec</mark>' in html
    assert "page 1" in html


def test_a_long_document_is_a_window_that_can_be_read_on() -> None:
    text = "".join(f"Line {number}.\n" for number in range(40_000))
    quote = (text.index("Line 20000."), text.index("Line 20000.") + 11)
    html = reading.panel(document("long.txt", text), quote).text
    first, last = reading.window(text, quote)
    assert pieces(html) == text[first:last]
    assert text[first - 1] == "\n" == text[last - 1]
    assert reading.REACH - 20 <= quote[0] - first <= reading.REACH
    assert f'data-from="{first - reading.REACH}" data-to="{first}">Earlier' in html
    assert f'data-from="{last}" data-to="{last + reading.REACH}">Later' in html


def test_reading_on_reaches_both_ends_without_a_gap() -> None:
    text = "x" * 100_001
    item = document("long.txt", text)
    first, last = reading.window(text, (50_000, 50_010))
    while first > 0:
        html = reading.further(item, max(0, first - reading.REACH), first).text
        assert len(pieces(html)) == min(first, reading.REACH)
        first -= len(pieces(html))
    assert "Earlier" not in html
    while last < len(text):
        html = reading.further(item, last, last + reading.REACH).text
        last += len(pieces(html))
    assert last == len(text)
    assert "Later" not in html


def test_a_piece_outside_the_document_is_empty() -> None:
    item = document("a.txt", TEXT)
    assert pieces(reading.further(item, 9_999, 99_999).text) == ""
    assert pieces(reading.further(item, -5, 3).text) == TEXT[:3]


def test_a_changed_document_is_said_so_and_nothing_is_marked() -> None:
    html = reading.panel(document("a.txt", TEXT), (3, 9), changed=True).text
    assert "has changed since the answer was given" in html
    assert "<mark" not in html


def test_offsets_outside_the_document_mark_nothing() -> None:
    assert "<mark" not in reading.panel(document("a.txt", TEXT), (5, 99_999)).text
    assert "<mark" not in reading.panel(document("a.txt", TEXT), (-3, 4)).text


def test_one_megabyte_without_a_space_is_a_window_too() -> None:
    text = "x" * 1_000_000
    assert reading.window(text, (500_000, 500_005)) == (488_000, 512_005)
