"""EPUB: sections by the table of contents, down to places within a file; pages of the printed edition."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import rag
from rag import documents
from rag.documents.web import epub
from rag.interfaces.serialization import to_json
from rag.types import Answer, Quote, Source

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
TEXT = """<html xmlns:epub="http://www.idpf.org/2007/ops"><body>
<p>Before all.</p>
<h2 id="one">1</h2><p>The goats ate <span epub:type="pagebreak" id="p9" title="9">9</span> the rope.</p>
<div id="two"/><p>The lamp broke.</p>
<p id="p10">It was dark.</p></body></html>"""
NAV = """<html xmlns:epub="http://www.idpf.org/2007/ops"><body>
<nav epub:type="landmarks"><a href="a.xhtml">Start of the book</a></nav>
<nav epub:type="toc"><ol><li><a href="a.xhtml#one">1. Goats&nbsp;ashore</a></li>
<li><a href="a.xhtml#two">The lamp</a></li></ol></nav>{}</body></html>"""
PAGE_LIST = '<nav epub:type="page-list"><a href="a.xhtml#p9">ix</a><a href="a.xhtml#p10">x</a></nav>'


def make_book(nav: str = "", *, ncx: str = "", kind: str = "application/xhtml+xml", **files: str) -> bytes:
    items = "".join(f'<item id="{name}" href="{name}.xhtml" media-type="{kind}"/>' for name in ("a", *files))
    opf = (
        f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}<item id="n" href="n.xhtml" properties="nav" '
        'media-type="application/xhtml+xml"/><item id="x" href="x.ncx" media-type="application/x-dtbncx+xml"/>'
        f"</manifest><spine>{''.join(f'<itemref idref={name!r}/>' for name in ('a', *files))}</spine></package>"
    )
    entries = {"META-INF/container.xml": CONTAINER, "book.opf": opf, "n.xhtml": nav, "x.ncx": ncx, "a.xhtml": TEXT}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in (entries | {f"{name}.xhtml": text for name, text in files.items()}).items():
            archive.writestr(name, content)
    return data.getvalue()


WHOLE = "Before all.\n\n1\n\nThe goats ate the rope.\n\nThe lamp broke.\n\nIt was dark."


def test_the_contents_cut_a_file_at_their_anchors() -> None:
    parsed = epub.parse(make_book(NAV), "a.epub")
    assert parsed.text == WHOLE
    assert [(WHOLE[section.start :].split("\n")[0], section.heading) for section in parsed.sections] == [
        ("Before all.", ""),
        ("1", "1. Goats ashore"),
        ("The lamp broke.", "The lamp"),
    ]


@pytest.mark.parametrize(
    ("nav", "labels", "second"),
    [(NAV.format(PAGE_LIST), ("ix", "x"), "It was dark."), (NAV, ("9",), ""), ("", ("9",), "")],
)
def test_pages_are_those_of_the_list_or_else_those_marked(nav: str, labels: tuple[str, ...], second: str) -> None:
    parsed = epub.parse(make_book(nav.replace("{}", "")), "a.epub")
    assert parsed.text == WHOLE
    assert parsed.page_labels == labels
    starts = [WHOLE.index("the rope"), *([WHOLE.index(second)] if second else [])]
    assert list(parsed.pages) == starts


def test_the_older_contents() -> None:
    point = "<{0}><navLabel><text>{1}</text></navLabel><content src='a.xhtml{2}'/></{0}>"
    ncx = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>'
        f"{point.format('navPoint', 'Cover', '')}{point.format('navPoint', 'The lamp', '#two')}</navMap><pageList>"
        f"{point.format('pageTarget', '10', '#p10')}</pageList></ncx>"
    )
    parsed = epub.parse(make_book("<p>no list", ncx=ncx), "a.epub")
    assert [section.heading for section in parsed.sections] == ["Cover", "1", "The lamp"]
    assert (parsed.pages, parsed.page_labels) == ((WHOLE.index("It was"),), ("10",))


def test_a_file_that_the_contents_do_not_name_goes_on_with_the_chapter() -> None:
    parsed = epub.parse(make_book(NAV, b="<p>Still dark.", kind="text/plain"), "a.epub")
    assert parsed.text == f"{WHOLE}\n\nStill dark."
    assert [section.heading for section in parsed.sections][-2:] == ["The lamp", "The lamp"]


def test_a_page_label_reaches_the_quote_and_is_verified(tmp_path: Path) -> None:
    (tmp_path / "a.epub").write_bytes(make_book(NAV.format(PAGE_LIST)))
    document = documents.load(tmp_path / "a.epub", tmp_path)
    start = document.text.index("It was dark.")
    source = Source(document.id, document.title, document.path, document.sha256)
    quote = Quote(source, start, start + 12, "It was dark.", "", "", (), 2, 9, "The lamp", 0.9, "x")
    [held] = rag.verify(to_json(Answer("Q?", "Q?", (quote,), 0.9)), tmp_path)
    assert held.holds
    [wrong] = rag.verify(to_json(Answer("Q?", "Q?", (replace(quote, page_label="xi"),), 0.9)), tmp_path)
    assert [(item.field, item.said, item.stands) for item in wrong.differences] == [("page_label", "xi", "x")]
