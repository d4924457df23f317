"""A text → the quotations in it: what stands between quotation marks or as a block quote, and whose words they are.

An ellipsis leaves something out, square brackets put something in: the parts between them are what must stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from rag.types import Span

_CLOSES = {
    "“": "”", "„": "“”", "«": "»", "»": "«»", "‘": "’", "‚": "‘’", "‹": "›", "›": "‹", '"': '"', "”": "”", "'": "'",
    "「": "」", "『": "』",
}  # fmt: skip
_MARK = re.compile(r"[“”„«»‘’‚‹›「」『』\"']|\n[ \t]*\n")
_BLOCK = re.compile(r"^[ \t]{0,3}>.*(?:\n[ \t]{0,3}>.*)*", re.MULTILINE)
_BLOCK_MARK = re.compile(r"^[ \t]{0,3}>[ \t]?", re.MULTILINE)
_CITED = re.compile(r"^[ \t]{0,8}(?:—|–|--)(.*)$", re.MULTILINE)
"""The last line of a block quote that says whose it is."""

_MARKDOWN = re.compile(r"\[\^[^\]\s]{1,40}\]|\\(?=[!-/:-@\[-`{-~\n])")
"""What Markdown puts among words: the number of a footnote, a backslash before a sign."""
_LETTER = re.compile(r"\[(\w)\](?=\w)")
_CUT = re.compile(
    r"\[\s*sic\s*\]|[\[(]\s*(?:…|\.\s?\.\s?\.)\s*[\])]|…|\.\s?\.\s?\.(?:\s?\.)?|\[[^\[\]]{1,200}\]", re.IGNORECASE
)
_WORD = re.compile(r"\w+(?:[’'.-]\w+)*")

SAYING = frozenset(
    "said says say told tells added adds wrote writes argued argues insisted insists claimed claims stated states "
    "explained explains warned warns announced declared noted notes replied asked asks called calls according to "
    "confirmed denied admitted stressed recalled remarked testified countered emphasized emphasised promised revealed "
    "suggested suggests reported reports acknowledged conceded vowed predicted estimated pledged".split()
)
NO_NAMES = frozenset(
    "he she they it we i you the a an in on at but and when this that there who his her as so also yet while after "
    "before later meanwhile then here for from with not no if asked what how why where one all our my".split()
)
_EDGE = re.compile(r"[.!?;](?=\s|$)|\n[ \t]*\n|[“”„«»\"]")
"""Where the sentence around a quotation ends, as far as it may say whose it is."""
_AROUND = 160
"""Characters before and after a quotation in which it may be said whose it is."""
_NEAR = 6
"""Words between the quotation and the verb of saying, at most."""

Cut = Literal["", "omission", "insertion"]


@dataclass(frozen=True, slots=True)
class Part:
    """Words that must stand as they are."""

    words: str
    cut: Cut = ""
    """What comes before them in place of the document's words; nothing before the first."""
    said: str = ""
    """That, as it is written: "…", "[Sybiha]"."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that a text gives as somebody's; ``start`` and ``end`` are its characters, without the marks."""

    start: int
    end: int
    words: str
    speaker: str = ""
    """As the sentence names him; empty where it does not."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The words in parts, cut at ellipses and brackets.

        >>> Quotation(0, 0, "[W]e will … go [home].").parts[1:]
        (Part(words='go', cut='omission', said='…'), Part(words='.', cut='insertion', said='[home]'))
        """
        words = _LETTER.sub(r"\1", self.words)
        made: list[Part] = []
        cut: Cut = ""
        said, last = "", 0
        for match in (*_CUT.finditer(words), None):
            part = words[last : match.start() if match else len(words)].strip()
            if part or (match is None and cut == "insertion"):
                made.append(Part(part, cut, said))
                cut, said = "", ""
            if match:
                last = match.end()
                if "sic" not in match[0].lower():
                    said = match[0]
                    cut = "insertion" if said[0] == "[" and any(map(str.isalnum, said)) else "omission"
        return tuple(made)


def quotations(text: str) -> tuple[Quotation, ...]:
    """Return the quotations of a text, in order; those inside another are part of it.

    >>> [(item.words, item.speaker) for item in quotations('“We won,” said Ada Holm. He calls it "a start".')]
    [('We won,', 'Ada Holm'), ('a start', '')]
    """
    blocks = [_block(match.start(), match[0]) for match in _BLOCK.finditer(text)]
    blanked = _BLOCK.sub(lambda match: "\n\n".ljust(len(match[0]), "\n")[: len(match[0])], text)
    marked = [
        Quotation(start, end, text[start:end], _speaker(text, start - 1, end + 1)) for start, end in _marked(blanked)
    ]
    found = (item for item in (*blocks, *marked) if any(map(str.isalnum, item.words)))
    return tuple(sorted(found, key=lambda item: item.start))


def _block(start: int, block: str) -> Quotation:
    words = _MARKDOWN.sub("", _BLOCK_MARK.sub("", block))
    cited = _CITED.search(words)
    speaker = next(_names(_WORD.findall(cited[1])), "") if cited else ""
    words = (words[: cited.start()] if cited else words).strip()
    inner = words[1:-1] if words[:1] in _CLOSES and words[-1:] in _CLOSES.get(words[:1], "") else words
    return Quotation(start, start + len(block), inner, speaker)


def _marked(text: str) -> Iterator[Span]:
    """Yield what stands between marks; one that is not closed in its paragraph is one where the next opens again."""
    opened: tuple[int, str] | None = None
    for match in _MARK.finditer(text):
        at, mark = match.start(), match[0]
        if mark[0] == "\n":
            following = text[match.end() : match.end() + 1]
            if opened and following in _CLOSES and following == text[opened[0] - 1] and following not in "'’":
                yield opened[0], at
            opened = None
        elif opened is None:
            if mark in _CLOSES and _may_open(text, at, mark):
                opened = (at + 1, _CLOSES[mark])
        elif mark in opened[1] and not (mark in "’'" and text[at + 1 : at + 2].isalnum()):
            yield opened[0], at
            opened = None


def _may_open(text: str, at: int, mark: str) -> bool:
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if mark in "「『":
        return True
    if after.isspace() and mark not in "«»":
        return False
    return (not before or before.isspace() or before in "([—–-/:>*_") and not (mark in "'’" and not after.isalpha())


def _speaker(text: str, start: int, end: int) -> str:
    """Return whose words the sentence around a quotation says they are."""
    whole = text[start + 1 : end - 1].rstrip()[-1:] in {".", "!", "?"}  # what follows is another sentence
    after = [] if whole else _WORD.findall(_EDGE.split(text[end : end + _AROUND], maxsplit=1)[0])[: _NEAR + 3]
    before = _WORD.findall(_EDGE.split(text[max(0, start - _AROUND) : max(start, 0)])[-1])[-2 * _NEAR :]
    for words, places in ((after, range(len(after))), (before, range(len(before) - 1, -1, -1))):
        for at in places:
            if words[at].lower() in SAYING:
                behind, ahead = _names(words[at + 1 :][:3]), list(_names(words[max(0, at - _NEAR) : at]))
                if names := [*behind, *ahead[-1:]]:
                    return names[0]
                break
    return ""


def _names(words: Iterable[str]) -> Iterator[str]:
    """Yield the runs of capitalised words."""
    run: list[str] = []
    for word in (*words, ""):
        if word[:1].isupper() and word.lower() not in NO_NAMES | SAYING:
            run.append(word)
        elif run:
            yield " ".join(run)
            run = []
