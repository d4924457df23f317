"""What a text speaks of: names and noun phrases, found by capitals and function words alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.conversation import words as w
from rag.conversation.tokenise import Token, is_abbreviation, tokens


@dataclass(frozen=True, slots=True)
class Mention:
    """A name or a noun phrase, as it stands in the text."""

    text: str
    words: tuple[str, ...]
    """In lower case."""
    start: int
    name: bool
    """Written with capitals."""
    article: bool
    """After "the" or "a", or after "which" or the like: the next to speak of it would say "the"."""
    person: int
    """1 for a person, -1 for none, 0 where nothing tells."""
    gender: str
    """``he`` or ``she`` where a title or a given name tells, else empty."""
    place: bool
    plural: bool
    subject: bool
    """The first noun phrase after a question's auxiliary, which is what the question is about."""


_YEAR = re.compile(r"[12]\d{3}")
_POSSESSIVES = ("'s ", "’s ", "' ", "’ ")
_JOINERS = frozenset("of de von van der den la le el al bin ibn du di da dos the for y v vs".split())


@lru_cache(maxsize=512)
def mentions(text: str) -> tuple[Mention, ...]:
    """Return the names and noun phrases of ``text`` in order, none overlapping another.

    >>> [m.text for m in mentions("Does throat cancer spread? Ask Dr. Ada Lovelace of London.")]
    ['throat cancer', 'Ada Lovelace', 'London']
    """
    words = tokens(text)
    found: list[Mention] = []
    index = 0
    while index < len(words):
        stop = _name_end(text, words, index)
        if stop > index:
            found.extend(_names(text, words, index, stop))
        else:
            stop = _phrase_end(text, words, index)
            if stop > index:
                found.extend(_phrases(text, words, index, stop))
        index = max(stop, index + 1)
    return tuple(found)


def _capital(token: Token) -> bool:
    if not token.text[0].isupper():
        return False
    if token.lower in w.CALENDAR or (
        token.lower in w.FUNCTION_WORDS and not (token.text.isupper() and len(token.text) > 1)
    ):
        return False
    return not token.opens or (token.lower not in w.LIGHT_WORDS and not token.lower.endswith(("ing", "ly")))


def _gap(text: str, left: Token, right: Token) -> str:
    return text[left.end : right.start]


def _adjacent(text: str, left: Token, right: Token) -> bool:
    gap = _gap(text, left, right)
    return gap in (" ", "\n", "\u00a0") or is_abbreviation(left.text, gap)


def _name_end(text: str, words: tuple[Token, ...], index: int) -> int:
    """Where the run of capitalised words from ``index`` ends; ``index`` itself where there is none."""
    if not _capital(words[index]):
        return index
    stop = index + 1
    person = words[index].lower in w.GIVEN_NAMES or words[index].lower in w.TITLES
    if words[index].opens and not _opens_with_name(text, words, index):
        return index
    while stop < len(words) and _adjacent(text, words[stop - 1], words[stop]):
        step = stop
        while (
            step < len(words) - 1 and step - stop < 2 and words[step].lower in _JOINERS and words[step].text.islower()
        ):
            step += 1
        if not words[step].text[0].isupper() and not (words[step].text.isdigit() and step == stop):
            break
        if words[step].lower in w.CALENDAR or not _adjacent(text, words[step - 1], words[step]):
            break
        if words[step].lower in w.QUESTION_WORDS or words[step].lower in w.AUXILIARIES:
            break
        if person and words[stop].lower == "of" and words[stop - 1].lower not in w.TITLES:
            break
        stop = step + 1
    return stop


def _opens_with_name(text: str, words: tuple[Token, ...], index: int) -> bool:
    """Whether the first word of a sentence is a name by more than its capital."""
    word = words[index]
    if len(words) == 1 or word.text[1:] != word.lower[1:] or word.lower in w.KNOWN_NAMES:
        return True
    if index + 1 == len(words) or not _adjacent(text, word, words[index + 1]):
        return text[word.end : word.end + 2] in ("'s", "’s") or any(word.text == t.text and not t.opens for t in words)
    after = words[index + 1]
    verbal = after.lower in w.VERBAL or after.lower.endswith(("ed", "ly"))
    return verbal or after.text[0].isupper() or any(word.text == t.text and not t.opens for t in words)


def _names(text: str, words: tuple[Token, ...], start: int, stop: int) -> Iterator[Mention]:
    """The names in one run of capitals: a title parts a country or office from the person it stands before."""
    cue = _role_before(words, start)
    titles = [i for i in range(start, stop) if words[i].lower in w.TITLES]
    if titles and titles[-1] + 1 < stop and not {t.lower for t in words[start:stop]} & _JOINERS:
        first, last = titles[0], titles[-1]
        if first > start and words[first - 1].lower not in w.GIVEN_NAMES:
            yield from _unless_demonym(_name(text, words, start, first, ""))
        cue = cue or words[last].lower
        start = last if words[last].lower in w.KEPT_TITLES else last + 1
    yield from _unless_demonym(_name(text, words, start, stop, cue))


def _unless_demonym(name: Mention) -> Iterator[Mention]:
    """Leave out a bare "Russian", which says where something is from and is no antecedent."""
    if name.person > 0 or not w.DEMONYMS.union(("north", "south", "east", "west")).issuperset(name.words):
        yield name


def _role_before(words: tuple[Token, ...], start: int) -> str:
    """The noun for a person that stands right before a name ("its foreign minister, Andriy Sybiha"), or empty."""
    return words[start - 1].lower if start and words[start - 1].lower in w.ROLES and not words[start].opens else ""


def _name(text: str, words: tuple[Token, ...], start: int, stop: int, cue: str) -> Mention:
    if start and _YEAR.fullmatch(words[start - 1].text) and _adjacent(text, words[start - 1], words[start]):
        start -= 1  # "the 2018 World Cup"
    run = words[start:stop]
    lower = tuple(token.lower for token in run)
    place = " ".join(lower).rstrip(".") in w.PLACES
    person, gender = _personhood(lower, cue, place, run[0].text)
    plural = lower[-1] in w.PLURAL_WORDS or bool(set(lower) & _PLURAL_ORGANISATIONS)
    return Mention(
        text=text[run[0].start : run[-1].end],
        words=lower,
        start=run[0].start,
        name=True,
        article=_article(words, start),
        person=person,
        gender=gender,
        place=place,
        plural=plural,
        subject=False,
    )


def _personhood(lower: tuple[str, ...], cue: str, place: bool, first: str) -> tuple[int, str]:
    """Whether a name is a person's, and of which gender, by titles, given names and words that people lack."""
    given = lower[1] if lower[0] in w.KEPT_TITLES and len(lower) > 1 else lower[0]
    male = cue in w.MALE_WORDS or given in w.MALE_NAMES or lower[0] in w.MALE_WORDS
    female = cue in w.FEMALE_WORDS or given in w.FEMALE_NAMES or lower[0] in w.FEMALE_WORDS
    if cue or ((male or female) and len(lower) < 5 and not place and not set(lower) & w.ORGANISATION_WORDS):
        return 1, "" if male == female else "he" if male else "she"
    demonym = lower[0] in w.DEMONYMS or (lower[0].endswith(w.DEMONYM_ENDINGS) and len(lower[0]) > 5)
    acronym = len(lower) == 1 and len(first) > 1 and first.isupper()
    thing = place or demonym or acronym or bool(set(lower) & (w.ORGANISATION_WORDS | {"of", "for", "the", "v", "vs"}))
    return (-1 if thing or any(letter.isdigit() for letter in lower[-1]) else 0), ""


_PLURAL_ORGANISATIONS = frozenset("band brothers group team forces club party orchestra beatles".split())


def _article(words: tuple[Token, ...], start: int) -> bool:
    return start > 0 and words[start - 1].lower in _ARTICLES and words[start - 1].end + 1 == words[start].start


_ARTICLES = frozenset(("the", "a", "an", "which", "what", "many"))


def _phrase_end(text: str, words: tuple[Token, ...], index: int) -> int:
    stop = index
    while (
        stop < len(words) and _topical(words[stop]) and (stop == index or _adjacent(text, words[stop - 1], words[stop]))
    ):
        if _capital(words[stop]):
            break
        stop += 1
    return stop


def _topical(token: Token) -> bool:
    return token.lower not in w.LIGHT_WORDS and len(token.lower) > 1


def _phrases(text: str, words: tuple[Token, ...], start: int, stop: int) -> Iterator[Mention]:
    """The noun phrase in a run of content words, its verb left off as far as the words around it tell."""
    before = words[start - 1].lower if start else ""
    if _verb_of_name(text, words, start):
        start += 1
    subject = _after_auxiliary(words, start)
    if before in ("who", "what") and start == 1 and (stop - start > 1 or _opens_noun_phrase(words, stop)):
        if words[start].lower.endswith(("s", "ed")) and not words[start].lower.endswith("ss"):
            start += 1
    elif subject and stop - start > 1 and words[stop - 1].lower not in w.RELATIONAL_NOUNS:
        stop -= 1
    elif stop - start == 1 and (
        words[start].lower.endswith(("ed", "ing")) or (before == "to" and _opens_noun_phrase(words, stop))
    ):
        return
    if start >= stop or all(token.text.isdigit() for token in words[start:stop]):
        return
    head = words[stop - 1].lower
    if (
        head in w.ROLES
        and stop < len(words)
        and _adjacent(text, words[stop - 1], words[stop])
        and _capital(words[stop])
    ):
        return
    if head in w.ROLES and start and _gap(text, words[start - 1], words[start]) in _POSSESSIVES:
        start -= 1
    run = words[start:stop]
    lower = tuple(token.lower for token in run)
    male = head in w.MALE_WORDS or lower[0] in w.MALE_NAMES
    female = head in w.FEMALE_WORDS or lower[0] in w.FEMALE_NAMES
    # Only where nothing has a capital may a phrase be a person's name.
    person = 1 if head in w.ROLES or male or female else 0 if text.islower() and not any(map(is_plural, lower)) else -1
    place = lower[0] in w.PLACES and person < 1
    gender = "" if male == female else "he" if male else "she"
    yield Mention(
        text=text[run[0].start : run[-1].end],
        words=lower,
        start=run[0].start,
        name=False,
        article=_article(words, start),
        person=-1 if place else person,
        gender=gender,
        place=place,
        plural=is_plural(head),
        subject=subject,
    )


def _verb_of_name(text: str, words: tuple[Token, ...], start: int) -> bool:
    """Whether the word is what a name did, in a question with "do" or the like ("did Putin warn")."""
    if not start or not words[start - 1].text[0].isupper() or not _adjacent(text, words[start - 1], words[start]):
        return False
    return any(token.lower in w.HELPERS for token in words[: start - 1])


def _opens_noun_phrase(words: tuple[Token, ...], index: int) -> bool:
    return index < len(words) and (words[index].lower in w.DETERMINERS or words[index].text[0].isupper())


def _after_auxiliary(words: tuple[Token, ...], start: int) -> bool:
    """Whether the phrase is the subject of "do", which parts it from its verb ("did the Colts win")."""
    index = start - 1
    while index >= 0 and words[index].lower in w.DETERMINERS:
        index -= 1
    return index >= 0 and words[index].lower in w.HELPERS


def is_plural(word: str) -> bool:
    """Return whether an English noun, in lower case, looks like a plural."""
    return word in w.PLURAL_WORDS or (word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3)
