"""Is the index whole and current? Names what is damaged or stale."""

from __future__ import annotations

from collections.abc import Iterator

from rag import documents
from rag.encoder import SentenceEncoder
from rag.errors import IndexDamaged
from rag.indexing.build import candidates
from rag.protocols import Encoder
from rag.settings import Settings
from rag.store.local import generations
from rag.store.local.docstore import Docstore
from rag.store.local.manifest import Manifest, damaged_files, forget
from rag.text.segment import passage_version


def faults(settings: Settings, *, encoder: Encoder | None = None) -> tuple[str, ...]:
    """Return a line for each damaged file of the index, or else for each way in which it is behind the documents.

    Every file of the index is hashed, whatever was verified before; a file that was skipped is not stale while nothing
    about it changed. ``encoder`` is the one that the settings name, where it is at hand.
    Raises IndexMissing, IndexMismatch, SeedsError or EncoderError.
    """
    rebuild = f"Build anew with: rag build --seeds {settings.seeds} --index {settings.index}"
    try:
        held = generations.hold(settings.index)
    except IndexDamaged as error:
        return (f"damaged: {error}",)
    try:
        damaged = damaged_files(held.folder, held.manifest)
        if damaged:
            forget(held.folder)  # so that the next build and the next reader see it too
            return (*(f"damaged: {fault}" for fault in damaged.values()), rebuild)
        catalogue = Docstore(held.folder)
        try:
            stale = [*_made_otherwise(settings, held.manifest, encoder), *_changed(settings, held.manifest, catalogue)]
        finally:
            catalogue.close()
    finally:
        held.close()
    return (*(f"stale: {line}" for line in stale), rebuild) if stale else ()


def _made_otherwise(settings: Settings, manifest: Manifest, encoder: Encoder | None) -> Iterator[str]:
    identity = (encoder or SentenceEncoder.load(settings.encoder)).identity
    if manifest.encoder != identity:
        yield f"the index was made with {manifest.encoder}, the settings name {identity}"
    if manifest.passage_tokens != settings.passage_tokens:
        yield f"its passages have up to {manifest.passage_tokens} tokens, the settings say {settings.passage_tokens}"
    if manifest.passage_version != passage_version():
        yield "another version of this program divided the documents into passages"


def _changed(settings: Settings, manifest: Manifest, catalogue: Docstore) -> Iterator[str]:
    files, _ = candidates(settings)
    now = documents.reading_versions()
    for suffix in sorted({documents.suffix_of(path) for path in files.values()}):
        if manifest.reading.get(suffix) != now[suffix]:
            yield f"another version of this program, or of a library, read its {suffix} files"
    states = catalogue.states()
    tried = {name: state for name, (_, state) in catalogue.tried().items()}
    for name, path in files.items():
        if name not in states and name not in tried:
            yield f"{name} is new"
        elif name in states and not states[name].matches(path):
            yield f"{name} has changed"
        elif name in tried and not tried[name].matches(path):
            yield f"{name} was skipped, and may be readable now"
    for name in (*states, *tried):
        if name not in files:
            yield f"{name} is gone"
