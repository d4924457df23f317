"""E-mail as it is sent: alternatives that say nothing, messages within messages, character sets, wrong boundaries."""

from __future__ import annotations

import base64

import pytest

from rag.documents import email_
from rag.documents.encodings import decode_declared
from rag.documents.replies import readable
from rag.types import Section


def mail(*parts: str, kind: str = "mixed", boundary: str = "B") -> bytes:
    """Return a message of these parts, each with its headers, which says that ``boundary`` stands between them."""
    body = "".join(f"--B\n{part}\n" for part in parts)
    return f"Subject: Hi\nContent-Type: multipart/{kind}; boundary={boundary}\n\n{body}--B--\n".encode()


def body(data: bytes) -> str:
    """Return the text below the headers."""
    return email_.parse(data, "a.eml").text.partition("\n\n")[2]


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


def test_a_message_within_a_message_has_sections_under_its_subject() -> None:
    innermost = "Content-Type: message/rfc822\n\nSubject: Paint\n\nBlue."
    inner = f"From: Bo <b@x.org>\nSubject: Fence\nContent-Type: multipart/mixed; boundary=C\n\n--C\n{innermost}\n--C--"
    parsed = email_.parse(mail("\nSee below.", f"Content-Type: message/rfc822\n\n{inner}"), "a.eml")
    assert parsed.text == ("Subject: Hi\n\nSee below.\n\nFrom: Bo <b@x.org>\nSubject: Fence\n\nSubject: Paint\n\nBlue.")
    assert [section.heading for section in parsed.sections] == ["", "", "Fence", "Paint", "Paint"]
    assert parsed.title == "Hi"


def test_a_digest_is_read_message_by_message() -> None:
    parsed = email_.parse(mail("\nSubject: One\n\nFirst.", "\nSubject: Two\n\nSecond.", kind="digest"), "a.eml")
    assert parsed.text == "Subject: Hi\n\nSubject: One\n\nFirst.\n\nSubject: Two\n\nSecond."
    assert parsed.sections[-1] == Section(len(parsed.text) - 7, "Two")
    assert parsed.warnings == ()


def test_a_message_that_was_encoded_though_it_must_not_be() -> None:
    inner = base64.b64encode(b"Subject: Old\n\nThe key hangs behind the door.").decode()
    part = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}"
    assert body(mail(part)) == "Subject: Old\n\nThe key hangs behind the door."


def test_boundaries_that_are_not_the_declared_ones() -> None:
    parts = "Content-Type: text/plain\n\nOne.", "Content-Type: text/plain\n\nTwo."
    assert body(mail(*parts, boundary="other")) == "One.\n\nTwo."
    assert body(mail(*parts).replace(b"; boundary=B", b"")) == "One.\n\nTwo."
    assert body(mail(*parts).removesuffix(b"--B--\n")) == "One.\n\nTwo."
    assert body(b"Subject: Hi\nContent-Type: multipart/mixed; boundary=B\n\nNo part at all.") == "No part at all."


def test_a_file_shown_in_place_is_an_attachment_and_a_picture_is_not() -> None:
    pdf = 'Content-Type: application/pdf\nContent-Disposition: inline; filename="plan.pdf"\n\nx'
    picture = 'Content-Type: image/png\nContent-Disposition: inline; filename="logo.png"\n\nx'
    assert email_.parse(mail("\nText.", pdf, picture), "a.eml").warnings == ("attachments are not read: plan.pdf",)


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
    ],
)
def test_a_label_stands_for_the_larger_set(label: str, data: bytes, text: str) -> None:
    assert decode_declared(data, label) == (text, ())


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
