"""The pages of a document as they are drawn → their lines in reading order, and running text.

Knows nothing of PDF: the pages may be pictures as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from rag.documents.pages.columns import by_column, reading_orders
from rag.documents.pages.layout import FlowedLine, flow, large_lines, usual_height
from rag.documents.pages.lines import Line, listings
from rag.documents.pages.running import apart, running_heads, without_notes
from rag.documents.parsed import Parsed, Picture, one_line
from rag.errors import DocumentError
from rag.types import Section

NAMED = 20
"""Pages that a warning names."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is drawn."""

    lines: list[Line]
    around: list[list[Line]]
    """Lines that run in another direction, and notes."""
    fault: str = ""
    """Why its text is left out: damaged, unknown, picture; empty where it is not."""
    recognised: float | None = None
    """How sure the recognition of its text is, between 0 and 1; None where the file says it."""


Headings = list[tuple[Line, str]]
"""The first line of each heading, and its words."""
Bookmarks = Callable[[list[list[Line]]], Iterable[tuple[Line, str]]]


@dataclass(frozen=True, slots=True)
class Flowed:
    """A file as running text, and the lines that make it."""

    text: str
    starts: list[int]
    """Where each page begins."""
    placed: list[FlowedLine]
    drawn: Sequence[Page]
    pages: list[list[Line]]
    """The lines of each page in reading order."""
    headings: Headings

    def title(self) -> str:
        """Return the words that stand out on the first page that has any."""
        first = [line for line in next(filter(None, self.pages), []) if not line.aside]
        return largest(first, usual_height(self.pages))

    def parsed(self, *, title: str, warnings: Iterable[str] = (), **about: tuple[Any, ...]) -> Parsed:
        """Return what is read of the file; ``about`` has further fields of ``Parsed``."""
        begins = {id(item.line): item.start for item in self.placed}
        sure = tuple(page.recognised for page in self.drawn)
        return Parsed(
            self.text,
            title=title,
            pages=tuple(self.starts),
            sections=tuple(Section(begins[id(line)], one_line(heading)) for line, heading in self.headings),
            recognised=sure if any(value is not None for value in sure) else (),
            warnings=(*warnings, *_words_of_recognition(self.drawn)),
            **about,
        )

    def lines_of(self, picture: Picture) -> list[FlowedLine]:
        """Return the lines of a page that is to be drawn; raises DocumentError where it is read otherwise by now."""
        if self.text[picture.start : picture.end] != picture.exact:
            raise DocumentError("It is read otherwise than when the index was built: build it again.")
        return [item for item in self.placed if item.page == picture.page - 1]


def flowed(drawn: Sequence[Page], bookmarks: Bookmarks = lambda pages: ()) -> Flowed:
    """Return the running text of these pages; what ``bookmarks`` says of their lines are the headings, or large lines.

    They always begin a paragraph.
    """
    pages = arranged(drawn)
    headings = list(bookmarks(pages)) or large_lines(pages)
    text, starts, placed = flow(pages, breaks=frozenset(line for line, _ in headings))
    return Flowed(text, starts, placed, drawn, pages, headings)


def arranged(drawn: Sequence[Page]) -> list[list[Line]]:
    """Return the lines of each page in reading order; what stands around the text breaks no sentence."""
    bodies, heads = running_heads([page.lines for page in drawn])
    ordered = reading_orders(listings(bodies))
    usual = usual_height(ordered)
    noted = [without_notes(body, usual) for body in ordered]
    groups = [
        [*notes, *_around(kept, body), *page.around]
        for (body, notes), kept, page in zip(noted, heads, drawn, strict=True)
    ]
    return apart([body for body, _ in noted], groups)


def _around(heads: list[Line], body: list[Line]) -> Iterator[list[Line]]:
    """Yield the lines above the text of a page, and those below it."""
    middle = body[0].bottom if body else 0.0
    for half in ([line for line in heads if line.bottom > middle], [line for line in heads if line.bottom <= middle]):
        if half:
            yield by_column(half)


def largest(lines: list[Line], usual: float) -> str:
    """Return the words of a page's largest lines, one or more in a row; nothing where they are about as usual."""
    if not lines:
        return ""
    usual = min(usual, sorted(line.height for line in lines)[len(lines) // 2])
    largest = max(lines[:12], key=lambda line: line.height)
    begin = next(at for at, line in enumerate(lines) if line is largest)
    alike = takewhile(lambda line: abs(line.height - largest.height) < 0.05 * largest.height, lines[begin : begin + 4])
    return one_line(" ".join(line.text for line in alike)) if largest.height > 1.2 * usual else ""


def _words_of_recognition(pages: Sequence[Page]) -> Iterator[str]:
    """Yield the warning which pages were recognised, and how surely; nothing where none was."""
    numbers = [number for number, page in enumerate(pages, 1) if page.recognised is not None]
    if numbers:
        sure = sum(page.recognised or 0.0 for page in pages) / len(numbers)
        yield f"{named(numbers, 'is a picture', 'are pictures')} whose text was recognised ({int(100 * sure)} % sure)"


def named(numbers: list[int], one: str, several: str) -> str:
    """Return "page 3 was", or "pages 3, 4 were"; of many pages the first few."""
    named = ", ".join(map(str, numbers[:NAMED])) + (", …" if len(numbers) > NAMED else "")
    return f"page {named} {one}" if len(numbers) == 1 else f"pages {named} {several}"
