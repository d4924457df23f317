"""``seeds/`` → a new generation of ``index/``; only what changed is read, and only new text is embedded."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag import documents
from rag.errors import SeedsError
from rag.indexing.embed import Pace, Queue
from rag.indexing.ingest import Taken, take
from rag.indexing.reuse import Previous
from rag.protocols import Encoder
from rag.settings import Settings
from rag.store.local import generations
from rag.store.local.docstore import DocstoreWriter
from rag.store.local.fingerprints import FileState
from rag.store.local.journal import Journal
from rag.text.segment import passage_version
from rag.types import Document, Progress, Skipped, Summary

if TYPE_CHECKING:
    import numpy as np

    from rag.store.local.lexical import LexicalWriter

Report = Callable[[Progress], None]

SOURCES = "documents.sha256"
"""In a generation: every document's SHA-256 and id, as ``sha256sum`` writes them."""

_ROWS = 4096
"""Vectors copied at once."""


def build(
    settings: Settings,
    encoder: Encoder,
    *,
    full: bool = False,
    threshold: float | None = None,
    report: Report | None = None,
) -> Summary:
    """Build a new generation from ``settings.seeds`` in ``settings.index`` and bring it into force.

    Where nothing changed since the last build, the generation in force stays, and nothing is written. ``full`` reads
    and embeds everything anew. ``threshold`` is one that was fitted to this folder: the index keeps it, until a full
    build; that of the settings counts when asking and is not kept. Raises SeedsError where there is nothing to read,
    IndexNotWritable where the index folder refuses, EncoderError.
    """
    began = time.monotonic()
    with _look(settings, encoder, threshold, full=full) as seen:
        summary = _unchanged(seen.previous, began) if seen.previous and seen.is_current else None
    if summary:
        generations.tidy(settings.index)
        return summary
    with generations.new_generation(settings.index) as folder:
        # Another build may have ended before this one had the lock.
        with _look(settings, encoder, threshold, full=full) as seen:
            if seen.previous and seen.is_current:
                return _unchanged(seen.previous, began)
            work = _Work(settings, encoder, folder, seen, threshold, report or (lambda progress: None))
            summary = work.run(began, anew=full)
        generations.remove_old(settings.index, keep=generations.current(settings.index))
    return summary


@dataclass(frozen=True, slots=True)
class _Seen:
    """What lies in ``seeds/`` and in ``index/`` when a build begins."""

    files: Mapping[str, Path]
    """By document id, sorted."""
    skipped: tuple[Skipped, ...]
    previous: Previous | None
    is_current: bool


@contextmanager
def _look(settings: Settings, encoder: Encoder, threshold: float | None, *, full: bool) -> Iterator[_Seen]:
    files, skipped = candidates(settings)
    opened = None if full else Previous.open(settings, encoder=encoder.identity)
    try:
        same = opened is not None and threshold in (None, opened.manifest.threshold)
        yield _Seen(files, skipped, opened, same and opened is not None and opened.is_current(files, skipped))
    finally:
        if opened is not None:
            opened.close()


def candidates(settings: Settings) -> tuple[dict[str, Path], tuple[Skipped, ...]]:
    """Return the files below ``settings.seeds`` by document id, and those that are skipped; the index is left out.

    Raises SeedsError where there is no such folder.
    """
    found, skipped = documents.find(settings.seeds)
    files = {path.relative_to(settings.seeds).as_posix(): path for path in found}
    below = os.path.relpath(os.path.realpath(settings.index), os.path.realpath(settings.seeds)).replace(os.sep, "/")
    if below.startswith(".."):
        return files, skipped
    inside = f"{below}/"
    return (
        {name: path for name, path in files.items() if not name.startswith(inside)},
        tuple(entry for entry in skipped if not entry.path.startswith(inside)),
    )


def _unchanged(previous: Previous, began: float) -> Summary:
    return Summary(
        documents=previous.manifest.documents,
        passages=previous.manifest.passages,
        embedded=0,
        skipped=previous.catalogue.skipped(),
        warnings=previous.catalogue.warnings(),
        seconds=time.monotonic() - began,
        generation=previous.manifest.name,
    )


class _Work:
    """One build under way."""

    def __init__(
        self,
        settings: Settings,
        encoder: Encoder,
        folder: Path,
        seen: _Seen,
        threshold: float | None,
        report: Report,
    ) -> None:
        self._settings, self._encoder, self._folder, self._seen = settings, encoder, folder, seen
        self._threshold, self._report = threshold, report
        self._known: Mapping[bytes, int] = seen.previous.rows if seen.previous else {}
        self._digests: list[bytes] = []
        self._sources: list[tuple[str, str]] = []
        self._skipped = list(seen.skipped)
        self._warnings: list[str] = []

    def run(self, began: float, *, anew: bool) -> Summary:
        """Do it, and publish."""
        identity, dimension = self._encoder.identity, self._encoder.dimension
        with Journal(self._settings.index, encoder=identity, dimension=dimension, anew=anew) as journal:
            sizes = sum(FileState.of(path).size for path in self._seen.files.values())
            pace = Pace(self._report, files=len(self._seen.files), size=sizes)
            queue = Queue(self._encoder, journal, self._known, pace)
            self._read(queue, pace)
            queue.embed()
            final = self._publish(self._write_vectors(journal))
            journal.remove()
        return Summary(
            documents=len(self._sources),
            passages=len(self._digests),
            embedded=queue.embedded,
            skipped=tuple(self._skipped),
            warnings=tuple(self._warnings),
            seconds=time.monotonic() - began,
            generation=final.name,
        )

    def _read(self, queue: Queue, pace: Pace) -> None:
        """Take in every file: into the catalogue, the lexical index and the queue of what is to be embedded."""
        from rag.store.local.lexical import LexicalWriter

        seen, settings = self._seen, self._settings
        files = take([*seen.files.items()], settings, self._encoder, seen.previous)
        with closing(files), DocstoreWriter(self._folder) as catalogue, LexicalWriter(self._folder) as lexical:
            for entry in seen.skipped:
                catalogue.skip(entry)
            for taken in files:
                if taken.document is None:
                    self._skipped.append(Skipped(taken.id, taken.reason))
                    catalogue.skip(self._skipped[-1], taken.state)
                else:
                    self._add(taken.document, taken, catalogue, lexical, queue)
                pace.read(taken.size, len(queue))
            if not self._digests:
                raise self._nothing_readable()

    def _add(
        self, document: Document, taken: Taken, catalogue: DocstoreWriter, lexical: LexicalWriter, queue: Queue
    ) -> None:
        catalogue.add(document, taken.passages, taken.digests, taken.state)
        for number, (digest, text) in enumerate(zip(taken.digests, taken.texts, strict=True), len(self._digests)):
            lexical.add(number, text)
            queue.add(digest, text)
        self._digests += taken.digests
        self._sources.append((document.sha256, document.id))
        self._warnings += [f"{document.path}: {warning}" for warning in document.warnings]

    def _nothing_readable(self) -> SeedsError:
        reasons = "".join(f" {entry.path}: {entry.reason}" for entry in self._skipped[:3])
        return SeedsError(
            f"Nothing readable is in {self._settings.seeds}: put documents there (.txt, .md, …), "
            f"then build again.{reasons}"
        )

    def _write_vectors(self, journal: Journal) -> str:
        """Write the vectors of all passages; return the type of their index."""
        from rag.store.local import vectors

        rows = len(self._digests)
        self._report(Progress("writing", 0, rows))
        kind = vectors.write(self._folder, self._vectors(journal), dimension=self._encoder.dimension, rows=rows)
        self._report(Progress("writing", rows, rows))
        return kind

    def _vectors(self, journal: Journal) -> Iterator[np.ndarray]:
        import numpy as np

        for start in range(0, len(self._digests), _ROWS):
            digests = self._digests[start : start + _ROWS]
            batch = np.empty((len(digests), self._encoder.dimension), dtype=np.float16)
            old = [i for i, digest in enumerate(digests) if digest in self._known]
            new = [i for i, digest in enumerate(digests) if digest not in self._known]
            if old and self._seen.previous:
                batch[old] = self._seen.previous.vectors([digests[i] for i in old])
            if new:
                batch[new] = journal.vectors([digests[i] for i in new])
            yield batch

    def _publish(self, vector_type: str) -> Path:
        threshold, previous = self._threshold, self._seen.previous
        if threshold is None and previous is not None:
            threshold = previous.manifest.threshold
        lines = "".join(_checksum_line(sha256, name) for sha256, name in self._sources)
        (self._folder / SOURCES).write_bytes(lines.encode("utf-8", "surrogatepass"))
        return generations.publish(
            self._settings.index,
            self._folder,
            seeds=str(self._settings.seeds),
            encoder=self._encoder.identity,
            dimension=self._encoder.dimension,
            passage_tokens=self._settings.passage_tokens,
            passage_version=passage_version(),
            reading=documents.reading_versions(),
            documents=len(self._sources),
            passages=len(self._digests),
            skipped=tuple((entry.path, entry.reason) for entry in self._skipped),
            vector_type=vector_type,
            threshold=threshold,
        )


def _checksum_line(sha256: str, name: str) -> str:
    """Return a line that ``sha256sum --check`` reads; it wants a backslash doubled, and told of before the line."""
    return f"\\{sha256}  " + name.replace("\\", "\\\\") + "\n" if "\\" in name else f"{sha256}  {name}\n"
