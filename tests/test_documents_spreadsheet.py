"""XLSX, XLS and ODS: rows with the names of their columns, and where they stand."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

import pytest

from rag.documents.tables import spreadsheet
from rag.errors import DocumentError

SPACE = "http://schemas.openxmlformats.org"
RELATIONS = f"{SPACE}/officeDocument/2006/relationships"
MAIN = f'xmlns="{SPACE}/spreadsheetml/2006/main"'
STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="0.0%"/><numFmt numFmtId="165" formatCode="#,##0.00&quot; €&quot;"/>'
    '</numFmts><cellXfs count="6"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="9"/>'
    '<xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"/></cellXfs>'
)
"""Number 1 is a date, 2 and 3 are percentages, 4 is money, 5 date and time."""


def cell(place: str, value: str | float, style: int = 0) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def sheet(rows: Mapping[int, Sequence[str]], merged: Sequence[str] = ()) -> str:
    body = "".join(f'<row r="{number}">{"".join(cells)}</row>' for number, cells in rows.items())
    ranges = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    return f"<sheetData>{body}</sheetData>" + (f"<mergeCells>{ranges}</mergeCells>" if merged else "")


def make_xlsx(sheets: Mapping[str, str], hidden: Sequence[str] = ()) -> bytes:
    numbered = list(enumerate(sheets, start=1))
    states = {name: "hidden" if name in hidden else "visible" for name in sheets}
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" state="{states[name]}" r:id="r{n}"/>' for n, name in numbered)
    related = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n, _ in numbered
    )
    office = f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
    styles = f'<Relationship Id="rs" Type="{RELATIONS}/styles" Target="styles.xml"/>'
    package = f'xmlns="{SPACE}/package/2006/relationships"'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{SPACE}/package/2006/content-types"/>',
        "_rels/.rels": f"<Relationships {package}>{office}</Relationships>",
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships {package}>{related}{styles}</Relationships>",
        "xl/styles.xml": f"<styleSheet {MAIN}>{STYLES}</styleSheet>",
        **{f"xl/worksheets/sheet{n}.xml": f"<worksheet {MAIN}>{sheets[name]}</worksheet>" for n, name in numbered},
    }
    return packed(parts)


def packed(parts: Mapping[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return target.getvalue()


FEES = sheet(
    {
        1: [cell("A1", "Harbour fees")],
        3: [cell("A3", "Pier"), cell("B3", "Since"), cell("C3", "Tax"), cell("D3", "Fee")],
        4: [cell("A4", "North"), cell("B4", 45356, 1), cell("C4", 0.19, 2), cell("D4", 1250, 4)],
        5: [cell("B5", 45356.604166666664, 5), cell("C5", 0.125, 3), cell("D5", 12.5)],
    },
    merged=["A1:D1", "A4:A5"],
)
XLS = (
    b"c-rk)O=uHA6#iy6X?{%8q^3eElu)p0?ZKammv&XK^<s=(6cIFO7Ay^kY~w)>TCF(>f+xjGp%*VzFaDs2-UNk;9t1&1{JH2!Q1H-"
    b"Zee*JF)0#sA8jS3>%$v7w-rIRI@6GJ&zMPMiX72Qqu>!-;QLzJPtC0yR0p}(HYPW64I<=pQ?V_a+@KYe$ym;9D!Y5-"
    b"W<6VY^+n%RHf%jC7;S>`2oEdK-_OK5rA$=GU9?CrpH>iZs&3<(<9b>wd=`GfM#B>)+E;Ah>-"
    b"I6$pc_T5fQ|0jyt&iKnL<R1#&0CgiLl>UOJU)L#RCT@BZH=e0|7Jt4Cxls0<VMY$X{E9y#3+Qb_-"
    b"@C6Z_ZkM5_jdzl?#yk$8x!^j{K_T0j6M|5Hb;q2;rkHTRa#s&B-Fx;ImhTTgQQHW&v9%?%+Zp-"
    b"<Pt|`O_9XAUSSYWJV^`l*n6!leCN{%`wX?1m&L1Ydo@Sjkj~=hlpm-!F-"
    b"hSKSI0s!p*O*_NSA^ah6Q+zFyt^H%ND3<ASsx<1nhuN=V%Srdya^<fpD@zK3ayJg2%p*`=6~Y1X;Kt^L%`4#sO^V-"
    b"3HF_~Ms?_j`*UjLpQ)jh4^G=H3`H=%cq$hV11vjX^Oeu3wXQU^ul<`@}n@-"
    b"M{S_el4PWx791I1B(bU8)f>KM=xhbu(qh9Em&L9>YX!}QeUg1ud%+2^EoZ3=6<`<*H`Gv{&nSz)Ye)1Io*BYv1#18^oAbRI&oKaKzra4nvn("
    b"K7j4xn5OuRaj+JK>^=8$D3l}b2xNza3)gaW#U03ILuR0m})PJ2tDi!xP$$yJO$kSDz&(gifQElN&L;14~Ug11TtkTB$Unp^ydbcovH2X2paQ"
    b"@QCUeu0f)rOHjw}cw)ztV`Gf4TpkfXn*K"
)
"""A sheet of fees with merged cells, and a hidden one, in base 85, compressed."""
OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
ODS = f"""<office:document-content xmlns:office="{OFFICE}:office:1.0" xmlns:table="{OFFICE}:table:1.0"
 xmlns:text="{OFFICE}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Fees">
<table:table-row><table:table-cell office:value-type="string"><text:p>Pier</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>Fee</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>North</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="12"><text:p>12</text:p></table:table-cell></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def test_the_rows_of_an_excel_workbook() -> None:
    people = sheet({10: [cell("C10", "Name"), cell("D10", "Phone")], 11: [cell("C11", "Ann"), cell("D11", "0151 2")]})
    parsed = spreadsheet.parse(make_xlsx({"Fees": FEES, "Empty": sheet({}), "Old people": people}), "a.xlsx")
    assert parsed.text.split("\n\n") == [
        "Harbour fees",
        "Pier: North | Since: 2024-03-05 | Tax: 19% | Fee: 1,250.00 €",
        "Pier: North | Since: 2024-03-05 14:30 | Tax: 12.5% | Fee: 12.5",
        "Name: Ann | Phone: 0151 2",
    ]
    assert [section.heading for section in parsed.sections] == [
        "Fees, row 1", "Fees, row 4", "Fees, row 5", "Old people, row 11",
    ]  # fmt: skip
    assert parsed.warnings == ()


def test_a_hidden_sheet_is_left_out_and_named() -> None:
    secret = sheet({1: [cell("A1", "secret")]})
    parsed = spreadsheet.parse(make_xlsx({"Fees": FEES, "Plan B": secret}, hidden=["Plan B"]), "a.xlsx")
    assert "secret" not in parsed.text
    assert parsed.warnings == ("hidden sheets were left out: Plan B",)
    assert spreadsheet.parse(make_xlsx({"Plan B": secret}, hidden=["Plan B"]), "a.xlsx").text == ""


def test_an_old_excel_workbook() -> None:
    parsed = spreadsheet.parse(zlib.decompress(base64.b85decode(XLS)), "a.xls")
    assert parsed.text.split("\n\n") == ["Harbour", "Pier: North | Fee: 12", "Pier: North | Fee: 0.5"]
    assert parsed.warnings == ("hidden sheets were left out: Old",)


def test_an_opendocument_spreadsheet() -> None:
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'<manifest:manifest xmlns:manifest="{OFFICE}:manifest:1.0"/>'
    data = packed({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": ODS.replace("\n", "")})
    parsed = spreadsheet.parse(data, "a.ods")
    assert (parsed.text, [section.heading for section in parsed.sections]) == ("Pier: North | Fee: 12", ["Fees, row 2"])


@pytest.mark.parametrize(
    "data", [b"nonsense", b"PK\x03\x04", packed({"a.txt": "a"}), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_what_is_no_spreadsheet(data: bytes) -> None:
    with pytest.raises(DocumentError):
        spreadsheet.parse(data, "a.xlsx")


def test_a_workbook_that_cannot_be_opened_may_be_protected() -> None:
    encrypted = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(DocumentError, match="It is protected by a password, or damaged: save it anew without one"):
        spreadsheet.parse(encrypted, "a.xlsx")


def test_a_sheet_that_is_too_large_is_refused() -> None:
    rows = {1: [cell("A1", "a")], 1_048_576: [cell("Z1048576", "z")]}
    with pytest.raises(DocumentError, match="Split it"):
        spreadsheet.parse(make_xlsx({"Fees": sheet(rows)}), "a.xlsx")


def test_ranges_that_overlap_without_measure_are_passed_over() -> None:
    rows = {1: [cell("A1", "a")], 2000: [cell("CV2000", "z")]}
    ranges = [f"A{number}:CV2000" for number in range(2, 1500)]
    assert spreadsheet.parse(make_xlsx({"Fees": sheet(rows, ranges)}), "a.xlsx").text == "a"
