"""Files that people drop into the page: looked at, written beside and renamed into ``seeds/uploads``, and taken out.

Nothing of a sent name but its last part is used, no file is ever written over, and no other folder is touched.
"""

from __future__ import annotations

import os
import secrets
import unicodedata
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from starlette.concurrency import run_in_threadpool

from rag.documents import SUFFIXES, suffix_of
from rag.documents.files import reason_of
from rag.documents.formats import MEGABYTE, unread
from rag.errors import RagError, UnknownDocument

FOLDER = "uploads"
"""Below the folder of documents."""
LISTED = 200
"""Files listed at once, the newest first."""
_LONGEST = 180
"""Bytes of a name without its suffix; file systems take 255 in all."""
_SAME_NAME = 1_000
"""Files of one name, told apart by numbers."""
_PART = ".part-"
"""What an unfinished file's name begins with: a build passes hidden files over."""
_NOT_IN_NAMES = frozenset('<>:"|?*/\\')
_DEVICES = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))))
"""No name of a file on Windows."""


class UploadError(RagError):
    """A file that is not taken."""


class TooLarge(UploadError):
    """A file with more bytes than are taken."""


class Uploads:
    """The folder ``uploads`` below ``seeds``; a file in it has at most ``megabytes``."""

    def __init__(self, seeds: Path, megabytes: int) -> None:
        self.megabytes = megabytes
        self._folder = seeds / FOLDER

    def names(self) -> tuple[str, ...]:
        """Return the names of the files that were dropped in, the newest first, at most ``LISTED``."""
        found = []
        with suppress(OSError), os.scandir(self._folder) as entries:
            if not self._folder.is_symlink():
                files = (entry for entry in entries if entry.is_file(follow_symlinks=False))
                found = [(entry.stat().st_mtime, entry.name) for entry in files if not entry.name.startswith(".")]
        return tuple(name for _, name in sorted(found, reverse=True)[:LISTED] if name.isprintable())

    async def add(self, name: str, chunks: AsyncIterator[bytes]) -> str:
        """Write a file as its bytes come; return its name, which has a number where there was one of that name.

        Raises UploadError for a kind of file that is not read, an empty file, or one that cannot be written; TooLarge.
        """
        name = clean_name(name)
        unfinished = self._folder / f"{_PART}{secrets.token_hex(8)}"
        try:
            await run_in_threadpool(self._check)
            size = 0
            with open(unfinished, "xb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > self.megabytes * MEGABYTE:
                        raise TooLarge(f"{name} is larger than {self.megabytes:,} MB, the most that is taken here.")
                    await run_in_threadpool(file.write, chunk)
                file.flush()
                await run_in_threadpool(os.fsync, file.fileno())
            if not size:
                raise UploadError(f"{name} is empty.")
            return await run_in_threadpool(self._publish, unfinished, name)
        except OSError as error:
            raise UploadError(f"{name} cannot be kept: {reason_of(error)}.") from error
        finally:
            unfinished.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Take a file out; raises UnknownDocument where none of that name was dropped in, UploadError."""
        path = self._folder / name
        plain = name == PurePosixPath(name).name and "\0" not in name and "\\" not in name
        if not plain or name.startswith(".") or self._folder.is_symlink() or not path.is_file():
            raise UnknownDocument(f"No file {name!r} was dropped in here.")
        try:
            path.unlink()
        except OSError as error:
            raise UploadError(f"{name} cannot be removed: {reason_of(error)}.") from error

    def _check(self) -> None:
        if self._folder.is_symlink():
            raise UploadError(f"{self._folder} is a link: files are dropped into a folder alone.")
        self._folder.mkdir(parents=True, exist_ok=True)

    def _publish(self, unfinished: Path, name: str) -> str:
        """Give the finished file its name: the first that is free, which making it claims."""
        path = PurePosixPath(name)
        for number in range(1, _SAME_NAME):
            wanted = name if number == 1 else f"{path.stem} ({number}){path.suffix}"
            try:
                open(self._folder / wanted, "xb").close()
            except FileExistsError:
                continue
            os.replace(unfinished, self._folder / wanted)
            return wanted
        raise UploadError(f"There are too many files of the name {name}: give it another.")


def clean_name(name: str) -> str:
    r"""Return the name under which a file is kept; raises UploadError where it says no kind of file that is read.

    >>> clean_name("../..\\secret/.Q3: report?.PDF")
    'Q3_ report_.PDF'
    """
    last = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    kept = "".join(char if char.isprintable() and char not in _NOT_IN_NAMES else "_" for char in last)
    kept = kept.lstrip(" .~$").rstrip(" .")
    suffix = suffix_of(kept)
    if suffix not in SUFFIXES:
        raise UploadError(f"{kept or 'It'}: {unread(suffix)}")
    stem, ending = kept[: -len(suffix)].rstrip(" ."), kept[-len(suffix) :]
    while len(stem.encode()) > _LONGEST:
        stem = stem[:-1]
    return f"_{stem}{ending}" if stem.partition(".")[0].casefold() in _DEVICES else f"{stem}{ending}"
