"""What a text has people say in its own words: the numbers and names of it that stand in no document near them.

Indirect speech is nobody's words, so it can neither stand nor be altered: these are hints, apart from verdicts, for a
person to look at. A number or a name is near its source where it stands within ``_NEAR`` characters of a mention of
whoever is named, in whatever document. Numbers are compared as values ("nine", "9"), names but for their endings
("Russian", "Russia").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rag.answering.agreement import FIGURE, figures
from rag.text.language import ENGLISH
from rag.text.sentences import sentences
from rag.types import Document, Span
from rag.verification.quotations import NO_NAMES, SAYING, Quotation, quotations

_NEAR = 1_000
"""Characters on either side of a mention of the source."""
_BEFORE, _AFTER = 6, 3
"""Words before and behind the verb of saying in which the source is named, at most."""
_ALIKE = 0.8
"""The share of the longer of two spellings that both begin with: "Zelensky", "Zelenskyy"."""
_FEWEST = 3
"""Words of a statement, at least."""

_WORD = re.compile(r"\w+(?:[.-]\w+)*")
_ACCORDING = "according"
_VERBS = SAYING - {_ACCORDING, "to", "calls", "called", "ask", "asks", "asked"}
_PASSIVE = frozenset("was were is are been be being".split())
_THAT = re.compile(r"\bthat\b")
_NAME = re.compile(r"[^\W\d_a-z][\w’'-]*(?:[ .]{1,2}[^\W\d_a-z][\w’'-]*)*")
_NO_PROPER = (NO_NAMES | SAYING - {"states"}).union(
    "president prime minister foreign chancellor king queen pope mayor mr mrs ms dr sir lord lady professor general "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december".split()
)
"""Words that are no name for their capital, titles and days: these change from report to report."""
_ENDING = re.compile(r"(?<=...)(?:ians?|eans?|ans?|ish|ese|ia|iye|any|ey|land|es|[aensy])$")
_DOTTED = re.compile(r"\b[A-Z](?:\.[A-Z])+\b\.?")
_MARK = re.compile("[\u0300-\u036f]")

HintKind = Literal["number", "name", "source"]


@dataclass(frozen=True, slots=True)
class Hint:
    """Something in indirect speech that was not found near its source; ``start`` and ``end`` are the text's."""

    said: str
    kind: HintKind
    """``source``: no document mentions whoever is said to have told it."""
    speaker: str
    start: int
    end: int


@dataclass(slots=True)
class _Statement:
    """What somebody is said to have told, and what of it has not been found yet."""

    speaker: str
    named: Span
    open: dict[Span, str]
    """Place in the text → the number or name."""
    is_mentioned: bool = False
    name: str = field(init=False)
    """By which he is looked for."""

    def __post_init__(self) -> None:
        self.name = _plain(self.speaker.split()[-1])


class Told:
    """The indirect speech of a text; what documents have of it is found while they pass through."""

    def __init__(self, text: str, quoted: Sequence[Quotation] | None = None) -> None:
        self._statements = list(_statements(text, quotations(text) if quoted is None else quoted))

    def through(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Yield the documents as they come, having looked at each."""
        for document in documents:
            if self._statements:
                self._look(document.text)
            yield document

    def _look(self, text: str) -> None:
        plain = _plain(text)
        for statement in self._statements:
            if statement.is_mentioned and not statement.open:
                continue
            begun = statement.name[: max(3, int(_ALIKE * len(statement.name)))]
            if begun not in plain:
                continue
            mentions = [
                match.span()
                for match in re.finditer(rf"\b{re.escape(begun)}\w*", plain)
                if _is_alike(match[0], statement.name)
            ]
            statement.is_mentioned |= bool(mentions)
            for start, end in _joined(mentions):
                near = plain[max(0, start - _NEAR) : end + _NEAR]
                words = frozenset(_WORD.findall(near))
                values = frozenset(value for value, _ in figures(near))
                statement.open = {
                    span: said for span, said in statement.open.items() if not _stands(said, near, words, values)
                }
                if not statement.open:
                    break

    @property
    def hints(self) -> tuple[Hint, ...]:
        """What was not found in any document that passed, in the order of the text."""
        found: list[Hint] = []
        for one in self._statements:
            if not one.is_mentioned:
                found.append(Hint(one.speaker, "source", one.speaker, *one.named))
                continue
            found += (
                Hint(said, "number" if figures(said) else "name", one.speaker, *span) for span, said in one.open.items()
            )
        return tuple(sorted(dict.fromkeys(found), key=lambda hint: hint.start))


def _joined(mentions: Sequence[Span]) -> Iterator[Span]:
    """Yield the stretches in which mentions follow one another closely."""
    begun: Span | None = None
    for start, end in mentions:
        if begun and start - begun[1] <= 2 * _NEAR:
            begun = begun[0], end
            continue
        if begun:
            yield begun
        begun = start, end
    if begun:
        yield begun


def _statements(text: str, quoted: Sequence[Quotation]) -> Iterator[_Statement]:
    """Yield what the sentences of a text say that somebody told; what stands in quotations is left out."""
    bare = list(text)
    for quotation in quoted:
        bare[quotation.start : quotation.end] = " " * (quotation.end - quotation.start)
    own = "".join(bare)
    for start, end in sentences(own):
        words = [(match[0], start + match.start(), start + match.end()) for match in _WORD.finditer(own[start:end])]
        for at, (word, _, _) in enumerate(words):
            if word not in _VERBS and word.lower() != _ACCORDING:
                continue
            if told := _told(own, (start, end), words, at):
                speaker, said = told
                found = dict(_facts(own, said, text[slice(*speaker)], is_first=said[0] == start))
                if found:
                    yield _Statement(" ".join(text[slice(*speaker)].split()), speaker, found)
                break


_Words = Sequence[tuple[str, int, int]]
"""The words of a sentence, each with its place in the text."""


def _told(text: str, sentence: Span, words: _Words, at: int) -> tuple[Span, Span] | None:
    """Return who told something by the verb that is word ``at``, and what, as places in the text."""
    verb = words[at][0].lower()
    if at and words[at - 1][0].lower() in _PASSIVE:
        return None
    before, after = words[max(0, at - _BEFORE) : at], words[at + 1 : at + 1 + _AFTER]
    if verb == _ACCORDING:
        before, after = (), words[at + 2 : at + 2 + _BEFORE]
    runs = [*list(_runs(before, text))[-1:], *_runs(after, text)]
    if not runs:
        return None
    run = runs[0]
    behind = max(words[at][2], run[1])
    if that := _THAT.search(text, behind, sentence[1]):
        behind = that.end()
    if len(_WORD.findall(text[behind : sentence[1]])) >= _FEWEST:
        return run, (behind, sentence[1])
    ahead = sentence[0], min(words[at][1], run[0])
    return (run, ahead) if len(_WORD.findall(text[slice(*ahead)])) >= _FEWEST else None


def _runs(words: _Words, text: str) -> Iterator[Span]:
    """Yield the names among words: those with capitals that follow one another, without titles."""
    begun: Span | None = None
    for word, start, end in words:
        is_name = word[:1].isupper() and word.lower() not in _NO_PROPER
        if begun and (not is_name or text[begun[1] : start].strip()):
            yield begun
            begun = None
        if is_name:
            begun = (begun[0] if begun else start), end
    if begun:
        yield begun


def _facts(text: str, span: Span, speaker: str, *, is_first: bool) -> Iterator[tuple[Span, str]]:
    """Yield the numbers and names in a part of the text; a sentence's first word is no name for its capital."""
    for match in FIGURE.finditer(text, *span):
        if any(value > 1 for value, _ in figures(match["figure"])):  # "one" may be no number
            yield match.span("figure"), match["figure"]
    own = frozenset(map(_plain, speaker.split()))
    words = [(match[0], match.start(), match.end()) for match in _WORD.finditer(text, *span)]
    for start, end in _runs(words[1:] if is_first else words, text):
        named = [word for word in _plain(text[start:end]).split() if not any(_is_alike(word, one) for one in own)]
        if named and not any(map(str.isdigit, text[start:end])) and not set(named) <= ENGLISH.common | ENGLISH.openers:
            yield (start, end), text[start:end]


def _stands(said: str, near: str, words: frozenset[str], values: frozenset[float]) -> bool:
    if found := figures(said):
        return all(value in values for value, _ in found)
    names = _plain(said).split()
    if len(names) > 1 and "".join(name[0] for name in names) in words:  # "United States", where "U.S." stands
        return True
    return all(any(_is_alike(name, one) for one in words) or _is_short(name, near) for name in names)


def _is_short(word: str, near: str) -> bool:
    """Tell whether a word is short for words that stand near: "us" for "united states"."""
    initials = r"\w*[ -](?:(?:of|the|and|for) )*".join(map(re.escape, word))
    return 2 <= len(word) <= 5 and re.search(rf"\b{initials}", near) is not None


def _is_alike(one: str, other: str) -> bool:
    """Tell whether two words are the same name, but for an ending or the end of its spelling.

    >>> _is_alike("russian", "russia"), _is_alike("zelensky", "zelenskyy"), _is_alike("austria", "australia")
    (True, True, False)
    """
    if one[:2] != other[:2]:
        return False
    if {one, _ENDING.sub("", one)} & {other, _ENDING.sub("", other)}:
        return True
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) > 4 and longer.startswith(shorter[: max(1, round(_ALIKE * len(longer) + 0.49))])


def _plain(text: str) -> str:
    """Return a text in small letters without accents, possessives, and the stops of "U.S."."""
    text = _DOTTED.sub(lambda match: match[0].replace(".", ""), text)
    if not text.isascii():
        text = _MARK.sub("", unicodedata.normalize("NFD", text)).replace("’", "'")
    return text.lower().replace("'s ", " ").removesuffix("'s")
