"""The document beside the answer: its text is shown character for character, and marks sit at their offsets."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_web_pages import read
from web_library import NEWS, document, page

import rag
from rag.errors import UnknownPage
from rag.interfaces.web import pane
from rag.interfaces.web.marking import Marks
from rag.types import Document, Section, Span

SHIP = "Überschrift 👩🏽‍🚀\n\nDas Schiff 𝔡𝔞 fuhr. Es sank <b>nicht</b>.\nEnde."


def pieces(markup: str) -> str:
    """The text of the document that a panel shows: that of its pieces, between the buttons."""
    return "".join(
        read(piece).words for piece in re.findall(r'<div class="cv-piece[^>]*>(.*?)</div>', markup, re.DOTALL)
    )


def test_the_quote_and_its_answer_are_marked_by_offset() -> None:
    start = SHIP.index("Das Schiff")
    end = SHIP.index(" Es sank")
    answer = (SHIP.index("𝔡𝔞"), SHIP.index("𝔡𝔞") + 2)
    html = pane.document_pane(document("a.txt", SHIP), Marks((start, end), [answer]))
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
    html = pane.document_pane(document("a.txt", text, pages=starts), Marks(quote, [quote]))
    assert pieces(html) == text


def test_pages_are_drawn_not_written() -> None:
    text = "first page second page third"
    html = pane.document_pane(document("a.pdf", text, pages=(0, 11, 23)), Marks((8, 14)))
    assert re.findall(r'data-label="(Page \d)"', html) == ["Page 1", "Page 2", "Page 3"]
    assert pieces(html) == text
    assert '<mark class="cv-here">ge </mark>' in html
    assert '<mark class="cv-here">sec</mark>' in html
    assert "page 1" in html


def test_a_page_is_called_what_is_printed_on_it() -> None:
    html = pane.document_pane(
        document("a.pdf", "cover first page", pages=(6, 12), page_labels=("XVI<", "")), Marks((7, 9))
    )
    assert re.findall(r'data-label="([^"]+)"', html) == ["Page XVI&lt; (1)", "Page 2"]
    assert "page XVI&lt; (1)" in html


def test_a_long_document_is_a_window_that_can_be_read_on() -> None:
    text = "".join(f"Line {number}.\n" for number in range(40_000))
    quote = (text.index("Line 20000."), text.index("Line 20000.") + 11)
    html = pane.document_pane(document("long.txt", text), Marks(quote))
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
    html = pane.document_pane(document("a.txt", SHIP), Marks((3, 9)), changed=True)
    assert "has changed since the answer was given" in html
    assert "<mark" not in html


def test_offsets_outside_the_document_mark_nothing() -> None:
    assert "<mark" not in pane.document_pane(document("a.txt", SHIP), Marks((5, 99_999)))
    assert "<mark" not in pane.document_pane(document("a.txt", SHIP), Marks((-3, 4)))


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


GUIDE = "# The guide\n\nPay **in advance**.\n\n## Fees\n\nIt’s\n12 €.\n\nTimes\n-----\nAt eight.\n"


def guide() -> Document:
    sections = tuple(Section(GUIDE.index(place), name) for place, name in [("#", "The guide"), ("## F", "Fees")])
    times = Section(GUIDE.index("Times"), "Times")
    return replace(document("guide.md", GUIDE), media_type="text/markdown", sections=(*sections, times))


def test_markdown_is_shown_in_its_shape_and_keeps_every_character() -> None:
    start = GUIDE.index("Pay")
    html = pane.document_pane(guide(), Marks((start, start + 19), [(start + 4, start + 18)]))
    assert pieces(html) == GUIDE
    assert '<span class="md-h2" role="heading" aria-level="2">' in html
    assert '<mark class="cv-here">Pay <span class="md-syntax"><strong>**</strong></span>' in html
    assert "As in the file" in html
    assert "As in the file" not in pane.document_pane(document("a.txt", SHIP))


def test_a_row_is_shown_in_a_table_with_its_head() -> None:
    text = "Port: Ystad | Depth: 7\n\nPort: Rauma | Depth: 10"
    item = replace(document("ports.csv", text), media_type="text/csv", sections=(Section(0, "row 2"), Section(24, "r")))
    html = pane.document_pane(item, Marks((24, 47), [(45, 47)]))
    assert re.findall(r'role="columnheader" aria-label="(\w+)"', html) == ["Port", "Depth"]
    assert (
        '<mark class="cv-here"><span class="md-syntax"> | Depth: </span><strong>10</strong></mark></span></span></span>'
        in html
    )
    assert pieces(html) == text
    assert "Outline" not in html


def test_the_sheets_of_a_workbook_are_its_outline_and_are_named_where_they_begin() -> None:
    text = "Port: Ystad | Depth: 7\n\nShip: Vega | Year: 1907\n\nShip: Lyra | Year: 1911"
    heads = ((0, "Ports, row 2"), (24, "Ships, row 2"), (48, "Ships, row 3"))
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    sections = tuple(Section(*head) for head in heads)
    book = replace(document("ports.xlsx", text), media_type=media_type, sections=sections)
    assert pane.outline(book) == (("Ports", 0, 0), ("Ships", 0, 24))
    html = pane.document_pane(book)
    assert re.findall(r'class="cv-page" data-label="(\w+)"', html) == ["Ports", "Ships"]
    assert pieces(html) == text
    one = replace(book, sections=sections[1:])
    assert pane.outline(one) == ()
    assert "cv-page" not in pane.document_pane(one)


def test_headings_are_an_outline() -> None:
    assert pane.outline(guide()) == (("The guide", 0, 0), ("Fees", 1, 34), ("Times", 1, 55))
    html = pane.document_pane(guide())
    assert re.findall(r'<li class="cv-depth-(\d)"><button[^>]* data-at="(\d+)"', html) == [
        ("0", "0"),
        ("1", "34"),
        ("1", "55"),
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("PAY in  advance", ["Pay **in advance"]),
        ("it's 12", ["It’s\n12"]),
        (".*", []),
        ("  ", []),
        ("e", list("eeeeeee")),
    ],
)
def test_words_are_found_whatever_stands_between_them(words: str, found: list[str]) -> None:
    assert [GUIDE[start:end] for start, end in pane.occurrences(GUIDE, words)] == found


def test_a_page_is_found_by_what_is_printed_on_it_before_its_number() -> None:
    item = document("a.pdf", "one two three", pages=(0, 4, 8), page_labels=("ii", "1", "2"))
    assert [pane.page_start(item, name) for name in ("II", "1", " 2 ", "3")] == [0, 4, 8, 8]
    with pytest.raises(UnknownPage, match="has no page '4'"):
        pane.page_start(item, "4")


def test_the_text_moves_to_what_is_looked_for_and_keeps_its_marks(tmp_path: Path) -> None:
    text = "".join(f"Line {number}.\n" for number in range(9_000))
    item = document("long.txt", text, pages=(0, text.index("Line 7000.")))
    client = page(replace(rag.Settings(), index=tmp_path / "index"), [item])
    place = "/own/place?id=long.txt&start=0&end=7&others=8-15"
    shown = client.get(f"{place}&words=LINE+8000&nth=0").text
    assert '<mark class="cv-found cv-now">Line 8000</mark>' in shown
    assert 'data-found="1" data-current="1"' in shown
    assert "Line 0." not in shown
    several = client.get(f"{place}&words=line+5&nth=-1").text
    assert 'data-found="1111" data-current="1111"' in several
    assert '<mark class="cv-found cv-now">Line 5</mark>999' in several
    again = client.get(f"{place}&words=not+there").text
    assert 'data-found="0"' in again
    assert '<mark class="cv-here">Line 0.</mark>\n<mark class="cv-also cv-quote-8">Line 1.</mark>' in again
    assert '<mark class="cv-at">L</mark>ine 7000.' in client.get(f"{place}&page=2").text
    assert '<mark class="cv-at">L</mark>ine 4000.' in client.get(f"{place}&at={text.index('Line 4000')}").text
    assert client.get(f"{place}&page=3").status_code == 404
    assert pieces(client.get(f"{place}&at=999999999").text) in text
