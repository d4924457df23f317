"""Where several documents answer: quotes that say the same, and those that say something else.

What a quote says are its answering words. Two say the same where their figures are the same, in whatever units and
however a day is written; where neither has figures, where one's content words are among the other's and both or neither
deny it. Of longer prose that tells only which quotes share their words: "drawn by Ann Byron" and "Ann Byron's plan"
stay apart, since "Ann Byron won" and "Ann Byron lost" must.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose

from rag.text.words import stems
from rag.types import Quote, Source

LISTED = 10
"""Quotes of an answer to a question that asks for a list, at most, where the asker sets no limit."""
_NEW = 0.25
"""Of the content words of a quote that repeats another, so many may be new, at most."""

_LIST = re.compile(
    r"(?:please )?(?:(?:list|name|enumerate) (?:all|every|each|the)\b|how many\b|what (?:are|were) (?:all )?the \w+"
    r"|which (?:of the )?(?:(?!is |was |has |does )\w+ ){0,2}(?!is |was |has |does )\w*[^\W\d_s]s\b"
    r"(?! (?:is|was|has|does)\b))",
    re.IGNORECASE,
)
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
_TENS = {word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_NUMBERS = (
    {f"{word}-{_SMALL[n]}": str(ten + n) for word, ten in _TENS.items() for n in range(1, 10)}
    | {word: str(number) for number, word in enumerate(_SMALL)}
    | {word: str(ten) for word, ten in _TENS.items()}
)
_WRITTEN = rf"(?:{'|'.join(_TENS)})-(?:{'|'.join(_SMALL[1:10])})|{'|'.join((*_SMALL, *_TENS))}"
FIGURE = re.compile(
    rf"(?P<before>[$€£]|\b(?:EUR|USD|GBP)\b)?\s?\b"
    rf"(?P<figure>\d+(?:[.,\u00a0\u202f ]\d{{3}})*(?:[.,]\d+)?|(?:{_WRITTEN})\b)"
    r"(?:\s(?P<scale>hundred|thousand|million|billion)\b)?\s?(?P<unit>%|[$€£]|per ?cent\b|[^\W\d_]+)?",
    re.IGNORECASE,
)
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_UNITS = {
    "€": (1, "euro"), "eur": (1, "euro"), "$": (1, "dollar"), "usd": (1, "dollar"),
    "£": (1, "pound"), "gbp": (1, "pound"),
    "week": (7, "day"), "fortnight": (14, "day"), "year": (12, "month"), "min": (1, "minute"), "hour": (60, "minute"),
    "km": (1e3, "m"), "kilometre": (1e3, "m"), "kilometer": (1e3, "m"), "metre": (1, "m"), "meter": (1, "m"),
    "cm": (0.01, "m"), "centimetre": (0.01, "m"), "kilogram": (1, "kg"), "kilo": (1, "kg"), "tonne": (1e3, "kg"),
    "gram": (1e-3, "kg"), "litre": (1, "l"), "liter": (1, "l"),
}  # fmt: skip
"""Unit → how many of which other it is, for units in which the same is said now and then."""
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = rf"(?P<month>{'|'.join(f'{month[:3]}(?:{month[3:]})?' for month in _MONTHS)})\b\.?"
_DATES = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"\b(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH},? (?P<year>\d{{4}})\b",
        rf"\b{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})\b",
    )
)
"""How a day is written; "3/4/2024" is another day in another country."""
_GROUPED = re.compile(r"(?<=\d)[,\u00a0\u202f ](?=\d{3}(?!\d))")
_DENIED = re.compile(r"\b(?:no|not|never|none|nobody|nothing|neither|nor|without|cannot)\b|n['’]t\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Group:
    """Quotes that say the same."""

    says: str
    """The answering words of the first."""
    quotes: tuple[int, ...]
    """Which quotes of the answer, counted from 0."""


def asks_for_list(question: str) -> bool:
    """Tell whether a question asks for all that there is of something, or how much.

    >>> asks_for_list("Which ships came?"), asks_for_list("How many came?"), asks_for_list("Which bus is late?")
    (True, True, False)
    """
    return _LIST.match(question.strip()) is not None


def groups(quotes: Sequence[Quote]) -> tuple[Group, ...]:
    """Return the quotes by what they say, in the order of the first of each."""
    found: list[tuple[str, list[int]]] = []
    for number, quote in enumerate(quotes):
        says = words(quote)
        group = next((group for group in found if is_same(group[0], says)), None)
        if group is None:
            found.append((says, [number]))
        else:
            group[1].append(number)
    return tuple(Group(says, tuple(numbers)) for says, numbers in found)


def compared(quotes: Sequence[Quote]) -> tuple[Group, ...]:
    """Return the groups where they tell something: documents that say the same, or figures that differ; else none."""
    found = groups(quotes)
    documents = [sources(group, quotes) for group in found]
    if len(set().union(*documents)) < 2:
        return ()
    agree = any(len(named) > 1 for named in documents)
    differ = sum(bool(figures(group.says)) for group in found) > 1
    return found if agree or differ else ()


def repeated(quotes: Sequence[Quote]) -> tuple[int, ...]:
    """Return which quotes, counted from 0, add nothing to one before them.

    Both answer the same, and of the further one's content words hardly any is new.
    """
    kept: list[Quote] = []
    found: list[int] = []
    for number, quote in enumerate(quotes):
        if any(_adds_nothing(quote, other) for other in kept):
            found.append(number)
        else:
            kept.append(quote)
    return tuple(found)


def _adds_nothing(quote: Quote, other: Quote) -> bool:
    said, known = stems(quote.exact), stems(other.exact)
    return is_same(words(other), words(quote)) and len(said - known) <= _NEW * len(said)


def sources(group: Group, quotes: Sequence[Quote]) -> tuple[Source, ...]:
    """Return the documents in which a group's quotes stand, each once."""
    return tuple(dict.fromkeys(quotes[number].document for number in group.quotes))


def words(quote: Quote) -> str:
    """Return the answering words of a quote; all of it where none are marked."""
    marked = (quote.exact[first - quote.start : last - quote.start] for first, last in quote.highlights)
    return " … ".join(marked) or quote.exact


def is_same(one: str, other: str) -> bool:
    """Tell whether two answers say the same, as far as their words tell.

    >>> is_same("40,000 euros", "EUR 40 000"), is_same("thirty days", "30 months"), is_same("Ann Byron", "Byron")
    (True, False, True)
    >>> is_same("5 March 2024", "on 2024-03-05"), is_same("two weeks", "14 days"), is_same("1.5 km", "1.5 m")
    (True, True, False)
    """
    one, other = _plain_dates(one), _plain_dates(other)
    if bool(_DENIED.search(one)) != bool(_DENIED.search(other)):
        return False
    said, others = figures(one), figures(other)
    if said or others:
        fewer, more = sorted((said, others), key=len)
        return bool(fewer) and all(any(_is_equal(figure, another) for another in more) for figure in fewer)
    fewer_words, more_words = sorted((stems(one), stems(other)), key=len)
    return bool(fewer_words) and fewer_words <= more_words


def _plain_dates(text: str) -> str:
    """Write each day that a text names as 5 march 2024."""
    for form in _DATES:
        text = form.sub(_plain_date, text)
    return text


def _plain_date(match: re.Match[str]) -> str:
    said = match["month"].lower()
    number = int(said) if said.isdigit() else 1 + [month[:3] for month in _MONTHS].index(said[:3])
    return f"{int(match['day'])} {_MONTHS[number - 1]} {match['year']}" if 0 < number <= len(_MONTHS) else match[0]


Figure = tuple[float, str]


def figures(text: str) -> list[Figure]:
    """Return the numbers in a text, each with its unit.

    >>> figures("nine ships for 1,250.50 euros")
    [(9.0, 'ship'), (1250.5, 'euro')]
    """
    return [_figure(match) for match in FIGURE.finditer(text)]


def _figure(match: re.Match[str]) -> Figure:
    """Return a number and its unit, in small letters, singular; empty where it has none."""
    said = match["figure"].lower()
    number = _NUMBERS.get(said, said)
    if "." in number and 0 <= number.find(".") < number.rfind(","):  # 1.250,00
        number = number.replace(".", "")
    number = _GROUPED.sub("", number).replace(",", ".")
    unit = (match["before"] or match["unit"] or "").lower().replace(" ", "")
    value = float(number) if number.count(".") < 2 else float(number.replace(".", ""))
    value *= _SCALES.get((match["scale"] or "").lower(), 1)
    return value, "%" if unit == "percent" else unit if len(unit) < 4 else unit.removesuffix("s")


def _is_equal(one: Figure, other: Figure) -> bool:
    if not one[1] or not other[1]:
        return one[0] == other[0]
    (many, unit), (others, another) = _UNITS.get(one[1], (1, one[1])), _UNITS.get(other[1], (1, other[1]))
    return unit == another and isclose(many * one[0], others * other[0])


def counted(quotes: Sequence[Quote], passages: int) -> str:
    """Return in words how much a list of quotes is, and of what: it never says that there is no more.

    ``passages`` is how many were read.
    """
    documents = len({quote.document.id for quote in quotes})
    told = f"{_many(len(quotes), 'quote')} from {_many(documents, 'document')}"
    return f"{told}, found in the {_many(passages, 'nearest passage')}; there may be more."


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
