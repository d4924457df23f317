"""RTF exactly: what a word processor shows of a Rich Text file stands in its text."""

from __future__ import annotations

import pytest

from rag.documents.office import rtf
from rag.errors import DocumentError
from rag.types import Section

FONTS = (
    r"{\fonttbl{\f0\fnil Arial;}{\f1\fcharset204 Arial Cyr;}{\f2\fcharset2 Symbol;}"
    r"{\f3\froman\fcharset128{\*\panose 0202}Mincho{\*\falt Other};}{\f4\fcharset2 Wingdings;}}"
)
STYLES = r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 \'dcberschrift 1;}{\s2 Title;}{\*\cs3 Bold;}{\s4 toc 1;}}"


def make_rtf(body: str = r"\pard\s2 Hulls\par\pard\s1 Steel\par\pard Dry.\par") -> bytes:
    return rf"{{\rtf1\ansi\ansicpg1252\deff0{FONTS}{STYLES}{body}}}".encode("latin-1")


def read(body: str) -> str:
    return rtf.parse(make_rtf(body), "a.rtf").text


def test_headings_and_what_it_says_of_itself() -> None:
    about = r"{\info{\title Old}{\author Ann \'c9l}{\creatim\yr2024\mo3\dy5\hr9}{\*\userprops x}}"
    parsed = rtf.parse(make_rtf(about + r"\pard\s2 Hulls\par\pard\s1 Steel\par\pard Dry.\par"), "a.rtf")
    assert parsed.text == "Hulls\n\nSteel\n\nDry."
    assert (parsed.title, parsed.sections) == ("Hulls", (Section(7, "Steel"),))
    assert parsed.metadata == (("author", "Ann Él"), ("created", "2024-03-05"))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"Caf\'e9 \'80 5 \endash  \ldblquote x\rdblquote\~y\_z \{a\}", "Café € 5 – “x”\xa0y\u2011z {a}"),
        (r"\f1\'cf\'f0\'e8\f0  ok", "При ok"),
        ("\\f3\\'8a\r\n\\'bf\\'8e\\'9a", "漢字"),
        (r"a\'zz b", "azz b"),
        (r"\u8364? and \uc2\u8364\'80\'80 \uc0\u8364 x{\uc1\u-10179?\u-8704?}", "€ and € €x😀"),
        (r"\f2 m\f0  \f4\'fe\f0  \u-3913?", "μ ☑ "),
        (r"10 m{\super 2} of H{\sub 2}O", "10 m² of H2O"),
        (r"10 m\super 2\nosupersub  wide, 2\up6 nd\up0  mate", "10 m² wide, 2nd mate"),
        (r"Paid {\strike not }{\v soon }now\strike x\strike0 .", "Paid now."),
        (r"In{\deleted  no}{\revised  yes}", "In yes"),
        (r"One\line two\tab three\par\par Four\sect Five", "One\ntwo\tthree\n\nFour\n\nFive"),
        (r"A{\*\unknown no {\b no}}{\pict 0a0b}{\*\annotation no} b", "A b"),
        (r"A{\bin4 }}{{ b", "A b"),
        (r"{\field{\*\fldinst {HYPERLINK x}}{\fldrslt{\ul a link}}}", "a link"),
        (r"\pard\s4 Hulls\tab 3\par\pard Text", "Text"),
        ("a\r\nb\\\nc", "ab\n\nc"),
    ],
)
def test_what_a_line_shows(body: str, text: str) -> None:
    assert read(body).rstrip() == text.rstrip()


def test_numbers_stand_in_the_text() -> None:
    body = (
        r"{\listtext 1.\tab}Rope\par{\listtext\f2\'b7\tab}Sail\par{\pntext o\tab}Mast\par\pard\s1{\listtext I.1\tab}Fee"
    )
    parsed = rtf.parse(make_rtf(body), "a.rtf")
    assert parsed.text == "1. Rope\n• Sail\n• Mast\n\nI.1 Fee"
    assert parsed.sections == (Section(23, "I.1 Fee"),)


def test_notes_boxes_and_tables() -> None:
    note = r"{\super\chftn{\footnote\pard{\super\chftn} In May.\par}}"
    star = r"{\super *{\footnote {\super *} Or so.}}"
    box = r"{\shp{\*\shpinst\shpleft1{\sp{\sn a}{\sv 1}}{\shptxt\pard Boxed\par}}{\shprslt{\pard Boxed\par}}}"
    assert read(rf"It sank.{note} All{star} of{box} it.\par End.") == (
        "It sank.[1] All[*] of it.\n\n[1] In May.\n\n[*] Or so.\n\nBoxed\n\nEnd."
    )
    head = r"\trowd\trhdr\cellx100\cellx200\cellx300\pard\intbl Port\cell Boat\cell Fee\cell\row"
    first = rf"\trowd\clvmgf\cellx100\cellx200\cellx305\pard\intbl Cordal\cell Ada{note}\cell 9\par or 10\cell\row"
    second = r"\trowd\clvmrg\cellx100\cellx200\cellx300\pard\intbl\cell Bea\cell 8\cell\row"
    title = r"\trowd\cellx300\pard\intbl Closed\cell\row"
    assert read(head + first + second + title + r"\pard After\par") == (
        "Port: Cordal | Boat: Ada[1] | Fee: 9 or 10\n\nPort: Cordal | Boat: Bea | Fee: 8\n\nClosed"
        "\n\n[1] In May.\n\nAfter"
    )
    assert read(r"\trowd\cellx9 One\par Two\cell\row\pard x") == "One\n\nTwo\n\nx"


def test_a_letterhead_is_kept_once_and_page_numbers_are_not() -> None:
    page = r"{\field{\*\fldinst PAGE}{\fldrslt 3}}"
    body = rf"{{\header Lind, Quay 4\par}}{{\headerf Lind, Quay 4\tab Page {page}\par}}"
    body += r"{\footer Account 77\par\chpgn\par}"
    assert read(body + "Dear Ann,") == "Lind, Quay 4\n\nDear Ann,\n\nAccount 77"


def test_what_was_left_out_is_told() -> None:
    assert rtf.parse(make_rtf(r"{\v a}{\strike b}{\deleted c}d"), "a.rtf").warnings == (
        "hidden words were left out",
        "words that are struck through were left out",
        "changes are tracked in it: it is read as if all of them were accepted",
    )


def test_what_is_no_rtf() -> None:
    with pytest.raises(DocumentError, match="not a Rich Text document"):
        rtf.parse(b"Plain text.", "a.rtf")
    with pytest.raises(DocumentError, match="nested too deeply"):
        rtf.parse(make_rtf("{" * 3_000), "a.rtf")
    assert read(r"}}}a\cellx99999999999\trowd\row\u99999999? {\footnote{\header x\cell").startswith("x\n\na9")
