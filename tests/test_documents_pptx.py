"""PPTX exactly: slides as pages and sections, what stands on them in order, and the speaker's notes."""

from __future__ import annotations

import pytest
from office_maker import SPACES, make_slides, make_word, paragraph, shape

from rag.documents.office import pptx
from rag.errors import DocumentError
from rag.types import Section


def make_pptx() -> bytes:
    return make_slides(
        shape("Said first", place="body") + shape("The quay", place="title") + shape("7", place="sldNum"),
        "",
        shape("A crane", "and a lock"),
    )


def read(*shapes: str, **parts: str) -> str:
    return pptx.parse(make_slides("".join(shapes), **parts), "a.pptx").text


def test_slides_are_pages_and_sections() -> None:
    parsed = pptx.parse(make_pptx(), "a.pptx")
    assert parsed.text == "The quay\n\nSaid first\n\nA crane\n\nand a lock"
    assert parsed.pages == (0, 20, 22)
    assert parsed.sections == (Section(0, "The quay"), Section(22, "slide 3"))
    assert parsed.title == "The quay"


def words(text: str, look: str = "", inner: str = "") -> str:
    return f"<a:r><a:rPr {look}>{inner}</a:rPr><a:t>{text}</a:t></a:r>"


def numbered(text: str, scheme: str, depth: int = 0, start: str = "") -> str:
    bullet = f'<a:buAutoNum type="{scheme}" {start}/>' if scheme else ""
    return f'<a:p><a:pPr lvl="{depth}">{bullet}</a:pPr>{words(text)}</a:p>'


@pytest.mark.parametrize(
    ("paragraphs", "text"),
    [
        (["<a:p>" + words("10 m") + words("2", 'baseline="30000"') + "</a:p>"], "10 m²"),
        (["<a:p>" + words("H") + words("2", 'baseline="-25000"') + words("O") + "<a:br/>x</a:p>"], "H2O"),
        (["<a:p>" + words("Paid ") + words("not ", 'strike="sngStrike"') + words("now") + "</a:p>"], "Paid now"),
        (["<a:p>" + words("\uf0e0", "", '<a:sym typeface="Wingdings"/>') + words(" out") + "</a:p>"], "→ out"),
        (['<a:p><a:fld type="slidenum"><a:t>4</a:t></a:fld>' + words("Left") + "</a:p>"], "Left"),
        (
            [numbered("a", "arabicPeriod"), numbered("b", "arabicPeriod"), numbered("c", "alphaLcParenR", 1),
             numbered("d", "alphaLcParenR", 1), numbered("e", "arabicPeriod"), numbered("f", "alphaLcParenR", 1)],
            "1. a\n2. b\na) c\nb) d\n3. e\na) f",
        ),
        ([numbered("a", "romanUcPeriod", 0, 'startAt="4"'), numbered("b", ""), numbered("c", "romanUcPeriod")],
         "IV. a\n\nb\n\nI. c"),
    ],
)  # fmt: skip
def test_what_a_paragraph_shows(paragraphs: list[str], text: str) -> None:
    assert read(shape(*paragraphs)) == text


def test_groups_alternatives_and_what_is_hidden() -> None:
    either = f"<mc:AlternateContent><mc:Choice>{shape('Once')}</mc:Choice><mc:Fallback>{shape('Twice')}</mc:Fallback>"
    group = f"<p:grpSp>{shape('In a group')}</p:grpSp>"
    assert read(group, f"{either}</mc:AlternateContent>", shape("No", more='hidden="1"')) == "In a group\n\nOnce"


def test_tables_with_merged_cells() -> None:
    def cell(text: str, more: str = "") -> str:
        return f"<a:tc {more}><a:txBody><a:p>{words(text)}</a:p></a:txBody></a:tc>"

    rows = [
        cell("Port") + cell("Boat") + cell("Length"),
        cell("Cordal", 'rowSpan="2"') + cell("Ada") + cell("12 m"),
        cell("", 'vMerge="1"') + cell("Bea") + cell("9 m"),
    ]
    table = "".join(f"<a:tr>{row}</a:tr>" for row in rows)
    frame = (
        f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{table}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )
    assert read(frame) == "Port: Cordal | Boat: Ada | Length: 12 m\n\nPort: Cordal | Boat: Bea | Length: 9 m"


def test_charts_diagrams_and_notes() -> None:
    def points(name: str, *said: str) -> str:
        inner = "".join(f'<c:pt idx="{place}"><c:v>{text}</c:v></c:pt>' for place, text in enumerate(said))
        return f"<c:{name}><c:numRef><c:numCache>{inner}</c:numCache></c:numRef></c:{name}>"

    series = f"<c:ser>{points('tx', 'Ships')}{points('cat', '2023', '2024')}{points('val', '120', '135')}</c:ser>"
    head = f"<c:title><c:tx><c:rich><a:p>{words('Calls')}</a:p></c:rich></c:tx></c:title>"
    parts = {
        "chart": f"<c:chartSpace {SPACES}><c:chart>{head}<c:plotArea>{series}</c:plotArea></c:chart></c:chartSpace>",
        "diagramData": f"<dgm:dataModel {SPACES}><dgm:ptLst><dgm:pt><dgm:t><a:p>{words('Load')}</a:p></dgm:t></dgm:pt>"
        "<dgm:pt/></dgm:ptLst></dgm:dataModel>",
        "notesSlide": f"<p:notes {SPACES}><p:cSld><p:spTree>{shape('9', place='sldNum')}"
        f"{shape('Say it.', place='body')}</p:spTree></p:cSld></p:notes>",
    }
    frames = '<p:graphicFrame><c:chart r:id="chart"/></p:graphicFrame>'
    frames += '<p:graphicFrame><dgm:relIds r:dm="diagramData"/></p:graphicFrame>'
    assert read(frames, **parts) == "Calls\n\n2023 | Ships: 120\n\n2024 | Ships: 135\n\nLoad\n\nSay it."


def test_a_damaged_slide_and_what_is_no_presentation() -> None:
    data = make_slides(shape("One"), "<broken", shape("Three"))
    parsed = pptx.parse(data, "a.pptx")
    assert (parsed.text, parsed.pages) == ("One\n\nThree", (0, 3, 5))
    assert parsed.warnings == ("slide 2 was left out: It is damaged: 'ppt/slides/2.xml' is not XML.",)
    with pytest.raises(DocumentError, match="not a PowerPoint presentation"):
        pptx.parse(make_word(paragraph("x")), "a.pptx")
    deep = pptx.parse(make_slides("<p:grpSp>" * 60 + "</p:grpSp>" * 60), "a.pptx")
    assert deep.warnings == ("slide 1 was left out: It is nested too deeply.",)
