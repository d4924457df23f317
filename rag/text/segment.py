"""A document → passages of whole sentences, as character spans; the sections and pages they stand in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rag.text.language import language_of
from rag.text.sentences import halve, sentences
from rag.types import CONTEXT_VERSION, Document, Passage, Span

SEGMENTATION = 5
"""The version of how a text is divided: raise it when this module, ``sentences``, ``tokens`` or the budget changes."""

_NO_WORD = re.compile(r"[\W_]+")


def passage_version() -> str:
    """Return what identifies the way in which a text becomes passages with their context.

    Where it differs from that of an index, every text is divided again, but only passages that change are embedded.
    """
    return f"{SEGMENTATION}.{CONTEXT_VERSION}"


def divide(
    document: Document,
    *,
    budget: Callable[[str], int],
    count: Callable[[Sequence[str]], Sequence[int]],
    overlap: int = 1,
) -> tuple[Passage, ...]:
    """Divide a document into passages of whole sentences.

    ``count`` gives the sizes of several texts at once, and ``budget`` the room beside a context, in the same unit; a
    sentence that alone exceeds it is divided at white space (its pieces are sentences of their own). A passage repeats
    the last ``overlap`` sentences of the one before it in the same section, where they fill less than a third of it.
    """
    result: list[Passage] = []
    language = language_of(document.language)
    for start, end, heading in sections(document):
        body = [(start + a, start + b) for a, b in sentences(document.text[start:end], language)]
        empty = Passage(document.id, start, start, 0, document.title, heading, (), document.language)
        room = budget(empty.context)
        parts, sizes = _within_budget(document.text, body, room, count)
        for first, last in _windows(sizes, room, overlap):
            begin, number = parts[first][0], len(result)
            spans = tuple((a - begin, b - begin) for a, b in parts[first:last])
            result.append(replace(empty, start=begin, end=begin + spans[-1][1], number=number, sentences=spans))
    return tuple(result)


def sections(document: Document) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, heading) of each section, and of what stands before the first.

    A heading with nothing below it but the next heading goes with that one's section.
    """
    edges = [(section.start, section.heading) for section in document.sections]
    if not edges or edges[0][0] > 0:
        edges.insert(0, (0, ""))
    ends = [start for start, _ in edges[1:]] + [len(document.text)]
    waiting: int | None = None
    for (start, heading), end in zip(edges, ends, strict=True):
        text = document.text[start:end]
        if not text.strip():
            continue
        begin = start if waiting is None else waiting
        if heading and end < len(document.text) and same_words(text, heading):
            waiting = begin
        else:
            yield begin, end, heading
            waiting = None
    if waiting is not None:
        yield waiting, len(document.text), heading


def page_at(pages: Sequence[int], labels: Sequence[str], offset: int) -> tuple[int | None, str | None]:
    """Return the number of the page at ``offset``, counted from 1, and the label printed on it; None where none is.

    ``pages`` and ``labels`` are those of a ``Document``.

    >>> page_at((0, 90), ("xvi", ""), 50), page_at((0, 90), ("xvi", ""), 90), page_at((), (), 50)
    ((1, 'xvi'), (2, None), (None, None))
    """
    number = bisect_right(pages, offset)
    return (number, labels[number - 1] or None if labels else None) if number else (None, None)


def recognised_at(pages: Sequence[int], recognised: Sequence[float | None], offset: int) -> float | None:
    """Return how sure the recognition of the page at ``offset`` is, where its text was recognised in a picture.

    >>> recognised_at((0, 90), (None, 0.9), 50), recognised_at((0, 90), (None, 0.9), 95), recognised_at((0,), (), 5)
    (None, 0.9, None)
    """
    number = bisect_right(pages, offset)
    return recognised[number - 1] if number and recognised else None


def same_words(one: str, other: str) -> bool:
    """Tell whether two texts have the same letters and digits in the same order: a heading with and without markup."""
    return _NO_WORD.sub("", one) == _NO_WORD.sub("", other)


def _within_budget(
    text: str, spans: Sequence[Span], budget: int, count: Callable[[Sequence[str]], Sequence[int]]
) -> tuple[list[Span], list[int]]:
    """Return the spans, the too large ones halved until they fit, and their sizes."""
    parts: list[Span] = []
    sizes: list[int] = []
    waiting = list(zip(spans, count([text[a:b] for a, b in spans]), strict=True))[::-1]
    while waiting:
        (start, end), size = waiting.pop()
        if size <= budget or end - start < 2:
            parts.append((start, end))
            sizes.append(size)
            continue
        halves = halve(text, (start, end))
        waiting += list(zip(halves, count([text[a:b] for a, b in halves]), strict=True))[::-1]
    return parts, sizes


def _windows(sizes: Sequence[int], budget: int, overlap: int) -> Iterator[Span]:
    """Yield (first, last) of each run of sentences that fits, each beginning with the end of the one before."""
    first, last = 0, 0
    while last < len(sizes):
        total = sum(sizes[first:last])
        while last < len(sizes) and (total + sizes[last] <= budget or last == first):
            total += sizes[last]
            last += 1
        yield first, last
        first = last
        while first > 0 and last - first < overlap and sum(sizes[first - 1 : last]) * 3 < budget:
            first -= 1
        if last < len(sizes) and sum(sizes[first : last + 1]) > budget:
            first = last
