"""Is the index whole and current? Names what is damaged or stale."""

from __future__ import annotations

from rag import documents
from rag.errors import IndexDamaged
from rag.settings import Settings
from rag.store import generations
from rag.store.catalogue import Catalogue


def faults(settings: Settings) -> tuple[str, ...]:
    """Return a line for each damaged file of the index, or else for each document that came, went or changed.

    Raises IndexMissing, IndexMismatch or SeedsError.
    """
    rebuild = f"Build anew with: rag build --seeds {settings.seeds} --index {settings.index}"
    try:
        folder = generations.current(settings.index)
        manifest = generations.read_manifest(folder)
    except IndexDamaged as error:
        return (f"damaged: {error}",)
    damaged = generations.damaged_files(folder, manifest)
    if damaged:
        return (*(f"damaged: {fault}" for fault in damaged), f"{rebuild} --full")
    stale = _stale(settings, Catalogue(folder))
    return (*stale, rebuild) if stale else ()


def _stale(settings: Settings, catalogue: Catalogue) -> list[str]:
    files, _ = documents.find(settings.seeds)
    now = {documents.identify(path, settings.seeds): path for path in files}
    states = catalogue.states()
    catalogue.close()
    lines = [f"stale: {name} is new" for name in now if name not in states]
    lines += [f"stale: {name} is gone" for name in states if name not in now]
    for name, state in states.items():
        if name in now and not state.matches(now[name]):
            lines.append(f"stale: {name} has changed")
    return lines
