"""A follow-up and the turns before it → questions that stand on their own, by rules, without a language model.

Pronouns are replaced by what was spoken of, and what was left out is put back. English is understood; of a question in
another language only that it points back: then what was spoken of is put behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from rag.conversation import mentions as m
from rag.conversation.mentions import Mention, Word, mentions, split_words
from rag.text.language import ENGLISH, LANGUAGES, Language, told_question
from rag.text.words import content_words
from rag.types import Answer, Turn

RECENT_TURNS = 4
"""Turns that are looked back upon, beside the first, which names the subject of a conversation."""
READ_CHARACTERS = 300
"""As much of an earlier question or answer as is read: what a follow-up points to stands near its beginning."""
_MENTIONS = 20
"""Names and phrases of a text that are weighed."""
_PLACE_NOUNS = frozenset("country countries city cities place town state region capital nation continent".split())
_DEICTIC = frozenset("year years month week century day days time article page document text passage".split())
_IDLE = re.compile(
    r"\bit\s(?:takes?|took|costs?|means?|matters?|seems?|look|feel|rains?|snows?)\b|\bmakes?\sit\b"
    r"|\b(?:is|was|be)\sit\s(?:\w{1,20}\s){1,3}(?:to|that|for|if|when)\b|\bis\sit\slike\sto\b"
    r"|\bit\s(?:is|was|be)\s(?:\w{1,20}\s){1,3}(?:that|to)\b|\bwhat\s(?:time|day)\sis\sit\b"
    r"|\b(?:he\sor\sshe|his\sor\sher|him\sor\sher|there\s(?:is|are|was|were)|(?:is|are|was|were)\sthere(?=\s))\b"
    r"|\"[^\"]{0,200}\"|“[^”]{0,200}”",
    re.IGNORECASE,
)
"""Words that look like pointers and are none: "it" and "there" that only fill a place, the words of a title."""
_ABOUT = re.compile(r"\W{0,3}(?:(?:and|but|so|or|ok|okay)\b[ ,]{0,2})?(?:what|how) about\b", re.IGNORECASE)
_AND = re.compile(r"\W{0,3}(?:and|or)\b", re.IGNORECASE)
_ORDINAL = re.compile(r"\b(?:first|second|third|fourth|fifth|last|next)\b", re.IGNORECASE)
_TOPIC = 3
"""Words of a question without names that are taken for what it is about: its last ones, without the common ones."""
_YEAR = re.compile(r"\b[12]\d{3}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRewriter:
    """Rewrites by rules alone, and keeps nothing between two questions."""

    characters: int = 2_000
    """The longest question that is made."""

    def candidates(self, question: str, turns: Sequence[Turn]) -> tuple[str, ...]:
        """Return one to three standalone questions that ``question`` may mean, likeliest first.

        ``turns`` are the earlier ones, oldest first. A question that owes them nothing gives itself alone.
        As it is asked it comes last, but for "he" and "she" where a person was spoken of.

        >>> turn = Turn("Who is Ukraine's foreign minister?", "Andriy Sybiha")
        >>> CandidateRewriter().candidates("What did he say?", [turn])
        ('What did Andriy Sybiha say?', "What did Ukraine's foreign minister say?")
        """
        past: list[_Past] = []
        for turn in (*turns[:1], *turns[1:][-RECENT_TURNS:]):
            past.append(_remember(turn, past))
        made = [text for text in _readings(question, past) if len(text) <= self.characters]
        return tuple(dict.fromkeys(made)) or (question,)


@dataclass(frozen=True, slots=True)
class _Past:
    """The beginning of an earlier turn: its question as asked and as understood, and the answering words."""

    asked: str
    question: str
    answer: str


def _remember(turn: Turn, before: Sequence[_Past]) -> _Past:
    asked = turn.question[:READ_CHARACTERS]
    if isinstance(turn.reply, str):
        question, said = next(_readings(asked, before), asked), turn.reply
    else:
        question, said = turn.reply.standalone_question or asked, ""
    if isinstance(turn.reply, Answer) and turn.reply.quotes:
        quote = turn.reply.quotes[0]
        marked = (quote.exact[start - quote.start : end - quote.start] for start, end in quote.highlights)
        said = " ".join(marked) or quote.exact
    return _Past(asked, question[:READ_CHARACTERS], said[:READ_CHARACTERS])


def _readings(question: str, past: Sequence[_Past]) -> Iterator[str]:
    """Yield what the question may mean, likeliest first; nothing where it owes the turns nothing."""
    words = split_words(question[:READ_CHARACTERS])
    if not past or not words:
        return
    if (language := told_question(question, tuple(LANGUAGES.values()))) is not ENGLISH:
        yield from _elsewhere(question, words, past[-1].question, language)
        return
    pointers = _pointers(question, words)
    if pointers:
        meant = {kind: _meant(kind, past, question) for kind in pointers}
        for rank in range(min(2, max(map(len, meant.values())))):
            yield _replaced(question, pointers, {kind: found[rank:] or found for kind, found in meant.items()})
        if any(meant.get(kind) for kind in ("he", "she")):
            return  # As it is it would be answered with what anybody said.
    elif completed := _completed(question, words, past[-1].question):
        yield completed
    elif not set('"“') & set(question) and all(
        not found.name and found.text.startswith("the ") for found in mentions(question)
    ):
        # "Who won the debate?" names nothing new: it may lean on what was spoken of.
        for mention in _meant("it", past, question)[:1]:
            yield _with_topic(question, mention.text)
    yield question


def _elsewhere(question: str, words: Sequence[Word], before: str, language: Language) -> Iterator[str]:
    """Yield what a question in another language than English may mean: with what the one before it was about.

    A word that points is explained by a name before it; with a capital within a sentence it is "you" in German.
    """
    pointers = language.questions.pointers
    told = [word for word in words if not (word.lower in pointers and word.capital and not word.opens)]
    if any(word.lower in pointers for word in takewhile(lambda word: word.opens or not word.capital, told)):
        names = [word.text for word in split_words(before) if word.capital and not word.opens]
        topic = " ".join(dict.fromkeys(names)) or " ".join(content_words(before, language)[-_TOPIC:])
        yield _with_topic(question, topic)
    yield question


def _pointers(question: str, words: Sequence[Word]) -> dict[str, int]:
    """Return kind → number of the first word of that kind that points out of the question."""
    idle = [match.span() for match in _IDLE.finditer(question)]
    named = mentions(question[:READ_CHARACTERS])
    found: dict[str, int] = {}
    seen: set[str] = set()
    for place, word in enumerate(words):
        kind = m.POINTERS.get(word.lower)
        if kind is None or word.lower in seen or any(start <= word.start < end for start, end in idle):
            continue
        seen.add(word.lower)
        if not (kind == "this" and _introduces(words, place)) and not _explained(words, place, kind, named):
            found.setdefault(kind, place)
    return found


def _introduces(words: Sequence[Word], place: int) -> bool:
    """Whether a demonstrative belongs to what follows ("those who", "said that", "this year")."""
    after = words[place + 1].lower if place + 1 < len(words) else ""
    before = words[place - 1].lower if place else ""
    if after in _DEICTIC or after in ("who", "that", "which", "of"):
        return True
    return words[place].lower == "that" and bool(after) and before not in m.AUXILIARIES | m.PREPOSITIONS | {"", "and"}


def _explained(words: Sequence[Word], place: int, kind: str, named: Sequence[Mention]) -> bool:
    """Whether the question itself has what a pointer means, parted from it by a clause or a verb."""
    word = words[place]
    owns = word.lower in ("his", "her", "its", "their")
    opening = words[0].lower in m.PREPOSITIONS | m.CLAUSE_OPENERS
    for mention in named:
        if not _may_be(mention, kind):
            continue
        if mention.start > word.start:
            if opening and mention.name:  # "Besides his debut, what did Mozart write?"
                return True
            continue
        between = [other for other in words if mention.end <= other.start < word.start]
        verb = any(other.lower not in m.PREPOSITIONS | m.ARTICLES | m.AUXILIARIES for other in between)
        if any(other.lower in m.CLAUSE_OPENERS or other.opens for other in (*between, word)):
            return True
        if (owns and (verb or (mention.name and between))) or (verb and words[place - 1].lower in ("in", "on", "with")):
            return True
    return False


def _completed(question: str, words: Sequence[Word], before: str) -> str | None:
    """Return a question that leaves out what the one ``before`` it said, with it put back; None for a whole one."""
    before = before[before.find("? (") + 3 : -1] if before.endswith("?)") else before
    bare = [word.lower for word in words if word.lower not in ("and", "but", "so", "or")]
    about = _ABOUT.match(question)
    if about is None and not set(bare) & (m.AUXILIARIES | m.ASKING):
        about = _AND.match(question)
    bracketed = f"{question.strip()} ({before})"
    if about is not None:
        return _swapped(question[about.end() :].strip(" \n\t?.!,"), before) or bracketed
    first = split_words(before)[:1]
    if first and len(bare) == 1 and bare[0] in ("why", "when", "where", "how") and first[0].lower in m.AUXILIARIES:
        return f"{bare[0].capitalize()} {before[0].lower()}{before[1:]}"
    if first and bare == [first[0].lower, "else"]:
        return f"{before[: first[0].end]} else{before[first[0].end :]}"
    return bracketed if len(bare) <= 4 and not mentions(question) else None


def _swapped(topic: str, before: str) -> str | None:
    """Return the question before, asked of the topic: where each has one year, one ordinal or one name."""
    for shape in (_YEAR, _ORDINAL):
        new, old = shape.search(topic), set(shape.findall(before))
        if new and len(old) == 1:
            return before.replace(old.pop(), new[0])
    news, olds = ([mention for mention in mentions(text) if mention.name] for text in (topic, before))
    if len(news) == len(olds) == 1 and len(split_words(topic)) <= len(split_words(news[0].text)) + 1:
        return before[: olds[0].start] + news[0].text + before[olds[0].end :]
    return None


def _may_be(mention: Mention, kind: str) -> bool:
    if kind in ("he", "she"):
        return mention.person >= 0 and mention.gender in ("", kind)
    return mention.place if kind == "there" else kind == "they" or mention.person < 1


def _meant(kind: str, past: Sequence[_Past], question: str) -> list[Mention]:
    """Return what the turns speak of that a pointer of this kind may mean, likeliest first, under its longest name."""
    scores: dict[Mention, float] = {}
    for age, turn in enumerate(reversed(past)):
        asked = kind in _asks(turn.asked)
        pointed = kind in {m.POINTERS.get(word.lower) for word in split_words(turn.asked)}
        weight = 6.0 - 2 * min(age, 2) + 2 * (age == len(past) - 1)
        for order, mention in enumerate(mentions(turn.question)[:_MENTIONS]):
            described = asked and kind in ("he", "she") and not mention.name and len(mention.words) > 1
            if described or _may_be(mention, kind):
                carried = pointed and mention.text not in turn.asked
                _score(scores, mention, kind, weight + 0.5 * (order == 0) + 2 * carried - 4 * described)
        said = [mention for mention in mentions(turn.answer)[:_MENTIONS] if mention.name]
        for mention in said:
            if any(mention.words > other.words for other in scores):
                _score(scores, mention, kind, -9.0)
        new = [mention for mention in said if asked and mention.text not in turn.question]
        new = [mention for mention in new if kind == "there" or _may_be(mention, kind)]
        for order, mention in enumerate(sorted(new, key=lambda mention: kind == "there" and not mention.place)):
            wanted = order == 0 and not pointed
            _score(scores, mention, kind, (8.0 if wanted else 2.0 - order) - 4 * age)
    return sorted((found for found in scores if found.text.lower() not in question.lower()), key=lambda x: -scores[x])


def _asks(question: str) -> tuple[str, ...]:
    """Return the kinds of pointer that may mean what a question asked for."""
    opening = [word.lower for word in split_words(question)[:6]]
    if {"who", "whom", "whose"} & set(opening):
        return "he", "she", "they"
    if "where" in opening or _PLACE_NOUNS & set(opening):
        return "there", "it"
    defines = opening[:1] == ["what"] and opening[1:2] and opening[1] in m.AUXILIARIES
    return ("it", "they", "this") if {"what", "which"} & set(opening) and not defines else ()


def _score(scores: dict[Mention, float], mention: Mention, kind: str, score: float) -> None:
    """Add a mention, or raise one that is the same under a longer name ("Putin", "Vladimir Putin")."""
    score += _fit(mention, kind)
    for other in list(scores):
        if other.words <= mention.words or (mention.name == other.name and mention.words <= other.words):
            longer = mention if mention.name and len(mention.words) > len(other.words) else other
            scores[longer] = max(scores.pop(other), score) + 1
            return
    scores[mention] = score


def _fit(mention: Mention, kind: str) -> float:
    """How well a mention's own shape fits a pointer."""
    if kind in ("he", "she"):
        single = len(mention.words) == 1
        return 3.0 * mention.person + 2 * (not single) - (6 if single else 1) * mention.owner
    if kind == "they":
        return 3.0 * mention.plural + mention.name
    return 5.0 * mention.place if kind == "there" else 1.0 * mention.name - 2 * mention.plural


def _replaced(question: str, pointers: Mapping[str, int], meant: Mapping[str, Sequence[Mention]]) -> str:
    """Return the question with what is meant in each pointer's place; no two pointers mean one thing."""
    taken: list[Mention] = []
    edits: list[tuple[int, int, str]] = []
    words = split_words(question[:READ_CHARACTERS])
    for kind, place in sorted(pointers.items(), key=lambda item: item[0] == "this"):
        mention = next((found for found in meant[kind] if found not in taken), None)
        if mention is None or (kind == "this" and taken):
            continue
        taken.append(mention)
        word, after = words[place], words[place + 1] if place + 1 < len(words) else None
        if kind != "this":
            edits.append((word.start, word.end, _text(word, after, mention)))
        elif after is not None and after.lower in mention.words:  # "this cancer", where a cancer was spoken of
            edits.append((word.start, after.end, mention.text))
        else:
            return _with_topic(question, mention.text)
    for start, end, text in sorted(edits, reverse=True):
        question = question[:start] + text + question[end:]
    return question


def _text(word: Word, after: Word | None, mention: Mention) -> str:
    owns = word.lower in ("his", "its", "their") or (
        word.lower == "her" and after is not None and after.lower not in m.FUNCTION_WORDS
    )
    text = ("in " if word.lower == "there" else "") + mention.text
    text += ("'" if text.endswith("s") else "'s") if owns else ""
    return text if word.start else text[0].upper() + text[1:]


def _with_topic(question: str, topic: str) -> str:
    end = len(question.rstrip(" \n\t?.!"))
    return f"{question[:end]} ({topic}){question[end:]}"
