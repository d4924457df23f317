"""A language model's text, held against the quotes that it was written from, sentence by sentence as it comes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.text.language import ENGLISH
from rag.text.sentences import sentences
from rag.text.words import stems
from rag.verification.changes import NEGATION, NUMBER
from rag.verification.places import fold, typographic
from rag.verification.quotations import quotations
from rag.written import Sentence

LONGEST = 2_000
"""Characters of a sentence: what is longer is cut there, and checked as it is."""
_NUMBERS = r"\d{1,3}(?:\s{0,9}[,;–-]\s{0,9}\d{1,3})*"
_POINTER = re.compile(rf"\s{{0,9}}(?:\[\^?{_NUMBERS}\]|【{_NUMBERS}】)")
_POINTERS = re.compile(rf"(?:{_POINTER.pattern})+")
_LAST = re.compile(rf"(?:{_POINTER.pattern})\s{{0,9}}[.!?…”’\"')*_]*\s*$")
_LISTED = re.compile(r"^(?:[-*•–]|\d{1,2}[.)]|#{1,6})\s+")
_EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,2}|_{1,2}(?!\w)|`")
_WORD = re.compile(r"\w+(?:[’'.-]\w+)*")
_ENDING = " \t\n,.;:!?-"
_OPEN, _CLOSE = "“«„", "”»"
_PAIRED = 4
"""Sentences that one quotation may hold."""
_IN_DIGITS = {
    word: str(number)
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}


class Checker:
    """Takes a text in pieces and gives its sentences, each once it is whole, its pointers known and it is checked.

    ``quotes`` are the words of those that were shown to the model, in order: a sentence points to them from 1 on.
    What is quoted within a sentence is so held back until it is found in them.
    """

    def __init__(self, quotes: Sequence[str]) -> None:
        self._quotes = [*quotes]
        self._held = ""

    def feed(self, piece: str) -> Iterator[Sentence]:
        """Take the next piece of the text and yield the sentences that it ends."""
        self._held += piece
        yield from self._ready(last=False)

    def finish(self, *, whole: bool) -> Iterator[Sentence]:
        """Yield what is left; a sentence that breaks off is struck out unless the text is ``whole``."""
        rest = [*self._ready(last=True)]
        for number, sentence in enumerate(rest, start=1):
            if whole or number < len(rest) or sentence.struck:
                yield sentence
            else:
                yield Sentence(sentence.text, sentence.quotes, "it breaks off")

    def _ready(self, *, last: bool) -> Iterator[Sentence]:
        begin = 0
        for end in _ends(self._held):
            rest = self._held[end:].lstrip()
            if not last and (not rest or (rest[0] in "[【" and not _POINTER.match(rest))):
                break  # what is behind may be a pointer of this sentence
            yield check(self._held[begin:end], self._quotes)
            begin = end
        self._held = self._held[begin:]
        while len(self._held) > LONGEST:
            yield check(self._held[:LONGEST], self._quotes)
            self._held = self._held[LONGEST:]


def _ends(text: str) -> Iterator[int]:
    """Yield where the sentences of a text end, each behind its pointers; no quotation is cut."""
    begin, held = 0, 0
    spans = sentences(text)
    for number, (_, end) in enumerate(spans, start=1):
        behind = _POINTERS.match(text, end)
        end = behind.end() if behind else end
        said = text[begin:end]
        if not _POINTERS.sub("", said).strip():
            continue
        is_open = sum(map(said.count, _OPEN)) > sum(map(said.count, _CLOSE)) or said.count('"') % 2 == 1
        if is_open and held < _PAIRED and number < len(spans):
            held += 1
            continue
        yield end
        begin, held = end, 0


def check(said: str, quotes: Sequence[str]) -> Sentence:
    """Return a sentence, struck out where it does not end in pointers to quotes, or quotes what they do not say.

    >>> check("He is ready for talks [1].", ["He said he is ready for talks."])
    Sentence(text='He is ready for talks.', quotes=(1,), struck='', unsupported=())
    """
    said = _LISTED.sub("", " ".join(said.split()))
    pointers = tuple(dict.fromkeys(number for match in _POINTER.finditer(said) for number in _numbers(match[0])))
    text = _EMPHASIS.sub("", _POINTER.sub("", said)).strip()
    if not _LAST.search(said):
        return Sentence(text, pointers, "it does not end in a pointer to a quote")
    if unknown := [number for number in pointers if not 1 <= number <= len(quotes)]:
        return Sentence(text, pointers, f"there is no quote {unknown[0]}")
    cited = "\n".join(quotes[number - 1] for number in pointers)
    folded = fold(cited)
    for quotation in quotations(text):
        words = quotation.words.strip(_ENDING)
        if words and typographic(words, folded) is None:
            return Sentence(text, pointers, "it quotes words that do not stand there")
    return Sentence(text, pointers, unsupported=tuple(_unsupported(text, fold(text).text, folded.text)))


def _numbers(pointer: str) -> Iterator[int]:
    """Yield the numbers in a pointer: "[1, 3]", "[2–4]"."""
    for part in re.split(r"[,;]", pointer.strip(" []【】^")):
        first, _, end = re.sub(r"[–-]", "-", part).partition("-")
        low, high = int(first), int(end or first)
        yield from range(low, min(high, low + 20) + 1)


def _unsupported(text: str, plain: str, cited: str) -> Iterator[str]:
    """Yield the numbers, names and negations that do not stand in what is cited, each once."""
    numbers = {_number(match[0]) for match in NUMBER.finditer(cited)}
    found = {match[0].rstrip(".,"): None for match in NUMBER.finditer(plain) if _number(match[0]) not in numbers}
    words, roots = set(_WORD.findall(cited)), stems(cited)
    small = {word.lower() for word in words}
    for word in _WORD.findall(plain):
        name = re.sub(r"['’]s?$", "", word)
        known = name in words or any(part in small for part in (name.lower(), *name.lower().split("-")))
        known = known or stems(name) <= roots or name.lower() in ENGLISH.common | ENGLISH.openers
        if name[:1].isupper() and not known and not NUMBER.fullmatch(name):
            found[name] = None
    if not NEGATION.search(cited):
        found |= {match[0]: None for match in NEGATION.finditer(plain)}
    yield from found


def _number(said: str) -> str:
    """Return a number in one form: without the signs between thousands, small ones in digits."""
    bare = said.lower().rstrip(".,")
    return _IN_DIGITS.get(bare, re.sub(r"[.,](?=\d{3}(?!\d))", "", bare))
