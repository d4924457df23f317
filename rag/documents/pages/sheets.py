"""The pages of a document as they are drawn → their lines in reading order, without what stands around the text.

Knows nothing of PDF: the pages may be pictures as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from rag.documents.pages.columns import by_column, reading_orders
from rag.documents.pages.layout import usual_height
from rag.documents.pages.lines import Line, listings
from rag.documents.pages.running import apart, running_heads, without_notes
from rag.documents.parsed import one_line

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


def recognised(pages: Sequence[Page]) -> tuple[float | None, ...]:
    """Return how sure the recognition of each page is, as ``Document`` has it."""
    found = tuple(page.recognised for page in pages)
    return found if any(sure is not None for sure in found) else ()


def words_of_recognition(pages: Sequence[Page]) -> Iterator[str]:
    """Yield the warning which pages were recognised, and how surely; nothing where none was."""
    numbers = [number for number, page in enumerate(pages, 1) if page.recognised is not None]
    if numbers:
        sure = sum(page.recognised or 0.0 for page in pages) / len(numbers)
        yield f"{named(numbers, 'is a picture', 'are pictures')} whose text was recognised ({int(100 * sure)} % sure)"


def named(numbers: list[int], one: str, several: str) -> str:
    """Return "page 3 was", or "pages 3, 4 were"; of many pages the first few."""
    named = ", ".join(map(str, numbers[:NAMED])) + (", …" if len(numbers) > NAMED else "")
    return f"page {named} {one}" if len(numbers) == 1 else f"pages {named} {several}"
