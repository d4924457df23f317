"""``seeds/`` → a new generation of ``index/``; only what changed is read, and only new text is embedded."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag import documents
from rag.errors import IndexError_, SeedsError
from rag.indexing.embed import Pace, Queue
from rag.indexing.ingest import Ingested, ingest
from rag.indexing.reuse import Reusable, fingerprint
from rag.protocols import Encoder, StoreWriter
from rag.settings import Settings
from rag.store.local import LocalWriter, Salvage, generations
from rag.store.local.vectors import Journal
from rag.text.segment import passage_version
from rag.types import Document, Progress, Skipped, Summary

if TYPE_CHECKING:
    import numpy as np

Report = Callable[[Progress], None]

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
    with _inspect(settings, encoder, threshold, full=full) as seen:
        summary = _unchanged(seen.current, began) if seen.current else None
    if summary:
        generations.tidy(settings.index)
        return summary
    with (
        LocalWriter.open(settings.index) as writer,
        _inspect(settings, encoder, threshold, full=full) as seen,  # another build may have ended before the lock
    ):
        if seen.current:
            return _unchanged(seen.current, began)
        work = _Build(settings, encoder, writer, seen, threshold, report or (lambda progress: None))
        return work.run(began, anew=full)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What lies in ``seeds/`` and in ``index/`` when a build begins."""

    files: Mapping[str, Path]
    """By document id, sorted."""
    skipped: tuple[Skipped, ...]
    reusable: Reusable | None
    """What holds of the generation in force; none where there is none, or all is to be built anew."""
    current: Salvage | None
    """The generation in force, where a build would give it again."""


@contextmanager
def _inspect(settings: Settings, encoder: Encoder, threshold: float | None, *, full: bool) -> Iterator[_Seen]:
    files, skipped = candidates(settings)
    with ExitStack() as stack:
        old = reusable = None
        if not full:
            with suppress(IndexError_):
                old = stack.enter_context(closing(Salvage.open(settings.index)))
                reusable = Reusable(old, settings, encoder=encoder.identity)
        is_current = reusable is not None and reusable.is_current(files, skipped, threshold)
        yield _Seen(files, skipped, reusable, old if is_current else None)


def candidates(settings: Settings) -> tuple[dict[str, Path], tuple[Skipped, ...]]:
    """Return the files below ``settings.seeds`` by document id, and those that are skipped; the index is left out.

    Raises SeedsError where the folder is missing.
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


def _unchanged(old: Salvage, began: float) -> Summary:
    return Summary(
        documents=old.manifest.documents,
        passages=old.manifest.passages,
        embedded=0,
        skipped=old.skipped(),
        warnings=old.warnings(),
        seconds=time.monotonic() - began,
        generation=old.manifest.name,
    )


class _Build:
    """One build under way."""

    def __init__(
        self,
        settings: Settings,
        encoder: Encoder,
        writer: StoreWriter,
        seen: _Seen,
        threshold: float | None,
        report: Report,
    ) -> None:
        self._settings, self._encoder, self._writer, self._seen = settings, encoder, writer, seen
        self._threshold, self._report = threshold, report
        self._known: Mapping[bytes, int] = seen.reusable.rows if seen.reusable else {}
        self._digests: list[bytes] = []
        self._documents = 0
        self._skipped = list(seen.skipped)
        self._warnings: list[str] = []

    def run(self, began: float, *, anew: bool) -> Summary:
        """Do it, and publish."""
        identity, dimension = self._encoder.identity, self._encoder.dimension
        with Journal(self._settings.index, encoder=identity, dimension=dimension, anew=anew) as journal:
            sizes = sum(fingerprint(path).size for path in self._seen.files.values())
            pace = Pace(self._report, files=len(self._seen.files), size=sizes)
            queue = Queue(self._encoder, journal, self._known, pace)
            self._read(queue, pace)
            queue.embed()
            self._write_vectors(journal)
            generation = self._publish()
            journal.remove()
        return Summary(
            documents=self._documents,
            passages=len(self._digests),
            embedded=queue.embedded,
            skipped=tuple(self._skipped),
            warnings=tuple(self._warnings),
            seconds=time.monotonic() - began,
            generation=generation,
        )

    def _read(self, queue: Queue, pace: Pace) -> None:
        """Write every file's document and passages, and queue the texts that have to be embedded."""
        for entry in self._skipped:
            self._writer.skip(entry)
        with closing(ingest([*self._seen.files.items()], self._settings, self._encoder, self._seen.reusable)) as files:
            for file in files:
                if file.document is None:
                    self._skipped.append(Skipped(file.id, file.reason))
                    self._writer.skip(self._skipped[-1], file.fingerprint)
                else:
                    self._add(file.document, file, queue)
                pace.read(file.size, len(queue))
        if not self._digests:
            raise self._nothing_readable()

    def _add(self, document: Document, file: Ingested, queue: Queue) -> None:
        self._writer.add(document, file.passages, file.texts, file.digests, file.fingerprint)
        for digest, text in zip(file.digests, file.texts, strict=True):
            queue.add(digest, text)
        self._documents += 1
        self._digests += file.digests
        self._warnings += [f"{document.path}: {warning}" for warning in document.warnings]

    def _nothing_readable(self) -> SeedsError:
        reasons = "".join(f" {entry.path}: {entry.reason}" for entry in self._skipped[:3])
        return SeedsError(
            f"Nothing readable is in {self._settings.seeds}: put documents there (.txt, .md, …), "
            f"then build again.{reasons}"
        )

    def _write_vectors(self, journal: Journal) -> None:
        rows = len(self._digests)
        self._report(Progress("writing", 0, rows))
        self._writer.write_vectors(self._vectors(journal), dimension=self._encoder.dimension)
        self._report(Progress("writing", rows, rows))

    def _vectors(self, journal: Journal) -> Iterator[np.ndarray]:
        import numpy as np

        for start in range(0, len(self._digests), _ROWS):
            digests = self._digests[start : start + _ROWS]
            batch = np.empty((len(digests), self._encoder.dimension), dtype=np.float16)
            old = [i for i, digest in enumerate(digests) if digest in self._known]
            new = [i for i, digest in enumerate(digests) if digest not in self._known]
            if old and self._seen.reusable:
                batch[old] = self._seen.reusable.vectors([digests[i] for i in old])
            if new:
                batch[new] = journal.vectors([digests[i] for i in new])
            yield batch

    def _publish(self) -> str:
        threshold, reusable = self._threshold, self._seen.reusable
        if threshold is None and reusable is not None:
            threshold = reusable.old.manifest.threshold
        return self._writer.publish(
            seeds=str(self._settings.seeds),
            encoder=self._encoder.identity,
            passage_tokens=self._settings.passage_tokens,
            passage_version=passage_version(),
            reading=documents.reading_versions(),
            threshold=threshold,
        )
