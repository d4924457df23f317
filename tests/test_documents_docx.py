"""DOCX exactly: what Word shows of a document stands in its text, numbers and marks too."""

from __future__ import annotations

import io

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from office_maker import make_word, paragraph, run
from test_documents_formats import make_epub, rewrite_zip

from rag.documents.office import docx as docx_reader
from rag.errors import DocumentError
from rag.types import Section


def make_docx() -> bytes:
    word = docx.Document()
    word.core_properties.author = "Ann Lee"
    word.core_properties.title = "Word Document"
    word.add_heading("The Harbour", 0)
    word.add_paragraph("It was opened\ton Tuesday. 😀")
    word.add_heading("Ships", 1)
    ships = word.add_table(2, 3)
    for row, cells in zip(ships.rows, [("Ship", "Length", "Port"), ("Ada\nLovelace", "12 m", "Cordal")], strict=True):
        for cell, words in zip(row.cells, cells, strict=True):
            cell.text = words
    last = word.add_paragraph("The end")
    deleted = parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>gone</w:delText></w:r></w:del>")
    inserted = parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>, really.</w:t></w:r></w:ins>")
    last._p.extend((deleted, inserted))
    control = parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    word.element.body.insert(len(word.element.body) - 1, control)
    data = io.BytesIO()
    word.save(data)
    return data.getvalue()


def test_docx() -> None:
    parsed = docx_reader.parse(make_docx(), "a.docx")
    assert parsed.text == (
        "The Harbour\n\nIt was opened\ton Tuesday. 😀\n\nShips\n\nShip: Ada Lovelace | Length: 12 m | Port: Cordal\n\n"
        "The end, really.\n\nIn a control."
    )
    assert parsed.title == "The Harbour"
    assert parsed.sections == (Section(parsed.text.index("Ships"), "Ships"),)
    assert parsed.metadata[0] == ("author", "Ann Lee")


def test_docx_footnotes_follow_their_paragraph() -> None:
    word = docx.Document()
    paragraph = word.add_paragraph("It sank.")
    reference = OxmlElement("w:footnoteReference")
    reference.set(qn("w:id"), "2")
    paragraph.add_run()._r.append(reference)
    word.add_paragraph("Nobody was hurt.")
    data = io.BytesIO()
    word.save(data)
    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:id="0"><w:p/></w:footnote>'
        '<w:footnote w:id="2"><w:p><w:r><w:t>In 1920.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    changed = rewrite_zip(
        data.getvalue(),
        {
            "word/footnotes.xml": lambda _: notes,
            "word/_rels/document.xml.rels": lambda old: old.replace(
                "</Relationships>", f'<Relationship Id="rId99" Type="{kind}" Target="footnotes.xml"/></Relationships>'
            ),
            "[Content_Types].xml": lambda old: old.replace(
                "</Types>",
                '<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument'
                '.wordprocessingml.footnotes+xml"/></Types>',
            ),
        },
    )
    assert docx_reader.parse(changed, "a.docx").text == "It sank.[1]\n\n[1] In 1920.\n\nNobody was hurt."


def test_docx_text_boxes_and_endless_nesting() -> None:
    spaces = nsdecls("w") + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box = "<w:txbxContent><w:p><w:r><w:t>In the box.</w:t></w:r></w:p></w:txbxContent>"
    word = docx.Document()
    word.add_paragraph("Beside the box.")._p.append(
        parse_xml(
            f"<w:r {spaces}><mc:AlternateContent><mc:Choice>{box}</mc:Choice>"
            f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
        )
    )
    data = io.BytesIO()
    word.save(data)
    assert docx_reader.parse(data.getvalue(), "a.docx").text == "Beside the box.\n\nIn the box."
    deep = "<w:sdt><w:sdtContent>" * 60 + "<w:p/>" + "</w:sdtContent></w:sdt>" * 60
    word.element.body.insert(0, parse_xml(deep.replace("<w:sdt>", f"<w:sdt {spaces}>", 1)))
    word.save(data)
    with pytest.raises(DocumentError, match="nested too deeply"):
        docx_reader.parse(data.getvalue(), "a.docx")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04nonsense", "It is damaged, or is not a Word document (.docx) at all."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "It is protected by a password, or of an older kind: save it anew."),
        (make_epub(), "It is a zip archive, but not a Word document (.docx)."),
    ],
)
def test_what_is_no_docx(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentError) as caught:
        docx_reader.parse(data, "a.docx")
    assert str(caught.value) == reason


def read(body: str, **parts: str) -> str:
    return docx_reader.parse(make_word(body, **parts), "a.docx").text


def level(depth: int, look: str, text: str, more: str = "") -> str:
    said = f'<w:start w:val="1"/><w:numFmt w:val="{look}"/>{more}<w:lvlText w:val="{text}"/>'
    return f'<w:lvl w:ilvl="{depth}">{said}</w:lvl>'


def listed(text: str, list_id: int | None = None, depth: int | None = None, style: str = "") -> str:
    said = f'<w:pStyle w:val="{style}"/>' if style else ""
    inner = f'<w:ilvl w:val="{depth}"/>' if depth is not None else ""
    inner += f'<w:numId w:val="{list_id}"/>' if list_id is not None else ""
    return paragraph(text, said + (f"<w:numPr>{inner}</w:numPr>" if inner else ""))


NUMBERING = (
    '<w:abstractNum w:abstractNumId="0">'
    + level(0, "decimal", "%1.", '<w:pStyle w:val="Clause"/>')
    + level(1, "decimal", "%1.%2")
    + level(2, "lowerLetter", "(%3)")
    + "</w:abstractNum>"
    + '<w:abstractNum w:abstractNumId="1">'
    + level(0, "bullet", "\uf0b7")
    + "</w:abstractNum>"
    + '<w:abstractNum w:abstractNumId="2">'
    + level(0, "upperRoman", "Article %1", '<w:suff w:val="space"/>')
    + level(1, "decimal", "%1.%2", "<w:isLgl/>")
    + "</w:abstractNum>"
    + "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{definition}"/>{more}</w:num>'
        for number, definition, more in (
            (1, 0, ""),
            (2, 1, ""),
            (3, 2, ""),
            (4, 0, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="9"/></w:lvlOverride>'),
            (5, 0, ""),
        )
    )
)
STYLES = (
    '<w:style w:type="paragraph" w:styleId="Clause"><w:name w:val="heading 1"/>'
    '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Sub"><w:name w:val="Sub"/><w:basedOn w:val="Clause"/>'
    '<w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr></w:style>'
    '<w:style w:type="character" w:styleId="Secret"><w:name w:val="Secret"/><w:rPr><w:vanish/></w:rPr></w:style>'
)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            [
                listed("Hire", 1, 0),
                listed("Boats", 1, 1),
                listed("Oars", 1, 1),
                listed("Fees", 1, 0),
                listed("Paid", 1, 1),
            ],
            "1. Hire\n\n1.1 Boats\n\n1.2 Oars\n\n2. Fees\n\n2.1 Paid",
        ),
        (
            [
                listed("Hire", 1, 0),
                listed("first", 1, 2),
                listed("second", 1, 2),
                listed("Fees", 1, 0),
                listed("x", 1, 2),
            ],
            "1. Hire\n(a) first\n(b) second\n2. Fees\n(a) x",
        ),
        ([listed("Rope", 2, 0), listed("Sail", 2, 0), paragraph("End")], "• Rope\n• Sail\n\nEnd"),
        ([listed("Hulls", 3, 0), listed("Of steel", 3, 1)], "Article I Hulls\n\n1.1 Of steel"),
        (
            [listed("One", 1, 0), listed("Nine", 4, 0), listed("Ten", 4, 0), listed("Eleven", 5, 0)],
            "1. One\n9. Nine\n10. Ten\n11. Eleven",
        ),
        ([listed("By style", style="Clause"), listed("Below", style="Sub")], "1. By style\n\n1.1 Below"),
        ([listed("No number", 0, 0, "Clause"), listed("One", style="Clause")], "No number\n\n1. One"),
        ([listed("", 1, 0), listed("Two", 1, 0), listed("Lost", 77, 0)], "2. Two\n\nLost"),
    ],
)
def test_numbers_that_word_sets_stand_in_the_text(body: list[str], text: str) -> None:
    assert read("".join(body), numbering=NUMBERING, styles=STYLES) == text


def test_a_numbered_heading_is_a_section_with_its_number() -> None:
    body = listed("Hire", style="Clause") + paragraph("A boat costs 9 euros.")
    parsed = docx_reader.parse(make_word(body, numbering=NUMBERING, styles=STYLES), "a.docx")
    assert parsed.sections == (Section(0, "1. Hire"),)


UP, DOWN = '<w:vertAlign w:val="superscript"/>', '<w:vertAlign w:val="subscript"/>'


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        (run("about 40 m") + run("2", UP) + run(" of deck"), "about 40 m² of deck"),
        (run("3 × 10") + run("1", UP) + run("2", UP) + run(" drops"), "3 × 10^12 drops"),
        (run("the 1") + run("st", UP) + run(" mate"), "the 1st mate"),
        (run("She sank.") + run("4", UP) + run(" Later"), "She sank.[4] Later"),
        (run("v") + run("max", DOWN) + run(" of H") + run("2", DOWN) + run("O"), "v_max of H2O"),
        (run("Paid ") + run("not ", "<w:strike/>") + run("at once"), "Paid at once"),
        (run("Open") + run(" sesame", "<w:vanish/>") + run(" x", '<w:rStyle w:val="Secret"/>'), "Open"),
        (run("On", '<w:strike w:val="0"/>') + run(" deck", '<w:vanish w:val="false"/>'), "On deck"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>' + run(" Paid"), "☑ Paid"),
        (run("9 \uf0b1 1", '<w:rFonts w:ascii="Symbol"/>'), "9 ± 1"),
        (
            '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData>'
            "</w:fldChar></w:r>" + run(" Swims"),
            "☒ Swims",
        ),
        (
            run("Name: ") + "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
            "<w:r><w:t>Click to enter</w:t></w:r></w:sdtContent></w:sdt>" + run("?"),
            "Name: ?",
        ),
        (
            run("One") + '<w:r><w:br w:type="page"/></w:r>' + run("Two") + "<w:r><w:br/></w:r>" + run("x"),
            "One\n\nTwo\nx",
        ),
        ("<w:ins>" + run("in") + "</w:ins><w:del><w:r><w:delText>out</w:delText></w:r></w:del>", "in"),
        ("<w:ruby><w:rt>" + run("kan") + "</w:rt><w:rubyBase>" + run("漢") + "</w:rubyBase></w:ruby>", "漢"),
    ],
)
def test_what_a_line_shows(runs: str, text: str) -> None:
    assert read(paragraph(runs=runs), styles=STYLES) == text


def test_what_was_left_out_is_told() -> None:
    runs = "<w:ins>" + run("in") + "</w:ins>" + run("a", "<w:dstrike/>") + run("b", "<w:vanish/>")
    assert docx_reader.parse(make_word(paragraph(runs=runs)), "a.docx").warnings == (
        "changes are tracked in it: it is read as if all of them were accepted",
        "words that are struck through were left out",
        "hidden words were left out",
    )


def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next() -> None:
    body = paragraph("The hull ", "<w:rPr><w:del/></w:rPr>") + paragraph("is dry.") + paragraph("End.")
    assert read(body) == "The hull is dry.\n\nEnd."


def test_notes_of_both_kinds_and_with_marks_of_their_own() -> None:
    body = paragraph("Ropes", runs='<w:r><w:footnoteReference w:id="5"/></w:r>' + run(" and masts")) + paragraph(
        "In 35",
        runs='<w:r><w:endnoteReference w:id="1"/></w:r>' + run(" ports.")
        + '<w:r><w:footnoteReference w:customMarkFollows="1" w:id="6"/><w:t>*</w:t></w:r>',
    )  # fmt: skip
    notes = {
        number: f'<w:footnote w:id="{number}">{paragraph(text)}</w:footnote>'
        for number, text in ((5, "Of hemp."), (6, "All."))
    }
    text = read(
        body, footnotes="".join(notes.values()), endnotes=f'<w:endnote w:id="1">{paragraph("Or so.")}</w:endnote>'
    )
    assert text == "Ropes[1] and masts\n\n[1] Of hemp.\n\nIn 35 [i] ports.[*]\n\n[i] Or so.\n\n[*] All."


def cell(text: str, properties: str = "", more: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}{more}</w:tc>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            [
                cell("Port") + cell("Boat") + cell("Length"),
                cell("Cordal", '<w:vMerge w:val="restart"/>') + cell("Ada") + cell("12 m"),
                cell("", "<w:vMerge/>") + cell("Bea") + cell("9 m"),
                cell("Closed", '<w:gridSpan w:val="3"/>'),
            ],
            "Port: Cordal | Boat: Ada | Length: 12 m\n\nPort: Cordal | Boat: Bea | Length: 9 m\n\nClosed",
        ),
        ([cell("Only one", more=paragraph("in a frame"))], "Only one\n\nin a frame"),
        (
            [
                "<w:trPr><w:del/></w:trPr>" + cell("Gone") + cell("x"),
                cell("Mate:") + cell("Bo"),
                cell("Cook:") + cell("Cy"),
            ],
            "Mate: Bo\n\nCook: Cy",
        ),
        ([cell("Outer") + cell("", more=table(cell("a") + cell("b")) + "<w:p/>")], "Outer\n\na: b"),
    ],
)
def test_tables(rows: list[str], text: str) -> None:
    assert read(table(*rows)) == text


def test_a_table_that_lays_out_a_page_has_paragraphs_and_headings() -> None:
    work = paragraph("Work", '<w:pStyle w:val="Clause"/>') + paragraph("Since 2020: mate") + paragraph("Before: cook")
    parsed = docx_reader.parse(make_word(table(cell("Bo Lind") + f"<w:tc>{work}</w:tc>"), styles=STYLES), "a.docx")
    assert parsed.text == "Bo Lind\n\nWork\n\nSince 2020: mate\n\nBefore: cook"
    assert parsed.sections == (Section(9, "Work"),)


def test_a_letterhead_is_kept_once_and_page_numbers_are_not() -> None:
    page = '<w:fldSimple w:instr=" PAGE ">' + run("3") + "</w:fldSimple>"
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="header"/>'
        '<w:footerReference w:type="default" r:id="footer"/></w:sectPr>'
    )
    text = read(
        paragraph("Dear Ann,") + paragraph("Come.") + section,
        header=paragraph("Lind &amp; Sons, Quay 4")
        + paragraph(runs=run("Letter") + "<w:r><w:tab/></w:r>" + run("Page ") + page),
        footer=paragraph("Account 77") + paragraph("Lind &amp; Sons, Quay 4") + paragraph(runs=page),
    )
    assert text == "Lind & Sons, Quay 4\n\nLetter\n\nDear Ann,\n\nCome.\n\nAccount 77"


PLAIN = '<m:sty m:val="p"/>'


def letters(text: str, properties: str = "") -> str:
    return f"<m:r><m:rPr>{properties}</m:rPr><m:t>{text}</m:t></m:r>"


def shape(name: str, properties: str = "", **parts: str) -> str:
    inner = "".join(f"<m:{part}>{letters(text) if text else ''}</m:{part}>" for part, text in parts.items())
    return f"<m:{name}>{properties}{inner}</m:{name}>"


@pytest.mark.parametrize(
    ("equation", "text"),
    [
        (letters("F=") + shape("f", num="3d+1", den="2"), "F = (3d + 1)/2"),
        (shape("sSup", e="x", sup="2") + letters("≤10,5"), "x^2 ≤ 10,5"),
        (shape("rad", deg="", e="a+b"), "sqrt(a + b)"),
        (shape("rad", deg="3", e="a"), "a^(1/3)"),
        (shape("d", '<m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr>', e="x"), "[x]"),
        (shape("func", f"<m:fName>{letters('sin', PLAIN)}</m:fName>", e="x"), "sin x"),
        (shape("nary", '<m:naryPr><m:chr m:val="∑"/></m:naryPr>', sub="i=1", sup="n", e="i"), "∑_(i = 1)^n i"),
        (letters("if x is small", "<m:nor/>"), "if x is small"),
        (shape("acc", e="x") + letters("=") + shape("sSubSup", e="y", sub="1", sup="2"), "x\u0302 = y_1^2"),
        (f"<m:m><m:mr>{shape('e', e='1')}{shape('e', e='2')}</m:mr></m:m>", "[1, 2]"),
    ],
)
def test_equations_are_lines(equation: str, text: str) -> None:
    assert read(paragraph(runs=f"<m:oMath>{equation}</m:oMath>")) == text


def test_the_strict_kind_is_read() -> None:
    loose = io.BytesIO(make_word(listed("Hire", 1, 0) + table(cell("a") + cell("b")), numbering=NUMBERING))
    old = "http://schemas.openxmlformats.org/"

    def stricter(text: str) -> str:
        for name in ("wordprocessingml/2006/", "officeDocument/2006/"):
            text = text.replace(old + name, f"http://purl.oclc.org/ooxml/{name.replace('2006/', '')}")
        return text

    names = ("_rels/.rels", "word/document.xml", "word/numbering.xml", "word/_rels/document.xml.rels")
    strict = rewrite_zip(loose.getvalue(), dict.fromkeys(names, stricter))
    assert docx_reader.parse(strict, "a.docx").text == "1. Hire\n\na: b"


def test_a_circle_of_styles_and_numbers_beyond_all_bounds() -> None:
    styles = "".join(
        f'<w:style w:styleId="{own}"><w:name w:val="x"/><w:basedOn w:val="{base}"/></w:style>'
        for own, base in (("A", "B"), ("B", "A"))
    )
    wide = table(cell("a", '<w:gridSpan w:val="99999999999"/>') + cell("b"), cell("c") + cell("d"))
    numbering = NUMBERING.replace('w:start w:val="1"', 'w:start w:val="999999999999999999999"')
    assert read(listed("Hire", 1, 0, "A") + wide, styles=styles, numbering=numbering).startswith("0. Hire")


def test_entities_are_not_opened() -> None:
    kind = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname"><!ENTITY f "opened">]>'
    data = rewrite_zip(
        make_word(paragraph("Before") + paragraph("ENTITY")),
        {"word/document.xml": lambda old: kind + old.replace("ENTITY", "&e;&f;")},
    )
    assert docx_reader.parse(data, "a.docx").text == "Before"
