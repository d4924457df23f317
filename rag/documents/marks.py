"""Raised and lowered characters → a line of text that says the same: ``m²``, ``10^6``, ``x_1``, ``35 [2]`` for a note.

A digit that is only small on the page would otherwise be glued to the number or the word before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby, pairwise

SUPERSCRIPT, SUBSCRIPT, NOTE = "superscript", "subscript", "note"
"""Positions of words: raised, lowered, the mark of a note; any other stands in the line."""
BEFORE = 40
"""Characters before a raised one that are looked at."""

_UP = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_CLOSED = frozenset(")]}")
_FIGURE = re.compile(r"[+\-−–]?\d{1,9}\Z")
_TERM = re.compile(r"[\w+\-−–*/=.,()]{1,12}\Z")
_VARIABLE = re.compile(r"(?<![^\W_])[^\W\d_]\Z")
_LOWER_CASE = re.compile(r"(?<![^\W_])[a-z]{1,12}\Z")
_NOTE = re.compile(r"\[?\(?(\d{1,3}(?:\s?[,–-]\s?\d{1,3}){0,5}|[a-z]|[*†‡§¶#]{1,3})\)?\]?\Z")

_POWER_BEFORE = re.compile(r"(?:(?<!\d)10|[×·*/^=+(]\s?\d{1,9})\Z")
_POWER_AFTER = re.compile(r"\s*[=×·*+−/^)]")
_WORD = re.compile(r"[^\W\d_]{1,30}\Z")
_UNITS = frozenset(
    "m cm dm km mm nm ft in yd mi s ms h kg g l cc metre metres meter meters mile miles foot feet inch inches yard "
    "yards sec second seconds cd mol pa px".split()
)


def raised(text: str, before: str) -> str:
    """Return raised ``text`` as it is written on a line, after the characters ``before``; ordinals stay words.

    >>> raised("2", "m"), raised("6", "4.5 × 10"), raised("st", "1"), raised("n", "x"), raised("2x", "e")
    ('²', '^6', 'st', '^n', '^(2x)')
    """
    text, last = " ".join(text.split()), before[-1:]
    if _FIGURE.match(text):
        return text.translate(_UP) if last.isalpha() else f"^{text}" if last.isdigit() or last in _CLOSED else text
    if _TERM.match(text) and (_VARIABLE.search(before) or last in _CLOSED):
        return f"^{text}" if len(text) == 1 else f"^({text})"
    return text


def lowered(text: str, before: str) -> str:
    """Return lowered ``text`` as it is written on a line, after the characters ``before``.

    >>> lowered("2", "CO"), lowered("2", "101"), lowered("max", "T"), lowered("1", "the term x")
    ('2', '_2', '_max', '_1')
    """
    text, last = " ".join(text.split()), before[-1:]
    names = _LOWER_CASE if text.isdigit() else _VARIABLE  # H₂O and CO₂ are written H2O and CO2
    if last.isdigit() or names.search(before):
        return f"_{text}" if len(text) == 1 or text.isalnum() else f"_({text})"
    return text


def looks_like_note(text: str) -> bool:
    """Tell whether raised ``text`` can be the mark of a note: a number, a letter, a dagger, with or without brackets.

    >>> looks_like_note("12"), looks_like_note("[3, 4]"), looks_like_note("†"), looks_like_note("st")
    (True, True, True, False)
    """
    return _NOTE.match(text.strip()) is not None


def is_note(text: str, before: str, after: str, notes: frozenset[str]) -> bool:
    """Tell a raised number or letter that is the mark of a note from a power, by what stands before and after it.

    ``notes``: the marks with which notes of the document begin, as far as they are known.

    >>> [is_note("2", before, "", frozenset()) for before in ("handled 35", "It sank.", "the harbour", "900 m")]
    [False, True, True, False]
    """
    last = before[-1:]
    if not text[:1].isdigit():
        return text in notes
    if not last:
        return not after or after[0].isspace()
    if last.isdigit():
        return not _POWER_BEFORE.search(before) and not _POWER_AFTER.match(after) and text in notes
    word = _WORD.search(before)
    if word is None:
        return last in ".,;:!?”’\"'»…" or (last in ")]" and text in notes)
    return word[0].lower() not in _UNITS and (text in notes or len(word[0]) > 3)


def note(text: str, before: str) -> str:
    """Return the mark of a note as it is written on a line, after the characters ``before``: apart from a number.

    >>> note("2", "handled 35"), note("[2]", "sank."), note("†", "sank")
    (' [2]', '[2]', '[†]')
    """
    mark = _NOTE.match(text.strip())
    return f"{' ' if before[-1:].isdigit() else ''}[{' '.join((mark[1] if mark else text).split())}]"


def written(pieces: Iterable[tuple[str, str]]) -> str:
    """Return words, each with its position, as one text; neighbours in one position are read as one.

    >>> written([("about 40", ""), (" m", ""), ("2", SUPERSCRIPT), (" of deck", ""), ("1", NOTE)])
    'about 40 m² of deck[1]'
    """
    joined: list[tuple[str, str]] = []
    for position, run in groupby((piece for piece in pieces if piece[0]), key=lambda piece: piece[1]):
        texts = [text for text, _ in run]
        joined += [(text, position) for text in (texts if position == NOTE else ["".join(texts)])]
    said: list[str] = []
    before = ""
    for (text, position), (after, _) in pairwise([*joined, ("", "")]):
        said.append(_placed(text, position, before, after))
        before = (before + said[-1])[-BEFORE:]
    return "".join(said)


def _placed(text: str, position: str, before: str, after: str) -> str:
    """Return words in their position; what stands around is looked at."""
    inner = text.strip()
    if position == NOTE:
        return note(text, before)
    if not inner or position not in (SUPERSCRIPT, SUBSCRIPT):
        return text
    if position == SUBSCRIPT:
        line = lowered(inner, before)
    elif looks_like_note(inner) and is_note(inner, before, after, frozenset()):
        line = note(inner, before)
    else:
        line = raised(inner, before)
    return text.replace(inner, line, 1)
