"""What people are shown in lines of text: replies, passages, verdicts, summaries, progress."""

from __future__ import annotations

import textwrap
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TextIO

from rag.names import is_clock
from rag.scope import EVERYTHING, Scope
from rag.types import Answer, Difference, Progress, Quote, Refusal, Reply, Summary, Verdict
from rag.verification import Checked, Hint
from rag.written import Sentence

_WIDTH = 96
WRITTEN = "Written by a language model from these quotes; it is not a quote:"
_VERDICTS = {
    "exact": "the words stand here, not all that is said of them is so",
    "moved": "the words stand here, not where it is said",
    "typographic": "the words stand here but for quotation marks, dashes, spaces, ligatures or the first capital",
    "ambiguous": "the words stand here and elsewhere, not where it is said",
    "altered": "other words stand here",
    "stitched": "these words stand here, the others elsewhere",
    "absent": "nothing like these words stands in the document",
}
_QUOTATIONS = {
    "exact": "the words stand here",
    "ambiguous": "the words stand here and elsewhere",
    "absent": "nothing like these words stands in the documents",
}
"""The same of a quotation that cites no place."""
_CHANGES = {
    "number": "another number",
    "name": "another name",
    "unit": "another unit",
    "negation": "a negation more or less",
    "condition": "a condition more or less",
    "order": "another order",
}
_PAUSE = 0.1
_PAUSE_IN_A_FILE = 30.0
"""Seconds between two lines of progress."""


def reply_lines(reply: Reply) -> Iterator[str]:
    """Yield the lines of a reply: each quote as it stands in its document, then its place."""
    if reply.scope != EVERYTHING:
        yield f"Searched documents {_printable(reply.scope.words)}"
    if reply.standalone_question != reply.question:
        yield f"Searched for: {_printable(reply.standalone_question)}"
    if reply.scope != EVERYTHING or reply.standalone_question != reply.question:
        yield ""
    if isinstance(reply, Answer):
        for number, quote in enumerate(reply.quotes, start=1):
            yield from _quote_lines(quote, str(number))
    else:
        yield from (refusal_words(reply), "")
        if reply.nearest:
            yield from (f"{nearest_words(reply)}:", "")
        for quote in reply.nearest:
            yield from _quote_lines(quote, "–")
    yield " ".join((f"Confidence {reply.confidence:.0%}.", *reply.notices))
    if isinstance(reply, Answer) and reply.written:
        yield from ("", WRITTEN)
        yield from (written_line(sentence) for sentence in reply.written)


def written_line(sentence: Sentence) -> str:
    """Return a language model's sentence in lines, with its pointers, or struck out, and what stands in no quote."""
    return textwrap.fill(_printable(sentence.shown), _WIDTH, initial_indent="  ", subsequent_indent="  ")


def refusal_words(refusal: Refusal) -> str:
    """Return in words what a refusal found; it never says what the documents do not say."""
    if refusal.kind == "other" or not refusal.nearest:
        return refusal.reason
    return "This may answer it" if refusal.kind == "possible" else "No clear answer found"


def nearest_words(refusal: Refusal) -> str:
    """Return the heading of the passages that a refusal shows."""
    return "Nearest passages" if refusal.kind == "possible" else "Nearest passages, not an answer"


def passage_lines(passages: Sequence[Quote], scope: Scope = EVERYTHING) -> Iterator[str]:
    """Yield the lines of what a search found, best first."""
    if not passages:
        nothing = "No passage shares anything with these words."
        yield nothing if scope == EVERYTHING else f"No document is {_printable(scope.words)}."
    for number, quote in enumerate(passages, start=1):
        yield from _quote_lines(quote, str(number))


def page_or_line(page: int | None, label: str | None, line: int) -> str:
    """Return in words on which page a quote stands, at what time of a film, or in which line where there are no pages.

    >>> page_or_line(16, "xvi", 7), page_or_line(16, None, 7), page_or_line(None, None, 7)
    ('page xvi (16)', 'page 16', 'line 7')
    >>> page_or_line(3, "00:01:02", 7)
    'at 00:01:02'
    """
    if page is None:
        return f"line {line}"
    if label and is_clock(label):
        return f"at {label}"
    return f"page {page}" if label in (None, str(page)) else f"page {label} ({page})"


def recognised_words(recognised: float | None) -> str:
    """Return what to say of words that were recognised in a picture, with how sure that is; nothing of others.

    >>> recognised_words(0.978), recognised_words(None)
    (', recognised in a picture (97 % sure)', '')
    """
    return "" if recognised is None else f", recognised in a picture ({int(100 * recognised)} % sure)"


def fault_line(verdict: Verdict) -> str:
    """Return in one line what is wrong with a citation, or a text's quotation, whose verdict does not hold."""
    if verdict.document is None:
        return f"{verdict.kind}: {_printable(verdict.reason) or f'{_clip(verdict.exact)}: {verdict_words(verdict)}'}"
    place = "" if verdict.start is None else f" [{verdict.start}:{verdict.end}]"
    wrong = map(difference_words, verdict.differences)
    said = (_VERDICTS[verdict.kind], *_cause(verdict), *wrong)
    return f"{_printable(verdict.document.path)}{place} {verdict.kind}: {'; '.join(said)}"


def _cause(verdict: Verdict) -> Iterator[str]:
    """Yield why a citation may not hold any more: the file is another one, or it is read by another version."""
    fields = {item.field for item in verdict.differences}
    if "sha256" in fields:
        yield "the file has changed"
    elif "reading" in fields:
        yield "the file is the same, but another version of this program reads it"


def checked_lines(checked: Checked) -> Iterator[str]:
    """Yield the lines of a report on a text: each quotation with its verdict, its place and what differs; the hints."""
    for verdict in checked.verdicts:
        yield f"{verdict.kind}: {_clip(verdict.exact)}"
        if verdict.document:
            page = "" if verdict.page is None else f", page {verdict.page}"
            yield f"    {_printable(verdict.document.path)}{page}, characters {verdict.start}–{verdict.end}"
        for item in verdict.differences:
            yield f"    {difference_words(item)}"
    yield from (f"hint: {hint_words(hint)}" for hint in checked.hints)
    yield counted_words(checked)


def counted_words(checked: Checked) -> str:
    """Return in a sentence how many quotations of a text got which verdict, and how many hints there are."""
    kinds = Counter(verdict.kind for verdict in checked.verdicts)
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    hints = f" {_count(len(checked.hints), 'hint')}." if checked.hints else ""
    return f"{_count(len(checked.verdicts), 'quotation')}{': ' * bool(counted)}{counted}.{hints}"


def hint_words(hint: Hint) -> str:
    """Return in words what a hint points at.

    >>> hint_words(Hint("nine", "number", "Ada Holm", 5, 9)), hint_words(Hint("Ada Holm", "source", "Ada Holm", 0, 8))
    ('“nine” stands in no document near Ada Holm', 'no document mentions Ada Holm')
    """
    if hint.kind == "source":
        return f"no document mentions {_printable(hint.speaker)}"
    return f"{_clip(hint.said)} stands in no document near {_printable(hint.speaker)}"


def verdict_words(verdict: Verdict) -> str:
    """Return in words what became of a text's quotation."""
    return _QUOTATIONS.get(verdict.kind) or _VERDICTS[verdict.kind]


def difference_words(difference: Difference) -> str:
    """Return in words what a citation says, what stands, and what that changes.

    >>> difference_words(Difference("exact", "12", "21", ("number",)))
    'words: “12” is said, the document has “21” (another number)'
    """
    said, stands = _clip(difference.said), _clip(difference.stands)
    changed = ", ".join(_CHANGES[change] for change in difference.changes)
    field = "words" if difference.field == "exact" else difference.field
    return f"{field}: {said} is said, the document has {stands}{f' ({changed})' if changed else ''}"


def _clip(text: str) -> str:
    return f"“{textwrap.shorten(_printable(text), 80, placeholder=' …')}”" if text else "nothing"


def _quote_lines(quote: Quote, mark: str) -> Iterator[str]:
    for paragraph in _printable(quote.exact).splitlines():
        yield textwrap.fill(paragraph, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    section = f", {_printable(quote.section)}" if quote.section else ""
    path = _printable(quote.document.path)
    where = _printable(page_or_line(quote.page, quote.page_label, quote.line))
    where += recognised_words(quote.recognised)
    yield f"  [{mark}] {path}, {where}{section}, characters {quote.start}–{quote.end}"
    yield ""


def _printable(text: str) -> str:
    """Return the text without control characters, which a terminal would obey; line ends stay."""
    return "".join(char if char.isprintable() or char in "\n\t" else ("\n" if char == "\r" else "�") for char in text)


def summary_lines(summary: Summary) -> Iterator[str]:
    """Yield the lines of a build's summary."""
    unchanged = summary.passages - summary.embedded
    yield (
        f"{_count(summary.documents, 'document')}, {_count(summary.passages, 'passage')} "
        f"({summary.embedded} embedded, {unchanged} unchanged) in {summary.seconds:.1f} s."
    )
    for warning in summary.warnings:
        yield f"Note: {_printable(warning)}"
    for entry in summary.skipped:
        yield f"Skipped: {_printable(entry.path)}: {_printable(entry.reason)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def progress_line(progress: Progress) -> str:
    """Return in one line how far a build has come, how fast it is and how long it may take.

    >>> progress_line(Progress("reading", 37, 400, rate=143.2, seconds_left=95.0))
    'reading 37 of 400 files · 143 passages a second · about 2 min left'
    """
    of = f" of {progress.total:,}" if progress.total else ""
    parts = [f"{progress.stage} {progress.done:,}{of} {'files' if progress.stage == 'reading' else 'passages'}"]
    if progress.rate >= 1:
        parts.append(f"{progress.rate:,.0f} passages a second")
    if progress.seconds_left is not None and progress.seconds_left >= 1:
        seconds = progress.seconds_left
        parts.append(f"about {f'{seconds:.0f} s' if seconds < 90 else f'{seconds / 60:.0f} min'} left")
    return " · ".join(parts)


class ProgressLine(AbstractContextManager["ProgressLine"]):
    """One line that is written over again on a terminal; on a file, a line a stage and now and then another."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._stage = ""
        self._shown = 0.0

    def __exit__(self, *error: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the line away, so that something else can be printed."""
        if self._terminal and self._stage:
            self._stream.write("\r\033[K")
            self._stream.flush()
        self._stage = ""

    def show(self, progress: Progress) -> None:
        """Show how far the build has come."""
        now = time.monotonic()
        pause = _PAUSE if self._terminal else _PAUSE_IN_A_FILE
        if progress.stage == self._stage and now - self._shown < pause:
            return
        self._stage, self._shown = progress.stage, now
        line = progress_line(progress)
        self._stream.write(f"\r\033[K{line}" if self._terminal else f"{line}\n")
        self._stream.flush()
