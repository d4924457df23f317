"""Zip archives (DOCX, EPUB) from strangers: opened only within limits of entries, size and compression.

Python's zipfile never yields more of an entry than the directory declares, so that the declared sizes are a bound.
"""

from __future__ import annotations

import io
import zipfile

from rag.documents.formats import MEGABYTE
from rag.errors import DocumentError

ENTRIES = 20_000
UNPACKED = 500 * MEGABYTE
"""Bytes, all entries together."""
MARKUP = 100 * MEGABYTE
"""Bytes of XML and HTML, which take many times as much when parsed."""
RATIO = 200
"""Times that an entry beyond the first megabyte may be larger than it is packed."""

_MARKUP = (".xml", ".rels", ".html", ".xhtml", ".htm", ".opf", ".ncx")


def open_archive(data: bytes, kind: str) -> zipfile.ZipFile:
    """Return the archive in ``data``; raises DocumentError where it is none, is encrypted, or breaks a limit."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        if data.startswith(b"\xd0\xcf\x11\xe0"):
            raise DocumentError("It is protected by a password, or of an older kind: save it anew.") from error
        raise DocumentError(f"It is damaged, or is not {kind} at all.") from error
    entries = archive.infolist()
    if len(entries) > ENTRIES:
        raise DocumentError(f"It unpacks to {len(entries):,} parts, where {ENTRIES:,} is the most.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise DocumentError("It is protected by a password.")
    total = sum(entry.file_size for entry in entries)
    markup = sum(entry.file_size for entry in entries if entry.filename.lower().endswith(_MARKUP))
    bomb = any(entry.file_size > MEGABYTE + RATIO * entry.compress_size for entry in entries)
    if bomb or total > UNPACKED or markup > MARKUP:
        raise DocumentError(f"It unpacks from {len(data) / MEGABYTE:,.1f} MB to {total / MEGABYTE:,.0f} MB: too much.")
    return archive


def entry_bytes(archive: zipfile.ZipFile, name: str, kind: str) -> bytes:
    """Return what the entry ``name`` holds; raises DocumentError where it is missing or damaged."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise DocumentError(f"It is damaged, or is not {kind} at all: it lacks {name[:80]!r}.") from error
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise DocumentError(f"It is damaged: {name[:80]!r} cannot be unpacked.") from error
    except Exception as error:  # zlib's and lzma's own errors, which share no base
        raise DocumentError(f"It is damaged: {name[:80]!r} cannot be unpacked.") from error
