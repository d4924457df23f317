"""E-mail as it is sent: alternatives that say nothing, messages within messages, character sets, wrong boundaries."""

from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image

from rag import documents
from rag.documents.encodings import decode, decode_declared, decode_markup
from rag.documents.mail import email_
from rag.documents.mail.replies import readable
from rag.documents.parsed import Attachment


def mail(*parts: str, kind: str = "mixed", boundary: str = "B") -> bytes:
    """Return a message of these parts, each with its headers, which says that ``boundary`` stands between them."""
    body = "".join(f"--B\n{part}\n" for part in parts)
    return f"Subject: Hi\nContent-Type: multipart/{kind}; boundary={boundary}\n\n{body}--B--\n".encode()


def body(data: bytes) -> str:
    """Return the text below the headers."""
    return email_.parse(data, "a.eml").text.partition("\n\n")[2]


def drawn(name: str, width: int, height: int, identity: str) -> str:
    """Return the part of an attached picture of so many dots."""
    file = io.BytesIO()
    Image.new("L", (width, height), 255).save(file, "PNG")
    head = f'Content-Type: image/png\nContent-ID: {identity}\nContent-Disposition: attachment; filename="{name}"'
    return f"{head}\nContent-Transfer-Encoding: base64\n\n{base64.b64encode(file.getvalue()).decode()}"


PAGE = "Content-Type: text/html\n\n<p>The gate opens at six on weekdays and at eight on Sundays.</p>"


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        (" \n\u00a0", "The gate opens at six on weekdays and at eight on Sundays."),
        ("See the page.", "The gate opens at six on weekdays and at eight on Sundays."),
        ("The gate opens at six and at eight on Sundays.", "The gate opens at six and at eight on Sundays."),
    ],
)
def test_the_plain_alternative_counts_where_it_says_something(plain: str, shown: str) -> None:
    assert body(mail(f"Content-Type: text/plain; charset=utf-8\n\n{plain}", PAGE, kind="alternative")) == shown


def attached(data: bytes) -> list[tuple[str, str]]:
    """Return the name of each attachment, and its bytes as text."""
    return [(one.name, one.data.decode()) for one in email_.parse(data, "a.eml").attachments]


def test_a_message_within_a_message_is_an_attachment_as_it_was_written() -> None:
    inner = "From: Bo <b@x.org>\nSubject: Fence / gate\n\nIt is green.\n"
    parsed = email_.parse(mail("\nSee below.", f"Content-Type: message/rfc822\n\n{inner}"), "a.eml")
    assert parsed.text == "Subject: Hi\n\nSee below."
    assert parsed.attachments == (Attachment("Fence _ gate.eml", inner.encode()),)


def test_a_digest_has_its_messages() -> None:
    parsed = email_.parse(mail("\nSubject: One\n\nFirst.", "\nSubject: One\n\nSecond.", kind="digest"), "a.eml")
    assert [one.name for one in parsed.attachments] == ["One.eml", "One (2).eml"]
    assert parsed.warnings == ()


def test_a_message_that_was_encoded_though_it_must_not_be() -> None:
    inner = base64.b64encode(b"Subject: Old\n\nThe key hangs behind the door.").decode()
    part = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}"
    assert attached(mail(part)) == [("Old.eml", "Subject: Old\n\nThe key hangs behind the door.")]


@pytest.mark.parametrize(
    ("name", "kind", "called"),
    [
        ("../../etc/plan.csv", "text/csv", "etc_plan.csv"),
        ("C:\\\\.plan.csv", "text/csv", "C:_.plan.csv"),
        ("plan", "text/csv", "plan.csv"),
        ("", "text/csv", "text csv.csv"),
        ("plan.CSV", "application/octet-stream", "plan.CSV"),
        ("p" * 200 + ".csv", "text/csv", "p" * 96 + ".csv"),
    ],
)
def test_what_an_attachment_is_called(name: str, kind: str, called: str) -> None:
    part = f'Content-Type: {kind}\nContent-Disposition: attachment; filename="{name}"\n\na,b\n1,2'
    assert attached(mail("\nText.", part)) == [(called, "a,b\n1,2")]


TABLE = 'Content-Type: text/csv\nContent-Disposition: attachment; filename="{}"\n\nLamp,Price\nBlue,12'


def test_attachments_are_documents_of_their_own(tmp_path: Path) -> None:
    picture = 'Content-Type: image/heic\nContent-Disposition: attachment; filename="a.heic"\n\nx'
    inner = mail("\nInner.", TABLE.format("t.csv")).decode().replace("--B", "--C").replace("=B", "=C")
    data = mail(
        "\nText.", TABLE.format("t.csv"), TABLE.format("t.csv"), picture, f"Content-Type: message/rfc822\n\n{inner}"
    )
    (tmp_path / "post").mkdir()
    (tmp_path / "post" / "m.eml").write_bytes(data)
    own, *others = documents.load_all(tmp_path / "post" / "m.eml", tmp_path)
    assert own == documents.load(tmp_path / "post" / "m.eml", tmp_path)
    assert own.warnings == ("a.heic is not read: Files of this kind (.heic) are not read: save it as .png.",)
    assert [(one.id, one.path == one.id, one.media_type) for one in others] == [
        ("post/m.eml/Hi.eml", True, "message/rfc822"),
        ("post/m.eml/Hi.eml/t.csv", True, "text/csv"),
        ("post/m.eml/t.csv", True, "text/csv"),
        ("post/m.eml/t (2).csv", True, "text/csv"),
    ]
    assert others[2].text == "Lamp: Blue | Price: 12"
    assert others[2].sha256 == hashlib.sha256(b"Lamp,Price\nBlue,12").hexdigest()


def test_a_message_too_deep_in_others_is_told(tmp_path: Path) -> None:
    data = b"Subject: 0\n\nInmost."
    for number in range(1, documents.DEPTH + 2):
        data = b"Subject: %d\nContent-Type: message/rfc822\n\n" % number + data
    (tmp_path / "m.eml").write_bytes(data)
    found = documents.load_all(tmp_path / "m.eml", tmp_path)
    assert len(found) == documents.DEPTH + 1
    assert found[-1].warnings == ("0.eml is not read: It lies too deep in other files.",)


def test_boundaries_that_are_not_the_declared_ones() -> None:
    parts = "Content-Type: text/plain\n\nOne.", "Content-Type: text/plain\n\nTwo."
    assert body(mail(*parts, boundary="other")) == "One.\n\nTwo."
    assert body(mail(*parts).replace(b"; boundary=B", b"")) == "One.\n\nTwo."
    assert body(mail(*parts).removesuffix(b"--B--\n")) == "One.\n\nTwo."
    assert body(b"Subject: Hi\nContent-Type: multipart/mixed; boundary=B\n\nNo part at all.") == "No part at all."


def test_a_file_shown_in_place_is_an_attachment_and_a_picture_is_not() -> None:
    pdf = 'Content-Type: application/pdf\nContent-Disposition: inline; filename="plan.pdf"\n\nx'
    picture = 'Content-Type: image/png\nContent-Disposition: inline; filename="logo.png"\n\nx'
    assert attached(mail("\nText.", pdf, picture)) == [("plan.pdf", "x")]


def test_logos_and_pictures_of_the_page_are_no_attachments() -> None:
    page = 'Content-Type: text/html\n\n<p>Text.</p><img src="cid:chart%201@x">'
    made = {"logo.png": (180, 60), "line.png": (900, 20), "chart.png": (800, 600), "scan.png": (800, 600)}
    parts = [drawn(name, *size, f"<{name.partition('.')[0]} 1@x>") for name, size in made.items()]
    found = email_.parse(mail(page, *parts), "a.eml").attachments
    assert [one.name for one in found] == ["scan.png"]


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("gb2312", "朱镕基先生".encode("gb18030"), "朱镕基先生"),
        ("ks_c_5601-1987", "똠방각하".encode("cp949"), "똠방각하"),
        ("iso-8859-1", b"It costs \x80 5 \x96 \x93net\x94", "It costs € 5 – “net”"),
        ("us-ascii", "Grüße aus Köln".encode(), "Grüße aus Köln"),
        ("ISO-8859-1", "Grüße aus Köln".encode(), "Grüße aus Köln"),
        ("shift_jis", "①髙橋".encode("cp932"), "①髙橋"),
        ("x-sjis", "東京".encode("cp932"), "東京"),
        ("iso-8859-8-i", "שלום".encode("iso-8859-8"), "שלום"),
        ("base64", b"plain", "plain"),
        ("utf-16", b"plain", "plain"),
        ("iso-2022-jp", "東京は".encode("iso-2022-jp"), "東京は"),
        ("hz-gb-2312", "桥是绿色的".encode("hz"), "桥是绿色的"),
        ("windows-949", "똠방각하".encode("cp949"), "똠방각하"),
        ("dos-874", "สะพาน".encode("cp874"), "สะพาน"),
        ("koi8-ru", "Мост".encode("koi8-u"), "Мост"),
        ("logical", "שלום".encode("iso-8859-8"), "שלום"),
        ("x-user-defined", b"plain", "plain"),
    ],
)
def test_a_label_stands_for_the_larger_set(label: str, data: bytes, text: str) -> None:
    assert decode_declared(data, label) == (text, ())


@pytest.mark.parametrize(
    ("label", "codec"), [("iso-2022-jp", "iso2022_jp"), ("hz-gb-2312", "hz"), ("x-gbk", "gb18030")]
)
def test_a_page_in_the_set_that_it_declares(label: str, codec: str) -> None:
    page = f'<html><head><meta charset="{label}"><title>x</title></head><body><p>东京的</p></body></html>'
    page = page.replace("东", "東") if codec == "iso2022_jp" else page
    assert decode_markup(page.encode(codec)) == (page, ())


def test_japanese_of_seven_bits_that_nothing_declares() -> None:
    assert decode("橋は緑です。".encode("iso2022_jp")) == ("橋は緑です。", ("read as ISO-2022-JP",))
    assert decode(b"\x1b[31mred\x1b(B") == ("\x1b[31mred\x1b(B", ())


def test_a_shifted_text_with_a_broken_letter_is_read_but_for_it() -> None:
    text, warnings = decode_declared(b"\x1b$B\x7f\x7f\x1b(B ok", "iso-2022-jp")
    assert text.endswith(" ok")
    assert len(warnings) == 1


@pytest.mark.parametrize(
    "subject",
    ["Brücke".encode(), "Brücke".encode("cp1252"), b"=?iso-8859-1?Q?Br=FCcke?=", b"=?us-ascii?B?QnLDvGNrZQ==?="],
)
def test_a_subject_in_bytes_that_its_header_does_not_announce(subject: bytes) -> None:
    assert email_.parse(b"Subject: " + subject + b"\n\nText.", "a.eml").title == "Brücke"


def test_a_superset_in_a_subject() -> None:
    word = base64.b64encode("镕".encode("gb18030"))
    assert email_.parse(b"Subject: Re: =?gb2312?B?" + word + b"?=\n\nText.", "a.eml").title == "Re: 镕"


def test_quoted_lines_are_marked_once_a_paragraph_and_answers_stand_apart() -> None:
    text = "On Monday Bo wrote:\n> When can you\n> come? I am free.\n>\n> Bo\n>> Hello\nOn Friday.\n"
    assert readable(text) == (
        "On Monday Bo wrote:\n\n> When can you\ncome? I am free.\n\n> Bo\n\n>> Hello\n\nOn Friday."
    )


def test_flowed_lines_are_joined_as_they_were_written() -> None:
    text = "The gate \nopens at six.\n  Two spaces.\n> Is it \n> green?\n-- \nAnn"
    assert readable(text, flowed=True) == "The gate opens at six.\n Two spaces.\n\n> Is it green?\n\n-- \nAnn"
    assert readable("東 \n京", flowed=True, delete_space=True) == "東京"
    data = b'Subject: Hi\nContent-Type: text/plain; format="flowed"\n\nThe gate \nopens at six.\n'
    assert body(data) == "The gate opens at six."


def test_an_aligned_table_in_a_mail_is_a_section_under_the_names_of_its_columns() -> None:
    rows = ["Day      High   Low    Height", "Monday   06:12  12:20  3.4 m", "Friday   08:50  14:50  9 m"]
    table = "\n".join([*rows, "Sunday   10:11  16:20  8 m"])
    parsed = email_.parse(f"Subject: Tides\n\nDear all,\n\n{table}\n\nThe boat waits.".encode(), "a.eml")
    assert [section.heading for section in parsed.sections] == ["", "", "Day | High | Low | Height", ""]
