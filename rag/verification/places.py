"""Where words stand in a text: to the character, but for typography, or with other words among them.

The time that any of it takes grows with the length of the text and not faster, whatever is looked for.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from rag.types import Difference, Span
from rag.verification.changes import pointed_out

_MOST_PLACES = 1_000
"""Places of the same words that are looked at."""
_MOST_TOKENS = 1_000
"""Words and signs of a quote that are compared one by one."""
_MOST_WORDS = 64
"""Words of a quote, the longest, that are looked for to find the nearest place."""
_MARGIN = 40
"""Characters more on either side of where a quote is likely to stand."""
_BY = (-2, -1, 0, 1, 2)
"""Words more or fewer before a word, by which it still speaks for the same place."""
_ALIKE = 0.5
"""The share of a quote's words that must stand in a place for it to be the quote, altered."""

_SIGNS = {
    **dict.fromkeys("‘’‚‛′´`‹›", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
}
_TYPOGRAPHIC = ("<compat", "<noBreak", "<wide", "<narrow", "<initial", "<medial", "<final", "<isolated")
"""Unicode's kinds of letters that differ in form only; a superscript digit is not one of them."""
_MARKS = "'‘’‚‛`´‹›"
"""Marks of a quotation inside another, for which others put double ones; some are apostrophes as well."""
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\w+|[^\w\s]")


def occurrences(words: str, text: str) -> tuple[int, ...]:
    """Return where ``words`` begin in ``text``, in order."""
    found: list[int] = []
    at = text.find(words) if words else -1
    while at >= 0 and len(found) < _MOST_PLACES:
        found.append(at)
        at = text.find(words, at + 1)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text without what is only typography, and the way back to the text itself."""

    original: str
    text: str
    pieces: tuple[tuple[int, int, int, int], ...]
    """What was replaced: (start, end) in ``text``, and (start, end) in ``original``."""

    def span(self, start: int, end: int) -> Span:
        """Return the characters of the original that ``text[start:end]``, which is not empty, stands for."""
        return self._back(start)[0], self._back(end - 1)[1]

    def _back(self, at: int) -> Span:
        number = bisect_right(self.pieces, (at + 1,)) - 1
        if number < 0:
            return at, at + 1
        _, end, original_start, original_end = self.pieces[number]
        if at < end:
            return original_start, original_end
        return original_end + at - end, original_end + at - end + 1


def fold(text: str) -> Folded:
    """Return a text with plain quotation marks and dashes, single spaces, and letters in their plain form.

    Single marks and double ones are the same, but for apostrophes and what may count feet or minutes.

    >>> fold("‘ﬁne’  –  he").text
    '"fine" - he'
    """
    changed = "".join(char for char in set(text) if (_fold(char) != char and not char.isspace()) or char in _MARKS)
    pattern = re.compile(r"\s+" + (f"|[{re.escape(changed)}]" if changed else ""))
    parts: list[str] = []
    pieces: list[tuple[int, int, int, int]] = []
    last = length = 0
    for match in pattern.finditer(text):
        said = match[0]
        plain = " " if said.isspace() else '"' if _is_mark(text, match.start()) else _fold(said)
        if plain == said:
            continue
        parts += (text[last : match.start()], plain)
        length += match.start() - last
        pieces.append((length, length + len(plain), match.start(), match.end()))
        length += len(plain)
        last = match.end()
    return Folded(text, "".join((*parts, text[last:])), tuple(pieces))


def _is_mark(text: str, at: int) -> bool:
    """Tell whether a single mark is one of a quotation: not within a word, nor behind a number."""
    before = text[at - 1] if at else " "
    return text[at] in _MARKS and not before.isdigit() and not (before.isalnum() and text[at + 1 : at + 2].isalnum())


@lru_cache(maxsize=4_096)
def _fold(char: str) -> str:
    if char in _SIGNS:
        return _SIGNS[char]
    if unicodedata.category(char) == "Cf":  # a soft hyphen and its like, which nobody sees
        return ""
    alike = unicodedata.decomposition(char).startswith(_TYPOGRAPHIC)
    return unicodedata.normalize("NFKD" if alike else "NFD", char)


def typographic(words: str, whole: Folded) -> Span | None:
    """Return the first place where ``words`` stand but for typography; None where there is none."""
    said = fold(words).text.strip()
    at = whole.text.find(said) if said else -1
    return whole.span(at, at + len(said)) if at >= 0 else None


def in_print(said: str, stands: str) -> tuple[Difference, ...]:
    """Return where words that are the same but for typography differ, word by word.

    >>> [(one.said, one.stands) for one in in_print("the “old” mill", "The 'old' mill")]
    [('the “old”', "The 'old'")]
    """
    a, b = said.split(), stands.split()
    if a == b or max(len(a), len(b)) > _MOST_TOKENS:
        return (Difference("exact", said, stands),)
    codes = SequenceMatcher(None, a, b).get_opcodes()
    return tuple(Difference("exact", " ".join(a[i:j]), " ".join(b[k:m])) for tag, i, j, k, m in codes if tag != "equal")


def nearest(words: str, whole: Folded) -> tuple[Span, tuple[Difference, ...]] | None:
    """Return the place that is most like ``words``, and what differs there, word by word.

    None where no place has half of the words. Without differences, only white space differs.
    """
    said = fold(words)
    first, last = _beginnings(said.text, whole.text)
    a = _tokens(said.text, 0, len(said.text))
    b = _tokens(whole.text, first, last + len(said.text))
    rest, a = a[_MOST_TOKENS:], a[:_MOST_TOKENS]
    if not b:
        return None
    matched, codes = _aligned([said.text[i:j] for i, j in a], [whole.text[i:j] for i, j in b])
    if matched < 2 or matched < _ALIKE * len(_WORD.findall(said.text, 0, a[-1][1])):
        return None
    differences = [
        Difference("exact", _slice(said, a[i:j]), _slice(whole, b[k:m])) for tag, i, j, k, m in codes if tag != "equal"
    ]
    start, end = whole.span(b[codes[0][3]][0], b[codes[-1][4] - 1][1])
    if rest:
        tail = _slice(said, rest)
        gap = said.span(*rest[0])[0] - said.span(*a[-1])[1]
        stands = whole.original[end + gap : end + gap + len(tail)]
        if stands != tail:
            differences.append(Difference("exact", tail, stands))
        end = min(len(whole.original), end + gap + len(tail))
    return (start, end), pointed_out(differences, whole.original)


def _beginnings(said: str, text: str) -> Span:
    """Return between which places in ``text`` most of the quote's words, rare ones above all, would have it begin."""
    words = {match[0]: match.start() for match in _WORD.finditer(said)}
    votes: Counter[int] = Counter()
    width = len(said) // 2 + 40
    for word in sorted(words, key=len, reverse=True)[:_MOST_WORDS]:
        found = occurrences(word, text)
        for at in found:
            votes[(at - words[word]) // width] += 1 + _MOST_PLACES // len(found)
    if not votes:
        return 0, 0
    best = max(votes, key=lambda bucket: votes[bucket] + votes[bucket + 1])
    return max(0, best * width - _MARGIN), (best + 2) * width + _MARGIN


def _tokens(text: str, start: int, end: int) -> list[Span]:
    return [match.span() for match in _TOKEN.finditer(text, start, end)]


_Code = tuple[str, int, int, int, int]
"""An operation of difflib: its name, tokens [i:j] of what was said, [k:m] of what stands."""


def _aligned(a: list[str], b: list[str]) -> tuple[int, list[_Code]]:
    """Return how many words of ``a`` stand in ``b``, and what to do to ``a`` (as difflib has it), around its place."""
    places: dict[str, list[int]] = {}
    for k, token in enumerate(b):
        places.setdefault(token, []).append(k)
    shifts: dict[int, float] = defaultdict(float)
    for i, token in enumerate(a):
        for k in places.get(token, ()):
            shifts[k - i] += 1 / len(places[token])
    shift = max(shifts, key=lambda shift: sum(shifts.get(shift + by, 0.0) for by in _BY), default=0)
    slack = len(a) // 4 + 2
    low = max(0, shift - slack)
    matcher = SequenceMatcher(None, a, b[low : shift + len(a) + slack])
    blocks = [(i, k + low, n) for i, k, n in matcher.get_matching_blocks() if any(map(_WORD.match, a[i : i + n]))]
    if not blocks:
        return 0, []
    (i, k, _), (j, m, n) = blocks[0], blocks[-1]
    first, last = k - _reach(a[:i][::-1], b[:k][::-1]), m + n + _reach(a[j + n :], b[m + n :])
    matcher = SequenceMatcher(None, a, b[first:last])
    matched = sum(bool(_WORD.match(token)) for i, _, n in matcher.get_matching_blocks() for token in a[i : i + n])
    return matched, [(tag, i, j, k + first, m + first) for tag, i, j, k, m in matcher.get_opcodes()]


def _reach(said: Sequence[str], there: Sequence[str]) -> int:
    """Return how many tokens of ``there`` stand for all that was said: as many where words and signs alternate alike,
    else those nearest in length; a word stands for a word."""
    if len(there) >= len(said) and all(
        bool(_WORD.match(one)) == bool(_WORD.match(other)) for one, other in zip(said, there, strict=False)
    ):
        return len(said)
    left, count = sum(map(len, said)), 0
    if left and there and _WORD.match(there[0]):
        left, count = left - len(there[0]), 1
    while count < len(there) and left > len(there[count]) // 2:
        left -= len(there[count])
        count += 1
    return count


def _slice(folded: Folded, tokens: list[Span]) -> str:
    if not tokens:
        return ""
    start, end = folded.span(tokens[0][0], tokens[-1][1])
    return folded.original[start:end]
