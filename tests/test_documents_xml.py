"""XML: records with the names of their values, prose with its headings, lists, tables and notes."""

from __future__ import annotations

import time

import pytest

from rag.documents.tables import xml_
from rag.errors import DocumentError


def sections(parsed: xml_.Parsed) -> list[tuple[str, str]]:
    return [(parsed.text[section.start :].split("\n")[0], section.heading) for section in parsed.sections]


def test_records_are_named_by_what_they_are_called_or_by_their_path() -> None:
    data = b"""<?xml version="1.0"?><!DOCTYPE fleet [<!ENTITY co "Bell &amp; Sons">]>
    <fleet><owner>&co;</owner><ships><ship code="A7"><name>Ada</name><size unit="m">12</size></ship>
    <ship><size unit="m">13</size><home><town>Kiel</town></home></ship></ships></fleet>"""
    parsed = xml_.parse(data, "a.xml")
    assert parsed.text == (
        "owner: Bell & Sons\n\ncode: A7 | name: Ada | size: 12 | size.unit: m\n\n"
        "size: 13 | size.unit: m | home.town: Kiel"
    )
    assert [heading for _, heading in sections(parsed)] == ["Ada", "ships/ship[2]"]


def test_a_feed() -> None:
    items = "".join(
        f"<item><title>{title}</title><description>&lt;p&gt;It is &lt;b&gt;{title}&lt;/b&gt;.</description></item>"
        for title in ("shut", "open")
    )
    parsed = xml_.parse(f"<rss><channel><title>Pool</title>{items}</channel></rss>".encode(), "a.xml")
    assert parsed.text == "Pool\n\ntitle: shut | description: It is shut.\n\ntitle: open | description: It is open."
    assert parsed.title == "Pool"
    assert [heading for _, heading in sections(parsed)] == ["Pool", "shut", "open"]


BOOK = """<book xmlns="http://docbook.org/ns/docbook" xml:lang="en"><title>Harbour</title>
<para>The quay has 900 m<superscript>2</superscript><footnote><para>Without the mole.</para></footnote> of
stone.</para><chapter><title>Rules</title><para>Then: <itemizedlist><listitem><para>pay</para></listitem>
<listitem><para>leave</para></listitem></itemizedlist> at once.</para><orderedlist><listitem><para>One</para></listitem>
</orderedlist><table><title>Fees</title><tgroup><thead><row><entry>Ship</entry><entry>Fee</entry></row></thead><tbody>
<row><entry morerows="1">Ada</entry><entry>3</entry></row><row><entry>4</entry></row></tbody></tgroup></table>
<programlisting>x = 1
  y</programlisting></chapter></book>"""


def test_prose_in_the_manner_of_docbook() -> None:
    parsed = xml_.parse(BOOK.encode(), "a.xml")
    assert parsed.text == (
        "Harbour\n\nThe quay has 900 m²[1] of stone.\n\n[1] Without the mole.\n\nRules\n\nThen:\n\n• pay\n• leave\n\n"
        "at once.\n\n1. One\n\nFees\n\nShip: Ada | Fee: 3\nShip: Ada | Fee: 4\n\nx = 1\n  y"
    )
    assert sections(parsed) == [("Harbour", "Harbour"), ("Rules", "Rules")]
    assert (parsed.title, parsed.metadata) == ("Harbour", (("language", "en"),))


def test_prose_in_the_manner_of_tei_and_of_laws() -> None:
    tei = (
        "<TEI><teiHeader><title>Songs</title></teiHeader><text><div><head>The Sea</head><lg><l>It is wide</l>"
        "<l>and cold</l></lg><p>He left<note>In 1920.</note>.<lb/>Then rain.</p></div></text></TEI>"
    )
    assert xml_.parse(tei.encode(), "a.xml").text == (
        "Songs\n\nThe Sea\n\nIt is wide\nand cold\n\nHe left[1].\nThen rain.\n\n[1] In 1920."
    )
    law = "<act><article><num>Art. 3</num><heading>Fees</heading><p>A fee is due.</p></article></act>"
    assert sections(xml_.parse(law.encode(), "a.xml")) == [("Art. 3 Fees", "Art. 3 Fees")]


@pytest.mark.parametrize("data", [b"", b"words", b"<", b"\x00<a>x</a>"])
def test_what_is_no_xml(data: bytes) -> None:
    with pytest.raises(DocumentError, match="not XML"):
        xml_.parse(data, "a.xml")


def test_what_is_not_well_formed_is_read_as_far_as_it_can_be() -> None:
    parsed = xml_.parse(b"<doc><p>One</p><p>Two & three</doc>", "a.xml")
    assert parsed.text.startswith("One\n\nTwo")
    assert parsed.warnings == ("it is not well-formed; what can be told was read",)


def test_no_file_is_opened_for_an_entity_and_none_grows_without_end() -> None:
    outside = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><p>One &x;</p></a>'
    assert xml_.parse(outside, "a.xml").text == "One"
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]><a>&l9;</a>'
    assert xml_.parse(bomb.encode(), "a.xml").text == ""


def test_a_hundred_thousand_records_take_no_more_than_their_share() -> None:
    rows = "".join(f"<row><size>{number}</size></row>" for number in range(100_000))
    start = time.process_time()
    parsed = xml_.parse(f"<rows>{rows}</rows>".encode(), "a.xml")
    assert parsed.sections[-1].heading == "row[100000]"
    assert time.process_time() - start < 30
