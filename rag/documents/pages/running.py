"""What stands around the text of printed pages: running heads and feet, page numbers, footnotes, sideways lines.

It must not fall into sentences. A head that repeats is kept once, where it is first met; a page number is not kept.
Knows nothing of PDF.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from itertools import groupby, pairwise, takewhile

from rag.documents.pages.lines import Line, drawn_spans, is_gappy, segments
from rag.text.sentences import is_finished, sentences

EDGE_LINES = 6
"""How many lines at the top and at the bottom of a page may be running heads."""
NEIGHBOURS = 4
"""How many pages before and after are looked at for the same line."""
SAME_PLACE = 4.0
"""Points that a line may move from page to page."""
LARGE, LARGER = 1.15, 1.6
"""Heights of most lines above which a line that counts may be a heading: "Chapter 3", "3"."""
SMALL = 0.93
"""Heights of the text's lines under which a line may be of a footnote."""
NUMBERS = 40
"""Numbers of a line that may be the page's."""
COPIED = 0.6
"""The share of a page's characters that stand on its neighbours too where it is a copy of one form."""
COMPARED = 500
"""Different heads that are looked for in the text."""

_NUMBER = re.compile(r"\d{1,5}")
_ROMAN = re.compile(r"[ivxlc]{1,8}", re.IGNORECASE)
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_PAGE = r"(?i:pages?|pp?|pg|seiten?|s|página|pagina|pag|pág|strona|str|side|sida|blatt|folio|стр)"
_PAGE_WORD = re.compile(rf"(?<![^\W\d_]){_PAGE}\b\.?\s{{0,3}}\d|\d\s{{0,3}}(?:/|of|von|de|di|sur|av|из)\s{{0,3}}\d")
_COUNTING = re.compile(rf"(?<![^\W\d_])(?:{_PAGE}|(?i:of|von|de|di|sur|av|z|из|[ivxlc]{{1,8}}))(?![^\W\d_])")
_CHAPTER = re.compile(r"(?i)^(?:chapter|section|part|appendix|kapitel|abschnitt|teil|chapitre|capítulo)\s")
_LETTER = re.compile(r"[^\W\d_]")
_NOTE = re.compile(r"[(\[]?(\d{1,3}|[*†‡§¶]{1,3})(?:[.)\]]\s?|\s)?[^\W\d_]")
_SET_MARK = re.compile(r"\[([^\]]{1,3})\]")
_LEVEL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_REFERENCE = re.compile(r"(?<![^\W_⁰¹²³⁴⁵⁶⁷⁸⁹])([^\W\d_]{1,40}|\d{1,12})(\^\d{1,3}|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})(?![^\W_])")
_UNITS = frozenset("m dm cm mm km in ft yd mi s h".split())


def running_heads(pages: Sequence[Sequence[Line]]) -> tuple[list[list[Line]], list[list[Line]]]:
    """Return the pages without lines that stand at the same place of neighbouring pages, numbers counting on or not.

    And of these lines, for each page, the first copies of those that say more than a page's number.
    """
    edges = [_edge_lines(page) for page in pages]
    repeats = partial(_repeats, _places(edges, pages), [_likeness(page) for page in pages], 2 if len(pages) > 2 else 1)
    heads = []
    for number, (page, (above, below)) in enumerate(zip(pages, edges, strict=True)):
        here = partial(repeats, number, _middle(page))
        heads.append({id(line) for edge in (above, below) for line in takewhile(here, edge)})
    if _are_copies(pages, heads):
        heads = [
            {id(line) for line in page if id(line) in gone and not _words(line)}
            for page, gone in zip(pages, heads, strict=True)
        ]
    bodies = [[line for line in page if id(line) not in gone] for page, gone in zip(pages, heads, strict=True)]
    first = _first_copies(pages, heads, bodies)
    return bodies, [[line for line in page if id(line) in first] for page in pages]


_Places = dict[object, dict[int, list[float]]]


def _places(edges: list[list[list[Line]]], pages: Sequence[Sequence[Line]]) -> _Places:
    """Return key → page → the heights at which a line with that key stands."""
    places: _Places = defaultdict(lambda: defaultdict(list))
    for number, ((above, below), page) in enumerate(zip(edges, pages, strict=True)):
        usual = _middle(page)
        for line in {id(line): line for line in (*above, *below)}.values():
            for key in _keys(line, number, usual):
                places[key][number].append(line.bottom)
    return places


def _likeness(page: Sequence[Line]) -> bytes:
    """Return what two pages have in common that say the same but for numbers."""
    words = "\n".join(_NUMBER.sub("0", line.text) for line in page)
    return blake2b(words.encode("utf-8", "replace"), digest_size=12).digest()


def _repeats(places: _Places, alike: list[bytes], needed: int, number: int, usual: float, line: Line) -> bool:
    """Tell whether a line stands on enough of the neighbouring pages; a page repeated whole is no neighbour."""
    for key in _keys(line, number, usual):
        found = places[key]
        if len(found) <= needed:
            continue
        near = (
            found.get(number + step, ())
            for step in range(-NEIGHBOURS, NEIGHBOURS + 1)
            if step and (key is not line.text or _differ(alike, number, number + step))
        )
        if sum(any(abs(other - line.bottom) <= SAME_PLACE for other in same) for same in near) >= needed:
            return True
    return False


def _differ(alike: list[bytes], one: int, other: int) -> bool:
    return not 0 <= other < len(alike) or alike[one] != alike[other]


def _edge_lines(page: Sequence[Line]) -> list[list[Line]]:
    """Return the topmost and the lowest lines, the outermost first, without the head of a table."""
    rows = sorted((line for line in page if not line.turn), key=lambda line: line.bottom)
    above, below = rows[: -EDGE_LINES - 1 : -1], rows[:EDGE_LINES]
    for at, (line, lower) in enumerate(pairwise(rows[: -EDGE_LINES - 2 : -1])):
        if _is_table_head(line, lower):
            return [above[:at], below]
    return [above, below]


def _is_table_head(line: Line, lower: Line) -> bool:
    """Tell whether the line below has gaps at the same places."""
    if not is_gappy(line) or not is_gappy(lower) or line.bottom - lower.bottom > 3 * line.height:
        return False
    return len(list(segments(line))) == len(list(segments(lower))) > 2


def _middle(page: Sequence[Line]) -> float:
    heights = sorted(line.height for line in page)
    return heights[len(heights) // 2] if heights else 0.0


def _keys(line: Line, page: int, usual: float) -> Iterator[object]:
    """Yield what the line looks like on other pages: the same words, or with a number that counts the pages."""
    text = line.text
    yield text
    if line.height > (LARGE if _LETTER.search(text) else LARGER) * usual and not _PAGE_WORD.search(text):
        return
    for match in list(_NUMBER.finditer(text))[:NUMBERS]:
        count, before, after = int(match[0]) - page, text[: match.start()], text[match.end() :]
        yield before, count, after
        if not before or not after:  # a page number beside the name of a chapter
            yield bool(before), count
    if _ROMAN.fullmatch(text):
        yield "roman", _roman(text.lower()) - page


def _roman(text: str) -> int:
    values = [_VALUES[letter] for letter in text]
    return sum(-value if value < following else value for value, following in pairwise([*values, 0]))


def _first_copies(pages: Sequence[Sequence[Line]], heads: list[set[int]], bodies: list[list[Line]]) -> set[int]:
    """Return the identities of the first copies of those heads whose words stand nowhere in the text itself."""
    said: set[str] = set()
    first: dict[str, int] = {}
    for page, gone in zip(pages, heads, strict=True):
        for line in page:
            if id(line) in gone and (words := _words(line)):
                first.setdefault(words, id(line))
    if first:
        said = {_letters(line.text) for body in bodies for line in body}
    short = "\n".join(words for words in said if len(words) < 100) if len(first) <= COMPARED else ""
    return {line for words, line in first.items() if words not in said and words not in short}


def _words(line: Line) -> str:
    """Return the letters of a head without those that only count pages."""
    return _letters(_COUNTING.sub("", _CHAPTER.sub("", line.text)))


def _are_copies(pages: Sequence[Sequence[Line]], heads: list[set[int]]) -> bool:
    """Tell whether most pages say the same for the most part, as filled copies of one form do."""
    copies = 0
    for page, gone in zip(pages, heads, strict=True):
        same = sum(len(line.text) for line in page if id(line) in gone and _words(line))
        copies += same > COPIED * sum(len(line.text) for line in page)
    return 2 * copies > len(pages)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if _LETTER.match(character))


def apart(bodies: Sequence[Sequence[Line]], groups: Sequence[Sequence[Sequence[Line]]]) -> list[list[Line]]:
    """Return the pages, each with its groups of lines that stand around the text put where they break no sentence."""
    placed: list[list[Line]] = []
    begins = True
    for body, around in zip(bodies, groups, strict=True):
        placed.append(put_apart(body, around, begins))
        begins = is_finished(body[-1].text, also=":") if body else begins
    return placed


def put_apart(page: Sequence[Line], groups: Sequence[Sequence[Line]], begins: bool) -> list[Line]:
    """Return a page with groups of lines that stand around its text, each a paragraph, and none within a sentence.

    What stands above the text comes first where the page begins with a sentence of its own; all else follows the last
    sentence that ends on the page. ``begins`` says whether the page does so.
    """
    if not groups:
        return list(page)
    top = page[0].top if page else 0.0
    leading = [group for group in groups if begins and page and group[0].bottom > top - 1 and not group[0].turn]
    trailing = [group for group in groups if not any(group is other for other in leading)]
    body = list(page)
    if trailing:
        before, after = _parted(body, begins)
        body = [*before, *_opened(trailing), *_reopened(after)]
    return [*_opened(leading), *(_reopened(body) if leading else body)]


def _opened(groups: Sequence[Sequence[Line]]) -> Iterator[Line]:
    for group in groups:
        for at, line in enumerate(group):
            yield replace(line, aside=True, opens=at == 0 or line.opens)


def _reopened(lines: Sequence[Line]) -> list[Line]:
    return [replace(line, opens=True) if at == 0 else line for at, line in enumerate(lines)]


def _parted(page: list[Line], begins: bool) -> tuple[list[Line], list[Line]]:
    """Return the lines up to the last end of a sentence, and the rest; a line with the end in it is divided there."""
    for at in range(len(page), 0, -1):
        line = page[at - 1]
        if is_finished(line.text, also=":") or line.aside or line.fixed or (at == len(page) and line.opens):
            return page[:at], page[at:]
        spans = sentences(line.text)
        if len(spans) > 1 and not line.opens:
            upper, lower = _divided(line, spans[-1][0])
            return [*page[: at - 1], upper], [lower, *page[at:]]
    return ([], page) if begins else (page, [])


def _divided(line: Line, at: int) -> tuple[Line, Line]:
    middle = line.left + (line.right - line.left) * at / len(line.text)
    drawn = list(drawn_spans(line))
    before = tuple(word for word, first, _ in drawn if first < at)
    behind = tuple(word for word, _, last in drawn if last > at)
    upper = replace(line, text=line.text[:at].rstrip(), right=middle, divided=False, words=(), drawn=before)
    return upper, replace(line, text=line.text[at:], left=middle, opens=False, words=(), drawn=behind)


def without_notes(page: Sequence[Line], usual: float) -> tuple[list[Line], list[list[Line]]]:
    """Return a page without its footnotes, and these: small lines at a column's end that begin with a mark."""
    body: list[Line] = []
    notes: list[list[Line]] = []
    at = 0
    for is_small, run in groupby(page, key=lambda line: 0 < line.height < SMALL * usual and not line.aside):
        lines = list(run)
        at += len(lines)
        is_last = at == len(page) or page[at].aside or page[at].bottom > lines[-1].bottom
        first = next((number for number, line in enumerate(lines) if _NOTE.match(line.text)), len(lines))
        if not is_small or not is_last or first > 1 or not body or any(line.opens for line in lines):
            first = len(lines)
        body += lines[:first]
        for line in lines[first:]:
            mark = _NOTE.match(line.text)
            notes += [[_marked(line, mark)]] if mark else []
            if not mark:
                notes[-1].append(line)
    marks = [mark[1] for group in notes if (mark := _SET_MARK.match(group[0].text))]
    return [_referring(line, marks) for line in body] if marks else body, notes


def _marked(line: Line, mark: re.Match[str]) -> Line:
    return replace(line, text=f"[{mark[1]}] {line.text[mark.end(1) :].lstrip('.)] ')}", words=())


def _referring(line: Line, marks: Sequence[str]) -> Line:
    """Return a line in which the raised figures that name a note of the page are told from powers."""

    def named(match: re.Match[str]) -> str:
        before, raised = match[1], match[2].translate(_LEVEL).removeprefix("^")
        if raised not in marks or before in _UNITS or before == "10":
            return match[0]
        return f"{before}{' ' if before.isdigit() else ''}[{raised}]"

    text = _REFERENCE.sub(named, line.text)
    return replace(line, text=text) if text != line.text else line


def sideways_apart(page: Sequence[Line]) -> tuple[list[Line], list[list[Line]]]:
    """Return the lines that run as most of the page's letters do, and the others, by direction."""
    letters: Counter[int] = Counter()
    for line in page:
        letters[line.turn] += len(line.text)
    if len(letters) < 2:
        return [replace(line, turn=0) for line in page] if letters and not letters[0] else list(page), []
    most = max(letters, key=lambda turn: (letters[turn], -turn))
    others = [[line for line in page if line.turn == turn] for turn in sorted(letters) if turn != most]
    return [replace(line, turn=0) for line in page if line.turn == most], others
