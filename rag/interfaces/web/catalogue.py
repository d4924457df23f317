"""What is in the index → HTML: the list of documents, what was skipped and why, and how a rebuild goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rag.interfaces.web.markup import Child, Html, element, join
from rag.interfaces.web.service import Rebuild
from rag.types import DocumentEntry, Skipped, Summary

SHOWN = 200
"""Documents listed at once; the filter finds the others."""

_STAGES = {"reading": "Reading the documents", "embedding": "Embedding the passages", "writing": "Writing the index"}


def shelf(built_at: str, passages: int, entries: Sequence[DocumentEntry], skipped: Sequence[Skipped]) -> Html:
    """Return the tab's content: figures, the filter, the list and what was skipped."""
    figures = element(
        "dl",
        *_figure("Documents", f"{len(entries):,}"),
        *_figure("Passages", f"{passages:,}"),
        *_figure("Built", _when(built_at)),
        *_figure("Skipped", f"{len(skipped):,}"),
        class_="cv-figures",
    )
    field = element("input", id="cv-filter", type="text", autocomplete="off", data_filter=True)
    filter_ = element("p", element("label", "Find a document", for_="cv-filter"), field, class_="cv-filter")
    parts: list[Child] = [figures, filter_ if len(entries) > 1 else None]
    parts.append(element("div", listing(entries), class_="cv-listing"))
    if skipped:
        parts.append(_skipped(skipped))
    return element("section", *parts, class_="cv-shelf", aria_label="Documents in the index")


def listing(entries: Sequence[DocumentEntry], words: str = "") -> Html:
    """Return the documents whose title or path holds ``words``, as a table of the first ones."""
    wanted = words.casefold().strip()
    found = [entry for entry in entries if wanted in f"{entry.source.title}\n{entry.source.path}".casefold()]
    head = element(
        "tr", *(element("th", name, scope="col") for name in ("Document", "Kind", "Pages", "Characters", "Passages"))
    )
    table = element(
        "table", element("thead", head), element("tbody", *(_row(entry) for entry in found[:SHOWN])), class_="cv-table"
    )
    if not found:
        return element("p", "No document has these words in its title or path.", class_="cv-note")
    if len(found) <= SHOWN:
        return table
    return join(
        [
            table,
            element("p", f"The first {SHOWN} of {len(found):,}: find others by their title or path.", class_="cv-note"),
        ]
    )


def rebuild(state: Rebuild | None) -> Html:
    """Return how the rebuild goes, or how the last one ended."""
    if state is None:
        return element("div", class_="cv-rebuild")
    if state.error:
        told = f"{state.error} The index is as it was before."
        return element("div", element("p", told, class_="cv-notice", role="alert"), class_="cv-rebuild")
    if state.summary is not None:
        return element("div", element("p", _told(state.summary), class_="cv-note", role="status"), class_="cv-rebuild")
    progress = state.progress
    stage = _STAGES.get(progress.stage, progress.stage) if progress else "Looking at the folder"
    known = progress is not None and progress.total > 0
    bar = element("progress", aria_label=stage, max=progress.total, value=progress.done) if progress and known else None
    of = f": {progress.done:,} of {progress.total:,}" if progress and known else ""
    left = f", about {_spoken(progress.seconds_left)} left" if progress and progress.seconds_left else ""
    words = element("p", f"{stage}{of}{left}. Questions are answered from the old index meanwhile.", class_="cv-note")
    return element("div", bar, words, class_="cv-rebuild", role="status", data_under_way=True)


def _spoken(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"


def _figure(name: str, value: str | Html) -> tuple[Html]:
    return (element("div", element("dt", name), element("dd", value)),)


def _when(built_at: str) -> Html:
    try:
        moment = datetime.fromisoformat(built_at)
    except ValueError:
        return element("time", built_at)
    return element("time", f"{moment.day} {moment:%B %Y, %H:%M} UTC", datetime=built_at)


def _row(entry: DocumentEntry) -> Html:
    source = entry.source
    opener = element("button", source.title, type="button", data_document=source.id, data_show=True, dir="auto")
    path = element("span", source.path, class_="cv-path", dir="auto") if source.path != source.title else None
    warnings = [element("span", warning, class_="cv-warning", dir="auto") for warning in entry.warnings]
    return element(
        "tr",
        element("th", opener, path, *warnings, scope="row"),
        element("td", _kind(entry)),
        element("td", f"{entry.pages:,}" if entry.pages else "–", class_="cv-count"),
        element("td", f"{entry.characters:,}", class_="cv-count"),
        element("td", f"{entry.passages:,}", class_="cv-count"),
    )


def _kind(entry: DocumentEntry) -> str:
    """The file name's ending says it better than a media type."""
    _, dot, ending = entry.source.path.rpartition(".")
    return ending.upper() if dot and len(ending) <= 5 else entry.media_type


def _skipped(skipped: Sequence[Skipped]) -> Html:
    items = [
        element("li", element("bdi", entry.path, class_="cv-path"), ": ", element("bdi", entry.reason))
        for entry in skipped[:SHOWN]
    ]
    title = element("h3", f"Skipped, and why ({len(skipped):,})")
    return element("section", title, element("ul", *items), class_="cv-skipped")


def _told(summary: Summary) -> str:
    return (
        f"Read again in {summary.seconds:.1f} s: {summary.documents:,} documents, {summary.passages:,} passages, "
        f"{summary.embedded:,} of them embedded anew. Questions are answered from the new index now."
    )
