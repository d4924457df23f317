"""A text → its words, and the names and noun phrases in it, by capitals and simple shapes. English only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ASKING = _set("who whom whose what which when where why how")
AUXILIARIES = _set(
    "am is are was were be been being do does did has have had can could will would shall should may might must isn't "
    "aren't wasn't weren't don't doesn't didn't haven't hasn't hadn't can't couldn't won't wouldn't shouldn't"
)
PREPOSITIONS = _set(
    "about above across after against along among around as aside at before behind below besides between beyond by "
    "despite during except for from in inside into like near of off on onto out outside over past regarding since "
    "through to toward towards under until up upon versus via with within without"
)
CLAUSE_OPENERS = _set(
    "and or but so if because when while although though than whether once unless that which who where"
)
ARTICLES = _set("a an the my your our this that these those some any no every each all both another such")
POINTERS = {
    **dict.fromkeys(("he", "him", "his"), "he"),
    **dict.fromkeys(("she", "her", "hers"), "she"),
    **dict.fromkeys(("it", "its"), "it"),
    **dict.fromkeys(("they", "them", "their", "theirs"), "they"),
    **dict.fromkeys(("this", "that", "these", "those"), "this"),
    "there": "there",
}
"""A word that stands for something said before → its kind."""
_FILLERS = _set(
    "i me you we us myself yourself himself herself itself themselves there here not again actually ago already also "
    "always else ever even exactly far first finally however instead just last later long many maybe more most much "
    "never next now often ok okay only other others please quite really right same still then together too usually "
    "very well yes yet kind sort type way ways thing things something anything everything one ones lot example "
    "examples good better best bad big different main few several able possible"
)
_VERBS = _set(
    "add affect agree apply ask become begin believe bring buy call called come contain cook cover describe did die "
    "died do end explain feel find found get give go happen happened happens help include join keep know leave like "
    "live look lose made make makes making marry mean means meet mention move need play prevent put receive release "
    "remove said say says see sell serve show start stop store substitute take tell think try turn use used using want "
    "went win won work write wrote"
)
FUNCTION_WORDS = ASKING | AUXILIARIES | PREPOSITIONS | CLAUSE_OPENERS | ARTICLES | _FILLERS | frozenset(POINTERS)
_LIGHT_WORDS = FUNCTION_WORDS | _VERBS
_MEN = _set("mr mister sir lord king prince pope emperor spokesman chairman")
_WOMEN = _set("mrs ms miss madam lady queen princess empress spokeswoman")
_TITLES = _MEN | _WOMEN | _set(
    "dr professor prof president prime foreign vice chancellor premier minister senator governor general colonel "
    "captain judge secretary ambassador mayor director bishop cardinal leader founder actor actress singer author"
)  # fmt: skip
_LINKS = _set("of de da di du del la le van von der den bin al")
_ABBREVIATED = _set("dr mr mrs ms st prof gen gov sen rep jr sr")
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
    plural = last.lower.endswith("s") and not last.lower.endswith(("ss", "us", "is"))
    plural = plural or last.lower in ("people", "children", "men", "women")
    person = 0 if text.islower() else -1
    return Mention(text[begin : last.end], begin, last.end, lower, False, person, "", False, plural, last.owner)
