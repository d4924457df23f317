"""Captions of films, transcripts of meetings (WebVTT, SubRip, SBV): the words that are said, who says them, and when.

The cues are joined to paragraphs, one or more for each speaker, who is named first. A cue is a page, labelled with the
time at which it is shown (``00:01:23``): the time of a quote is that of the cue in which its first word stands.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from rag.documents.encodings import decode
from rag.documents.parsed import Assembler, Parsed, clean, one_line
from rag.errors import DocumentError
from rag.text.sentences import is_finished
from rag.text.turns import turns

PAUSE = 3.0
"""Seconds without a caption, after which a finished sentence ends a paragraph."""
PARAGRAPH, UNFINISHED = 300, 200
"""Characters from which a paragraph ends with the next sentence; and where no sentence ends, as in what a machine
wrote down, with the next cue."""
HELD = 0.1
"""Seconds that a caption is shown, at most, which only holds the last line until the next rolls on."""

_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,60})?[ \t]{1,9}([^<>]{1,100})>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<\d[\d:.]{0,20}>|\{\\[^{}]{1,60}\}")
_ANOTHER_SPEAKS = re.compile(r"(?:>>+|[-–—‐])[ \t]?(?=\S)")
"""What begins a line where another speaks: ``- Yes.`` in films, ``>> Yes.`` in broadcasts."""


@dataclass(frozen=True, slots=True)
class _Said:
    """Words of one cue that one person says."""

    start: float
    """Seconds, like ``end``."""
    end: float
    words: str
    """On one line."""
    speaker: str = ""
    """Where the cue names one."""
    opens: bool = False
    """Whether another speaks than before."""

    @property
    def line(self) -> str:
        return f"{self.speaker}: {self.words}" if self.speaker else self.words


def parse(data: bytes, name: str) -> Parsed:
    """Return what is said in ``data``; raises DocumentError where it is neither WebVTT nor, by its name, SRT or SBV."""
    text, warnings = decode(data)
    text = text.lstrip("\ufeff \t\r\n")
    kind = "vtt" if text.startswith("WEBVTT") else PurePath(name).suffix.lower().removeprefix(".")
    try:
        file = webvtt.from_buffer(io.StringIO(text), format=kind)
    except (MalformedFileError, MalformedCaptionError) as error:
        raise DocumentError(f"It has no captions: its beginning is not that of a .{kind} file.") from error
    content = Assembler()
    cues: dict[float, int] = {}  # when it is shown → where its words begin
    for paragraph in _paragraphs(_named(_said(file.captions))):
        for number, piece in enumerate(paragraph):
            said, joint = (piece.words, " ") if number else (piece.line, "\n\n")
            content.block(said, joint=joint)
            cues.setdefault(piece.start, content.length - len(said))
    told = dict(line.split(": ", 1) for line in file.metadata if ": " in line)
    parsed = content.finish(
        title=file.header_text.strip(" -–—\t"), metadata=[("language", told.get("Language", ""))], warnings=warnings
    )
    return replace(parsed, pages=tuple(cues.values()), page_labels=tuple(map(_clock, cues)))


def _said(captions: Iterable[webvtt.Caption]) -> Iterator[_Said]:
    """Yield what each caption adds to the one before; one that rolls on begins with the last lines of that one."""
    before: list[str] = []
    shown = 0.0
    for caption in captions:
        start, end = (time.in_milliseconds() / 1000 for time in (caption.start_time, caption.end_time))
        lines = [line for line in caption.lines if _words(line)]
        known = _repeated(before, list(map(_words, lines))) if start <= shown else 0
        if known == len(lines) and start == shown and end - start > HELD:
            known = 0  # said twice
        before, shown = list(map(_words, lines)), end
        yield from _pieces(lines[known:], start, end)


def _repeated(before: Sequence[str], lines: Sequence[str]) -> int:
    """Return how many lines at the beginning of a caption were the last of the one before."""
    counts = range(min(len(before), len(lines)), 0, -1)
    return next((count for count in counts if before[-count:] == lines[:count]), 0)


def _pieces(lines: Sequence[str], start: float, end: float) -> Iterator[_Said]:
    """Yield what each speaker says in these lines of one cue."""
    speaker, opens = "", False
    words: list[str] = []
    for line in lines:
        named = _VOICE.split(line)  # words, name, words, name, words …
        for number, part in enumerate(named):
            if number % 2:
                yield from _piece(words, start, end, speaker, opens)
                speaker, words, opens = one_line(html.unescape(part)), [], True
            elif said := _words(part):
                if (mark := _ANOTHER_SPEAKS.match(said)) and not speaker:
                    yield from _piece(words, start, end, speaker, opens)
                    words, opens = [], True
                    said = said[mark.end() :]
                words.append(said)
    yield from _piece(words, start, end, speaker, opens)


def _piece(words: Sequence[str], start: float, end: float, speaker: str, opens: bool) -> Iterator[_Said]:
    if words:
        yield _Said(start, end, " ".join(words), speaker, opens)


def _words(line: str) -> str:
    """Return a line as it is shown: without tags, on one line."""
    return " ".join(clean(html.unescape(_TAG.sub("", line))).split())


def _named(said: Iterable[_Said]) -> Iterator[_Said]:
    """Yield the pieces with their speakers, those too that the words begin with: ``ANN: Yes.``"""
    pieces = list(said)
    starts = {turn.start: turn.speaker for turn in turns("\n".join(piece.line for piece in pieces))}
    at = 0
    for piece in pieces:
        speaker = starts.get(at, "")
        at += len(piece.line) + 1
        if speaker and not piece.speaker and (begins := f"{speaker}: ") and piece.words.startswith(begins):
            yield replace(piece, speaker=speaker, words=piece.words.removeprefix(begins), opens=True)
        else:
            yield piece


def _paragraphs(pieces: Iterable[_Said]) -> Iterator[list[_Said]]:
    """Yield the pieces that belong together; the first of them has the speaker, where one is known."""
    current: list[_Said] = []
    for piece in pieces:
        other = piece.opens and not (current and piece.speaker == current[0].speaker != "")
        if current and (other or _ends(current, piece)):
            yield current
            current = []
        current.append(piece)
    if current:
        yield current


def _ends(paragraph: Sequence[_Said], following: _Said) -> bool:
    """Tell whether a paragraph ends before what the same speaker says next."""
    size = sum(len(piece.words) + 1 for piece in paragraph)
    if not is_finished(paragraph[-1].words):
        return size > UNFINISHED and not any(map(is_finished, (piece.words for piece in paragraph)))
    return size > PARAGRAPH or following.start - paragraph[-1].end > PAUSE


def _clock(seconds: float) -> str:
    """Return a time as a player shows it.

    >>> _clock(3723.9)
    '01:02:03'
    """
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
