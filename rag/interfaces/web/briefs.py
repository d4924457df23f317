"""Briefs: replies as a text for people, in Markdown, HTML or Word, each quote with a numbered footnote of its place.

The quotes stand as they stand in their documents, so that ``rag verify --text`` finds each of them again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.interfaces.citations import place
from rag.interfaces.terminal import refusal_words
from rag.interfaces.web.markdown_text import block_quote, plain
from rag.interfaces.web.pages import marked, render
from rag.types import Answer, Quote, Reply

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_NOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_NOTES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"


@dataclass(frozen=True, slots=True)
class Entry:
    """A question, and what the documents say to it."""

    question: str
    searched: tuple[str, ...]
    """What was searched, and for what, where that is not said by the question."""
    said: str
    """What a refusal found, in words; empty for an answer."""
    quotes: tuple[tuple[int, Quote], ...]
    """Each with the number of its footnote, counted from 1 through the whole brief."""
    notices: tuple[str, ...]
    """What to bear in mind, and what a language model wrote."""


def entries(replies: Sequence[Reply]) -> tuple[Entry, ...]:
    """Return the parts of a brief; what is only near a question is not quoted."""
    number = 0
    found = []
    for reply in replies:
        quotes = reply.quotes if isinstance(reply, Answer) else ()
        said = "" if isinstance(reply, Answer) else refusal_words(reply)
        numbered = tuple(enumerate(quotes, start=number + 1))
        found.append(Entry(reply.question, tuple(_searched(reply)), said, numbered, tuple(_notices(reply))))
        number += len(quotes)
    return tuple(found)


def _searched(reply: Reply) -> Iterator[str]:
    if reply.scope.words:
        yield f"Searched documents {reply.scope.words}"
    if reply.standalone_question != reply.question:
        yield f"Searched for: {reply.standalone_question}"


def _notices(reply: Reply) -> Iterator[str]:
    yield from reply.notices
    if isinstance(reply, Answer) and reply.text:
        yield f"Written by a language model, not a quote: {reply.text}"


def note(quote: Quote) -> str:
    """Return the footnote of a quote: its document, its place, and the hash of the file that it was read from."""
    document = quote.document
    name = document.path if document.title == document.path else f"{document.title} ({document.path})"
    return f"{name}, {place(quote)}. SHA-256 {document.sha256}"


def markdown(replies: Sequence[Reply]) -> str:
    """Return a brief in Markdown."""
    return render("brief.md", entries=entries(replies), note=note, plain=plain, block_quote=block_quote)


def html(replies: Sequence[Reply]) -> str:
    """Return a brief as a page of HTML that needs no other file."""
    return render("brief.html", entries=entries(replies), note=note, marked=marked)


def docx(replies: Sequence[Reply]) -> bytes:
    """Return a brief as a Word document, with footnotes that Word numbers and places."""
    import docx as word

    made = word.Document()
    made.core_properties.title, made.core_properties.author = "Brief", "Chapter & Verse"
    parts = entries(replies)
    for entry in parts:
        made.add_heading(_printable(entry.question), 1)
        for line in (*entry.searched, *filter(None, (entry.said,))):
            made.add_paragraph(_printable(line))
        for number, quote in entry.quotes:
            _add_quote(made, number, quote)
        for notice in entry.notices:
            made.add_paragraph(_printable(notice))
    _add_notes(made, [note(quote) for entry in parts for _, quote in entry.quotes])
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def _add_quote(made: WordDocument, number: int, quote: Quote) -> None:
    """Add a quote as a paragraph, the answering words in bold, and the mark of its footnote."""
    paragraph = made.add_paragraph(style="Quote")
    for text, hit in marked(quote.exact, quote.highlights, offset=quote.start):
        paragraph.add_run(_printable(text)).bold = hit or None
    run = paragraph.add_run()
    run.font.superscript, run.font.italic = True, False
    run._r.append(_element("footnoteReference", id=str(number)))


def _add_notes(made: WordDocument, notes: Sequence[str]) -> None:
    """Add the part of the file that holds the footnotes, which python-docx makes none of."""
    from docx.opc.oxml import serialize_part_xml
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    footnotes = _element("footnotes")
    for id, kind in (("-1", "separator"), ("0", "continuationSeparator")):
        footnotes.append(_footnote(id, _element(kind), type=kind))
    for number, text in enumerate(notes, start=1):
        said = _element("t")
        said.text = f" {_printable(text)}"
        said.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        footnotes.append(_footnote(str(number), _element("footnoteRef"), said))
    data = serialize_part_xml(footnotes)
    made.part.relate_to(Part(PackURI("/word/footnotes.xml"), _NOTES_TYPE, data, made.part.package), _NOTES)


def _footnote(id: str, *said: Any, **attributes: str) -> Any:
    """Return a footnote of one paragraph, each part in a run of its own."""
    note, paragraph = _element("footnote", id=id, **attributes), _element("p")
    for part in said:
        run = _element("r")
        run.append(part)
        paragraph.append(run)
    note.append(paragraph)
    return note


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _printable(text: str) -> str:
    """Return a text as XML can hold it: a control character or half a surrogate pair becomes U+FFFD."""
    return "".join(_kept(text))


def _kept(text: str) -> Iterator[str]:
    for char in text:
        code = ord(char)
        fine = char in "\t\n" or (code >= 0x20 and not 0xD800 <= code < 0xE000 and code not in (0xFFFE, 0xFFFF))
        yield char if fine else "\n" if char == "\r" else "\ufffd"
