"""The lines of printed pages → running text.

Within a paragraph lines are joined by a space, and a word divided at a line's end is joined where the document itself
shows how it is written. What a paragraph is, is told from where its lines stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.documents.lines import Line
from rag.text.sentences import is_finished

_WORD = re.compile(r"[^\W\d_]+(?:[-‐'’][^\W\d_]+)*")
_ITEM = re.compile(r"(?:[•‣▪◦·●○■–—-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s")
_LEADER = re.compile(r"(?:[.·…_]\s?){4,}\s*[\divxlc]+$")
_EAST = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")  # written without spaces between words
_LAST_PART, _FIRST_PART = re.compile(r"[^\W_]+$"), re.compile(r"[^\W_]+")
_COMPOUND = frozenset(
    ("all", "cross", "ex", "far", "full", "half", "high", "ill", "large", "long", "low", "mid", "much", "multi", "near")
).union(
    ("newly", "non", "off", "one", "part", "second", "self", "short", "small", "so", "third", "three", "two", "well"),
    ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
)
"""First parts that more often make a compound than begin a longer word."""
_SUSPENDED = frozenset(("and", "or", "to", "und", "oder", "bis", "et", "ou"))
"""Words before which a hyphen stands for a word that follows later: pre- and post-war."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A line and where it begins in the text."""

    line: Line
    page: int
    start: int


def flow(
    pages: Sequence[Sequence[Line]], *, breaks: frozenset[Line] = frozenset()
) -> tuple[str, list[int], list[Placed]]:
    """Return the running text, where each page begins in it, and every line with its place.

    A line in ``breaks`` (a heading) always begins a paragraph.
    """
    leading = _usual_leading(pages)
    words, compounds = _vocabulary(pages)
    parts: list[str] = []
    starts: list[int] = []
    placed: list[Placed] = []
    length = 0
    before: tuple[Line, float] | None = None
    for number, page in enumerate(pages):
        starts.append(-1)
        for position, (line, edge) in enumerate(zip(page, _right_edges(page, leading), strict=True)):
            joint = ""
            if before is not None:
                hyphen = _hyphen(before[0], line, words, compounds)
                down = before[0].bottom - line.bottom if position else -1.0
                joint = (
                    "\n\n" if line in breaks else hyphen if hyphen is not None else _joint(*before, line, down, leading)
                )
            length += len(joint)
            placed.append(Placed(line, number, length))
            if not position:
                starts[number] = length
            parts += (joint, line.text)
            length += len(line.text)
            before = line, edge
    return "".join(parts), _filled(starts, length), placed


def _filled(starts: list[int], length: int) -> list[int]:
    """Let a page without text begin where the next one does."""
    following = length
    for number in range(len(starts) - 1, -1, -1):
        if starts[number] < 0:
            starts[number] = following
        following = starts[number]
    return starts


def _usual_leading(pages: Sequence[Sequence[Line]]) -> float:
    """Return the distance of two lines of one paragraph, in heights of a line."""
    ratios = sorted(
        (above.bottom - line.bottom) / above.height
        for page in pages
        for above, line in pairwise(page)
        if above.height > 0 and 0.5 < (above.bottom - line.bottom) / above.height < 3
    )
    if len(ratios) < 6:
        return min([*ratios, 1.2])
    return min(ratios[len(ratios) // 4], 2.4)


def _right_edges(page: Sequence[Line], leading: float) -> list[float]:
    """Return for each line how far its column reaches to the right.

    That is the longest line of its paragraph, or, where the paragraph's lines begin with capitals and so may each stand
    alone (a list, a table), the longest line of the page that begins at the same distance from the left.
    """
    edges: list[float] = []
    for block in _blocks(page, leading):
        edge = max(line.right for line in block)
        below = block[1:]
        if 3 * sum(line.text[:1].islower() for line in below) < len(below) or not below:
            left, height = block[0].left, block[0].height
            edge = max([edge, *(line.right for line in page if abs(line.left - left) < 3 * height)])
        edges += [edge] * len(block)
    return edges


def _blocks(page: Sequence[Line], leading: float) -> Iterator[list[Line]]:
    """Yield the runs of lines that follow each other at the usual distance."""
    block: list[Line] = []
    for line in page:
        if block and not 0.3 * line.height < block[-1].bottom - line.bottom <= (1.3 * leading + 0.1) * block[-1].height:
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _joint(above: Line, edge: float, line: Line, down: float, leading: float) -> str:
    """Return what stands between two lines that follow each other; ``down`` is negative in another column or page."""
    height = max(above.height, 1.0)
    ended = is_finished(above.text, also=":")
    goes_on = line.text[:1].islower() or above.text.endswith((",", ";", "–", "—"))
    early = _could_have_taken(above, line, edge)
    if abs(down) < 0.3 * height and line.left > above.left:
        return " "
    if _LEADER.search(above.text):
        return "\n"
    larger = 0.3 if goes_on and not ended else 0.12
    if abs(line.height - above.height) > larger * height or down > (1.3 * leading + 0.1) * height:
        return "\n\n"
    if down < 0:
        alone = early or len(above.text) < 30
        return "\n\n" if ended or (alone and not goes_on) else _space(above, line)
    if _ITEM.match(line.text) and (ended or early or _ITEM.match(above.text)):
        return "\n"
    if early:
        return "\n\n" if ended else _space(above, line) if goes_on else "\n"
    if ended and 0.5 * height < line.left - above.left < 4 * height:
        return "\n\n"
    return _space(above, line)


def _space(above: Line, line: Line) -> str:
    return "" if _EAST.match(above.text[-1:]) and _EAST.match(line.text[:1]) else " "


def _could_have_taken(above: Line, line: Line, edge: float) -> bool:
    """Tell whether the next line's first word had room in the line above: then the line was ended on purpose."""
    width = (line.right - line.left) / max(len(line.text), 1)
    first = line.text.split(maxsplit=1)[0] if not _EAST.match(line.text) else line.text[0]
    return edge - above.right > (len(first) + 2) * width


def _hyphen(above: Line, line: Line, words: frozenset[str], compounds: frozenset[str]) -> str | None:
    """Return what stands between the halves of a divided word: a hyphen or nothing; None where no word is divided.

    The halves are one word where the document has that word elsewhere; they keep their hyphen where the document has
    the compound or both halves as words, or the first is one that makes compounds.
    """
    hyphened = above.text.endswith(("-", "‐")) and above.text[-2:-1].isalnum()
    if not above.divided and not hyphened:
        return None
    first, second = _LAST_PART.search(above.text), _FIRST_PART.match(line.text)
    if hyphened or first is None or second is None:
        return "" if hyphened and second else "-" if above.divided else None
    left, right = first[0].lower(), second[0].lower()
    if right in _SUSPENDED:
        return "- "
    if left + right in words:
        return ""
    known = f"{left}-{right}" in compounds or {left, right} <= words or (left in _COMPOUND and len(right) > 3)
    natural = second[0].islower() and first[0][-1].islower()
    return "-" if known or not natural else ""


def _vocabulary(pages: Sequence[Sequence[Line]]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the document's words and its words with hyphens, in small letters, but for those at a division."""
    words: set[str] = set()
    compounds: set[str] = set()
    for page in pages:
        divided = False
        for line in page:
            found = [match[0].lower().replace("‐", "-") for match in _WORD.finditer(line.text)]
            for word in found[divided : len(found) - line.divided]:
                (compounds if "-" in word else words).add(word)
                words.update(word.split("-"))
            divided = line.divided
    return frozenset(words), frozenset(compounds)
