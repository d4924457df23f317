"""Is the index whole and current? Names what is damaged or stale."""

from __future__ import annotations

from contextlib import closing

from rag.encoder import SentenceEncoder
from rag.errors import IndexDamaged
from rag.indexing.build import candidates
from rag.indexing.reuse import Reusable
from rag.protocols import Encoder
from rag.settings import Settings
from rag.store.local import Salvage, damage


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
            identity = (encoder or SentenceEncoder.load(settings.encoder)).identity
            stale = [*Reusable(index, settings, encoder=identity).stale(candidates(settings)[0])]
    except IndexDamaged as error:
        return (f"damaged: {error}",)
    return (*(f"stale: {line}" for line in stale), rebuild) if stale else ()
