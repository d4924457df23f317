"""Is the index whole and current? Names what is damaged or stale."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from rag import documents
from rag.encoder import SentenceEncoder
from rag.errors import IndexDamaged
from rag.indexing.build import candidates
from rag.indexing.reuse import is_unchanged
from rag.protocols import Encoder
from rag.settings import Settings
from rag.store.local import Salvage, damage
from rag.store.local.manifest import Manifest
from rag.text.segment import passage_version


def faults(settings: Settings, *, encoder: Encoder | None = None) -> tuple[str, ...]:
    """Return a line for each damaged file of the index, or else for each way in which it is behind the documents.

    Every file of the index is hashed, whatever was verified before; a file that was skipped is not stale while nothing
    about it changed. ``encoder`` is the one that the settings name, where it is at hand.
    Raises IndexMissing, IndexMismatch, SeedsError or EncoderError.
    """
    rebuild = f"Build anew with: rag build --seeds {settings.seeds} --index {settings.index}"
    try:
        if damaged := damage(settings.index):
            return (*(f"damaged: {fault}" for fault in damaged), rebuild)
        with closing(Salvage.open(settings.index)) as index:
            stale = [*_made_otherwise(settings, index.manifest, encoder), *_changed(settings, index)]
    except IndexDamaged as error:
        return (f"damaged: {error}",)
    return (*(f"stale: {line}" for line in stale), rebuild) if stale else ()


def _made_otherwise(settings: Settings, manifest: Manifest, encoder: Encoder | None) -> Iterator[str]:
    identity = (encoder or SentenceEncoder.load(settings.encoder)).identity
    if manifest.encoder != identity:
        yield f"the index was made with {manifest.encoder}, the settings name {identity}"
    if manifest.passage_tokens != settings.passage_tokens:
        yield f"its passages have up to {manifest.passage_tokens} tokens, the settings say {settings.passage_tokens}"
    if manifest.passage_version != passage_version():
        yield "another version of this program divided the documents into passages"


def _changed(settings: Settings, index: Salvage) -> Iterator[str]:
    files, _ = candidates(settings)
    now = documents.reading_versions()
    for suffix in sorted({documents.suffix_of(path) for path in files.values()}):
        if index.manifest.reading.get(suffix) != now[suffix]:
            yield f"another version of this program, or of a library, read its {suffix} files"
    read = index.fingerprints()
    unreadable = {name: fingerprint for name, (_, fingerprint) in index.unreadable().items()}
    for name, path in files.items():
        if name not in read and name not in unreadable:
            yield f"{name} is new"
        elif name in read and not is_unchanged(path, read[name]):
            yield f"{name} has changed"
        elif name in unreadable and not is_unchanged(path, unreadable[name]):
            yield f"{name} was skipped, and may be readable now"
    for name in (*read, *unreadable):
        if name not in files:
            yield f"{name} is gone"
