"""Drafts as files: what shows block quotes in HTML and Word is read as Markdown's marks are."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest

from rag import documents
from rag.documents import block_quotes
from rag.interfaces.cli import main
from rag.verification.quotations import quotations

FOX = "The fox sleeps in the barn until noon."


def word_draft(style: str = "Quote") -> bytes:
    draft = docx.Document()
    draft.add_paragraph("He wrote:")
    paragraph = draft.add_paragraph(style=style)
    paragraph.add_run("The fox sleeps ")
    paragraph.add_run("in the barn").bold = True
    paragraph.add_run(" until noon.")
    draft.add_paragraph("That was all.")
    file = io.BytesIO()
    draft.save(file)
    return file.getvalue()


def page(inside: str) -> bytes:
    return (
        f"<html><body><p>He wrote this in spring:</p>{inside}<p>That was all he had to say.</p></body></html>".encode()
    )


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", word_draft()),
        ("b.docx", word_draft("Intense Quote")),
        ("a.html", page(f"<blockquote>{FOX}<sup><a href='#1'>1</a></sup></blockquote>")),
        ("b.html", page(f"<blockquote><p>{FOX}</p><footer>— A. Fox</footer></blockquote>")),
        ("c.html", page("<p>So <q>The fox sleeps <b>in the barn until noon.</b></q> it was.</p>")),
    ],
)
def test_quotations_of_html_and_word_are_found_and_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    assert [item.words for item in quotations(documents.draft_text(tmp_path / name))] == [FOX]
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "fox.txt").write_text(f"Once more. {FOX} Then it wakes.")
    assert main(["verify", "--text", str(tmp_path / name), "--seeds", str(tmp_path / "seeds")]) == 0
    assert f"exact: “{FOX}”" in capsys.readouterr().out


def test_two_paragraphs_of_a_block_quote_are_quoted_both() -> None:
    made = block_quotes.marked(page("<blockquote><p>One is here.</p><p>Two is there.</p></blockquote>"), "web.html")
    assert made.count(b"&gt; ") == 2


def test_what_is_no_draft_is_left_to_its_reader() -> None:
    assert block_quotes.marked(b"no zip", "office.docx") == b"no zip"
    assert block_quotes.marked(b"", "web.html") == b""
