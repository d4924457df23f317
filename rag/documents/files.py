"""The folder: which files are candidates, the bytes of one of them, and zip archives (DOCX, EPUB) within limits.

Python's zipfile never yields more of an entry than the directory declares, so that the declared sizes are a bound.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.documents.formats import MEGABYTE, SUFFIXES, unread
from rag.errors import DocumentError, SeedsError
from rag.types import Skipped

if TYPE_CHECKING:
    import zipfile

ENTRIES = 20_000
"""Of an archive, at most."""
UNPACKED = 500 * MEGABYTE
"""Bytes, all entries together."""
MARKUP = 100 * MEGABYTE
"""Bytes of XML and HTML, which take many times as much when parsed."""
RATIO = 200
"""Times that an entry beyond the first megabyte may be larger than it is packed, and all beyond ``ROOM`` together."""
ROOM = 16 * MEGABYTE

_MARKUP = (".xml", ".rels", ".html", ".xhtml", ".htm", ".opf", ".ncx")
_IGNORED = (".", "~$")
"""Hidden files and folders, and the lock files that office programs leave beside an open document."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NO_SUFFIX = "Its name has no suffix that says what it is: add one, such as .txt."
_KINDS = (
    (stat.S_ISFIFO, "It is a named pipe, not a file."),
    (stat.S_ISSOCK, "It is a socket, not a file."),
    (stat.S_ISBLK, "It is a device, not a file."),
    (stat.S_ISCHR, "It is a device, not a file."),
)
OLE = b"\xd0\xcf\x11\xe0"
"""How a container of the older office formats begins; the newer ones are put into it where they are encrypted."""


def find(seeds: Path) -> tuple[tuple[Path, ...], tuple[Skipped, ...]]:
    """Return the files below ``seeds`` that can be tried, and those that cannot, each sorted by its id.

    Hidden files and folders are passed over in silence; everything else is in one of the two.
    Raises SeedsError where ``seeds`` is no folder that can be opened.
    """
    root = Path(seeds)
    if not root.exists():
        raise SeedsError(f"There is no folder {root}. Create it and put documents in it, or name another with --seeds.")
    if not root.is_dir():
        raise SeedsError(f"{root} is a file, not a folder. Name the folder that holds the documents with --seeds.")
    try:
        os.scandir(root).close()
    except OSError as error:
        raise SeedsError(f"The folder {root} cannot be opened: {reason_of(error)}. Allow reading it.") from error
    met = list(_walk(root))
    skipped = (Skipped(printable(identity), reason) for identity, reason in met if reason is not None)
    return (
        tuple(root / identity for identity in sorted(identity for identity, reason in met if reason is None)),
        tuple(sorted(skipped, key=lambda entry: entry.path)),
    )


def identify(path: Path, seeds: Path) -> str:
    """Return the document id of ``path``: its path below ``seeds``, with ``/``.

    Raises DocumentError where it lies, or leads, outside that folder.
    """
    whole, folder = os.path.abspath(path), os.path.join(os.path.abspath(seeds), "")
    try:
        real = os.path.realpath(whole)
        if real == whole and whole.startswith(folder):  # no link leads anywhere: the usual case, ten thousand times
            return whole[len(folder) :].replace(os.sep, "/")
        root = os.path.realpath(seeds)
    except ValueError as error:  # a NUL, or half a surrogate pair
        raise DocumentError("Its name is none that a file can have.") from error
    relative = os.path.relpath(whole, folder)
    identity = relative.replace(os.sep, "/")
    outside = identity == ".." or identity.startswith("../") or os.path.isabs(relative)
    if outside or (real != root and not real.startswith(root.rstrip(os.sep) + os.sep)):
        raise DocumentError("It lies outside the folder of documents, and is not read.")
    return identity


def read_bytes(path: Path, limit: int) -> bytes:
    """Return the content of the regular file ``path``, as it was at one moment.

    Raises DocumentError for anything else, for more than ``limit`` bytes, and for a file that keeps changing.
    """
    for _ in range(2):
        try:
            data = _read_once(path, limit)
        except FileNotFoundError as error:
            raise DocumentError("It is no longer there.") from error
        except OSError as error:
            raise DocumentError(f"It cannot be opened: {reason_of(error)}.") from error
        if data is not None:
            return data
    raise DocumentError("It changed while it was being read; the next build takes it in.")


def open_archive(data: bytes, kind: str) -> zipfile.ZipFile:
    """Return the archive in ``data``; raises DocumentError where it is none, is encrypted, or breaks a limit."""
    import zipfile  # only office files and books need it

    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        if data.startswith(OLE):
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
    bomb = bomb or total > ROOM + RATIO * len(data)
    if bomb or total > UNPACKED or markup > MARKUP:
        raise DocumentError(f"It unpacks from {len(data) / MEGABYTE:,.1f} MB to {total / MEGABYTE:,.0f} MB: too much.")
    return archive


def entry_bytes(archive: zipfile.ZipFile, name: str, kind: str) -> bytes:
    """Return what the entry ``name`` holds; raises DocumentError where it is missing or damaged."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise DocumentError(f"It is damaged, or is not {kind} at all: it lacks {name[:80]!r}.") from error
    except Exception as error:  # zlib's and lzma's own errors share no base
        raise DocumentError(f"It is damaged: {name[:80]!r} cannot be unpacked.") from error


def entry_xml(archive: zipfile.ZipFile, name: str, kind: str) -> Any:
    """Return the root of the XML in the entry ``name``, an element of lxml; entities are not opened.

    Raises DocumentError where it is missing, damaged or no XML.
    """
    from lxml import etree  # only office files and books need it

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(entry_bytes(archive, name, kind), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(f"It is damaged: {name[:80]!r} is not XML.") from error


def printable(name: str) -> str:
    r"""Return ``name`` as it can be shown and stored: a line end as ``\n``, a byte that is not UTF-8 as ``\xff``."""
    shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return _UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], shown)


def reason_of(error: OSError) -> str:
    """Return what the system said, in lower case and without the file's name."""
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]


def _walk(root: Path) -> Iterator[tuple[str, str | None]]:
    """Yield the id of every file and folder met, with the reason where it is skipped."""
    real = os.path.realpath(root)
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(os.path.join(root, folder)))
        except OSError as error:
            yield folder, f"The folder cannot be opened: {reason_of(error)}."
            continue
        for entry in entries:
            if entry.name.startswith(_IGNORED):
                continue
            identity = f"{folder}/{entry.name}" if folder else entry.name
            if printable(identity) != identity:
                yield identity, "Its name holds line ends, control characters or bytes that are not UTF-8: rename it."
            elif entry.is_dir(follow_symlinks=False):
                folders.append(identity)
            else:
                yield identity, _objection(entry, real)


def _objection(entry: os.DirEntry[str], root: str) -> str | None:
    """Return why ``entry``, which is no folder, cannot be a document."""
    if entry.is_symlink():
        if reason := _link_objection(entry, root):
            return reason
    elif not entry.is_file(follow_symlinks=False):
        mode = entry.stat(follow_symlinks=False).st_mode
        return next((kind for test, kind in _KINDS if test(mode)), "It is not a file.")
    suffix = os.path.splitext(entry.name)[1]
    if suffix.lower() in SUFFIXES:
        return None
    return unread(suffix) if suffix else _NO_SUFFIX


def _link_objection(entry: os.DirEntry[str], root: str) -> str | None:
    """Return why a link is not followed: only a link to a hidden file of the same folder is a document of its own."""
    target = os.path.realpath(entry.path)
    try:
        mode = os.stat(entry.path).st_mode
    except OSError:
        loop = os.path.islink(target) or target == os.path.abspath(entry.path)
        return "It is a link that leads in a circle." if loop else "It is a link to something that is not there."
    if target != root and not target.startswith(root.rstrip(os.sep) + os.sep):
        return "It is a link that leads out of the folder: put the file itself here."
    if stat.S_ISDIR(mode):
        return "It is a link to a folder: the files in it are read where they lie."
    if not stat.S_ISREG(mode):
        return "It is a link to something that is not a file."
    inside = os.path.relpath(target, root).replace(os.sep, "/")
    if not any(part.startswith(".") for part in inside.split("/")):
        return f"It is a link to {printable(inside)}, which is read under that name."
    return None


def _read_once(path: Path, limit: int) -> bytes | None:
    """Return the file's bytes, or None where it changed meanwhile. Opening never waits for a pipe's other end."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise DocumentError("It is not a regular file.")
        if before.st_size > limit:
            size, most = before.st_size / MEGABYTE, limit / MEGABYTE
            raise DocumentError(f"It is too large: {size:,.0f} MB, where {most:,.0f} MB is the most. Split it.")
        data = file.read(before.st_size + 1)
        after = os.fstat(file.fileno())
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    return data if same and len(data) == after.st_size else None
