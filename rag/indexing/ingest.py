"""Files → documents and passages, read ahead in threads while something else is done with the last ones.

A file that is as it was is not read again: its text and its passages are taken over from the generation in force.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from rag import documents
from rag.documents import budget
from rag.errors import DocumentError, RagError
from rag.indexing.reuse import NEVER_OPENED, Reusable, can_be_opened, fingerprint, fingerprint_before_reading
from rag.protocols import Encoder
from rag.settings import Settings
from rag.store.local.vectors import DIGEST
from rag.text import tokens
from rag.text.language import told
from rag.text.segment import divide
from rag.types import Document, Fingerprint, Passage

_READERS = 2
_FILES_AHEAD = 32
_BYTES_AHEAD = 32 << 20
"""Files that are read before they are asked for, and their bytes: at most, but always one file."""

_SMALLEST_PASSAGE = 32
"""Tokens left for a passage beside even the longest context."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """A file that was read, or taken over from the last generation; only ``reason``, where it could not be."""

    id: str
    size: int
    """Bytes."""
    fingerprint: Fingerprint
    reason: str = ""
    document: Document | None = None
    passages: tuple[Passage, ...] = ()
    texts: tuple[str, ...] = ()
    """What is embedded and searched of each passage: its context, a line end, and its text."""
    digests: tuple[bytes, ...] = ()
    """What identifies each of ``texts``."""
    attached: tuple[Ingested, ...] = ()
    """The documents within it; their fingerprint is the file's."""


def ingest(
    files: Sequence[tuple[str, Path]],
    settings: Settings,
    encoder: Encoder,
    reusable: Reusable | None,
    share: documents.Share | None = None,
) -> Generator[Ingested, None, None]:
    """Yield each of ``files``, (document id, path), in order; raises EncoderError.

    ``share`` is the time that they may lose together with others; none: a build's for them alone.
    """
    pool = ThreadPoolExecutor(_READERS, thread_name_prefix="reading")
    share = share or documents.Share(budget.SHARE)
    waiting: deque[tuple[Future[Ingested], int]] = deque()
    ahead = 0
    try:
        for name, path in files:
            size = max(fingerprint(path).size, 0)
            while waiting and (len(waiting) >= _FILES_AHEAD or ahead + size > _BYTES_AHEAD):
                first, done = waiting.popleft()
                yield first.result()
                ahead -= done
            waiting.append((pool.submit(_ingest_one, name, path, settings, encoder, reusable, share), size))
            ahead += size
        while waiting:
            yield waiting.popleft()[0].result()
    finally:
        pool.shutdown(cancel_futures=True)  # a build that fails drops the files that are not begun


def _ingest_one(
    name: str,
    path: Path,
    settings: Settings,
    encoder: Encoder,
    reusable: Reusable | None,
    share: documents.Share,
) -> Ingested:
    before = fingerprint_before_reading(path)
    size = max(before.size, 0)
    try:
        known = reusable.documents_of(name, path) if reusable else None
        found = known or tuple((document, None) for document in documents.load_all(path, settings.seeds, share))
        now = replace(before, sha256=found[0][0].sha256)
        own, *attached = (prepared(document, passages, now, settings, encoder) for document, passages in found)
    except DocumentError as error:
        reason = str(error)
    except RagError:
        raise
    except Exception as error:  # a mistake in reading one file must not cost all the others
        what = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        reason = f"It could not be read, by a mistake of this program ({what})."
    else:
        return replace(own, size=size, attached=tuple(attached))
    return Ingested(name, size, before if can_be_opened(path) else NEVER_OPENED, reason)


def prepared(
    document: Document, passages: tuple[Passage, ...] | None, known: Fingerprint, settings: Settings, encoder: Encoder
) -> Ingested:
    """Return a document with its passages, these or else new ones, and what is embedded of them."""
    if passages is None:
        document = replace(document, language=told(document.text).code)
        passages = segment(document, encoder, passage_tokens=settings.passage_tokens)
    texts = tuple(f"{passage.context}\n{document.text[passage.start : passage.end]}" for passage in passages)
    digests = tuple(map(_digest, texts))
    return Ingested(document.id, 0, known, document=document, passages=passages, texts=texts, digests=digests)


def segment(document: Document, encoder: Encoder, *, passage_tokens: int) -> tuple[Passage, ...]:
    """Divide a document into passages within the token budget and, with their context, the encoder's window."""

    def sizes(texts: Sequence[str]) -> list[int]:
        return [max(pair) for pair in zip(tokens.counts(texts), encoder.pieces(texts), strict=True)]

    room: Callable[[str], int] = lru_cache(maxsize=1)(
        lambda context: max(_SMALLEST_PASSAGE, min(passage_tokens, encoder.window - encoder.pieces([context])[0]))
    )
    return divide(document, budget=room, count=sizes)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest()
