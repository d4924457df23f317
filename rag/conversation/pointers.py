"""What in a question points back to an earlier turn: pronouns, demonstratives, and what was left out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.conversation import words as w
from rag.conversation.mentions import Mention, is_plural, mentions
from rag.conversation.tokenise import Token, tokens


@dataclass(frozen=True, slots=True)
class Pointer:
    """A word or two that stand for something said before; offsets are characters of the question."""

    start: int
    end: int
    kind: str
    """``he``, ``she``, ``it``, ``they``, ``there`` can be replaced by what they mean; ``this`` is a demonstrative."""
    possessive: bool
    noun: str = ""
    """The noun after a demonstrative ("this album"), in lower case."""


_DEICTIC = frozenset("year years month week weekend century decade morning evening afternoon day days time".split())
_NOT_POINTING = re.compile(
    # "It" that only fills a place.
    r"\bit\s+(?:also\s+)?(?:takes?|took|taken|costs?|means?|matters?|happens?|look|seems?|feel|make sense|rain|snow)\b"
    r"(?=.*\b(?:to|that|like|if|for)\b)"
    r"|\b(?:is|was|isn't|be|would|will)\s+it\s+(?:\w+ly\s+)?(?:(?:im)?possible|true|(?:il)?legal|safe|okay|ok|necessary|"
    r"important|easy|easier|hard|harder|difficult|better|best|common|normal|(?:un)?likely|bad|good|right|wrong|worth|"
    r"too late)\b(?=.*\b(?:to|that|for|if|when|\w+ing)\b)"
    r"|\bwhat(?:'s|\s+is|\s+was|\s+does)\s+it\s+(?:feel\s+)?(?:like|mean|take)\s+to\b|\bwhat\s+(?:time|day)\s+is\s+it\b"
    r"|\bit\s+(?:is|was|be)\s+(?:\w+\s+){1,3}(?:that|to)\b|\bmakes?\s+it\b"
    r"|\bit\s+(?:\w+\s+)?(?:rain|snow)|\b(?:is|was)\s+it\s+(?:\w+\s+){1,3}(?:that|to)\b"
    r"|\b(?:he or she|his or her|him or her|(?:of|on) (?:his|her|its|their) own)\b"
    # The words of a title.
    r"|\"[^\"]*\"|“[^”]*”",
    re.IGNORECASE,
)
_COMPLEMENT_VERBS = frozenset(
    "say said says saying claim claimed think thought believe believed know knew known mean means show shows showed "
    "fact so suggest suggested feel felt argue argued find found announce announced prove proved evidence idea "
    "belief".split()
)


def pointers(question: str) -> tuple[Pointer, ...]:
    """Return what points out of the question, in order; what the question itself explains is left out.

    >>> [(p.kind, p.possessive) for p in pointers("What did he say about her plan?")]
    [('he', False), ('she', True)]
    >>> pointers("What did Ada Lovelace say about her plan?")
    ()
    """
    words = tokens(question)
    idle = [match.span() for match in _NOT_POINTING.finditer(question)]
    found = []
    for index, token in enumerate(words):
        pointer = _pronoun(question, words, index) or _demonstrative(words, index) or _place(words, index)
        if pointer is not None and pointer.kind not in ("he", "she") and _told_before(question, words, index):
            continue
        if pointer is None or any(a <= token.start < b for a, b in idle):
            continue
        found.append(pointer)
    return tuple(found)


def _pronoun(question: str, words: tuple[Token, ...], index: int) -> Pointer | None:
    token = words[index]
    kind = w.PRONOUNS.get(token.lower)
    if kind is None or (token.text[0].isupper() and not token.opens and not question.isupper()):
        return None
    possessive = token.lower in ("its", "their") or (token.lower in ("his", "her") and _noun_follows(words, index))
    if _explained(question, words, index, kind, possessive):
        return None
    return Pointer(token.start, token.end, kind, possessive or token.lower in ("hers", "theirs", "his"))


def _told_before(question: str, words: tuple[Token, ...], index: int) -> bool:
    """Whether an earlier sentence of the question says what is meant ("I bake bread. Is it cheap?"); for a
    demonstrative an earlier clause does too ("If rents rise, is that legal?").
    """
    demonstrative = words[index].lower in ("this", "that", "these", "those")
    for mention in mentions(question):
        end = mention.start + len(mention.text)
        between = [token for token in words if end <= token.start <= words[index].start]
        clause = "," in question[end : words[index].start] or any(
            token.lower in ("and", "but", "so") for token in between
        )
        if end <= words[index].start and (any(token.opens for token in between) or (demonstrative and clause)):
            return True
    return False


def _noun_follows(words: tuple[Token, ...], index: int) -> bool:
    if index + 1 >= len(words):
        return False
    after = words[index + 1].lower
    return after in ("own", "first", "last", "most", "other") or after not in w.FUNCTION_WORDS


def _explained(question: str, words: tuple[Token, ...], index: int, kind: str, possessive: bool) -> bool:
    """Whether the question itself has what the pronoun means: before it, or after an opening "Besides his debut, …"."""
    pronoun = words[index]
    for mention in mentions(question):
        if not _could_be(mention, kind):
            continue
        end = mention.start + len(mention.text)
        if mention.start > pronoun.end:
            if words[0].lower in _OPENERS and "," in question[pronoun.end : mention.start] and mention.name:
                return True
        elif _clause_between(words, end, pronoun.start) or _owns(question, words, mention, index, possessive):
            return True
    return False


def _could_be(mention: Mention, kind: str) -> bool:
    if kind in ("he", "she"):
        fits = mention.gender in ("", kind) and not mention.plural and not mention.place
        return fits and (mention.person > 0 or (mention.name and mention.person == 0))
    if kind == "they":
        return mention.plural or mention.name
    return mention.person < 1 and not mention.plural


_OPENERS = frozenset("besides aside after before in during other apart along despite while when since given if".split())
_CLAUSE_OPENERS = frozenset(
    "and but or when while after before if because since that which who whom whose where as until once than then so "
    "why how though although whether what besides".split()
)


def _clause_between(words: tuple[Token, ...], start: int, end: int) -> bool:
    """Whether a new clause begins between two places, so that a pronoun may mean what stands before it."""
    return any(token.lower in _CLAUSE_OPENERS or token.opens for token in words if start <= token.start < end)


def _owns(question: str, words: tuple[Token, ...], mention: Mention, index: int, possessive: bool) -> bool:
    """Whether a phrase before the pronoun, in its clause, is what it means.

    A possessive may mean a name, or a subject with its verb between them ("how do bats find their prey", but not "the
    name of its capital"); a subject without its auxiliary stands in a clause of its own ("the professors he admired").
    """
    end = mention.start + len(mention.text)
    between = [token.lower for token in words if end <= token.start < words[index].start]
    if question[end : end + 2] in ("'s", "’s"):
        return bool(between)
    if possessive:
        return (mention.name and bool(between)) or any(word not in w.LINKS for word in between)
    before = words[index - 1].lower if index else ""
    if before in ("in", "on", "with") and {"have", "has", "had", "with"} & set(between[:-1]):
        return True  # "Does a pie have fish in it?"
    return words[index].lower in ("he", "she", "it", "they") and before not in w.FUNCTION_WORDS


def _demonstrative(words: tuple[Token, ...], index: int) -> Pointer | None:
    token = words[index]
    if token.lower not in ("this", "that", "these", "those"):
        return None
    before = words[index - 1].lower if index else ""
    if index + 1 < len(words) and _introduces(token.lower, before, words[index + 1]):
        return None
    noun = _noun_after(words, index)
    return None if noun in w.DOCUMENT_WORDS else Pointer(token.start, token.end, "this", False, noun)


def _introduces(word: str, before: str, after: Token) -> bool:
    """Whether a demonstrative belongs to what follows: "those who", "says that", "this year"."""
    if word in ("those", "that") and after.lower in ("who", "that", "which", "of", "in", "with"):
        return True
    if word in ("this", "these") and after.lower in _DEICTIC and before not in w.PREPOSITIONS:
        return True
    return word == "that" and not _points(before, after)


_BEFORE_POINTER = w.AUXILIARIES | w.PREPOSITIONS | {"", "and", "but", "or", "so", "like"}


def _points(before: str, after: Token) -> bool:
    """Whether "that" between these two words points back, rather than opens a clause."""
    if after.text[0].isupper() or after.lower in w.DETERMINERS | {"one"} or after.lower in w.PRONOUNS:
        return False
    if after.lower in w.FUNCTION_WORDS and before not in _BEFORE_POINTER:
        return False
    if before in _COMPLEMENT_VERBS:
        return not is_plural(after.lower)
    return before in _BEFORE_POINTER or before in w.QUESTION_WORDS or before in w.VERBS


def _noun_after(words: tuple[Token, ...], index: int) -> str:
    """The noun of "this new album"; empty where a verb follows, as in "does this apply to"."""
    asked = words[index - 1].lower if index else ""
    noun = ""
    for place in range(index + 1, min(index + 4, len(words))):
        word = words[place].lower
        if word in w.FUNCTION_WORDS or word in w.VERBS:
            return noun
        if asked in w.AUXILIARIES:
            following = words[place + 1].lower if place + 1 < len(words) else "to"
            return "" if asked in w.HELPERS and following in w.PREPOSITIONS | w.DETERMINERS else word
        noun = word
    return noun


def _place(words: tuple[Token, ...], index: int) -> Pointer | None:
    """ "There" for a place; not the one of "are there", which says only that something is."""
    token = words[index]
    if token.lower != "there" or (token.text[0].isupper() and not token.opens):
        return None
    before, after = (words[i].lower if 0 <= i < len(words) else "" for i in (index - 1, index + 1))
    if after in _AFTER_IDLE_THERE or (before in w.AUXILIARIES and after):
        return None
    if before in w.AUXILIARIES:
        subject = words[index - 2] if index > 1 else token
        present = subject.lower in w.PRONOUNS or subject.lower in ("who", "else", "what") or subject.text[0].isupper()
        if not present or words[0].lower in ("how", "what", "which"):
            return None
    return Pointer(token.start, token.end, "there", False)


_AFTER_IDLE_THERE = w.AUXILIARIES | frozenset("any more some a an anything something ever no".split())
