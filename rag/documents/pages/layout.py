"""The lines of printed pages → running text; and which lines are headings.

Works on where lines stand, in points; knows nothing of PDF. Within a paragraph lines are joined by a space, and a word
divided at a line's end is joined where the document itself shows how it is written.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from rag.documents.pages.lines import Line
from rag.text.sentences import is_finished

LARGER, LONGEST_HEADING, MOST_HEADINGS = 1.15, 150, 0.3
"""A heading's height in heights of the text's lines, its characters, and the share of all text that may be headings."""
SHORT = 30
"""Characters of a line that may stand alone, as a name or a label does."""

_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+(?:[-‐'’][^\W\d_]+)*")
_ITEM = re.compile(r"(?:[•‣▪◦·●○■◆❖➢☐☑☒✓✗–—-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s")
_LEADER = re.compile(r"(?:[.·…_]\s?){4}[\divxlc]+$")
_EAST = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")  # written without spaces between words
_LAST_PART, _FIRST_PART = re.compile(r"(?<![^\W_])[^\W_]+$"), re.compile(r"[^\W_]+")
_COMPOUND = frozenset(
    "all cross ex far full half high ill large long low mid much multi near newly non off one part second self short "
    "small so third three two well twenty thirty forty fifty sixty seventy eighty ninety".split()
)
"""First parts that more often make a compound than begin a longer word."""
_SUSPENDED = frozenset("and or to und oder bis et ou".split())
"""Words before which a hyphen stands for a word that follows later: pre- and post-war."""


def large_lines(pages: Sequence[Sequence[Line]]) -> list[tuple[Line, str]]:
    """Return the headings, as (first line, words): short lines in larger letters; none where most of the text is so."""
    usual = usual_height(pages)
    headings: list[tuple[Line, str]] = []
    letters = 0
    for page in pages:
        before = 0.0
        for line in page:
            large = line.height > LARGER * usual and not line.aside and len(line.text) <= LONGEST_HEADING
            large = large and _LETTER.search(line.text) is not None
            letters += len(line.text) if large else 0
            if large and abs(before - line.height) < 0.1 * line.height:
                headings[-1] = headings[-1][0], f"{headings[-1][1]} {line.text}"
            elif large and sum(map(str.isalnum, line.text)) > 1:  # a lone letter is a paragraph's initial
                headings.append((line, line.text))
            else:
                large = False
            before = line.height if large else 0.0
    return headings if letters <= MOST_HEADINGS * sum(len(line.text) for page in pages for line in page) else []


def usual_height(pages: Sequence[Sequence[Line]]) -> float:
    """Return the height of the line in which the middle one of all letters stands."""
    lines = sorted((line.height, len(line.text)) for page in pages for line in page)
    letters = list(accumulate(length for _, length in lines))
    return lines[bisect_left(letters, letters[-1] / 2)][0] if lines else 0.0


@dataclass(frozen=True, slots=True)
class FlowedLine:
    """A line and where it begins in the text."""

    line: Line
    page: int
    start: int


def flow(
    pages: Sequence[Sequence[Line]], *, breaks: frozenset[Line] = frozenset()
) -> tuple[str, list[int], list[FlowedLine]]:
    """Return the running text, where each page begins in it, and every line with its place.

    A line in ``breaks`` (a heading) always begins a paragraph.
    """
    leading = _usual_leading(pages)
    words, compounds = _vocabulary(pages)
    parts: list[str] = []
    placed: list[FlowedLine] = []
    length = 0
    before: tuple[Line, float] | None = None
    for number, page in enumerate(pages):
        for position, (line, edge) in enumerate(zip(page, _right_edges(page, leading), strict=True)):
            joint = ""
            if before is not None and (line.opens or line in breaks or before[0].aside > line.aside):
                joint = "-\n\n" if before[0].divided else "\n\n"
            elif before is not None:
                hyphen = None if before[0].fixed else _hyphen(before[0], line, words, compounds)
                down = before[0].bottom - line.bottom if position else -1.0
                joint = hyphen if hyphen is not None else _joint(*before, line, down, leading)
            length += len(joint)
            placed.append(FlowedLine(line, number, length))
            parts += (joint, line.text)
            length += len(line.text)
            before = line, edge
    begins = [*(item.start for item in placed), length]
    starts = [begins[bisect_left(placed, number, key=lambda item: item.page)] for number in range(len(pages))]
    return "".join(parts), starts, placed  # a page without text begins where the next one does


def _usual_leading(pages: Sequence[Sequence[Line]]) -> float:
    """Return the distance of two lines of one paragraph, in heights of a line."""
    pairs = [
        (ratio, above, line, page)
        for page in pages
        for above, line in pairwise(page)
        if above.height > 0 and 0.5 < (ratio := (above.bottom - line.bottom) / above.height) < 3
    ]
    ratios = sorted(ratio for ratio, *_ in pairs)
    if len(ratios) >= 6:
        return min(ratios[len(ratios) // 4], 2.4)
    # Of few lines the sentences say more: what goes on in small letters is one paragraph, however far apart it stands.
    within = [ratio for ratio, above, line, page in pairs if _goes_on(above, line, max(other.right for other in page))]
    return min(max(within), 2.4) if within else min([*ratios, 1.2])


def _goes_on(above: Line, line: Line, edge: float) -> bool:
    """Tell whether a sentence surely goes on from one line, which had no room for more, to the next."""
    unfinished = line.text[:1].islower() and not is_finished(above.text, also=":")
    return unfinished and len(above.text) >= SHORT and not _could_have_taken(above, line, edge)


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
    if above.fixed or line.fixed:  # a listing keeps its lines
        return "\n" if above.fixed and line.fixed and down < (2.2 * leading + 0.1) * height else "\n\n"
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
        alone = early or len(above.text) < SHORT
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
            here = [match[0].lower().replace("‐", "-") for match in _WORD.finditer(line.text)]
            for word in here[divided : len(here) - line.divided]:
                (compounds if "-" in word else words).add(word)
                words.update(word.split("-"))
            divided = line.divided
    return frozenset(words), frozenset(compounds)
