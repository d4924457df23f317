"""The documents tab: what is in the index, by folder, words, kind and order; adding to it, and reading it again."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any
from zlib import crc32

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse

from rag.interfaces.serialization import scope_typed
from rag.interfaces.web.pages import moment, render
from rag.interfaces.web.service import Service
from rag.interfaces.web.uploads import FOLDER, TooLarge, Uploads
from rag.scope import Scope, plain
from rag.types import DocumentEntry

LISTED = 200
"""Documents listed at once, and folders beside each other; words find the others."""
FOLDERS = 12
"""Folders shown on the first screen, at most."""
KINDS = 12
"""Kinds of file that are shown, at most."""
KEEPER = "Whoever keeps this server keeps its files: ask them."


@dataclass(frozen=True, slots=True)
class View:
    """Which documents are listed, and in which order."""

    words: str = ""
    """Each of them stands in the title or the path."""
    folder: str = ""
    """With ``/`` at its end; empty for all."""
    kind: str = ""
    """As ``Row.kind``; empty for all."""
    order: str = "name"
    """A key of ``ORDERS``."""


@dataclass(frozen=True, slots=True)
class Row:
    """A document as it is listed."""

    entry: DocumentEntry
    kind: str
    """What people call such files: their suffix in capitals; the media type where there is none."""
    text: str
    """Title and path as they are searched."""

    @property
    def path(self) -> str:
        """Below the folder of documents."""
        return self.entry.source.path


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in the tree."""

    path: str
    name: str
    depth: int
    documents: int
    """In it and below."""
    chosen: bool


ORDERS: Mapping[str, Callable[[Row], Any]] = {
    "name": attrgetter("text"),
    "kind": attrgetter("kind"),
    "date": attrgetter("entry.date"),
    "pages": attrgetter("entry.pages"),
    "passages": attrgetter("entry.passages"),
}
"""How rows are ordered: names and kinds upwards, dates and sizes from the newest and the largest down."""
_DOWN = frozenset({"date", "pages", "passages"})


def row(entry: DocumentEntry) -> Row:
    """Return a document as a row."""
    source = entry.source
    name, _, ending = source.path.rpartition(".")
    kind = ending.upper() if name and 0 < len(ending) <= 8 and ending.isalnum() else entry.media_type
    return Row(entry, kind, plain(f"{source.title}\n{source.path}").casefold())


def chosen(rows: Sequence[Row], view: View) -> list[Row]:
    """Return the rows of a view, in its order; those that are alike keep that of the names."""
    words = plain(view.words).casefold().split()
    found = [
        row
        for row in rows
        if row.path.startswith(view.folder)
        and (not view.kind or row.kind == view.kind)
        and all(word in row.text for word in words)
    ]
    order = view.order if view.order in ORDERS else "name"
    found.sort(key=ORDERS["name"])
    if order != "name":
        found.sort(key=ORDERS[order], reverse=order in _DOWN)
    return found


def tree(rows: Sequence[Row], folder: str) -> tuple[Folder, ...]:
    """Return the folders: those at the top, and below each on the way to ``folder`` those in it; at most ``LISTED``."""
    counts: Counter[str] = Counter()
    for one in rows:
        steps = one.path.split("/")[:-1]
        counts.update("/".join(steps[: depth + 1]) + "/" for depth in range(len(steps)))
    found = []
    for path in sorted(counts, key=str.casefold):
        parent = path[: path.rstrip("/").rfind("/") + 1]
        if folder.startswith(parent):
            name = path.removeprefix(parent).rstrip("/")
            found.append(Folder(path, name, path.count("/") - 1, counts[path], path == folder))
    return tuple(found[:LISTED])


class Catalogue:
    """The rows of the library behind a service, made once for each of its generations."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._made = threading.Lock()
        self._generation = ""
        self._rows: tuple[Row, ...] = ()

    def rows(self) -> tuple[Row, ...]:
        """Return every document as a row."""
        library = self.service.library
        with self._made:
            generation = library.manifest.name
            if generation != self._generation:
                self._rows = tuple(map(row, library.documents()))
                self._generation = generation
            return self._rows


def page(catalogue: Catalogue, *, uploads: Uploads | None, may_change: bool) -> str:
    """Return the whole tab: figures, what can be done, the folders, the list, and what was skipped and why."""
    library, rows = catalogue.service.library, catalogue.rows()
    kinds = Counter(row.kind for row in rows).most_common(KINDS)
    return render(
        "catalogue.html",
        built=moment(library.built_at),
        built_at=library.built_at,
        passages=library.passage_count,
        skipped=library.skipped,
        most=LISTED,
        count=len(rows),
        kinds=kinds,
        seeds=catalogue.service.settings.seeds,
        uploads=uploads,
        uploaded=uploads.names() if uploads else (),
        may_change=may_change,
        keeper=KEEPER,
        folder=FOLDER,
        **_listed(rows, View()),
    )


def listing(rows: Sequence[Row], view: View) -> str:
    """Return the folders and the documents of a view, the first ones."""
    return render("listing.html", **_listed(rows, view))


def _listed(rows: Sequence[Row], view: View) -> dict[str, Any]:
    found = chosen(rows, view)
    return {"rows": found[:LISTED], "found": len(found), "view": view, "tree": tree(rows, view.folder)}


def first_screen(catalogue: Catalogue) -> str:
    """Return what stands where nothing was asked yet: examples, and the largest folders to ask in."""
    settings, examples = catalogue.service.settings, catalogue.service.examples
    largest = sorted(tree(catalogue.rows(), ""), key=lambda folder: -folder.documents)[:FOLDERS]
    folders = [(folder.path, folder.documents, scope_typed(Scope((folder.path,)))) for folder in largest]
    told = {"greeting": settings.greeting, "writes": catalogue.service.writes}
    return render("examples.html", questions=examples, folders=folders, **told)


def routes(catalogue: Catalogue, *, uploads: Uploads | None, may_change: bool) -> APIRouter:
    """Return the routes of the tab. ``may_change``: whether who sees the page may have the documents read again.

    Files are taken where there are ``uploads`` besides.
    """
    router = APIRouter(prefix="/own", include_in_schema=False, default_response_class=HTMLResponse)
    service = catalogue.service

    def changing() -> None:
        if not may_change:
            raise HTTPException(403, KEEPER)

    def taking() -> Uploads:
        if not may_change or uploads is None:
            raise HTTPException(403, KEEPER)
        return uploads

    taken = Depends(taking)

    @router.get("/catalogue")
    def whole() -> str:
        return page(catalogue, uploads=uploads, may_change=may_change)

    @router.get("/listing")
    def found(
        words: Annotated[str, Query(max_length=200)] = "", folder: str = "", kind: str = "", order: str = "name"
    ) -> str:
        return listing(catalogue.rows(), View(words, folder, kind, order))

    @router.get("/state")
    def state(known: str = "") -> str:
        library = service.opened
        if library:
            service.look()
        # The first screen follows the index in force, and the examples, which are found behind it.
        examples = crc32(repr((service.settled, service.examples)).encode())
        generation = f"{library.manifest.name}.{examples:x}" if library else ""
        told = {"searched": service.searched(), "reading": service.reading()} if library else {}
        html = render(
            "state.html", state=service.rebuilding.state, generation=generation, settled=service.settled, **told
        )
        return html + (first_screen(catalogue) if generation != known else "")

    @router.post("/rebuild", status_code=202, dependencies=[Depends(changing)])
    def rebuild() -> None:
        service.rebuilding.begin()

    @router.put("/uploads", status_code=201, response_class=PlainTextResponse)
    async def add(request: Request, name: str, into: Uploads = taken) -> str:
        try:
            return await into.add(name, request.stream())
        except TooLarge as error:
            raise HTTPException(413, str(error)) from error

    @router.delete("/uploads", status_code=204)
    def remove(name: str, into: Uploads = taken) -> None:
        into.remove(name)

    return router
