"""The words of a question that say what it is about."""

from __future__ import annotations

import re

from rag.text.language import ENGLISH, Language, plain

_WORD = re.compile(r"\w+")
_ENDING = re.compile(r"(?<=\w{3})(?:e|es|(?<!s)s|ed|ing)$")


def content_words(question: str, language: Language = ENGLISH) -> tuple[str, ...]:
    """Return the question's words in small letters without the common ones; all of them where only such are left.

    >>> content_words("Who is the foreign minister of Ukraine?")
    ('foreign', 'minister', 'ukraine')
    """
    words = tuple(_WORD.findall(question.lower()))
    return tuple(word for word in words if word not in language.common) or words


def stems(text: str, language: Language = ENGLISH) -> frozenset[str]:
    """Return the words of a text without the common ones and without their endings, cut to where they are told apart.

    >>> sorted(stems("Who closes the pools?") & stems("closing of a pool"))
    ['clos', 'pool']
    """
    words = (word for word in _WORD.findall(text.lower()) if word not in language.common)
    return frozenset(_ENDING.sub("", word)[:6] for word in words)


def shared(asked: frozenset[str], text: str, language: Language = ENGLISH) -> float:
    """Return the share of a question's ``stems`` that stand in the text; 1 where it has none."""
    return len(asked & stems(text, language)) / len(asked) if asked else 1.0


_YES_NO = re.compile(
    r"(?:(?:and|but|so|or|also|then|please|well)[, ]+)*"
    r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must|won['’]t|can['’]t|"
    r"(?:is|are|was|were|do|does|did|has|have|had|could|would|should)n['’]t)\b(?! (?:you|we|i) (?:tell|say|know|show))",
    re.IGNORECASE,
)


def is_yes_no(question: str, language: Language = ENGLISH) -> bool:
    """Tell whether a question asks if something is so.

    >>> is_yes_no("Did he invite anybody?"), is_yes_no("Whom did he invite?"), is_yes_no("Can you tell me who came?")
    (True, False, False)
    """
    if language is ENGLISH:
        return _YES_NO.match(question.strip()) is not None
    return plain(question).split(" ")[0] in language.questions.yes_no


_ASKS = r"(?:who|whom|whose|when|where|why|how|which|what)\b"
_JOINT = re.compile(rf"[,;]? (?:and|or|as well as) (?={_ASKS})", re.IGNORECASE)
_BARE = re.compile(rf"{_ASKS}(?:\s+(?:many|much|long|often|far|old|else))?", re.IGNORECASE)
_ASKED = re.compile(rf"{_ASKS}\s+", re.IGNORECASE)


def parts(question: str) -> tuple[str, ...]:
    """Return the questions that are asked in one, each on its own; none where there is only one.

    >>> parts("Who founded the club and when?")
    ('Who founded the club', 'when founded the club')
    >>> parts("What does it cost, and how many fit in?")
    ('What does it cost', 'how many fit in')
    >>> parts("When and where is the fair?")
    ('When is the fair', 'where is the fair')
    >>> parts("Who paid for the bread and butter?")
    ()
    """
    asked = _JOINT.split(" ".join(question.split()).rstrip("? "))
    if len(asked) == 1:
        return ()
    *before, last = asked
    if all(_BARE.fullmatch(part) for part in before) and (word := _BARE.match(last)):
        return tuple(f"{part} {last[word.end() :].lstrip(' ,')}" for part in (*before, word[0]))
    said = _ASKED.sub("", asked[0], count=1)
    return tuple(f"{part} {said}" if _BARE.fullmatch(part) else part for part in asked)
