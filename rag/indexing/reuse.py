"""What a build can take over from the generation in force: texts, passages and vectors, each where they still hold."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rag import documents
from rag.documents.parsed import name_as_title
from rag.errors import DocumentError
from rag.settings import Settings
from rag.store.local import Salvage, lies_elsewhere
from rag.store.local.disk import hash_file
from rag.store.local.manifest import Manifest
from rag.text.segment import passage_version
from rag.types import Document, Fingerprint, Passage, Skipped

if TYPE_CHECKING:
    import numpy as np


class Unchanged:
    """The files that are as a generation has them, and their texts."""

    def __init__(self, old: Salvage) -> None:
        self.old = old
        manifest, now = old.manifest, documents.reading_versions()
        self._read_otherwise = {suffix for suffix in now if manifest.reading.get(suffix) != now[suffix]}
        every, self._unreadable = old.fingerprints(), old.unreadable()
        self._read: dict[str, Fingerprint] = {}
        self._within: dict[str, list[str]] = {}
        """The documents of each file, its own first."""
        for name, known in every.items():
            file = documents.file_of(name, every) or name
            self._within.setdefault(file, []).append(name)
            if file == name:
                self._read[file] = known

    def texts_of(self, name: str, path: Path) -> tuple[Document, ...] | None:
        """Return the documents in a file that is as it was, its own first; None where it has to be read.

        Raises DocumentError for a file that could not be read, and is as it was then.
        """
        found = self._ids_in(name, path)
        return None if found is None else tuple(map(self.old.document, found))

    def _ids_in(self, name: str, path: Path) -> list[str] | None:
        if documents.suffix_of(name) in self._read_otherwise:
            return None
        if name in self._unreadable and is_unchanged(path, self._unreadable[name][1]):
            raise DocumentError(self._unreadable[name][0].reason)
        known = name in self._read and is_unchanged(path, self._read[name])
        return self._within[name] if known else None


class Reusable(Unchanged):
    """What still holds of the last generation."""

    def __init__(self, old: Salvage, settings: Settings, *, encoder: str) -> None:
        super().__init__(old)
        self._milvus = settings.milvus_address
        self._vectors_hold = old.has_vectors and old.manifest.encoder == encoder
        self._made_otherwise = tuple(_made_otherwise(old.manifest, settings, encoder))

    def is_current(self, files: Mapping[str, Path], skipped: Sequence[Skipped], threshold: float | None) -> bool:
        """Tell whether a build would give this generation again: every file is as it was, and none came or went."""
        tried = {entry for entry, _ in self._unreadable.values()}
        return (
            self.old.is_whole
            and threshold in (None, self.old.manifest.threshold)
            and {*self.old.skipped()} - tried == {*skipped}
            and not any(self.stale(files))
        )

    def stale(self, files: Mapping[str, Path]) -> Iterator[str]:
        """Yield a line for each way in which the generation is behind the settings, this program and the files."""
        yield from self._made_otherwise
        yield from _held_otherwise(self.old.manifest, self._milvus)
        for suffix in sorted(self._read_otherwise & {documents.suffix_of(name) for name in files}):
            yield f"another version of this program, or of a library, read its {suffix} files"
        for name, path in files.items():
            if name in self._read:
                if not is_unchanged(path, self._read[name]):
                    yield f"{name} has changed"
            elif name not in self._unreadable:
                yield f"{name} is new"
            elif not is_unchanged(path, self._unreadable[name][1]):
                yield f"{name} was skipped, and may be readable now"
        for name in (*self._read, *self._unreadable):
            if name not in files:
                yield f"{name} is gone"

    def documents_of(self, name: str, path: Path) -> tuple[tuple[Document, tuple[Passage, ...] | None], ...] | None:
        """Return the documents in a file that is as it was, or was only moved; None where it has to be read.

        Its own is the first. With each come its passages, where they would be divided in the same way.
        Raises DocumentError for a file that could not be read, and is as it was then.
        """
        old = self._old_name(name, path)
        if old is None:
            return None
        return tuple(self._taken_over(one, name + one.removeprefix(old)) for one in self._within[old])

    def has_all_of(self, name: str, path: Path) -> bool:
        """Tell whether a file need neither be read nor embedded: all that was made of it holds."""
        if self._made_otherwise or not self._vectors_hold:
            return False
        try:
            return self._old_name(name, path) is not None
        except DocumentError:
            return True

    def _old_name(self, name: str, path: Path) -> str | None:
        """Return under which name a file was read that is as it was, or was only moved; raises DocumentError."""
        if documents.suffix_of(name) in self._read_otherwise:
            return None
        return name if self._ids_in(name, path) else self._former_name(name, path)

    def _taken_over(self, old: str, name: str) -> tuple[Document, tuple[Passage, ...] | None]:
        document = replace(self.old.document(old), id=name, path=name)
        if self._made_otherwise:
            return document, None
        return document, tuple(replace(passage, document_id=name) for passage in self.old.passages_of(old))

    @cached_property
    def rows(self) -> Mapping[bytes, int]:
        """The row of each vector that can be taken over, by what identifies the text that was embedded."""
        if not self._vectors_hold:
            return {}
        return {digest: row for row, digest in enumerate(self.old.digests())}

    def vectors(self, digests: Sequence[bytes]) -> np.ndarray:
        """Return the vectors of these texts: (n, dimension) float16."""
        return self.old.vectors([self.rows[digest] for digest in digests])

    def _former_name(self, name: str, path: Path) -> str | None:
        """Return the name under which the same content was read, where the name has no part in what is read."""
        if fingerprint(path).size not in self._sizes:
            return None
        old = self._by_content.get(_hash(path))
        if old is None or documents.suffix_of(old) != documents.suffix_of(name):
            return None
        by_name = self.old.source(old).title == name_as_title(old)
        return old if not by_name or name_as_title(old) == name_as_title(name) else None

    @cached_property
    def _by_content(self) -> Mapping[str, str]:
        """A document of each content, by its SHA-256."""
        return {known.sha256: name for name, known in self._read.items()}

    @cached_property
    def _sizes(self) -> frozenset[int]:
        return frozenset(known.size for known in self._read.values())


def _made_otherwise(manifest: Manifest, settings: Settings, encoder: str) -> Iterator[str]:
    if manifest.encoder != encoder:
        yield f"the index was made with {manifest.encoder}, the settings name {encoder}"
    if manifest.passage_tokens != settings.passage_tokens:
        yield f"its passages have up to {manifest.passage_tokens} tokens, the settings say {settings.passage_tokens}"
    if manifest.passage_version != passage_version():
        yield "another version of this program divided the documents into passages"


def _held_otherwise(manifest: Manifest, milvus: str) -> Iterator[str]:
    """Yield what keeps the generation from being searched in the store that the settings name."""
    if lies_elsewhere(manifest, milvus):
        yield "the settings name another store than the index was built for"
    elif milvus:
        from rag.store.milvus import missing

        if fault := missing(milvus, manifest.name, manifest.passages):
            yield fault


_FRESH_NS = 2_000_000_000
"""A file that changed this shortly before it was looked at may change again within the tick of the disk's clock."""

NEVER_OPENED = Fingerprint(-1, "")
"""Of a file that could not be opened: it is the same until it can be."""


def fingerprint(path: Path) -> Fingerprint:
    """Return a file's fingerprint now, without its hash; to be taken before the file is read."""
    try:
        now = path.stat()
    except OSError:
        return NEVER_OPENED
    changed = max(now.st_mtime_ns, now.st_ctime_ns)
    fresh = changed > time.time_ns() - _FRESH_NS
    return Fingerprint(now.st_size, f"{now.st_mtime_ns}" + ("" if fresh else f" {now.st_ctime_ns} {now.st_ino}"))


def fingerprint_before_reading(path: Path) -> Fingerprint:
    """Return ``fingerprint(path)``, with the hash where the stamp cannot be trusted and reading may fail."""
    known = fingerprint(path)
    if _is_sure(known) or not can_be_opened(path):
        return known
    return replace(known, sha256=_hash(path))


def is_unchanged(path: Path, known: Fingerprint) -> bool:
    """Tell whether a file is still as it was: by its directory entry, or else by its hash."""
    if known == NEVER_OPENED:
        return not can_be_opened(path)
    now = fingerprint(path)
    if now.size != known.size:
        return False
    if _is_sure(known) and now.stamp == known.stamp:
        return True
    return known.sha256 != "" and _hash(path) == known.sha256


def _is_sure(known: Fingerprint) -> bool:
    return " " in known.stamp


def _hash(path: Path) -> str:
    """Return the SHA-256 of a file; empty where it cannot be read."""
    try:
        return hash_file(path)
    except OSError:
        return ""


def can_be_opened(path: Path) -> bool:
    """Tell whether a regular file lets itself be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)
