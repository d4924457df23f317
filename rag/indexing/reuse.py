"""The generation in force, as far as a build can take it over: texts, passages, vectors, each where they still hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rag import documents
from rag.documents.parsed import name_as_title
from rag.errors import DocumentError, IndexDamaged, IndexError_
from rag.settings import Settings
from rag.store.local import generations
from rag.store.local.disk import hash_file
from rag.store.local.docstore import FILE as CATALOGUE
from rag.store.local.docstore import Docstore
from rag.store.local.fingerprints import FileState
from rag.store.local.manifest import damaged_files, is_whole
from rag.text.segment import passage_version
from rag.types import Document, Passage, Skipped

if TYPE_CHECKING:
    import numpy as np

_RAW_VECTORS = "vectors.f16"
_State = TypeVar("_State")


class Previous:
    """The last generation, held while a build takes over what is in it; ``close`` lets it go."""

    def __init__(self, held: generations.Held, settings: Settings, *, encoder: str) -> None:
        self.manifest = manifest = held.manifest
        self._held = held
        damaged = {} if is_whole(held.folder, manifest) else damaged_files(held.folder, manifest)
        if CATALOGUE in damaged:
            raise IndexDamaged(damaged[CATALOGUE])
        self._vectors_hold = _RAW_VECTORS not in damaged and manifest.encoder == encoder
        self._passages_hold = (
            manifest.encoder == encoder
            and manifest.passage_tokens == settings.passage_tokens
            and manifest.passage_version == passage_version()
        )
        self._all_hold = not damaged and self._passages_hold
        self.catalogue = Docstore(held.folder)
        now = documents.reading_versions()
        read_alike = {suffix for suffix, version in manifest.reading.items() if now.get(suffix) == version}
        self._states: Mapping[str, FileState] = _of_kinds(self.catalogue.states(), read_alike)
        self._tried = _of_kinds(self.catalogue.tried(), read_alike)

    @classmethod
    def open(cls, settings: Settings, *, encoder: str) -> Previous | None:
        """Return the generation in force; None where there is none that can be read."""
        try:
            held = generations.hold(settings.index)
        except IndexError_:
            return None
        try:
            return cls(held, settings, encoder=encoder)
        except IndexDamaged:
            held.close()
            return None
        except BaseException:
            held.close()
            raise

    def close(self) -> None:
        """Let the generation go."""
        self.catalogue.close()
        self._held.close()

    def is_current(self, files: Mapping[str, Path], skipped: Sequence[Skipped]) -> bool:
        """Tell whether a build would give this generation again: every file is as it was, and none came or went."""
        if not self._all_hold or {*files} != {*self._states, *self._tried}:
            return False
        tried = {entry for entry, _ in self._tried.values()}
        if {*self.catalogue.skipped()} - tried != {*skipped}:
            return False
        return all(self._state(name).matches(path) for name, path in files.items())

    def document(self, name: str, path: Path) -> tuple[Document, tuple[Passage, ...] | None] | None:
        """Return the document in a file that is as it was, or was only moved; None where it has to be read.

        With it come its passages, where they would be divided in the same way.
        Raises DocumentError for a file that could not be read, and is as it was then.
        """
        if name in self._tried and self._tried[name][1].matches(path):
            raise DocumentError(self._tried[name][0].reason)
        known = name in self._states and self._states[name].matches(path)
        old = name if known else self._former_name(name, path)
        if old is None:
            return None
        document = replace(self.catalogue.document(old), id=name, path=name)
        if not self._passages_hold:
            return document, None
        return document, tuple(replace(passage, document_id=name) for passage in self.catalogue.passages_of(old))

    @cached_property
    def rows(self) -> Mapping[bytes, int]:
        """The row of each vector that can be taken over, by what identifies the text that was embedded."""
        if not self._vectors_hold:
            return {}
        return {digest: row for row, digest in enumerate(self.catalogue.digests())}

    def vectors(self, digests: Sequence[bytes]) -> np.ndarray:
        """Return the vectors of these texts: (n, dimension) float16."""
        from rag.store.local.vectors import open_raw

        raw = open_raw(self._held.folder, dimension=self.manifest.dimension, rows=self.manifest.passages)
        return raw[[self.rows[digest] for digest in digests]]

    def _former_name(self, name: str, path: Path) -> str | None:
        """Return the name under which the same content was read, where the name has no part in what is read."""
        if FileState.of(path).size not in self._sizes:
            return None
        try:
            old = self._by_content.get(hash_file(path))
        except OSError:
            return None
        if old is None or documents.suffix_of(old) != documents.suffix_of(name):
            return None
        by_name = self.catalogue.source(old).title == name_as_title(old)
        return old if not by_name or name_as_title(old) == name_as_title(name) else None

    def _state(self, name: str) -> FileState:
        return self._states[name] if name in self._states else self._tried[name][1]

    @cached_property
    def _by_content(self) -> Mapping[str, str]:
        """A document of each content, by its SHA-256."""
        return {state.sha256: name for name, state in self._states.items()}

    @cached_property
    def _sizes(self) -> frozenset[int]:
        return frozenset(state.size for state in self._states.values())


def _of_kinds(states: Mapping[str, _State], suffixes: Collection[str]) -> Mapping[str, _State]:
    """Return what is known of the files with these suffixes."""
    return {name: state for name, state in states.items() if documents.suffix_of(name) in suffixes}
