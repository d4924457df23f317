"""Where a quote must begin and end so that it means what its document means.

A quote is whole sentences. Some sentences say something else, or nothing, without their neighbours: one that begins
with "They", one inside somebody's quotation, one that the next takes back with "Unless", a list's lead-in, a heading, a
table's row without its head, the words of a speaker without the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.text.language import ENGLISH, LANGUAGES, Language
from rag.text.listings import parents
from rag.text.sentences import is_finished
from rag.text.turns import turns
from rag.types import Span

LONGEST = 400
"""Characters that are taken in on either side, at most: more would bury the answer."""

_OPENING = r"(?:[\"'“‘«(\[*_]\s{0,2}){0,6}"


def _beginnings(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile(_OPENING + "(?:" + ("|".join(map(re.escape, phrases)) or "(?!)") + r")\b")


_LEANS = {code: _beginnings(language.leans) for code, language in LANGUAGES.items()}
_QUALIFIES = {code: _beginnings(language.qualifies) for code, language in LANGUAGES.items()}
_ITEM = re.compile(r"\s*(?:[-*+•‣▪◦·–]\s|(?:\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|[ivx]{1,5}[.)])\s)")
_LEAD_IN = re.compile(r":[\s*_]*\Z")
_FIELD = re.compile(r"[^\n:.!?|]{1,60}: \S")
"""How a line begins that says what its value is: ``Founded: 1901``."""
_LABEL = re.compile(r":[\s*_.…–—-]*\Z")
"""How a sentence ends that names what follows it; in a form the line to write on comes between."""
_AUTHORS = re.compile(r"(?:[^\W\d_]+[,.]? (?:(?:and|&) )?){1,4}et al\.")
_QUESTION = re.compile(r"[?？؟][\"'”’»)*_]{0,3}\Z")
_HEADING = 90
"""Characters of the longest line without an end that is taken for a heading."""


def extend_to_whole_meaning(
    text: str, sentences: Sequence[Span], first: int, last: int, language: Language = ENGLISH
) -> tuple[int, int]:
    """Return the first and last sentence of what must be quoted so that ``first`` to ``last`` keep their meaning.

    ``sentences`` are spans of ``text``; both sentences are counted from 0, and included.
    """
    first, last = _row(text, sentences, first, last)
    first, last = _listed(text, sentences, first, last)
    first, last = _quotations(text, sentences, first, last)
    last = _forward(text, sentences, first, last, language)
    first = min(_backward(text, sentences, first, language), _lead_in(text, sentences, first))
    return _speaker(text, sentences, first), last


def is_row(text: str, at: int) -> bool:
    """Tell whether the line of ``text`` in which ``at`` stands is a table's row, as Markdown and our readers write it.

    >>> is_row("| a | b |", 3), is_row("Name: Ann | Age: 12", 3), is_row("either|or", 3)
    (True, True, False)
    """
    line = text[slice(*line_at(text, at))].strip()
    return " | " in line or (line.startswith("|") and line.count("|") > 1)


def line_at(text: str, at: int) -> Span:
    """Return the line in which ``at`` stands, without its end."""
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end


def _row(text: str, sentences: Sequence[Span], first: int, last: int) -> tuple[int, int]:
    """Take in the rest of a table's row that is cut, and the rows above it up to the head that names its cells."""
    start, end = sentences[first][0], sentences[last][1]
    begin, stop = line_at(text, start)[0], line_at(text, max(start, end - 1))[1]
    begin = begin if is_row(text, start) and start - begin <= LONGEST else start
    stop = stop if is_row(text, max(start, end - 1)) and stop - end <= LONGEST else end
    if is_row(text, start):
        begin = min(begin, _head(text, start))
    touched = [i for i, (a, b) in enumerate(sentences) if a < stop and begin < b]
    return min(first, *touched), max(last, *touched)


def _listed(text: str, sentences: Sequence[Span], first: int, last: int) -> tuple[int, int]:
    """Take in the block that a line of a listing opens or belongs to; of a long one, what stands above the line."""
    above = parents(text, sentences)
    if first not in above and first not in above.values():
        return first, last
    opens = first if first in above.values() else above[first]
    end = opens
    while above.get(end + 1, -1) >= opens:
        end += 1
    if sentences[end][1] - sentences[opens][0] <= LONGEST:
        return opens, max(last, end)
    return opens if sentences[first][0] - sentences[opens][0] <= LONGEST else first, last


def _head(text: str, row: int) -> int:
    """Return where the head of the Markdown table begins that has a row at ``row``; ``row`` where none is near."""
    begin, end = line_at(text, row)
    while begin > 0 and row - begin <= LONGEST:
        rule = text[begin:end].strip()
        begin, end = line_at(text, begin - 1)
        if not is_row(text, begin):
            break
        if "-" in rule and "|" in rule and not rule.strip("|:- \t"):
            return begin if row - begin <= LONGEST else row
    return row


def _lead_in(text: str, sentences: Sequence[Span], first: int) -> int:
    """Return the sentence that announces the list in which ``first`` is an item, where it is near; else ``first``."""
    limit = sentences[first][0] - LONGEST
    before = first
    while before > 0 and _ITEM.match(text, sentences[before][0]) and sentences[before - 1][0] >= limit:
        before -= 1
    return before if before < first and _LEAD_IN.search(text[slice(*sentences[before])]) else first


def is_bare_label(text: str, sentences: Sequence[Span], number: int) -> bool:
    """Tell whether a sentence only names something, and what follows it does not say what that is.

    >>> form = "Keys handed over: ____"
    >>> is_bare_label(form, [(0, 22)], 0), is_bare_label("Keys:\\n4", [(0, 5), (6, 7)], 0)
    (True, False)
    """
    if not _is_label(text[slice(*sentences[number])]):
        return False
    following = "".join(text[start:end] for start, end in sentences[number + 1 : number + 2])
    return (
        _is_label(following)
        or not any(char.isalnum() for char in following)
        or _is_left_empty(text, sentences, number, following)
    )


def is_field(sentence: str) -> bool:
    """Tell whether a sentence is one fact of a list: what it is, and its value.

    >>> is_field("Founded: 1901"), is_field("Founded:"), is_field("It was founded in 1901.")
    (True, False, False)
    """
    return _FIELD.match(sentence) is not None


def _is_left_empty(text: str, sentences: Sequence[Span], number: int, following: str) -> bool:
    """Tell whether a label stands among the facts of a form and has no value: the next line is a fact of its own."""
    if number == 0 or not is_field(following):
        return False
    before = text[slice(*sentences[number - 1])]
    return is_field(before) or _is_label(before)


def _is_label(sentence: str) -> bool:
    names = _LABEL.search(sentence) is not None and " | " not in sentence  # a row of a table says more
    return names or _AUTHORS.fullmatch(sentence) is not None


def _forward(text: str, sentences: Sequence[Span], first: int, last: int, language: Language) -> int:
    """Take in what a heading or a lead-in announces, what answers a question, and what takes the last sentence back."""
    limit = sentences[last][1] + LONGEST
    said = text[slice(*sentences[last])]
    following = last + 1
    if is_bare_label(text, sentences, last):
        return last
    if _LEAD_IN.search(said):
        while (
            following < len(sentences)
            and sentences[following][1] <= limit
            and (following == last + 1 or _ITEM.match(text, sentences[following][0]))
        ):
            following += 1
    elif first == last and following < len(sentences) and sentences[following][1] <= limit:
        bare = is_bare_label(text, sentences, following)
        following += _QUESTION.search(said) is not None or (
            not bare and _heads(text, sentences[last], sentences[following])
        )
    if following < len(sentences) and sentences[following][1] <= limit:
        following += bool(_QUALIFIES[language.code].match(text, sentences[following][0]))
    return following - 1


def _heads(text: str, line: Span, following: Span) -> bool:
    """Tell whether a sentence is a heading over the next one."""
    said = text[slice(*line)]
    return (
        _is_heading(said)
        and not is_row(text, line[0])
        and not any(turn.start == following[0] for turn in turns(text))  # another speaks
        and not (is_field(said) and is_field(text[slice(*following)]))  # facts below each other
    )


def _backward(text: str, sentences: Sequence[Span], first: int, language: Language) -> int:
    """Take in the sentence on which the first one leans; that one's own support too, where both are short."""
    limit = sentences[first][0] - LONGEST
    start = first
    while first > 0 and start - first < 2 and sentences[first - 1][0] >= limit:
        before = text[slice(*sentences[first - 1])]
        named = len(before) <= _HEADING and _LEAD_IN.search(before) and not _is_label(text[slice(*sentences[first])])
        leans = _LEANS[language.code].match(text, sentences[first][0]) and not _is_heading(before)
        taken_back = _QUALIFIES[language.code].match(text, sentences[first][0])
        named = named and not is_bare_label(text, sentences, first - 1)
        if not (named or leans or taken_back):
            break
        first -= 1
    return first


def _speaker(text: str, sentences: Sequence[Span], first: int) -> int:
    """Take in the beginning of a speaker's turn, which says whose words they are."""
    start = sentences[first][0]
    turn = next((turn for turn in turns(text) if turn.start < start < turn.end), None)
    if turn is None or start - turn.start > LONGEST:
        return first
    return next(i for i, (_, end) in enumerate(sentences) if end > turn.start)


def _is_heading(sentence: str) -> bool:
    return len(sentence) <= _HEADING and not is_finished(sentence) and not _ITEM.match(sentence)


def _quotations(text: str, sentences: Sequence[Span], first: int, last: int) -> tuple[int, int]:
    """Take in the rest of a quotation that is cut, with the words that say whose it is."""
    for start, end in _quoted(text):
        if start < sentences[last][1] and sentences[first][0] < end:
            touched = [i for i, (a, b) in enumerate(sentences) if a < end and start < b]
            begin, close = min(first, touched[0]), max(last, touched[-1])
            added = sentences[first][0] - sentences[begin][0] + sentences[close][1] - sentences[last][1]
            if added <= LONGEST:
                first, last = begin, close
    return first, last


_MARK = re.compile(r"[“”„«»‘’\"]")
_CLOSES = {"“": "”", "„": "“”", "«": "»", "‘": "’", '"': '"', "”": "”"}


def _quoted(text: str) -> Iterator[Span]:
    """Yield the quotations of a text, marks included; an apostrophe is told from a closing mark by what follows it."""
    opened: tuple[int, str] | None = None
    for match in _MARK.finditer(text):
        at, mark = match.start(), match[0]
        if opened and "\n\n" in text[opened[0] : at]:
            opened = None
        if opened is None:
            before = text[at - 1 : at]
            if mark in _CLOSES and (not before or before.isspace() or before in "([—–-‘“"):
                opened = (at, _CLOSES[mark])
        elif mark in opened[1] and not (mark == "’" and text[at + 1 : at + 2].isalnum()):
            yield opened[0], at + 1
            opened = None
