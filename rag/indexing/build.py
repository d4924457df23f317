"""``seeds/`` → a new generation of ``index/``; only what changed is read, and only new text is embedded."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag import documents
from rag.errors import IndexError_, SeedsError
from rag.indexing import ray as over_ray
from rag.indexing import shards
from rag.indexing.embed import Queue
from rag.indexing.ingest import Ingested, ingest
from rag.indexing.reuse import Reusable, fingerprint
from rag.protocols import Encoder, OnProgress, StoreWriter
from rag.settings import Settings
from rag.store.local import LocalWriter, Salvage, generations, release
from rag.store.local.vectors import Journal
from rag.text.segment import passage_version
from rag.types import Progress, Skipped, Summary

if TYPE_CHECKING:
    import numpy as np


_ROWS = 4096
"""Vectors copied at once."""


def build(
    settings: Settings,
    encoder: Encoder,
    *,
    full: bool = False,
    threshold: float | None = None,
    report: OnProgress | None = None,
    ray: str = "",
) -> Summary:
    """Build a new generation from ``settings.seeds`` in ``settings.index`` and bring it into force.

    Where nothing changed since the last build, the generation in force stays, and nothing is written. ``full`` reads
    and embeds everything anew. ``threshold`` is one that was fitted to this folder: the index keeps it, until a full
    build; that of the settings counts when asking and is not kept. ``ray`` is the address of a Ray that reads and
    embeds, or ``over_ray.LOCAL``. Raises SeedsError where there is nothing to read, IndexNotWritable where the index
    folder refuses, EncoderError; with Ray as ``over_ray.ingest``.
    """
    began = time.monotonic()
    documents.allow_memory(settings.reading_megabytes)
    with _inspect(settings, encoder, threshold, full=full) as seen:
        summary = _summary(seen.current, began) if seen.current else None
    if summary:
        generations.tidy(settings.index, release=release(settings.milvus_address))
        return summary
    with (
        LocalWriter.open(settings.index, milvus=settings.milvus_address) as writer,
        _inspect(settings, encoder, threshold, full=full) as seen,  # another build may have ended before the lock
    ):
        if seen.current:
            return _summary(seen.current, began)
        if threshold is None and seen.reusable:
            threshold = seen.reusable.old.manifest.threshold
        identity, dimension = encoder.identity, encoder.dimension
        with Journal(settings.index, encoder=identity, dimension=dimension, anew=full) as journal:
            if full:
                shards.remove(settings.index)
            embedded = _write(writer, journal, settings, encoder, seen, report or (lambda progress: None), ray)
            writer.publish(
                seeds=str(settings.seeds),
                encoder=identity,
                passage_tokens=settings.passage_tokens,
                passage_version=passage_version(),
                reading=documents.reading_versions(),
                threshold=threshold,
            )
            journal.remove()
            shards.remove(settings.index)
        with closing(Salvage.open(settings.index)) as new:
            return _summary(new, began, embedded)


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


def _summary(index: Salvage, began: float, embedded: int = 0) -> Summary:
    return Summary(
        documents=index.manifest.documents,
        passages=index.manifest.passages,
        embedded=embedded,
        skipped=index.skipped(),
        warnings=index.warnings(),
        seconds=time.monotonic() - began,
        generation=index.manifest.name,
    )


def _write(
    writer: StoreWriter,
    journal: Journal,
    settings: Settings,
    encoder: Encoder,
    seen: _Seen,
    report: OnProgress,
    ray: str,
) -> int:
    """Write every document, passage and vector; return how many vectors had to be computed."""
    known = seen.reusable.rows if seen.reusable else {}
    size = sum(fingerprint(path).size for path in seen.files.values())
    queue = Queue(encoder, journal, known, report, files=len(seen.files), size=size)
    given = ([*seen.files.items()], settings, encoder, seen.reusable)
    with closing(over_ray.ingest(*given, queue, ray) if ray else ingest(*given)) as files:
        digests = _write_texts(settings, writer, seen, files, queue)
    queue.embed()
    report(Progress("writing", 0, len(digests)))
    vectors = _vectors(digests, journal, seen.reusable, encoder.dimension)
    writer.write_vectors(vectors, dimension=encoder.dimension)
    report(Progress("writing", len(digests), len(digests)))
    return queue.embedded


def _write_texts(
    settings: Settings, writer: StoreWriter, seen: _Seen, files: Iterable[Ingested], queue: Queue
) -> list[bytes]:
    """Write every file's document and passages, and queue their texts; return what identifies each text, in order.

    Raises SeedsError where there is none.
    """
    digests: list[bytes] = []
    skipped = [*seen.skipped]
    for entry in skipped:
        writer.skip(entry)
    for file in files:
        if file.document is None:
            skipped.append(Skipped(file.id, file.reason))
            writer.skip(skipped[-1], file.fingerprint)
        for one in (file, *file.attached):
            if one.document is not None:
                writer.add(one.document, one.passages, one.texts, one.digests, one.fingerprint)
                digests += one.digests
                for digest, text in zip(one.digests, one.texts, strict=True):
                    queue.add(digest, text)
        queue.note_read(file.size)
    if not digests:
        reasons = "".join(f" {entry.path}: {entry.reason}" for entry in skipped[:3])
        raise SeedsError(
            f"Nothing readable is in {settings.seeds}: put documents there (.txt, .md, …), then build again.{reasons}"
        )
    return digests


def _vectors(
    digests: Sequence[bytes], journal: Journal, reusable: Reusable | None, dimension: int
) -> Iterator[np.ndarray]:
    """Yield the vectors under these digests in batches, (n, dimension) float16: the last generation's, or new ones."""
    import numpy as np

    known = reusable.rows if reusable else {}
    for start in range(0, len(digests), _ROWS):
        wanted = digests[start : start + _ROWS]
        batch = np.empty((len(wanted), dimension), dtype=np.float16)
        old = [i for i, digest in enumerate(wanted) if digest in known]
        new = [i for i, digest in enumerate(wanted) if digest not in known]
        if old and reusable:
            batch[old] = reusable.vectors([wanted[i] for i in old])
        if new:
            batch[new] = journal.vectors([wanted[i] for i in new])
        yield batch
