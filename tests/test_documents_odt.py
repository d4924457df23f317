"""ODT exactly: what a word processor shows of an OpenDocument text stands in its text."""

from __future__ import annotations

import pytest
from office_maker import archive, make_text, make_word, paragraph

from rag.documents.office import odt
from rag.errors import DocumentError
from rag.types import Section

STYLES = """
<text:list-style style:name="N">
 <text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>
 <text:list-level-style-number text:level="2" style:num-format="a" style:num-prefix="(" style:num-suffix=")"/>
</text:list-style>
<text:list-style style:name="B"><text:list-level-style-bullet text:level="1" text:bullet-char="-"/></text:list-style>
<style:style style:name="Up" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="Low" style:family="text"><style:text-properties style:text-position="-33% 58%"/></style:style>
<style:style style:name="Gone" style:family="text">
 <style:text-properties style:text-line-through-style="solid"/></style:style>
<style:style style:name="Kept" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="Kept2" style:family="text" style:parent-style-name="Kept"/>
<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>
<style:style style:name="Title" style:family="paragraph"/>
"""
OUTLINE = """<office:styles><text:outline-style style:name="Outline">
 <text:outline-level-style text:level="1" style:num-format="I" style:num-suffix="."/>
 <text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/>
</text:outline-style></office:styles>"""


def make_odt() -> bytes:
    body = p("Hulls", "P1") + heading("Steel", 1) + p("Dry.") + items("N", "Rope", "Sail")
    return make_text(body, STYLES, styles=OUTLINE)


def read(body: str, **parts: str) -> str:
    return odt.parse(make_text(body, STYLES, **parts), "a.odt").text


def p(text: str, style: str = "") -> str:
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def heading(text: str, depth: int, more: str = "") -> str:
    return f'<text:h text:outline-level="{depth}" {more}>{text}</text:h>'


def items(style: str, *texts: str, more: str = "") -> str:
    inner = "".join(f"<text:list-item>{text if text.startswith('<') else p(text)}</text:list-item>" for text in texts)
    return f'<text:list text:style-name="{style}" {more}>{inner}</text:list>'


def span(text: str, style: str) -> str:
    return f'<text:span text:style-name="{style}">{text}</text:span>'


def test_headings_titles_and_their_numbers() -> None:
    parsed = odt.parse(make_odt(), "a.odt")
    assert parsed.text == "Hulls\n\nI. Steel\n\nDry.\n\n1. Rope\n2. Sail"
    assert (parsed.title, parsed.sections) == ("Hulls", (Section(7, "I. Steel"),))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (heading("A", 1) + heading("B", 2) + heading("C", 2) + heading("D", 1) + heading("E", 2),
         "I. A\n\nI.1 B\n\nI.2 C\n\nII. D\n\nII.1 E"),
        (heading("A", 1, 'text:is-list-header="true"') + heading("B", 1), "A\n\nI. B"),
        (items("N", "Rope" , p("Sail") + p("of hemp") + items("", "white", "brown"), "Mast"),
         "1. Rope\n2. Sail\n\nof hemp\n\n(a) white\n(b) brown\n3. Mast"),
        (items("N", "a") + p("x") + items("N", "b", more='text:continue-numbering="true"') + p("y") + items("N", "c"),
         "1. a\n\nx\n\n2. b\n\ny\n\n1. c"),
        (items("N", "a", more='xml:id="q"') + items("B", "b") + items("N", "c", more='text:continue-list="q"'),
         "1. a\n• b\n2. c"),
    ],
)  # fmt: skip
def test_numbers_stand_in_the_text(body: str, text: str) -> None:
    assert read(body, styles=OUTLINE) == text


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (f"10 m{span('2', 'Up')} of  \n deck", "10 m² of deck"),
        (f"CO{span('2', 'Low')}, T{span('max', 'Low')}", "CO2, T_max"),
        (f"Paid {span('not ', 'Gone')}now{span(' x', 'Kept2')}", "Paid now"),
        ('a<text:s text:c="2"/>b<text:tab/>c<text:line-break/>d', "a  b\tc\nd"),
        ("One<office:annotation><text:p>No</text:p></office:annotation> two", "One two"),
        ('Open<text:hidden-text text:is-hidden="true">sesame</text:hidden-text>', "Open"),
        ("<text:ruby><text:ruby-base>漢</text:ruby-base><text:ruby-text>kan</text:ruby-text></text:ruby>", "漢"),
        ("A<draw:frame><svg:title>no</svg:title><draw:text-box><text:p>box</text:p></draw:text-box></draw:frame> b",
         "A b\n\nbox"),
        ('See<draw:custom-shape><text:p>drawn</text:p></draw:custom-shape>', "See\n\ndrawn"),
    ],
)  # fmt: skip
def test_what_a_line_shows(inner: str, text: str) -> None:
    assert read(p(inner)) == text


def note(mark: str, text: str) -> str:
    body = f"<text:note-body>{p(text)}</text:note-body>"
    return f"<text:note><text:note-citation>{mark}</text:note-citation>{body}</text:note>"


def cell(text: str, more: str = "") -> str:
    return f"<table:table-cell {more}>{text if text.startswith('<') else p(text)}</table:table-cell>"


def row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def test_notes_and_tables() -> None:
    head = f"<table:table-header-rows>{row(cell('Port'), cell('Boat'))}</table:table-header-rows>"
    merged = row(
        cell("Cordal", 'table:number-rows-spanned="2"'), cell("<text:p>Ada" + note("1", "Of oak.") + "</text:p>")
    )
    below = row("<table:covered-table-cell/>", cell("Bea"))
    body = f"<text:p>All{note('*', 'Or so.')} of them</text:p><table:table>{head}{merged}{below}</table:table>"
    assert read(body) == (
        "All[*] of them\n\n[*] Or so.\n\nPort: Cordal | Boat: Ada[1]\n\nPort: Cordal | Boat: Bea\n\n[1] Of oak."
    )
    page = row(cell("<text:p>Bo</text:p>"), cell(heading("Work", 1) + p("Mate") + p("Cook")))
    assert read(f"<table:table>{page}</table:table>") == "Bo\n\nWork\n\nMate\n\nCook"


def test_what_was_left_out_is_told() -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:p>old</text:p></text:changed-region></text:tracked-changes>"
    )
    body += (
        p(span("a", "Gone") + span("b", "Kept") + "c") + '<text:section text:display="none"><text:p/></text:section>'
    )
    parsed = odt.parse(make_text(body, STYLES), "a.odt")
    assert parsed.text == "c"
    assert parsed.warnings == (
        "changes are tracked in it: it is read as if all of them were accepted",
        "words that are struck through were left out",
        "hidden words were left out",
    )


def test_a_letterhead_formulas_and_the_table_of_contents() -> None:
    number = p("Page <text:page-number>3</text:page-number>")
    page = f"<style:header>{p('Lind, Quay 4')}</style:header><style:footer>{number}"
    page = f'<office:master-styles><style:master-page style:name="Standard">{page}</style:footer></style:master-page>'
    formula = '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'
    body = f"<text:table-of-content><text:p>Hulls 3</text:p></text:table-of-content>{p(f'So {formula} holds.')}"
    data = make_text(body, styles=f"{page}</office:master-styles>")
    assert odt.parse(data, "a.odt").text == "Lind, Quay 4\n\nSo holds."
    math = "<math><mfrac><mi>a</mi><mn>2</mn></mfrac></math>"
    inline = f"<draw:frame><draw:object>{math}</draw:object></draw:frame>"
    assert odt.parse(make_text(p(f"So {inline} holds.")), "a.odt").text == "So a/2 holds."


def test_what_is_no_odt() -> None:
    with pytest.raises(DocumentError, match="it lacks 'content"):
        odt.parse(make_word(paragraph("x")), "a.odt")
    with pytest.raises(DocumentError, match=r"^It is protected by a password\.$"):
        odt.parse(archive({"META-INF/manifest.xml": "<m><encryption-data/></m>", "content.xml": "?"}), "a.odt")
    deep = "<text:section>" * 60 + "</text:section>" * 60
    with pytest.raises(DocumentError, match="nested too deeply"):
        odt.parse(make_text(deep), "a.odt")
    assert read("<text:p>a<text:note/>b</text:p>") == "a[*]b"
