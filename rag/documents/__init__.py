"""A file → ``Document``: the canonical text, and the way back from it to pages and sections; one file a format.

    formats    which suffix is read by which module, and the limits
    files      the folder: which files are candidates, and the bytes of one; zip archives, the XML in them
    encodings  bytes → text
    parsed     what a format's reader gives back
    sandbox    a child process (worker) reads what could be hostile; budget: what that may take
    marks      raised digits and the marks of notes; block_quotes: those of a draft that is checked
    text, markdown, rst, captions, notebook    the formats that are text
    pages/     PDF and pictures: what is drawn → lines (glyphs, forms, recognition) → running text (sheets)
    office/    DOCX, PPTX, ODT and RTF: paragraphs, the numbers before them, words, tables
    web/       HTML and EPUB: markup → blocks of text
    tables/    CSV, spreadsheets, JSON, XML: records; grid: cells → rows that name their columns
    mail/      e-mail, Outlook's, mailboxes

Reading is a function of the bytes and the name alone: the same file gives the same text everywhere, so that a quote
can be found again in it.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Container
from dataclasses import replace
from pathlib import Path, PurePath

from rag.documents.budget import Share
from rag.documents.files import find, identify, read_bytes
from rag.documents.formats import MEGABYTE, SUFFIXES, Format, reading_of, reading_versions, suffix_of, unread
from rag.documents.parsed import Attachment, Parsed, Picture, name_as_title
from rag.errors import ChangedDocument, DocumentError, UnknownPage
from rag.types import Document, Source, Span

__all__ = [
    "SUFFIXES",
    "Format",
    "Share",
    "allow_memory",
    "draft_text",
    "file_of",
    "find",
    "has_pictures",
    "identify",
    "load",
    "load_all",
    "original",
    "page_picture",
    "reading_of",
    "reading_versions",
    "source_of",
    "suffix_of",
]  # fmt: skip


DEPTH = 8
"""Files within files, at most."""


def load(path: Path, seeds: Path) -> Document:
    """Return the document that the file ``path`` below the folder ``seeds`` itself is; else as ``load_all``."""
    return load_all(path, seeds)[0]


def allow_memory(megabytes: int) -> None:
    """Let the reading of a file take so much memory, beside what its size gives it, in this process from now on."""
    from rag.documents import sandbox

    sandbox.allow(megabytes)


def load_all(path: Path, seeds: Path, share: Share | None = None) -> tuple[Document, ...]:
    """Return the document that the file ``path`` below the folder ``seeds`` is, and those attached to it.

    An attachment's id is that of its file with its name behind it, ``mail.eml/offer.pdf``, and its hash that of its own
    bytes. One that cannot be read is a warning of the document that holds it. ``share`` is the time that the files of
    one folder may lose together.
    Raises DocumentError, whose text is the reason in one line without the file's name, for a file that cannot be
    opened or is none of the formats, for damaged, encrypted, empty or oversized ones, and for one outside ``seeds``.
    """
    identity = identify(path, seeds)
    kind = _kind_of(path)
    data = read_bytes(path, kind.limit * MEGABYTE)
    if not data:
        raise DocumentError("It is empty.")
    return tuple(_documents(kind, data, identity, 0, share))


def draft_text(path: Path) -> str:
    """Return the text of a file, its block quotes marked as in Markdown; raises DocumentError as ``load_all`` does."""
    kind = _kind_of(path)
    data = read_bytes(path, kind.limit * MEGABYTE)
    if kind.module in ("web.html", "office.docx"):
        from rag.documents import block_quotes

        data = block_quotes.marked(data, kind.module)
    return _documents(kind, data, path.name, 0)[0].text


def file_of(identity: str, files: Container[str]) -> str | None:
    """Return which of ``files``, by their ids, the document ``identity`` is or is attached to; None for no other.

    >>> file_of("a/b.eml/c.pdf", {"a/b.eml"}), file_of("c.pdf", {"a/b.eml"})
    ('a/b.eml', None)
    """
    parts = identity.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return next((name for name in above if name in files), None)


def original(document: Document | Source, seeds: Path) -> tuple[bytes, Format]:
    """Return the bytes of a document that was read, an attachment's too, and its format.

    Raises DocumentError where they cannot be had, ChangedDocument where they are not those that were read.
    """
    path, inside = _file_holding(document.path, seeds)
    kind = _kind_of(path)
    data, name = read_bytes(path, kind.limit * MEGABYTE), identify(path, seeds)
    for part in inside:
        attached = {one.name: one.data for one in _parse(kind, data, name).attachments} if kind.holds else {}
        if part not in attached:
            raise ChangedDocument(f"{document.path} is no longer there: build the index again.")
        data, kind, name = attached[part], _kind_of(PurePath(part)), f"{name}/{part}"
    if hashlib.sha256(data).hexdigest() != document.sha256:
        raise ChangedDocument(f"{document.path} has changed since it was read: build the index again.")
    return data, kind


def source_of(document: Document) -> Source:
    """Return a document as what a quote is from."""
    reading = reading_of(suffix_of(document.path))
    return Source(document.id, document.title, document.path, document.sha256, reading)


def page_picture(document: Document, page: int, span: Span, seeds: Path) -> bytes:
    """Return a page of a document, counted from 1, as PNG, with the characters of a span of its text marked.

    Raises UnknownPage where there is no such page, or none that can be shown; else as ``original`` does.
    """
    kind = SUFFIXES.get(suffix_of(document.path))
    if kind is None or not kind.pictured:
        raise UnknownPage(f"{document.path} has no pages that can be shown.")
    if not 1 <= page <= len(document.pages):
        raise UnknownPage(f"{document.path} has no page {page}: it has {len(document.pages):,}.")
    from rag.documents import sandbox

    data, kind = original(document, seeds)
    start, end = span
    begins, stops = (*document.pages, len(document.text))[page - 1 : page + 1]
    text = document.text[begins:stops] if document.recognised and document.recognised[page - 1] is not None else ""
    picture = Picture(page, start, end, document.text[start:end], begins, text)
    return sandbox.draw(kind, data, document.path, picture)


def has_pictures(document: Document) -> bool:
    """Tell whether the pages of a document can be shown."""
    kind = SUFFIXES.get(suffix_of(document.path))
    return bool(kind and kind.pictured and document.pages)


def _file_holding(identity: str, seeds: Path) -> tuple[Path, list[str]]:
    """Return the file that a document is or is attached to, and the names of what it is attached to within that."""
    parts = identity.split("/")
    if not any(part in ("", "..") or part.startswith(".") for part in parts):
        for count in range(1, len(parts) + 1):
            path = seeds.joinpath(*parts[:count])
            if path.is_file():
                return path, parts[count:]
    raise ChangedDocument(f"{identity} is no longer there: build the index again.")


def _kind_of(path: PurePath) -> Format:
    kind = SUFFIXES.get(suffix_of(path))
    if kind is None:
        raise DocumentError(unread(path.suffix))
    return kind


def _documents(kind: Format, data: bytes, identity: str, depth: int, share: Share | None = None) -> list[Document]:
    """Return the document in ``data``, and those attached to it; raises DocumentError where the first cannot be."""
    parsed = _parse(kind, data, identity, share)
    if not parsed.text.strip():
        raise DocumentError("It holds no text.")
    attached: list[Document] = []
    warnings: list[str] = []
    for attachment in parsed.attachments:
        try:
            attached += _attached(attachment, identity, depth + 1, share)
        except DocumentError as error:
            warnings.append(f"{attachment.name} is not read: {error}")
    return [_document(kind, data, identity, replace(parsed, warnings=(*parsed.warnings, *warnings))), *attached]


def _attached(attachment: Attachment, identity: str, depth: int, share: Share | None) -> list[Document]:
    kind = _kind_of(PurePath(attachment.name))
    if depth > DEPTH:
        raise DocumentError("It lies too deep in other files.")
    if not attachment.data:
        raise DocumentError("It is empty.")
    if len(attachment.data) > kind.limit * MEGABYTE:
        raise DocumentError(f"It is too large: {kind.limit} MB is the most.")
    return _documents(kind, attachment.data, f"{identity}/{attachment.name}", depth, share)


def _document(kind: Format, data: bytes, identity: str, parsed: Parsed) -> Document:
    return Document(
        id=identity,
        path=identity,
        title=parsed.title or name_as_title(identity),
        text=parsed.text,
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=kind.media_type,
        pages=parsed.pages,
        page_labels=parsed.page_labels,
        recognised=parsed.recognised,
        sections=parsed.sections,
        metadata=parsed.metadata,
        warnings=parsed.warnings,
    )


def _parse(kind: Format, data: bytes, name: str, share: Share | None = None) -> Parsed:
    if kind.is_sandboxed(len(data)):
        from rag.documents import sandbox

        return sandbox.parse(kind, data, name, share)
    parsed: Parsed = importlib.import_module(f"rag.documents.{kind.module}").parse(data, name)
    return parsed
