"""What other words change of a statement: a number, a name, a unit, a negation, a condition, the order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from rag.text.language import ENGLISH
from rag.types import Change, Difference

NEGATION = re.compile(
    r"(?i:\b(?:not|no|never|none|nor|neither|nobody|nothing|nowhere|without|hardly|cannot|refus\w*|den(?:y|ied|ies|ying)"
    r"|nicht|nichts|nie|niemals|niemand|kein\w*|ohne|ne|pas|jamais|aucun\w*|sans|nunca|jam[aá]s|ning[uú]n\w*|nadie|sin|non|mai|nessun\w*"
    r"|не|ни|нет|никогда|никто|ничего|без)\b|n[’']t\b)"
)
CONDITION = re.compile(
    r"(?i:\b(?:if|unless|except|only|may|might|could|allegedly|reportedly|falls|außer|nur|si|sauf|seulement|salvo|solo|se|если|только)\b)"
)
NUMBER = re.compile(
    r"(?i:\d[\d.,]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|millions?|billions?|trillions?|dozens?|half|third|quarter|first|second)\b)"
)
_UNIT = re.compile(
    r"(?i:[%‰°$€£¥₽₴]|\b(?:percent\w*|per cent|degrees?|celsius|fahrenheit|dollars?|euros?|pounds?|crowns?|francs?|yen|"
    r"roubles?|hryvnias?|cents?"
    r"|(?:milli|centi|kilo)?(?:met(?:er|re)|gram|lit(?:er|re)|watt|byte|hertz)s?|miles?|feet|foot|inch(?:es)?|yards?|acres?|hectares?|tons?|tonnes?"
    r"|ounces?|volts?|seconds|minutes?|hours?|days?|weeks?|months?|years?|decades?|centur(?:y|ies)"
    r"|km|cm|mm|kg|mg|ml|kw|mw|gw|kwh|mph|mi|ft|lb|lbs|oz|usd|eur|gbp|bn|mn)\b)"
)
_WORD = re.compile(r"\w+")
_PREFIXES = ("un", "in", "im", "il", "ir", "non", "dis")


def pointed_out(differences: Sequence[Difference], text: str) -> tuple[Difference, ...]:
    """Return the differences, each with what it changes; ``text`` is the document's.

    >>> pointed_out([Difference("exact", "12 men", "21 men")], "There were 21 men.")[0].changes
    ('number',)
    """
    said, stands = _bag(item.said for item in differences), _bag(item.stands for item in differences)
    if len(differences) > 1 and said and said == stands:
        return tuple(replace(item, changes=("order",)) for item in differences)
    return tuple(replace(item, changes=tuple(_changes(item.said, item.stands, text))) for item in differences)


def _bag(texts: object) -> Counter[str]:
    return Counter(word for text in texts for word in _WORD.findall(text.lower()))  # type: ignore[attr-defined]


def _changes(said: str, stands: str, text: str) -> list[Change]:
    found: list[Change] = []
    if _found(NEGATION, said) != _found(NEGATION, stands) or _is_opposite(said, stands):
        found.append("negation")
    if _found(CONDITION, said) != _found(CONDITION, stands):
        found.append("condition")
    if _found(NUMBER, said) != _found(NUMBER, stands):
        found.append("number")
    if _found(_UNIT, said) != _found(_UNIT, stands):
        found.append("unit")
    if _names(said, text) != _names(stands, text):
        found.append("name")
    return found


def _found(pattern: re.Pattern[str], text: str) -> Counter[str]:
    return Counter(match[0].lower().rstrip(".,") for match in pattern.finditer(text))


def _is_opposite(said: str, stands: str) -> bool:
    """Tell whether a prefix alone turns one into the other: "able", "unable"."""
    one, other = sorted((said.lower(), stands.lower()), key=len)
    return len(one) > 2 and other.endswith(one) and other.removesuffix(one) in _PREFIXES


def _names(words: str, text: str) -> list[str]:
    """Return the capitalised words, but those that the document has in small letters too."""
    return [
        word
        for word in _WORD.findall(words)
        if word[:1].isupper()
        and word.lower() not in ENGLISH.common | ENGLISH.openers
        and not NUMBER.fullmatch(word)
        and not re.search(rf"\b{re.escape(word.lower())}\b", text)
    ]
