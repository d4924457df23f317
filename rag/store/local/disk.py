"""The disk: hashing, writing so that nobody sees a part, advisory locks, and its refusals told in one line."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from rag.errors import IndexNotWritable

_FULL = (errno.ENOSPC, errno.EDQUOT)
_NEARLY_FULL = 1 << 20
"""Bytes: where no more are free and a library cannot say why it failed to write, the disk is taken to be full."""

_OR_ELSEWHERE = "or name another folder with --index. The last good index still serves."
_RUST_ERROR = re.compile(r"os error (\d+)")


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a reader sees the old content or the new, never a part."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    flush(path.parent)


def flush(path: Path) -> None:
    """Have the system bring a file's content, or a folder's list of names, onto the disk."""
    if os.name == "nt" and path.is_dir():
        return  # folders cannot be opened there
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock(path: Path, *, shared: bool) -> IO[bytes] | None:
    """Take an advisory lock on a file, without waiting; None where somebody else has it.

    It is held until the returned file is closed, and the system drops it with the process. A shared lock needs a file
    that is there, but no right to write it; another makes the file. Raises OSError where it cannot be opened.
    """
    file: IO[bytes] = path.open("rb" if shared else "ab")
    try:
        import fcntl

        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    except (ImportError, OSError):  # a system, or a file system, without such locks
        pass
    return file


def refusal(error: Exception) -> OSError:
    """Return the OSError behind what SQLite, tantivy or FAISS raised when they could not write."""
    text = str(error)
    if found := _RUST_ERROR.search(text):
        number = int(found[1])
    elif getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        number = errno.ENOSPC
    else:
        known = (*_FULL, errno.EROFS, errno.EACCES)
        number = next((number for number in known if os.strerror(number) in text), errno.EIO)
    return OSError(number, text)


@contextmanager
def writing(index: Path) -> Iterator[None]:
    """Turn the system's refusals into IndexNotWritable, whose one line says what to do."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _explained(index, error if isinstance(error, OSError) else refusal(error)) from error


def _explained(index: Path, error: OSError) -> IndexNotWritable:
    elsewhere = isinstance(error.filename, str) and not Path(error.filename).is_relative_to(index)
    number = None if elsewhere else error.errno
    if number in _FULL or (number == errno.EIO and _free(index) < _NEARLY_FULL):
        said = f"No space is left for the index in {index}: free some, {_OR_ELSEWHERE}"
    elif number == errno.EROFS:
        said = f"{index} is read-only. Name another folder with --index."
    elif number in (errno.EACCES, errno.EPERM):
        said = f"{index} cannot be written. Give write permission, or another folder with --index."
    elif number in (errno.EEXIST, errno.ENOTDIR):
        said = f"{index} is not a folder. Name another with --index."
    else:
        what = " ".join(str(error).split())[:300]
        said = f"{index} could not be written ({what}). Look after the disk, {_OR_ELSEWHERE}"
    return IndexNotWritable(said)


def _free(index: Path) -> int:
    """Return the bytes free on the disk of ``index``."""
    try:
        return shutil.disk_usage(index).free
    except OSError:
        return _NEARLY_FULL
