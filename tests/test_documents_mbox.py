"""Mailboxes: where a message begins, what it is called, and that it is a document as any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import FakeEncoder

import rag
from rag.documents import load_all
from rag.documents.mail import mbox
from rag.documents.parsed import named_apart
from rag.errors import DocumentError
from rag.indexing.build import build
from rag.indexing.check import faults
from rag.interfaces.serialization import to_json
from rag.library import Library, Models
from rag.settings import Settings
from rag.types import Answer

BOX = """From ann@x.org Tue Mar  5 10:00:00 2024
From: Ann <ann@x.org>
Subject: Fence
Content-Type: multipart/mixed; boundary=B

--B

The fence is green.

From what I saw in 2024, it is dry.
>From here on Bo paints. >From there Cy.
--B
Content-Type: text/csv
Content-Disposition: attachment; filename="paint.csv"

Colour,Litres
Green,12
--B--

From - Wed Mar 06 09:30:00 2024
X-Mozilla-Status: 0001
From: Bo <bo@x.org>
Subject: Fence

The gate is red.
"""


def test_a_box_is_its_messages() -> None:
    parsed = mbox.parse(BOX.encode(), "a.mbox")
    first, second = parsed.attachments
    assert parsed.text == "Message: Fence | From: Ann <ann@x.org>\n\nMessage: Fence (2) | From: Bo <bo@x.org>"
    assert (first.name, second.name) == ("Fence.eml", "Fence (2).eml")
    assert first.data.startswith(b"From: Ann <ann@x.org>\nSubject: Fence\n")
    assert b"\nFrom what I saw in 2024, it is dry.\nFrom here on Bo paints. >From there Cy.\n" in first.data
    assert first.data.endswith(b"--B--")
    assert second.data == b"X-Mozilla-Status: 0001\nFrom: Bo <bo@x.org>\nSubject: Fence\n\nThe gate is red."
    crlf = mbox.parse(BOX.replace("\n", "\r\n").encode(), "a.mbox")
    assert [one.data.replace(b"\r\n", b"\n") for one in crlf.attachments] == [first.data, second.data]


@pytest.mark.parametrize("text", ["Subject: x\n\nIt is green.", "From 10:00 on\n\nhe paints.", "x\n\n" + BOX, "From"])
def test_what_is_no_mailbox(text: str) -> None:
    with pytest.raises(DocumentError, match="not a mailbox"):
        mbox.parse(text.encode(), "a.mbox")


def test_many_messages_of_one_name_are_numbered_in_order() -> None:
    names = [one.name for one in named_apart([("Re.eml", b""), ("Re (2).eml", b""), *[("re.eml", b"")] * 3_000])]
    assert names[:4] == ["Re.eml", "Re (2).eml", "re (3).eml", "re (4).eml"]
    assert len(set(names)) == 3_002


def test_messages_and_their_attachments_are_documents(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "box.mbox").write_text(BOX + "\nFrom x Mar 5 10:00 2024\nX-Odd: 1\n\nNo message.\n")
    own, *others = load_all(tmp_path / "old" / "box.mbox", tmp_path)
    assert (own.id, own.title) == ("old/box.mbox", "box")
    assert own.text.endswith("\n\nMessage: Fence (2) | From: Bo <bo@x.org>\n\nMessage: message")
    assert own.warnings == ("message.eml is not read: It is not an e-mail: it has none of an e-mail's headers.",)
    assert [one.id for one in others] == [
        "old/box.mbox/Fence.eml",
        "old/box.mbox/Fence.eml/paint.csv",
        "old/box.mbox/Fence (2).eml",
    ]
    assert others[1].text == "Colour: Green | Litres: 12"


def test_a_box_in_an_index_is_searched_kept_and_verified(settings: Settings, write_seeds: Callable[..., Path]) -> None:
    write_seeds({"box.mbox": BOX})
    assert build(settings, FakeEncoder()).documents == 4
    library = Library(settings, Models(settings, encoder=FakeEncoder()))
    [quote] = library.search_quotes("Which gate is red?", limit=1, within=("box.mbox",))
    assert (quote.document.id, "The gate is red." in quote.exact) == ("box.mbox/Fence (2).eml", True)
    [verdict] = rag.verify(to_json(Answer("Q?", "Q?", (quote,), 0.9)), settings.seeds)
    assert verdict.holds
    assert faults(settings, encoder=FakeEncoder()) == ()
    (settings.seeds / "note.txt").write_text("The fox sleeps.")
    encoder = FakeEncoder()
    assert build(settings, encoder).documents == 5
    assert len(encoder.encoded) == 1
    assert library.document("box.mbox").text.startswith("Message: Fence | From: Ann")


def test_a_box_without_a_message_that_can_be_read_is_told(settings: Settings, write_seeds: Callable[..., Path]) -> None:
    write_seeds({"box.mbox": "From x Mar 5 10:00 2024\nX-Odd: 1\n\nNo message.\n", "note.txt": "The fox sleeps."})
    summary = build(settings, FakeEncoder())
    assert summary.documents == 2
    assert "box.mbox: message.eml is not read" in summary.warnings[0]
