"""A text → its words, and the names and noun phrases in it, by capitals and simple shapes. English only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.text.language import table

_ENGLISH = table("en")["conversation"]


def _set(name: str) -> frozenset[str]:
    return frozenset(_ENGLISH[name].split())


ASKING, AUXILIARIES, PREPOSITIONS = _set("asking"), _set("auxiliaries"), _set("prepositions")
CLAUSE_OPENERS, ARTICLES = _set("clause_openers"), _set("articles")
POINTERS: Mapping[str, str] = {word: kind for kind, words in _ENGLISH["pointers"].items() for word in words.split()}
"""A word that stands for something said before → its kind."""
FUNCTION_WORDS = ASKING | AUXILIARIES | PREPOSITIONS | CLAUSE_OPENERS | ARTICLES | _set("fillers") | frozenset(POINTERS)
_LIGHT_WORDS = FUNCTION_WORDS | _set("verbs")
_MEN, _WOMEN = _set("men"), _set("women")
_TITLES = _MEN | _WOMEN | _set("titles")
_LINKS, _ABBREVIATED = _set("links"), _set("abbreviated")
_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|\w+(?:[-&.]\w+|['’]t\b)*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its place in the text, in characters."""

    text: str
    start: int
    end: int
    lower: str
    opens: bool
    """It begins a sentence, where a capital says nothing."""
    joined: bool
    """It may belong to one phrase with the word before it."""
    owner: bool = False
    """A possessive follows it."""

    @property
    def capital(self) -> bool:
        return self.text[0].isupper() and self.text != "I"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name or a noun phrase, and its place in the text, in characters."""

    text: str
    start: int
    end: int
    words: frozenset[str]
    name: bool
    person: int
    """1: a person's, -1: none's, 0: it may be one's."""
    gender: str
    """``he`` or ``she`` where a title says so."""
    place: bool
    plural: bool
    owner: bool
    """It tells whose something is."""


def split_words(text: str) -> tuple[Word, ...]:
    """Return the words of ``text`` in order, without their possessive ``'s``."""
    found: list[Word] = []
    end = 0
    for match in _WORD.finditer(text):
        gap, lower = text[end : match.start()], match[0].lower().replace("’", "'")
        end = match.end()
        if found and gap in ("'", "’") and lower in ("s", "re", "ve", "ll", "d", "m"):
            found[-1] = replace(found[-1], owner=lower == "s")
            continue
        abbreviated = bool(found) and gap == ". " and (len(found[-1].text) == 1 or found[-1].lower in _ABBREVIATED)
        opens = not found or (not abbreviated and any(mark in gap for mark in '.?!:\n"“‘('))
        joined = bool(found) and not found[-1].owner and text[found[-1].end : match.start()] in (" ", ". ")
        owner = lower.endswith("s") and text[end : end + 2] in ("' ", "’ ")
        found.append(Word(match[0], match.start(), end, lower, opens, joined, owner))
    return tuple(found)


def mentions(text: str) -> tuple[Mention, ...]:
    """Return the names and noun phrases of ``text``, in order, a name without its title.

    >>> [mention.text for mention in mentions("Did President Vladimir Putin visit the harbour of Odesa?")]
    ['Vladimir Putin', 'the harbour', 'Odesa']
    """
    words = split_words(text)
    found: list[Mention] = []
    start = 0
    while start < len(words):
        if (stop := _name_end(words, start)) > start:
            found.append(_name(text, words, start, stop))
        elif (stop := _phrase_end(words, start)) > start:
            found.append(_phrase(text, words, start, stop))
        start = max(stop, start + 1)
    return tuple(found)


def _name_end(words: Sequence[Word], start: int) -> int:
    """Return the number of the word behind a name; ``start`` where no name begins."""
    if not _begins_name(*words[start : start + 2], few=len(words) <= 3):
        return start
    stop = start + 1
    while stop < len(words) and words[stop].joined:
        named = [word.capital and word.joined for word in words[stop + 1 : stop + 2]]
        if words[stop].lower in _LINKS and any(named):
            stop += 2
        elif words[stop].capital and not words[stop].opens:
            stop += 1
        else:
            break
    return stop


def _begins_name(word: Word, after: Word | None = None, *, few: bool) -> bool:
    if not word.capital or word.lower in FUNCTION_WORDS:
        return False
    return not word.opens or word.owner or few or bool(after and after.capital and after.joined)


def _name(text: str, words: Sequence[Word], start: int, stop: int) -> Mention:
    titles = [place for place in range(start, stop - 1) if words[place].lower in _TITLES]
    cues = {words[place].lower for place in (*titles, max(start - 1, 0))} & _TITLES
    start = titles[-1] + 1 if titles else start
    before = words[start - 1].lower if start else ""
    run = words[start:stop]
    thing = before in ARTICLES or any(word.lower in _LINKS or word.text[-1].isdigit() for word in run)
    place = before in ("in", "at", "to", "from", "near")
    acronym = len(run) == 1 and len(run[0].text) > 1 and run[0].text.isupper()
    person = 1 if cues else -1 if thing or place or acronym else 0
    gender = "he" if cues & _MEN else "she" if cues & _WOMEN else ""
    first, end = words[start - 1].start if before == "the" and not cues else run[0].start, run[-1].end
    lower = frozenset(word.lower for word in run)
    return Mention(text[first:end], first, end, lower, True, person, gender, place, False, run[-1].owner)


def _phrase_end(words: Sequence[Word], start: int) -> int:
    stop = start
    while stop < len(words) and (stop == start or words[stop].joined):
        word = words[stop]
        if word.lower in _LIGHT_WORDS or len(word.text) < 2 or (word.capital and not word.opens):
            break
        stop += 1
    is_verb = stop == start + 1 and stop < len(words) and words[stop].lower in ARTICLES | frozenset(POINTERS)
    return start if is_verb else stop  # "who owns the bridge"


def _phrase(text: str, words: Sequence[Word], start: int, stop: int) -> Mention:
    first, last = start, words[stop - 1]
    while first and first > start - 2 and (words[first - 1].owner or words[first - 1].lower == "the"):
        first -= 1
    begin = words[first].start
    lower = frozenset(word.lower for word in words[start:stop])
    plural = bool(re.search(r"[^sui]s$", last.lower)) or last.lower in ("people", "children", "men", "women")
    person = 0 if text.islower() else -1
    return Mention(text[begin : last.end], begin, last.end, lower, False, person, "", False, plural, last.owner)
