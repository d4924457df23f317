"""The document beside the answer: its text is shown character for character, and marks sit at their offsets."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from test_web_pages import read
from web_library import NEWS, document, page

import rag
from rag.interfaces.web import pane
from rag.types import Span

SHIP = "Überschrift 👩🏽‍🚀\n\nDas Schiff 𝔡𝔞 fuhr. Es sank <b>nicht</b>.\nEnde."


def pieces(markup: str) -> str:
    """The text of the document that a panel shows: that of its pieces, between the buttons."""
    return "".join(
        read(piece).words for piece in re.findall(r'<div class="cv-piece"[^>]*>(.*?)</div>', markup, re.DOTALL)
    )


def test_the_quote_and_its_answer_are_marked_by_offset() -> None:
    start = SHIP.index("Das Schiff")
    end = SHIP.index(" Es sank")
    answer = (SHIP.index("𝔡𝔞"), SHIP.index("𝔡𝔞") + 2)
    html = pane.document_pane(document("a.txt", SHIP), (start, end), [answer])
    assert '<mark class="cv-here">Das Schiff <strong>𝔡𝔞</strong> fuhr.</mark> Es sank &lt;b&gt;nicht&lt;/b&gt;.' in html
    assert pieces(html) == SHIP
    assert "line 3" in html


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    st.tuples(st.integers(0, 60), st.integers(0, 60)),
    st.lists(st.integers(0, 60)),
)
def test_the_text_shown_is_the_document(text: str, quote: Span, begins: list[int]) -> None:
    starts = tuple(sorted({begin for begin in begins if begin < len(text)}))
    html = pane.document_pane(document("a.txt", text, pages=starts), quote, [quote])
    assert pieces(html) == text


def test_pages_are_drawn_not_written() -> None:
    text = "first page second page third"
    html = pane.document_pane(document("a.pdf", text, pages=(0, 11, 23)), (8, 14))
    assert re.findall(r'data-label="(Page \d)"', html) == ["Page 1", "Page 2", "Page 3"]
    assert pieces(html) == text
    assert '<mark class="cv-here">ge </mark>' in html
    assert '<mark class="cv-here">sec</mark>' in html
    assert "page 1" in html


def test_a_page_is_called_what_is_printed_on_it() -> None:
    html = pane.document_pane(document("a.pdf", "cover first page", pages=(6, 12), page_labels=("XVI<", "")), (7, 9))
    assert re.findall(r'data-label="([^"]+)"', html) == ["Page XVI&lt; (1)", "Page 2"]
    assert "page XVI&lt; (1)" in html


def test_a_long_document_is_a_window_that_can_be_read_on() -> None:
    text = "".join(f"Line {number}.\n" for number in range(40_000))
    quote = (text.index("Line 20000."), text.index("Line 20000.") + 11)
    html = pane.document_pane(document("long.txt", text), quote)
    first, last = pane.window(text, quote)
    assert pieces(html) == text[first:last]
    assert text[first - 1] == "\n" == text[last - 1]
    assert pane.REACH - 20 <= quote[0] - first <= pane.REACH
    assert f'data-from="{first - pane.REACH}" data-to="{first}">Earlier' in html
    assert f'data-from="{last}" data-to="{last + pane.REACH}">Later' in html


def test_reading_on_reaches_both_ends_without_a_gap() -> None:
    text = "x" * 100_001
    item = document("long.txt", text)
    first, last = pane.window(text, (50_000, 50_010))
    while first > 0:
        html = pane.further(item, max(0, first - pane.REACH), first)
        assert len(pieces(html)) == min(first, pane.REACH)
        first -= len(pieces(html))
    assert "Earlier" not in html
    while last < len(text):
        html = pane.further(item, last, last + pane.REACH)
        last += len(pieces(html))
    assert last == len(text)
    assert "Later" not in html


def test_a_piece_outside_the_document_is_empty() -> None:
    item = document("a.txt", SHIP)
    assert pieces(pane.further(item, 9_999, 99_999)) == ""
    assert pieces(pane.further(item, -5, 3)) == SHIP[:3]


def test_a_changed_document_is_said_so_and_nothing_is_marked() -> None:
    html = pane.document_pane(document("a.txt", SHIP), (3, 9), changed=True)
    assert "has changed since the answer was given" in html
    assert "<mark" not in html


def test_offsets_outside_the_document_mark_nothing() -> None:
    assert "<mark" not in pane.document_pane(document("a.txt", SHIP), (5, 99_999))
    assert "<mark" not in pane.document_pane(document("a.txt", SHIP), (-3, 4))


def test_one_megabyte_without_a_space_is_a_window_too() -> None:
    text = "x" * 1_000_000
    assert pane.window(text, (500_000, 500_005)) == (488_000, 512_005)


def test_what_the_script_fetches(tmp_path: Path) -> None:
    client = page(replace(rag.Settings(), index=tmp_path / "index"))
    shown = client.get("/own/document?id=a/news.txt&start=34&end=63&marks=38-45,x,9-").text
    assert '<mark class="cv-here">The <strong>harbour</strong> opened on Tuesday</mark>' in shown
    changed = client.get("/own/document?id=a/news.txt&start=33&end=63&sha256=0")
    assert "has changed since" in changed.text
    assert pieces(client.get("/own/piece?id=a/news.txt&start=0&end=9").text) == NEWS[:9]
    assert client.get("/own/listing?words=news").text.count("data-show") == 1
    assert client.get("/own/document?id=nothing").status_code == 404
