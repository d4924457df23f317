"""Documents and passages in one SQLite file: everything but vectors and words.

Text is kept in blocks of ``BLOCK`` characters, so that quoting from a document of any length reads a few kilobytes.
It is stored as UTF-8 with lone surrogates let through, so that every ``str`` comes back as it was.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from rag.documents.formats import suffix_of
from rag.errors import IndexError_, UnknownDocument
from rag.scope import Listed, date_of, plain
from rag.text.segment import page_at, recognised_at
from rag.types import Document, DocumentEntry, Fingerprint, Passage, Section, Skipped, Source, Span

FILE = "docstore.sqlite"
BLOCK = 16_384
_KNOWN_ROWS = 256
"""Rows of documents held in memory: each has its page and section tables."""

_SCHEMA = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, id BLOB UNIQUE NOT NULL, path BLOB NOT NULL, title BLOB NOT NULL, sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL, characters INTEGER NOT NULL, size INTEGER NOT NULL, stamp TEXT NOT NULL,
    pages TEXT NOT NULL, page_labels TEXT NOT NULL, recognised TEXT NOT NULL, sections TEXT NOT NULL,
    metadata TEXT NOT NULL, warnings TEXT NOT NULL,
    first_passage INTEGER NOT NULL, passages INTEGER NOT NULL, language TEXT NOT NULL);
CREATE INDEX languages ON documents (language);
CREATE TABLE blocks (document INTEGER NOT NULL, block INTEGER NOT NULL, lines INTEGER NOT NULL, text BLOB NOT NULL,
    PRIMARY KEY (document, block));
CREATE TABLE passages (row INTEGER PRIMARY KEY, document INTEGER NOT NULL, start INTEGER NOT NULL,
    end INTEGER NOT NULL, heading BLOB NOT NULL, sentences BLOB NOT NULL, digest BLOB NOT NULL);
CREATE TABLE skipped (path BLOB NOT NULL, reason BLOB NOT NULL, size INTEGER, stamp TEXT, sha256 TEXT);
"""


class DocstoreWriter:
    """Fills a new file; a passage's row is its place in the order of adding. ``with`` finishes the file."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / FILE)
        # Nothing is undone in a file that is thrown away where it is not finished.
        self._connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
        self.documents = 0
        self.passages = 0

    def __enter__(self) -> DocstoreWriter:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        with closing(self._connection):
            if kind is None:
                self._connection.commit()

    def add(
        self, document: Document, passages: Sequence[Passage], digests: Sequence[bytes], fingerprint: Fingerprint
    ) -> None:
        """Add a document and its passages; ``digests[i]`` identifies the text that is embedded for passage i."""
        number, first = self.documents, self.passages
        self.documents += 1
        self.passages += len(passages)
        self._connection.execute(
            f"INSERT INTO documents VALUES ({', '.join('?' * 18)})",
            (
                number, _blob(document.id), _blob(document.path), _blob(document.title), document.sha256,
                document.media_type, len(document.text), fingerprint.size, fingerprint.stamp,
                json.dumps(document.pages), json.dumps(document.page_labels), json.dumps(document.recognised),
                json.dumps([(section.start, section.heading) for section in document.sections]),
                json.dumps(document.metadata), json.dumps(document.warnings), first, len(passages),
                document.language,
            ),
        )  # fmt: skip
        self._connection.executemany("INSERT INTO blocks VALUES (?, ?, ?, ?)", _blocks(number, document.text))
        self._connection.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (first + i, number, p.start, p.end, _blob(p.heading), _pack(p.sentences), digest)
                for i, (p, digest) in enumerate(zip(passages, digests, strict=True))
            ),
        )

    def skip(self, entry: Skipped, fingerprint: Fingerprint | None = None) -> None:
        """Note a file that is left out; ``fingerprint`` where it was tried, and need not be while it stays the same."""
        known = (fingerprint.size, fingerprint.stamp, fingerprint.sha256) if fingerprint else (None, None, None)
        self._connection.execute(
            "INSERT INTO skipped VALUES (?, ?, ?, ?, ?)", (_blob(entry.path), _blob(entry.reason), *known)
        )


def _blocks(document: int, text: str) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield a document's rows: its number, the block's, the line ends before the block, and its text."""
    lines = 0
    for number, start in enumerate(range(0, len(text), BLOCK)):
        block = text[start : start + BLOCK]
        yield document, number, lines, _blob(block)
        lines += block.count("\n")


class Docstore:
    """Reads the file; safe to use from several threads. After ``close`` every read raises IndexError_.

    ``reading`` is by which version files were read, by their suffix: each source says that of its own.
    """

    def __init__(self, folder: Path, reading: Mapping[str, str] = MappingProxyType({})) -> None:
        self._reading = reading
        uri = f"{(folder / FILE).resolve().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        self._closed = False
        self._connection.row_factory = sqlite3.Row
        self._known_rows: dict[str, sqlite3.Row] = {}

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._closed = True
            self._connection.close()

    def passages(self, keys: Sequence[int]) -> list[tuple[Passage, str]]:
        """Return passages with their texts, in the order asked for; keys are rows, and unknown ones are left out."""
        marks = ", ".join("?" * len(keys))
        found = {row["row"]: row for row in self._rows(f"{_PASSAGES} WHERE p.row IN ({marks})", *keys)}
        return [
            (_passage(row), self._slice(row["document"], row["start"], row["end"]))
            for row in (found[number] for number in keys if number in found)
        ]

    def passages_of(self, document_id: str) -> tuple[Passage, ...]:
        """Return a document's passages, in order; raises UnknownDocument."""
        return self._passages(document_id, 0)

    def neighbours(self, passage: Passage) -> tuple[Passage, ...]:
        """Return the passages just before and just behind one in its document; raises UnknownDocument."""
        found = self._passages(passage.document_id, max(passage.number - 1, 0), passage.number + 2)
        return tuple(other for other in found if other.number != passage.number)

    def source(self, document_id: str) -> Source:
        """Return what identifies a document; raises UnknownDocument."""
        return self._source(self._document_row(document_id))

    def document(self, document_id: str) -> Document:
        """Return a whole document; raises UnknownDocument."""
        row = self._document_row(document_id)
        return Document(
            id=document_id,
            path=_text(row["path"]),
            title=_text(row["title"]),
            text=self._slice(row["number"], 0, row["characters"]),
            sha256=row["sha256"],
            media_type=row["media_type"],
            pages=tuple(json.loads(row["pages"])),
            page_labels=tuple(json.loads(row["page_labels"])),
            recognised=tuple(json.loads(row["recognised"])),
            sections=tuple(Section(start, heading) for start, heading in json.loads(row["sections"])),
            metadata=tuple((key, value) for key, value in json.loads(row["metadata"])),
            warnings=tuple(json.loads(row["warnings"])),
            language=row["language"],
        )

    def slice(self, document_id: str, start: int, end: int) -> str:
        """Return ``text[start:end]`` of a document, reading only the blocks it stands in; raises UnknownDocument."""
        return self._slice(self._document_row(document_id)["number"], max(start, 0), end)

    def line(self, document_id: str, offset: int) -> int:
        """Return the number of the line at ``offset``, counted from 1; raises UnknownDocument."""
        row = self._document_row(document_id)
        offset = min(max(offset, 0), row["characters"])
        block = min(offset, max(row["characters"] - 1, 0)) // BLOCK
        rows = self._rows("SELECT lines, text FROM blocks WHERE document = ? AND block = ?", row["number"], block)
        return sum(int(lines) + _text(text).count("\n", 0, offset - block * BLOCK) for lines, text in rows) + 1

    def page(self, document_id: str, offset: int) -> tuple[int | None, str | None]:
        """Return the number of the page at ``offset``, and its label, where there are; raises UnknownDocument."""
        row = self._document_row(document_id)
        return page_at(json.loads(row["pages"]), json.loads(row["page_labels"]), offset)

    def recognised(self, document_id: str, offset: int) -> float | None:
        """Return how sure the recognition of the page at ``offset`` is, where it was; raises UnknownDocument."""
        row = self._document_row(document_id)
        return recognised_at(json.loads(row["pages"]), json.loads(row["recognised"]), offset)

    def document_ids(self) -> tuple[str, ...]:
        """Return the ids of all documents, in the order of adding."""
        return tuple(_text(row[0]) for row in self._rows("SELECT id FROM documents ORDER BY number"))

    def languages(self) -> tuple[str, ...]:
        """Return the languages that documents are in, in the order of their codes."""
        return tuple(row[0] for row in self._rows("SELECT DISTINCT language FROM documents ORDER BY language"))

    def entries(self, *, start: int = 0, count: int = -1) -> tuple[DocumentEntry, ...]:
        """Return the list of documents, in the order of adding: all, or ``count`` from number ``start`` on."""
        # Most lists are empty: of 20,000 documents, reading their warnings as JSON would take longer than all the rest.
        query = (
            "SELECT id, title, path, sha256, media_type, characters, json_array_length(pages) AS pages, passages, "
            "NULLIF(warnings, '[]') AS warnings FROM documents ORDER BY number LIMIT ? OFFSET ?"
        )
        dates = {one.id: one.date for one in self.listed}
        return tuple(
            DocumentEntry(
                source := self._source(row), row["media_type"], row["characters"], row["pages"], row["passages"],
                tuple(json.loads(row["warnings"] or "[]")), dates[source.id],
            )
            for row in self._rows(query, count, start)
        )  # fmt: skip

    @cached_property
    def listed(self) -> Mapping[Listed, range]:
        """Every document as a scope looks at it, in the order of their paths, with the rows of its passages."""
        rows = self._rows("SELECT id, media_type, metadata, stamp, first_passage, passages FROM documents")
        found = ((_listed(row), range(row["first_passage"], row["first_passage"] + row["passages"])) for row in rows)
        return dict(sorted(found, key=lambda item: item[0].path))

    def skipped(self) -> tuple[Skipped, ...]:
        """Return the files that were not indexed."""
        rows = self._rows("SELECT path, reason FROM skipped")
        return tuple(Skipped(_text(path), _text(reason)) for path, reason in rows)

    def warnings(self) -> tuple[str, ...]:
        """Return what readers said of documents, each after its path."""
        rows = self._rows("SELECT path, warnings FROM documents WHERE warnings <> '[]' ORDER BY number")
        return tuple(f"{_text(path)}: {warning}" for path, warnings in rows for warning in json.loads(warnings))

    def unreadable(self) -> dict[str, tuple[Skipped, Fingerprint]]:
        """Return the files that were tried and could not be read, by their path."""
        rows = self._rows("SELECT path, reason, size, stamp, sha256 FROM skipped WHERE size IS NOT NULL")
        return {
            _text(path): (Skipped(_text(path), _text(reason)), Fingerprint(*known)) for path, reason, *known in rows
        }

    def fingerprints(self) -> dict[str, Fingerprint]:
        """Return each document's file as it was when it was read, by the document's id."""
        rows = self._rows("SELECT id, size, stamp, sha256 FROM documents ORDER BY number")
        return {_text(name): Fingerprint(*known) for name, *known in rows}

    def digests(self) -> list[bytes]:
        """Return what identifies the embedded text of each passage, by row."""
        return [row[0] for row in self._rows("SELECT digest FROM passages ORDER BY row")]

    def _passages(self, document_id: str, start: int, end: int | None = None) -> tuple[Passage, ...]:
        """Return passages ``start`` to ``end`` of a document."""
        row = self._document_row(document_id)
        first, count = row["first_passage"], row["passages"]
        query = f"{_PASSAGES} WHERE p.row >= ? AND p.row < ? ORDER BY p.row"
        rows = self._rows(query, first + start, first + (count if end is None else min(end, count)))
        return tuple(map(_passage, rows))

    def _slice(self, document: int, start: int, end: int) -> str:
        first = start // BLOCK
        rows = self._rows(
            "SELECT text FROM blocks WHERE document = ? AND block BETWEEN ? AND ? ORDER BY block",
            document,
            first,
            max(end - 1, start) // BLOCK,
        )
        return "".join(_text(row[0]) for row in rows)[start - first * BLOCK : max(end, start) - first * BLOCK]

    def _document_row(self, document_id: str) -> sqlite3.Row:
        self._check_open()
        row = self._known_rows.get(document_id)
        if row is None:
            rows = self._rows("SELECT * FROM documents WHERE id = ?", _blob(document_id))
            if not rows:
                raise UnknownDocument(f"No document {document_id!r} is in the index.")
            row = rows[0]
            if len(self._known_rows) >= _KNOWN_ROWS:
                self._known_rows.clear()
            self._known_rows[document_id] = row
        return row

    def _source(self, row: sqlite3.Row) -> Source:
        path = _text(row["path"])
        own, _, _ = self._reading.get(suffix_of(path), "").partition(":")
        return Source(_text(row["id"]), _text(row["title"]), path, row["sha256"], own)

    def _check_open(self) -> None:
        if self._closed:
            raise IndexError_("The index was closed. Open it again.")

    def _rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            self._check_open()
            return self._connection.execute(query, values).fetchall()


_PASSAGES = (
    "SELECT p.*, p.row - d.first_passage AS number, d.id, d.title, d.language FROM passages p "
    "JOIN documents d ON d.number = p.document"
)


def _passage(row: sqlite3.Row) -> Passage:
    return Passage(
        document_id=_text(row["id"]),
        start=row["start"],
        end=row["end"],
        number=row["number"],
        title=_text(row["title"]),
        heading=_text(row["heading"]),
        sentences=_unpack(row["sentences"]),
        language=row["language"],
    )


def _listed(row: sqlite3.Row) -> Listed:
    id, stamp = _text(row["id"]), row["stamp"].split()
    date = date_of(id, json.loads(row["metadata"]), int(stamp[0]) if stamp else None)
    return Listed(id, plain(id), row["media_type"], date)


def _blob(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(blob: bytes) -> str:
    return blob.decode("utf-8", "surrogatepass")


def _pack(spans: Sequence[Span]) -> bytes:
    flat = [offset for span in spans for offset in span]
    return struct.pack(f"<{len(flat)}Q", *flat)


def _unpack(blob: bytes) -> tuple[Span, ...]:
    flat = struct.unpack(f"<{len(blob) // 8}Q", blob)
    return tuple(zip(flat[::2], flat[1::2], strict=True))
