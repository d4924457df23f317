"""HTML, EPUB, tables, JSON and e-mail exactly: the canonical text, its sections, titles and metadata."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest

from rag.documents.files import open_archive
from rag.documents.mail import email_
from rag.documents.office import docx as docx_reader
from rag.documents.office import odt, pptx
from rag.documents.parsed import Attachment
from rag.documents.tables import json_, spreadsheet, table
from rag.documents.web import epub, html
from rag.errors import DocumentError
from rag.types import Section

PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>The Harbour - Coast News</title><meta name="author" content="Ann Lee">
<meta property="article:published_time" content="2024-03-05T10:00:00Z"><style>p {color: red}</style></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/about">About the paper</a></li></ul></nav>
<article><h1>The Harbour</h1>
<p>The new   harbour was <b>opened</b> on Tuesday<!-- no --> by the mayor,
who said it “cost 5&nbsp;€ or so” 😀.<br>Then it rained.</p>
<h2>What it is for</h2><ul><li>Fishing boats</li><li>Ferries</li></ul><ol><li>First</li><li>Second</li></ol>
<table><tr><th>Ship</th><th>Length</th></tr><tr><td>Ada</td><td>12&nbsp;m</td></tr></table>
<pre>a  b
  c</pre><p hidden>Not shown.</p><script>var x = "<p>no</p>";</script></article>
<footer><p>All rights reserved.</p></footer></body></html>"""

ARTICLE = """The Harbour

The new harbour was opened on Tuesday by the mayor, who said it “cost 5\u00a0€ or so” 😀.
Then it rained.

What it is for

• Fishing boats
• Ferries

1. First
2. Second

Ship: Ada | Length: 12 m

a  b
  c"""


def test_html_is_the_article_without_the_navigation() -> None:
    parsed = html.parse(PAGE.encode(), "a.html")
    assert parsed.text == ARTICLE
    assert parsed.title == "The Harbour"
    assert parsed.sections == (Section(0, "The Harbour"), Section(ARTICLE.index("What"), "What it is for"))
    assert parsed.metadata == (("author", "Ann Lee"), ("date", "2024-03-05"), ("language", "en"))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p>two<p>three", "One\n\ntwo\n\nthree"),
        ("<div><div>a<span> b </span>c</div><br>d", "a b c\n\nd"),
        ("<ul><li><p>a</p><p>b</p></li><li>c<ul><li>d</li></ul></li></ul>", "• a\n\nb\n\n• c\n• d"),
        ("<table><tr><td><h2>Layout</h2><p>Text</p></td><td>side</td></tr></table>", "Layout\n\nText\n\nside"),
        ("<ul><li><img></li></ul>after", "after"),
        ("<table><caption>Ships</caption><tr><th>A<th>B<tr><td>1<td>2</table>", "Ships\n\nA: 1 | B: 2"),
        ("<dl><dt>Word</dt><dd>Meaning</dd></dl>", "Word: Meaning"),
        ('<?xml version="1.0" encoding="latin-1"?>é', "é"),
        ("soft\u00adhyphen", "softhyphen"),
        ("<p style='display: none'>no</p>yes<nav>no</nav>", "yes"),
        ("&#55357; &#0; &lt;b&gt;", "\ufffd \ufffd <b>"),
    ],
)
def test_html_blocks(markup: str, text: str) -> None:
    assert html.parse(f"<html><body>{markup}</body></html>".encode(), "a.html").text == text


def test_the_article_keeps_what_an_extractor_drops_and_drops_what_stands_around() -> None:
    links = "".join(f'<div><a href="/{n}">Another story that is worth reading, number {n}</a></div>' for n in range(9))
    article = "".join(f"<p>Paragraph {n} of the story says that the harbour was opened, again.</p>" for n in range(9))
    article = article.replace("<p>Paragraph 5", f"{links}<dl><dt>ferry_open</dt></dl><p>Paragraph 5")
    page = f"<html><body><div>{links}</div><h1>The Harbour</h1>{article}<div>Copyright, all of it.</div></body></html>"
    paragraphs = [f"Paragraph {n} of the story says that the harbour was opened, again." for n in range(9)]
    expected = "\n\n".join(["The Harbour", *paragraphs[:5], "ferry_open", *paragraphs[5:]])
    assert html.parse(page.encode(), "a.html").text == expected


def test_a_page_that_the_extractor_breaks_on_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(*_: object, **__: object) -> None:
        raise AttributeError

    monkeypatch.setattr(html.trafilatura, "bare_extraction", breaking)
    assert html.parse(PAGE.encode(), "a.html").text == ARTICLE


def test_html_in_the_encoding_it_declares() -> None:
    page = '<html><head><meta charset="{}"><title>T</title></head><body><p>Łódź — Привет</p></body></html>'
    assert html.parse(page.format("windows-1251").replace("Łódź —", "").encode("cp1251"), "a.html").text == "Привет"
    assert html.parse(page.format("utf-16").encode("utf-8"), "a.html").text == "Łódź — Привет"
    assert html.parse(page.format("nonsense").encode("utf-8"), "a.html").text == "Łódź — Привет"


def test_a_page_nested_a_hundred_thousand_deep() -> None:
    data = b"<html><body>" + b"<div>" * 100_000 + b"deep" + b"</div>" * 100_000 + b"</body></html>"
    try:
        text = html.parse(data, "a.html").text
    except DocumentError:
        text = ""
    assert text in ("", "deep")


def rewrite_zip(data: bytes, changes: Mapping[str, object]) -> bytes:
    old = zipfile.ZipFile(io.BytesIO(data))
    new = io.BytesIO()
    with zipfile.ZipFile(new, "w") as archive:
        for name in old.namelist() + [name for name in changes if name not in old.namelist()]:
            content = old.read(name).decode("utf-8", "surrogateescape") if name in old.namelist() else ""
            change = changes.get(name, lambda text: text)
            archive.writestr(name, change(content).encode("utf-8", "surrogateescape"))  # type: ignore[operator]
    return new.getvalue()


def make_epub(**more: str) -> bytes:
    files = {
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        "OPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<metadata><dc:title>The Sea</dc:title><dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator></metadata>"
        '<manifest><item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        '<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="a" href="text/a%20b.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="m" href="missing.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="n"/><itemref idref="a"/><itemref idref="b"/><itemref idref="m"/></spine></package>',
        "OPS/nav.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><a href="text/a%20b.xhtml#x">Ebb</a>'
        '<a href="b.xhtml">Flow</a></nav></body></html>',
        "OPS/text/a b.xhtml": '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body>'
        "<p>The tide went out. 😀</p><aside>A note.</aside></body></html>",
        "OPS/b.xhtml": "<html><body><h1>Chapter 2</h1><p>It came in.</p></body></html>",
        **more,
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_epub_chapters_in_reading_order() -> None:
    parsed = epub.parse(make_epub(), "a.epub")
    assert parsed.text == "The tide went out. 😀\n\nA note.\n\nChapter 2\n\nIt came in."
    assert parsed.sections == (Section(0, "Ebb"), Section(parsed.text.index("Chapter"), "Chapter 2"))
    assert (parsed.title, parsed.metadata) == ("The Sea", (("author", "Ann, Bob"),))
    assert parsed.warnings == (
        "the chapter OPS/missing.xhtml was left out: It is damaged, or is not an EPUB book at all: "
        "it lacks 'OPS/missing.xhtml'.",
    )


def test_a_locked_epub() -> None:
    lock = (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:e="http://www.w3.org/2001/04/xmlenc#">'
        '<e:EncryptedData><e:CipherData><e:CipherReference URI="OPS/b.xhtml"/></e:CipherData>'
        "</e:EncryptedData></encryption>"
    )
    with pytest.raises(DocumentError, match=r"^It is locked to another program \(DRM\)\.$"):
        epub.parse(make_epub(**{"META-INF/encryption.xml": lock}), "a.epub")


def test_zip_bombs_are_refused_unopened() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(64 << 20))
    with pytest.raises(DocumentError, match=r"^It unpacks from 0\.1 MB to 64 MB: too much\.$"):
        open_archive(data.getvalue(), "a book")
    parts = io.BytesIO()
    with zipfile.ZipFile(parts, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(40):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", bytes(1 << 20))
    readers = {"docx": docx_reader, "epub": epub, "odt": odt, "ods": spreadsheet, "pptx": pptx, "xlsx": spreadsheet}
    for name, reader in readers.items():
        for bomb in (data, parts):
            with pytest.raises(DocumentError, match="too much"):
                reader.parse(bomb.getvalue(), f"a.{name}")


@pytest.mark.parametrize(
    ("content", "name", "text", "headings"),
    [
        ("Name,Age\r\nAnn,12\r\n\r\nBob,\r\n", "a.csv", "Name: Ann | Age: 12\n\nName: Bob", ["row 2", "row 4"]),
        ("Name;Note\nAnn;1,5\nBo;2,5\n", "a.csv", "Name: Ann | Note: 1,5\n\nName: Bo | Note: 2,5", ["row 2", "row 3"]),
        ("a\tb\n1\t2, 3\n", "a.tsv", "a: 1 | b: 2, 3", ["row 2"]),
        (
            "1,2\n3,4,5\n",
            "a.csv",
            "column A: 1 | column B: 2\n\ncolumn A: 3 | column B: 4 | column C: 5",
            ["row 1", "row 2"],
        ),
        ('Name,Note\nAnn,"two\nlines 😀"\n', "a.csv", "Name: Ann\n\nNote:\n\ntwo\nlines 😀", ["row 2: Ann"]),
        ('a,b\n1,"open\n2,3\n', "a.csv", 'a: 1 | b: "open\n\na: 2 | b: 3', ["row 2", "row 3"]),
        ("sep=;\nName;y\n1;2\n", "a.csv", "Name: 1 | y: 2", ["row 3"]),
    ],
)
def test_a_row_is_a_section(content: str, name: str, text: str, headings: list[str]) -> None:
    parsed = table.parse(content.encode(), name)
    assert parsed.text == text
    assert [section.heading for section in parsed.sections] == headings
    blocks = [text.index(block) for block in text.split("\n\n") if block.startswith(("Name", "a:", "column A"))]
    assert [section.start for section in parsed.sections] == blocks


@pytest.mark.parametrize(
    ("content", "text", "headings"),
    [
        (
            "Fees of 2024,,\n\nPier,2023,2024\nA,1,2\n",
            "Fees of 2024\n\nPier: A | 2023: 1 | 2024: 2",
            ["row 1", "row 4"],
        ),
        (
            "Printed on,1 May,\nPier,Fee,Fee\nA,1,2\n",
            "Printed on: 1 May\n\nPier: A | Fee: 1 | Fee: 2",
            ["row 1", "row 3"],
        ),
        ("# by Ann, 3 May\n#,Name\n1,Bo\n", "by Ann, 3 May\n\n#: 1 | Name: Bo", ["row 1", "row 3"]),
        (
            "Printed on,1 May\nPier,Fee,Tax\nA,1,2\n",
            "Printed on: 1 May\n\nPier: A | Fee: 1 | Tax: 2",
            ["row 1", "row 3"],
        ),
        ("# time,level\n1,7\n", "time: 1 | level: 7", ["row 2"]),
        ("Name,,Age\nAnn,x,12\n", "Name: Ann | column B: x | Age: 12", ["row 2"]),
    ],
)
def test_the_names_of_columns_may_stand_below_other_rows(content: str, text: str, headings: list[str]) -> None:
    parsed = table.parse(content.encode(), "a.csv")
    assert parsed.text == text
    assert [section.heading for section in parsed.sections] == headings


@pytest.mark.parametrize(
    ("content", "text", "headings"),
    [
        ('[{"a": 1.50, "b": [1, 2]}, {"title": "T", "c": {"d": true, "e": null}}]',
         "a: 1.50 | b: 1, 2\n\ntitle: T | c d: true", ["record 1", "T"]),
        ('{"version": 1, "items": [{"id": 7, "n": "x"}]}', "version: 1\n\nid: 7 | n: x", ["", "items, id 7"]),
        ('{"name": "Sea", "deep": [{"x": 1}, {"x": 2}], "wide": [[1]]}',
         "name: Sea | deep 1 x: 1 | deep 2 x: 2 | wide 1: 1", ["Sea"]),
        ('"\\ud83d\\ude00 \\ud800"', "😀 \ufffd", [""]),
        ('{"a": 123456789012345678901234567890}', "a: 123456789012345678901234567890", [""]),
    ],
)  # fmt: skip
def test_a_record_is_a_section(content: str, text: str, headings: list[str]) -> None:
    parsed = json_.parse(content.encode(), "a.json")
    assert parsed.text == text
    assert [section.heading for section in parsed.sections] == headings


def test_long_values_stand_apart_from_their_labels() -> None:
    prose = "The harbour was opened on Tuesday. " * 12
    parsed = json_.parse(f'{{"id": "x1", "body": "{prose}", "by": "Ann"}}'.encode(), "a.json")
    assert parsed.text == f"id: x1\n\nbody:\n\n{prose.strip()}\n\nby: Ann"


def test_the_fields_of_a_wide_row_stand_on_lines_that_begin_alike() -> None:
    cells = [f"value of column {number:02}" for number in range(20)]
    content = ",".join(f"c{number}" for number in range(20)) + "\n" + ",".join(cells)
    fields = [f"c{number}: {cell}" for number, cell in enumerate(cells)]
    lines = [line.split(" | ") for line in table.parse(content.encode(), "a.csv").text.split("\n\n")]
    assert [line[:2] for line in lines] == [fields[:2]] * 2
    assert [field for line in lines for field in line[2:]] == fields[2:]


def test_json_lines() -> None:
    content = '{"id": "x"}\n\nnonsense\n{"text": "line\u2028end"}\r\n'
    parsed = json_.parse(content.encode(), "a.jsonl")
    assert parsed.text == "id: x\n\ntext:\n\nline\nend"
    assert [section.heading for section in parsed.sections] == ["id x", "record 4"]
    assert parsed.warnings == ("not JSON, and left out: line 3",)
    assert json_.parse(b'{"a": 1}\n{"a": 2}', "a.json").text == "a: 1\n\na: 2"


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b'{"a": 1', "a.json", "It is not JSON: Expecting ',' delimiter: line 1 column 8 (char 7)."),
        (b"no\nno", "a.jsonl", "No line of it is JSON."),
    ],
)
def test_what_is_no_json(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(DocumentError) as caught:
        json_.parse(data, name)
    assert str(caught.value) == reason


MAIL = """From: =?utf-8?q?J=C3=BCrgen?= <j@x.org>
To: ann@x.org
Subject: The harbour
Date: Tue, 5 Mar 2024 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=B

--B
Content-Type: multipart/alternative; boundary=C

--C
Content-Type: text/html; charset=utf-8

<p>In <b>HTML</b>.</p>
--C
Content-Type: text/plain; charset=windows-1252
Content-Transfer-Encoding: quoted-printable

It opened =97 today.

Bye
--C--
--B
Content-Type: application/pdf
Content-Disposition: attachment; filename="plan.pdf"

x
--B--
"""


def test_an_email() -> None:
    parsed = email_.parse(MAIL.replace("\n", "\r\n").encode(), "a.eml")
    head = "From: Jürgen <j@x.org>\nTo: ann@x.org\nDate: Tue, 05 Mar 2024 10:00:00 +0100\nSubject: The harbour"
    assert parsed.text == head + "\n\nIt opened — today.\n\nBye"
    assert parsed.sections == (Section(0, ""), Section(len(head) + 2, ""))
    assert parsed.title == "The harbour"
    assert parsed.metadata == (
        ("from", "Jürgen <j@x.org>"),
        ("to", "ann@x.org"),
        ("date", "Tue, 05 Mar 2024 10:00:00 +0100"),
        ("subject", "The harbour"),
        ("sent", "2024-03-05T10:00:00+01:00"),
    )
    assert parsed.attachments == (Attachment("plan.pdf", b"x"),)
    assert parsed.warnings == ()


def test_an_email_in_html_only() -> None:
    parsed = email_.parse(b"Subject: Hi\nContent-Type: text/html\n\n<p>One<br>two</p><script>x</script>", "a.eml")
    assert parsed.text == "Subject: Hi\n\nOne\ntwo"


def test_all_parts_of_an_email_that_are_seen() -> None:
    message = (
        "Subject: Hi\nContent-Type: multipart/mixed; boundary=B\n\n"
        "--B\nContent-Type: text/plain\n\nBefore the picture.\n"
        "--B\nContent-Type: image/png\n\nx\n--B\nContent-Type: multipart/related; boundary=C\n\n--C\n"
        "Content-Type: text/html; charset=nonsense\n\n<p>After – it.</p>\n--C--\n--B\nContent-Type: message/rfc822\n\n"
        "Subject: Old\n\nForwarded.\n--B--\n"
    )
    parsed = email_.parse(message.encode(), "a.eml")
    assert parsed.text == "Subject: Hi\n\nBefore the picture.\n\nAfter – it."
    assert parsed.attachments == (Attachment("Old.eml", b"Subject: Old\n\nForwarded."),)


def test_the_body_of_an_email_is_the_plain_one_wherever_it_stands() -> None:
    page = "Content-Type: multipart/related; boundary=D\n\n--D\nContent-Type: text/html\n\n<p>Page.</p>\n--D--\n"
    message = (
        "Subject: Hi\nContent-Type: multipart/signed; boundary=B\n\n--B\n"
        f"Content-Type: multipart/alternative; boundary=C\n\n--C\n{page}--C\n"
        "Content-Type: multipart/mixed; boundary=E\n\n--E\nContent-Type: text/plain\n\nPlain.\n--E--\n--C--\n--B\n"
        "Content-Type: application/pgp-signature; name=s.asc\nContent-Disposition: attachment\n\nx\n--B\n"
        "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nNot read.\n--B--\n"
    )
    parsed = email_.parse(message.encode(), "a.eml")
    assert parsed.text == "Subject: Hi\n\nPlain."
    assert parsed.attachments == (Attachment("s.asc", b""), Attachment("a.txt", b"Not read."))
    assert email_.parse(f"Subject: Hi\n{page}".encode(), "a.eml").text == "Subject: Hi\n\nPage."


def test_an_email_without_text() -> None:
    assert email_.parse(b"Subject: Hi\nContent-Type: image/png\n\nx", "a.eml").warnings == ("it has no text",)


def test_what_is_no_email() -> None:
    with pytest.raises(DocumentError, match="not an e-mail"):
        email_.parse(b"Just a text.", "a.eml")
