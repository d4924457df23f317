"""``seeds/`` → a new generation of ``index/``; only what changed is read, and only new text is embedded."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rag import documents, tokens
from rag.encoder import Encoder
from rag.errors import DocumentError, IndexError_, SeedsError
from rag.segment import passages
from rag.settings import Settings
from rag.store import generations, lexical, vectors
from rag.store.catalogue import Catalogue, CatalogueWriter, FileState
from rag.store.journal import DIGEST, Journal
from rag.types import Document, Passage, Progress, Skipped, Summary

Report = Callable[[Progress], None]

_BATCH = 256
"""Passages embedded between two writes to the journal."""

_SMALLEST_PASSAGE = 32
"""Tokens left for a passage beside even the longest context."""


def build(settings: Settings, encoder: Encoder, *, full: bool = False, report: Report | None = None) -> Summary:
    """Build a new generation from ``settings.seeds`` in ``settings.index`` and bring it into force.

    Where nothing changed since the last build, the generation in force stays. ``full`` reads and embeds everything anew.
    Raises SeedsError where there is nothing to read, IndexNotWritable where the index folder refuses.
    """
    began = time.monotonic()
    files, skipped = documents.find(settings.seeds)
    previous = None if full else _Previous.open(settings, encoder)
    if previous and previous.unchanged(files, skipped, settings.seeds):
        return previous.summary(time.monotonic() - began)
    with generations.new_generation(settings.index) as folder:
        with Journal(settings.index, encoder=encoder.identity, dimension=encoder.dimension) as journal:
            work = _Work(settings, encoder, folder, journal, previous, report or (lambda progress: None))
            digests, warnings = work.read(files, list(skipped))
            kind = work.write(digests)
            final = generations.publish(
                settings.index,
                folder,
                seeds=str(settings.seeds),
                encoder=encoder.identity,
                dimension=encoder.dimension,
                passage_tokens=settings.passage_tokens,
                documents=work.documents,
                passages=len(digests),
                vector_type=kind,
                threshold=settings.threshold,
            )
            journal.remove()
    return Summary(
        documents=work.documents,
        passages=len(digests),
        embedded=work.embedded,
        skipped=tuple(work.skipped),
        warnings=tuple(warnings),
        seconds=time.monotonic() - began,
        generation=final.name,
    )


@dataclass(frozen=True, slots=True)
class _Previous:
    """The generation in force, as far as it can be taken over."""

    manifest: generations.Manifest
    catalogue: Catalogue
    vectors: vectors.Vectors
    rows: dict[bytes, int]
    states: dict[str, FileState]
    unreadable: dict[str, Skipped]
    """Files that could not be read; their state is known, so that they are not tried again for nothing."""

    @classmethod
    def open(cls, settings: Settings, encoder: Encoder) -> _Previous | None:
        """Open it; None where there is none, or it was made differently."""
        try:
            folder = generations.current(settings.index)
            manifest = generations.read_manifest(folder)
            generations.check_files(folder, manifest)
        except IndexError_:
            return None
        if (manifest.encoder, manifest.passage_tokens) != (encoder.identity, settings.passage_tokens):
            return None
        catalogue = Catalogue(folder)
        return cls(
            manifest=manifest,
            catalogue=catalogue,
            vectors=vectors.Vectors.open(folder, dimension=manifest.dimension, rows=manifest.passages),
            rows={digest: row for row, digest in catalogue.digests()},
            states=catalogue.states(),
            unreadable=catalogue.unreadable(),
        )

    def unchanged(self, files: Sequence[Path], skipped: Sequence[Skipped], seeds: Path) -> bool:
        """Tell whether every file is as it was, and none came or went."""
        names = {documents.identify(path, seeds): path for path in files}
        if set(names) != set(self.states) or {*self.catalogue.skipped()} - {*self.unreadable.values()} != {*skipped}:
            return False
        return all(self.same(document_id, path) for document_id, path in names.items())

    def same(self, document_id: str, path: Path) -> bool:
        """Tell whether a file is as it was when it was last read or tried."""
        return document_id in self.states and self.states[document_id].matches(path)

    def summary(self, seconds: float) -> Summary:
        return Summary(
            documents=self.manifest.documents,
            passages=self.manifest.passages,
            embedded=0,
            skipped=self.catalogue.skipped(),
            warnings=(),
            seconds=seconds,
            generation=self.manifest.name,
        )


class _Work:
    """One build under way."""

    def __init__(
        self,
        settings: Settings,
        encoder: Encoder,
        folder: Path,
        journal: Journal,
        previous: _Previous | None,
        report: Report,
    ) -> None:
        self.settings, self.encoder, self.folder, self.journal, self.previous = (
            settings,
            encoder,
            folder,
            journal,
            previous,
        )
        self.report = report
        self.documents = 0
        self.embedded = 0
        self.skipped: list[Skipped] = []
        self._waiting: dict[bytes, str] = {}

    def read(self, files: Sequence[Path], skipped: list[Skipped]) -> tuple[list[bytes], list[str]]:
        """Read, segment, embed and catalogue every file; return the digest of each passage, and the warnings."""
        catalogue = CatalogueWriter(self.folder)
        digests: list[bytes] = []
        warnings: list[str] = []
        self.skipped = skipped
        for entry in skipped:
            catalogue.skip(entry)
        for done, path in enumerate(files):
            self.report(Progress("reading", done, len(files)))
            try:
                document, state = self._document(path)
            except DocumentError as error:
                entry = Skipped(documents.identify(path, self.settings.seeds), str(error))
                catalogue.skip(entry, FileState.of(path))
                self.skipped.append(entry)
                continue
            found = self._passages(document, first_number=len(digests))
            own = [_digest(passage, document) for passage in found]
            for passage, digest in zip(found, own, strict=True):
                self._embed_later(digest, _embedded_text(passage, document))
            catalogue.add(document, found, own, state)
            digests += own
            warnings += [f"{document.path}: {warning}" for warning in document.warnings]
            self.documents += 1
        self._embed()
        catalogue.close()
        if not digests:
            reasons = "".join(f" {entry.path}: {entry.reason}" for entry in self.skipped[:3])
            raise SeedsError(
                f"Nothing readable is in {self.settings.seeds}: put documents there (.txt, .md, …), then build again.{reasons}"
            )
        return digests, warnings

    def write(self, digests: Sequence[bytes]) -> str:
        """Write vectors and words of all passages; return the type of the vector index."""
        self.report(Progress("writing", 0, len(digests)))
        catalogue = Catalogue(self.folder)
        texts = ((number, f"{context}\n{text}") for number, context, text in catalogue.embedded_texts())
        lexical.write(self.folder, texts)
        catalogue.close()
        kind = vectors.write(self.folder, self._vectors(digests), dimension=self.encoder.dimension, rows=len(digests))
        self.report(Progress("writing", len(digests), len(digests)))
        return kind

    def _document(self, path: Path) -> tuple[Document, FileState]:
        """Read a file, or take it over from the last generation where it is as it was."""
        document_id = documents.identify(path, self.settings.seeds)
        state = FileState.of(path)
        if self.previous and self.previous.same(document_id, path):
            if document_id in self.previous.unreadable:
                raise DocumentError(self.previous.unreadable[document_id].reason)
            document = self.previous.catalogue.document(document_id)
        else:
            document = documents.read(path, self.settings.seeds)
        return document, replace(state, sha256=document.sha256)

    def _passages(self, document: Document, *, first_number: int) -> tuple[Passage, ...]:
        if self.previous and self.previous.states.get(document.id, FileState(0, 0, "")).sha256 == document.sha256:
            old = self.previous.catalogue.passages_of(document.id)
            return tuple(replace(passage, number=first_number + i) for i, (passage, _) in enumerate(old))
        return segment(document, self.encoder, first_number=first_number, passage_tokens=self.settings.passage_tokens)

    def _embed_later(self, digest: bytes, text: str) -> None:
        if digest in self._waiting or digest in self.journal or (self.previous and digest in self.previous.rows):
            return
        self._waiting[digest] = text
        if len(self._waiting) >= _BATCH:
            self._embed()

    def _embed(self) -> None:
        if self._waiting:
            self.journal.append(self._waiting, self.encoder.encode_passages(list(self._waiting.values())))
            self.embedded += len(self._waiting)
            self._waiting.clear()
            self.report(Progress("embedding", self.embedded, 0))

    def _vectors(self, digests: Sequence[bytes]) -> Iterator[np.ndarray]:
        for start in range(0, len(digests), 4096):
            yield np.stack([self._vector(digest) for digest in digests[start : start + 4096]])

    def _vector(self, digest: bytes) -> np.ndarray:
        if digest in self.journal or self.previous is None:
            return self.journal.vector(digest)
        return self.previous.vectors.take([self.previous.rows[digest]])[0].astype(np.float16)


def segment(document: Document, encoder: Encoder, *, first_number: int, passage_tokens: int) -> tuple[Passage, ...]:
    """Divide a document into passages within the token budget and, with their context, the encoder's window."""

    def sizes(texts: Sequence[str]) -> list[int]:
        return [max(pair) for pair in zip(tokens.counts(texts), encoder.pieces(texts), strict=True)]

    def room(context: str) -> int:
        return max(_SMALLEST_PASSAGE, min(passage_tokens, encoder.window - encoder.pieces([context])[0]))

    return passages(document, first_number=first_number, budget=room, count=sizes)


def _embedded_text(passage: Passage, document: Document) -> str:
    return f"{passage.context}\n{document.text[passage.start : passage.end]}"


def _digest(passage: Passage, document: Document) -> bytes:
    """Return what identifies the text that is embedded."""
    text = _embedded_text(passage, document).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=DIGEST).digest()
