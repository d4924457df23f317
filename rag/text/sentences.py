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
from itertools import pairwise

from rag.text.language import CLAUSES, ENGLISH, Language
from rag.text.listings import is_listing
from rag.types import Span

LONGEST_SENTENCE = 1_000
"""Characters; a longer run without an end (a table, a log, text without punctuation) is divided at white space."""

_CLOSERS = "'\"”’»›)]}』」】）〉》*_"
_ENDS = ".!?…‽。！？｡．।॥؟۔"
_OPENERS = "'\"“‘«‹([{„‚『「【（〈《*_–—-¿¡#"
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[^\S\r\n]*(?:\r\n|\r(?!\n)|\n)\s*|\f\s*")
_LINE_END = re.compile(r"(?:\r\n|\r|\n)[^\S\r\n]*")
_LIST_ITEM = re.compile(r"(?:[-*+•‣▪◦·–]\s+\S|(?:\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|[ivxIVX]{1,5}[.)])\s+\S|#{1,6}\s|\|)")
_MARKS = tuple("#|=-*_")
_UNDERLINE = re.compile(r"(?:={3,}|-{3,}|\*{3,}|_{3,})[^\S\r\n]*(?:[\r\n]|\Z)")
_HEADING_MARK = re.compile(r"#{1,6}(?:[ \t]|\Z)")
_NOTE = r"\[\d{1,3}(?:[,–-] ?\d{1,3}){0,5}\]"
_LONGEST_NOTE = 80
"""Characters at the end of a text in which its last sign and the mark of a note behind it are looked for."""
_NOTE_LAST = re.compile(_NOTE + r"\Z")
_TERMINATOR = re.compile(rf"(?:[.!?…‽]+|[。！？｡．।॥؟۔]+)(?:[{re.escape(_CLOSERS)}]|[“‘](?=\s|\Z)|{_NOTE})*")
"""The end of a sentence and the marks that close with it, those of notes too; “ and ‘ close where white space follows
(German)."""

_LEADER = re.compile(r"(?<=[^\S\r\n])\.{4,}+(?=[^\S\r\n]*+\S)|(?<!\.)\.{5,}+(?=[^\S\r\n]?\d)")
"""Dots that lead the eye from a label to its value: "Fee ..... 12 euros"."""

_GAP = re.compile(r"(?<=\S)(?: {2,}| *\t[ \t]*)(?=\S)")
"""White space that divides the columns of a line."""

_SHORT_LINE = 50
"""Characters: a shorter line that does not end as a sentence does may be a heading, a verse, a speaker."""

_GLUED = "”’\"'»)"
"""What closes with a sentence that the next one follows without a space."""

_WIDE = frozenset("。！？｡．")

_LONGEST_ORDINAL = 3
"""Digits of an ordinal: 2019 with a full stop is the year that ends a sentence."""

_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
"""U.S, J.R.R: letters with stops between them."""

_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,5}|[a-z]|[ivxlIVXL]{1,6}")
"""What numbers an item or a clause."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def sentences(text: str, language: Language = ENGLISH) -> tuple[Span, ...]:
    """Return the spans of the sentences of ``text``: in order, apart, and covering every character but white space."""
    spans: list[Span] = []
    for start, end in _blocks(text):
        begin = start
        for stop in _ends(text, start, end, language):
            _add(text, begin, stop, spans)
            begin = stop
        _add(text, begin, end, spans)
    return tuple(spans)


def is_finished(text: str, *, also: str = "") -> bool:
    """Tell whether a text ends as a sentence does: with a full stop or the like, and the marks that close with it.

    ``also`` has further signs that are to count as an end.
    """
    end = _NOTE_LAST.sub("", text.rstrip()[-_LONGEST_NOTE:]).rstrip(_CLOSERS)[-1:]
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
        if not _crosses_page(text, start, blank):
            yield from _lines(text, start, blank.start())
            start = blank.end()
    yield from _lines(text, start, len(text))


def _crosses_page(text: str, start: int, blank: re.Match[str]) -> bool:
    """Tell whether a page ends here within a sentence: behind a word or comma, and before a small letter."""
    last = text[max(start, blank.start() - 3) : blank.start()].rstrip()[-1:]
    return "\f" in blank[0] and (last.isalnum() or last == ",") and text[blank.end() : blank.end() + 1].islower()


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    """Divide a block where its lines are not running text."""
    begin, width = start, None
    listed = _is_listing(text, start, end)
    for ending in _LINE_END.finditer(text, start, end):
        if ending.end() <= begin:
            continue
        line = _line_before(text, begin, ending)
        breaks = listed or _breaks(text, line, ending, end)
        if not breaks and _stands_out(text, line, ending):
            width = _wrapped_at(text[start:end]) if width is None else width
            breaks = not _is_full(line, text[ending.end() : ending.end() + width], width)
        if breaks:
            yield begin, ending.start()
            begin = ending.end()
    yield begin, end


def _is_listing(text: str, start: int, end: int) -> bool:
    """Tell whether the lines of a block are a listing's."""
    if text.find("\n ", start, end) < 0 and text.find("\n\t", start, end) < 0:
        return False
    return is_listing(text[text.rfind("\n", 0, start) + 1 : end].splitlines())


def _line_before(text: str, begin: int, ending: re.Match[str]) -> str:
    newline = max(text.rfind("\n", begin, ending.start()), text.rfind("\r", begin, ending.start()))
    return text[max(begin, newline + 1) : ending.start()].strip()


def _breaks(text: str, line: str, ending: re.Match[str], end: int) -> bool:
    """Tell whether the line that ends here ends a sentence, by its marks and those of the next."""
    following = ending.end()
    if _LIST_ITEM.match(text, following, end) or _UNDERLINE.match(text, following, end):
        return True
    if _LEADER.search(line) or (_is_in_columns(line) and _is_in_columns(_line_after(text, following, end))):
        return True
    if line[:1] in _MARKS and (is_marked_heading(line) or line.startswith("|") or _UNDERLINE.match(line)):
        return True
    return line[-1:] in ":;" and text[following : following + 1].isupper() and len(line) < 60


def _line_after(text: str, start: int, end: int) -> str:
    ending = _LINE_END.search(text, start, end)
    return text[start : ending.start() if ending else end]


def _is_in_columns(line: str) -> bool:
    """Tell whether gaps divide a line into three columns or more, one of them wider than most of justified text."""
    gaps = _GAP.findall(line)
    return len(gaps) > 1 and not line[:1].islower() and any("\t" in gap or len(gap) > 2 for gap in gaps)


def _stands_out(text: str, line: str, ending: re.Match[str]) -> bool:
    """Tell whether a short line without an end is before one that begins like a sentence: a heading, a verse, …"""
    first = text[ending.end() : ending.end() + 1]
    begins = first.isupper() or first.isdigit() or first in _OPENERS
    return begins and len(line) < _SHORT_LINE and line[-1:].isalnum()


def _wrapped_at(block: str) -> int:
    """Return the characters at which a block's lines are wrapped; 0 where they stand for themselves.

    Running text has lines that begin with a small letter, and no room for the next word on most of its lines.
    """
    lines = [line.strip() for line in block.splitlines()]
    width = max(map(len, lines))
    small = sum(line[:1].islower() for line in lines)
    full = sum(_is_full(line, after, width) for line, after in pairwise(lines))
    return width if small >= 2 and full * 4 >= (len(lines) - 1) * 3 else 0


def _is_full(line: str, after: str, width: int) -> bool:
    """Tell whether the first word behind a line would not have found room on it, where lines have this width."""
    return width > 0 and len(line) + 1 + len(after.split(maxsplit=1)[0] if after.strip() else "") > width


def _ends(text: str, start: int, end: int, language: Language) -> Iterator[int]:
    """Yield the offsets just behind the sentences that end within a block."""
    for mark in _TERMINATOR.finditer(text, start, end):
        stop = mark.end()
        if stop < end and _is_end(text, start, mark, end, language):
            yield stop


def _is_end(text: str, start: int, mark: re.Match[str], end: int, language: Language) -> bool:
    behind = mark.end()
    after = text[behind]
    if mark[0][0] in _WIDE:
        return True
    if _LEADER.match(text, mark.start()):
        return False
    if not after.isspace():
        said = mark[0]
        return said[0] == "." and said[1:2] in _GLUED and said != "." and (after.isupper() or after in "“‘«")
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
    return not (mark[0].partition("[")[0] == "." and _goes_on(text, start, mark.start(), following, end, language))


def _goes_on(text: str, start: int, dot: int, following: int, end: int, language: Language) -> bool:
    """Tell whether a full stop belongs to a word and the sentence goes on behind it."""
    before = dot
    while before > start and (text[before - 1].isalnum() or text[before - 1] in ".§&"):
        before -= 1
    word = text[before:dot]
    digit = text[following].isdigit()
    if _is_listed(word, language.within) or (
        (digit or text[following] == "§") and _is_listed(word, language.before_number)
    ):
        return True
    if _is_listed(word, language.may_end) or _DOTTED.fullmatch(word):
        if digit:
            return word.lower() in language.before_day
        return not _begins_sentence(text, following, end, language)
    if _NUMBER.fullmatch(word) and _opens_line(text, start, before):
        return True
    if len(word) == 1 and word.isalpha() and word.isupper():
        return _is_initial(text, start, before, following, end, language)
    return word.isdigit() and _is_ordinal(text, start, before, following, end, language)


def _is_listed(word: str, abbreviations: frozenset[str]) -> bool:
    """Tell whether a word is one of the abbreviations; one that is listed with a capital must have one.

    A single letter counts only as it is listed: "s. 4" is a page in German, "S. Freud" a name.
    """
    bare = word.strip(".")
    key = bare.lower()
    if bare in abbreviations or len(bare) == 1:
        return bare in abbreviations
    return key in abbreviations or (word[:1].isupper() and key[:1].upper() + key[1:] in abbreviations)


def _is_initial(text: str, start: int, before: int, following: int, end: int, language: Language) -> bool:
    """Tell "J. Edgar Hoover" from "vitamin C. The next"."""
    if _is_opener(text, following, end, language):
        return before == start
    return text[following].isupper()


def _opens_line(text: str, start: int, before: int) -> bool:
    """Tell the "1." or "Article 1." that opens a line from the one that ends a sentence."""
    line = max(start, text.rfind("\n", start, before) + 1)
    said = text[line:before].strip("#*_> \t")
    return not said or (said.lower().rstrip(".") in CLAUSES and is_finished(text[start:line] or "."))


def _is_ordinal(text: str, start: int, before: int, following: int, end: int, language: Language) -> bool:
    """Tell "am 3. Oktober" from "Er wurde 3. Danach": by the words on either side of the number."""
    if len(text[before:following].rstrip()) > _LONGEST_ORDINAL + 1:
        return False
    ahead = _WORD.match(text, following, min(end, following + 40))
    if ahead and ahead[0].lower() in language.behind_ordinal:
        return True
    words = text[max(start, before - 40) : before].split()
    return bool(words) and words[-1].lower() in language.ordinal_behind


def _begins_sentence(text: str, following: int, end: int, language: Language) -> bool:
    """Tell whether what follows "Inc." or "U.S." looks like a new sentence; brackets are one if what they hold ends."""
    if text[following] in "([":
        close = text.find(")" if text[following] == "(" else "]", following, min(end, following + LONGEST_SENTENCE))
        return close > 0 and is_finished(text[following + 1 : close])
    return text[following] in _OPENERS or _is_opener(text, following, end, language)


def _is_opener(text: str, following: int, end: int, language: Language) -> bool:
    word = _WORD.search(text, following, min(end, following + 40))
    if word is None or not word[0][0].isupper() or word[0].lower() not in language.openers:
        return False
    return len(word[0]) > 1 or text[word.end() : word.end() + 1] != "."  # "A. A. Milne"


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
