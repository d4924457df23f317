"""Text → its sentences, as character spans.

They are found by rules over the text as it stands; nothing is copied, trimmed or normalised, so an offset is
right by construction. Every character that is not white space belongs to exactly one sentence.

    >>> text = "He met U.S. President Ford. ‘Come in.’ Then he left."
    >>> [text[start:end] for start, end in sentences(text)]
    ['He met U.S. President Ford.', '‘Come in.’', 'Then he left.']
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.types import Span

LONGEST_SENTENCE = 1_000
"""Characters; a longer run without an end (a table, a log, text without punctuation) is divided at white space."""

_CLOSERS = "'\"”’»›)]}』」】）〉》*_"
_ENDS = ".!?…‽。！？｡．।॥؟۔"
_OPENERS = "'\"“‘«‹([{„‚『「【（〈《*_–—-¿¡#"
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[^\S\r\n]*(?:\r\n|\r(?!\n)|\n)\s*|\f\s*")
_LINE_END = re.compile(r"(?:\r\n|\r|\n)[^\S\r\n]*")
_LIST_ITEM = re.compile(r"(?:[-*+•‣▪◦·–]\s+\S|(?:\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|[ivxIVX]{1,5}[.)])\s+\S|#{1,6}\s|\|)")
_UNDERLINE = re.compile(r"(?:={3,}|-{3,}|\*{3,}|_{3,})[^\S\r\n]*(?:[\r\n]|\Z)")
_HEADING_MARK = re.compile(r"#{1,6}(?:[ \t]|\Z)")
_TERMINATOR = re.compile(rf"(?:[.!?…‽]+|[。！？｡．।॥؟۔]+)(?:[{re.escape(_CLOSERS)}]|[“‘](?=\s|\Z))*")
"""The end of a sentence and the marks that close with it; “ and ‘ close where white space follows (German)."""

_WIDE = frozenset("。！？｡．")

_TITLES = frozenset(
    "mr mrs ms mx dr prof profs rev hon sen sens rep reps gov lt col maj capt cpt cmdr adm sgt pvt cpl pres "
    "supt det insp ste mt ft messrs mme mlle mgr fr br hr frau dott sig sra amb atty asst assoc dir treas".split()
)
"""Abbreviations that stand before a name: what follows never begins a sentence."""

_NEVER_LAST = frozenset("e.g i.e eg ie cf viz vs v approx ca z.b d.h vgl bzw".split())
"""Abbreviations that no sentence ends with."""

_BEFORE_NUMBER = frozenset(
    "no nos nr p pp vol vols ch chap sec secs art arts fig figs eq eqs par para app ex tab ref refs op c fl".split()
)
"""Abbreviations before a number."""

_MAYBE_LAST = frozenset(
    "gen st sec inc ltd co corp llc plc bros jr sr esq phd ph.d m.d b.a m.a b.sc m.sc d.c u.s u.k u.n u.s.a e.u a.m "
    "p.m a.d b.c jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun ave "
    "blvd rd hwy etc al ct ln dept".split()
)
"""Abbreviations that may end a sentence: what follows decides."""

_STARTERS = frozenset(
    "the a an this that these those he she it they we i you his her its their our my there here in on at by "
    "for from with after before when while where who what which why how if as although though because since "
    "however but and or so yet meanwhile moreover later then now also both each many most some such one two".split()
)
"""Words that seldom follow "U.S." within a sentence when written with a capital: the sentence begins with them."""

_BEFORE_DATE = frozenset("jan feb mar apr jun jul aug sep sept oct nov dec".split())

_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
"""U.S, J.R.R: letters with stops between them."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def sentences(text: str) -> tuple[Span, ...]:
    """Return the spans of the sentences of ``text``: in order, apart, and covering every character but white space."""
    spans: list[Span] = []
    for start, end in _blocks(text):
        begin = start
        for stop in _ends(text, start, end):
            _add(text, begin, stop, spans)
            begin = stop
        _add(text, begin, end, spans)
    return tuple(spans)


def is_finished(text: str, *, also: str = "") -> bool:
    """Tell whether a text ends as a sentence does: with a full stop or the like, and the marks that close with it.

    ``also`` has further signs that are to count as an end.
    """
    end = text.rstrip().rstrip(_CLOSERS)[-1:]
    return bool(end) and end in _ENDS + also


def is_marked_heading(line: str) -> bool:
    """Tell whether a line is a heading by its mark, as Markdown has it.

    >>> is_marked_heading("## Charts"), is_marked_heading("#1 hit of 1999"), is_marked_heading("#charts")
    (True, False, False)
    """
    return _HEADING_MARK.match(line) is not None


def halve(text: str, span: Span) -> tuple[Span, Span]:
    """Divide a span at a line, clause or word near its middle."""
    start, end = span
    middle = _division(text, start, start + (end - start + 1) // 2)
    return (start, middle), (_next_visible(text, middle, end), end)


def _blocks(text: str) -> Iterator[Span]:
    """Yield the runs that no sentence crosses: between blank lines, headings and list items."""
    start = 0
    for blank in _BLANK_LINE.finditer(text):
        yield from _lines(text, start, blank.start())
        start = blank.end()
    yield from _lines(text, start, len(text))


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    """Divide a block where its lines are not running text."""
    begin = start
    for ending in _LINE_END.finditer(text, start, end):
        if ending.end() > begin and _breaks(text, begin, ending, end):
            yield begin, ending.start()
            begin = ending.end()
    yield begin, end


def _breaks(text: str, begin: int, ending: re.Match[str], end: int) -> bool:
    """Tell whether the line that ends here ends a sentence, by how it looks and what follows."""
    following = ending.end()
    if _LIST_ITEM.match(text, following, end) or _UNDERLINE.match(text, following, end):
        return True
    newline = max(text.rfind("\n", begin, ending.start()), text.rfind("\r", begin, ending.start()))
    line = text[max(begin, newline + 1) : ending.start()].strip()
    if is_marked_heading(line) or line.startswith("|") or _UNDERLINE.match(line):
        return True
    first = text[following : following + 1]
    if line[-1:] in ":;" and first.isupper() and len(line) < 60:
        return True
    # A short line without an end, before one that begins like a sentence: a heading, a verse, an address, a speaker.
    return len(line) < 50 and line[-1:].isalnum() and (first.isupper() or first.isdigit() or first in _OPENERS)


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the offsets just behind the sentences that end within a block."""
    for mark in _TERMINATOR.finditer(text, start, end):
        stop = mark.end()
        if stop < end and _is_end(text, start, mark, end):
            yield stop


def _is_end(text: str, start: int, mark: re.Match[str], end: int) -> bool:
    behind = mark.end()
    after = text[behind]
    if mark[0][0] in _WIDE:
        return True
    if not after.isspace():
        return bool(re.match(r"\.[”’\"'»)]", mark[0])) and (after.isupper() or after in "“‘«")
    following = _next_visible(text, behind, end)
    if following >= end:
        return False
    letter = _first_letter(text, following, end)
    if letter.islower():
        return False
    if text[following] in ",;:)]}%" or (text[following] in "–—-" and text[following + 1 : following + 2].isspace()):
        return False
    if mark[0].startswith("...") or mark[0].startswith("…"):
        return letter.isupper() or letter.isdigit()
    return not (mark[0] == "." and _is_abbreviation(text, start, mark.start(), following, end))


def _is_abbreviation(text: str, start: int, dot: int, following: int, end: int) -> bool:
    """Tell whether a full stop belongs to a word and the sentence goes on behind it."""
    before = dot
    while before > start and (text[before - 1].isalnum() or text[before - 1] in ".§&"):
        before -= 1
    word = text[before:dot]
    key = word.lower().strip(".")
    digit = text[following].isdigit()
    if key in _NEVER_LAST or (key in _TITLES and word[:1].isupper()) or (key in _BEFORE_NUMBER and digit):
        return True
    if key in _MAYBE_LAST or _DOTTED.fullmatch(word):
        return key in _BEFORE_DATE if digit else not _begins_sentence(text, following, end)
    if len(word) == 1 and word.isalpha() and word.isupper():
        return _is_initial(text, start, before, following, end)
    return word.isdigit() and len(word) <= 3 and _opens_line(text, start, before)


def _is_initial(text: str, start: int, before: int, following: int, end: int) -> bool:
    """Tell "J. Edgar Hoover" from "vitamin C. The next"."""
    if _is_starter(text, following, end):
        return before == start
    return text[following].isupper()


def _opens_line(text: str, start: int, before: int) -> bool:
    """Tell the "1." that opens a line from the "1." that ends a sentence."""
    return not text[start:before].strip("#*_> \t") or text[before - 1] in "\r\n"


def _begins_sentence(text: str, following: int, end: int) -> bool:
    """Tell whether what follows "Inc." or "U.S." looks like a new sentence."""
    return text[following] in _OPENERS or _is_starter(text, following, end)


def _is_starter(text: str, following: int, end: int) -> bool:
    word = _WORD.search(text, following, min(end, following + 40))
    return word is not None and word[0][0].isupper() and word[0].lower() in _STARTERS


def _next_visible(text: str, at: int, end: int) -> int:
    while at < end and text[at].isspace():
        at += 1
    return at


def _first_letter(text: str, at: int, end: int) -> str:
    """Return the first letter or digit behind opening marks."""
    while at < end and not text[at].isalnum() and (text[at] in _OPENERS or text[at].isspace()):
        at += 1
    return text[at : at + 1]


def _add(text: str, start: int, end: int, spans: list[Span]) -> None:
    """Append the span without its outer white space, divided where it is too long."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST_SENTENCE:
        middle = _division(text, start, start + LONGEST_SENTENCE)
        spans.append((start, middle))
        start = _next_visible(text, middle, end)
    if end > start:
        spans.append((start, end))


def _division(text: str, start: int, limit: int) -> int:
    """Return where to divide an endless sentence: at its last line, clause or word before ``limit``."""
    for pattern in ("\n", "; ", ", ", " "):
        at = text.rfind(pattern, start + (limit - start) // 2, limit)
        if at > start:
            return at + len(pattern.rstrip())
    return limit
