"""Outlook messages: their headers, their text in each of its forms, what is attached to them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import compressed_rtf
import pytest
from msg_maker import make_msg, properties

from rag.documents import load_all
from rag.documents.mail import msg
from rag.errors import DocumentError

SUBJECT, SENT, SENDER, SENDER_SMTP, BODY, RTF, HTML, PAGE = 0x37, 0x39, 0xC1A, 0x5D01, 0x1000, 0x1009, 0x1013, 0x3FDE
KIND, NAME, SMTP, DATA, FILE_NAME, TYPE, CONTENT_ID = 0xC15, 0x3001, 0x39FE, 0x3701, 0x3707, 0x370E, 0x3712
NOTE = {0x1A: "IPM.Note", SUBJECT: "Fence – gate"}


def text(**said: str | bytes | int) -> str:
    """Return what stands below the headers of a message with this text."""
    numbers = {"body": BODY, "rtf": RTF, "html": HTML, "page": PAGE}
    data = make_msg({**NOTE, **{numbers[name]: value for name, value in said.items()}})
    return msg.parse(data, "a.msg").text.partition("\n\n")[2]


def test_a_message_with_recipients_and_attachments(tmp_path: Path) -> None:
    inner = properties({0x1A: "IPM.Note", SUBJECT: "Old", BODY: "The key hangs behind the door."}, head=24)
    sent = datetime(2024, 3, 5, 10, tzinfo=UTC)
    data = make_msg(
        {
            **NOTE,
            SENDER: "Lim, Ann",
            SENDER_SMTP: "ann@x.org",
            SENT: sent,
            BODY: "It is green.\r\n\r\nIt is 2 m high.\r\n",
        },
        **{
            "__recip_version1.0_#00000000": properties({NAME: "Bo", SMTP: "bo@x.org", KIND: 1}, head=8),
            "__recip_version1.0_#00000001": properties({NAME: "Cy", 0x3003: "/o=x/cn=cy", KIND: 2}, head=8),
            "__attach_version1.0_#00000000": properties(
                {FILE_NAME: "a.csv", DATA: b"Colour,Litres\nGreen,12\n"}, head=8
            ),
            "__attach_version1.0_#00000001": properties({NAME: "Old", DATA: inner}, head=8),
            "__attach_version1.0_#00000002": properties(
                {FILE_NAME: "logo.png", TYPE: "image/png", CONTENT_ID: "1@x", DATA: b"x"}, head=8
            ),
            "__attach_version1.0_#00000003": properties({FILE_NAME: "b.txt", DATA: b"Long. " * 2_000}, head=8),
        },
    )
    (tmp_path / "m.msg").write_bytes(data)
    own, *others = load_all(tmp_path / "m.msg", tmp_path)
    assert own.text == (
        'From: "Lim, Ann" <ann@x.org>\nTo: Bo <bo@x.org>\nCc: Cy\nDate: Tue, 05 Mar 2024 10:00:00 +0000\n'
        "Subject: Fence – gate\n\nIt is green.\n\nIt is 2 m high."
    )
    assert (own.title, own.media_type, own.warnings) == ("Fence – gate", "application/vnd.ms-outlook", ())
    assert dict(own.metadata)["sent"] == "2024-03-05T10:00:00+00:00"
    assert [(one.id, one.text[:30]) for one in others] == [
        ("m.msg/Old.eml", "Subject: Old\n\nThe key hangs beh"[:30]),
        ("m.msg/a.csv", "Colour: Green | Litres: 12"),
        ("m.msg/b.txt", "Long. Long. Long. Long. Long. "),
    ]


def test_the_headers_that_the_message_came_with() -> None:
    data = make_msg({**NOTE, 0x7D: "From: Ann\n <ann@x.org>\nDate: Tue, 05 Mar 2024 10:00:00 +0100\n", BODY: "Yes."})
    assert msg.parse(data, "a.msg").text == (
        "From: Ann <ann@x.org>\nDate: Tue, 05 Mar 2024 10:00:00 +0100\nSubject: Fence – gate\n\nYes."
    )


def test_the_forms_of_a_text() -> None:
    page = "<html><body><p>Die Brücke ist grün.</p></body></html>"
    assert text(body="Plain is taken.", html=page.encode()) == "Plain is taken."
    assert text(html=page.encode("cp1252"), page=1252) == "Die Brücke ist grün."
    assert text(html=page.encode("iso-8859-2"), page=28592) == "Die Brücke ist grün."
    assert text(html=page.encode(), page=65001) == "Die Brücke ist grün."
    assert text(html=page.encode()) == "Die Brücke ist grün."
    assert (
        text(rtf=compressed_rtf.compress(rb"{\rtf1\ansi It is {\b green}.\par And dry.}")) == "It is green.\n\nAnd dry."
    )


@pytest.mark.parametrize("name", ["", 'a "b', "=?utf-8?Q?x", "x <y", "Ann\r\nSubject: other", "\ud83d", "東京, 大阪"])
def test_odd_names_do_not_stop_a_message(name: str) -> None:
    data = make_msg({**NOTE, SENDER: name, SENDER_SMTP: "a@x.org", BODY: "It is green."})
    parsed = msg.parse(data, "a.msg")
    assert parsed.title == "Fence – gate"
    assert parsed.text.endswith("\n\nIt is green.")


@pytest.mark.parametrize("data", [b"x", make_msg({}), make_msg({BODY: "x"})])
def test_what_is_no_message(data: bytes) -> None:
    with pytest.raises(DocumentError, match="not an Outlook message"):
        msg.parse(data, "a.msg")


def test_a_part_that_is_larger_than_the_file_is_damage() -> None:
    data = bytearray(make_msg({**NOTE, BODY: "It is green."}))
    at = data.index("__substg1.0_1000001F".encode("utf-16-le"))
    data[at + 120 : at + 128] = (1 << 31).to_bytes(8, "little")
    with pytest.raises(DocumentError, match="larger than the file"):
        msg.parse(bytes(data), "a.msg")
