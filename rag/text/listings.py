"""Listings: lines of few words, some set deeper below what they belong to, as machines and manuals write them.

    interface eth0
        mtu 1500
    interface eth1
        mtu 9000

Each line stands alone, and belongs to the nearest line above it that is set less deep.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag.types import Span

WORDS = 4.0
"""Words of a line, at most, on the average."""
LINES = 4
"""Lines, at least."""
SHARE = 0.05
"""The share of lines that have one below that is set deeper, at least."""


def is_listing(lines: Sequence[str]) -> bool:
    """Tell whether lines are a listing, rather than text that was wrapped or a list.

    >>> is_listing(["interface eth0", "  mtu 1500", "interface eth1", "  mtu 9000"])
    True
    """
    if len(lines) < LINES or sum(len(line.split()) for line in lines) > WORDS * len(lines):
        return False
    deeper = sum(_depth(above) < _depth(below) for above, below in pairwise(lines))
    return deeper >= max(1, SHARE * len(lines))


def parents(text: str, sentences: Sequence[Span]) -> dict[int, int]:
    """Return, for each line of a listing that belongs to another, that one; both are numbers of sentences."""
    found: dict[int, int] = {}
    for run in _runs(text, sentences) if "\n " in text or "\n\t" in text else ():
        lines = [text[text.rfind("\n", 0, sentences[number][0]) + 1 : sentences[number][1]] for number in run]
        above: list[tuple[int, int]] = []
        for number, line in zip(run, lines, strict=True) if is_listing(lines) else ():
            depth = _depth(line)
            while above and above[-1][0] >= depth:
                above.pop()
            if above:
                found[number] = above[-1][1]
            above.append((depth, number))
    return found


def _runs(text: str, sentences: Sequence[Span]) -> Iterator[list[int]]:
    """Yield the runs of sentences that are whole lines, one right below the other."""
    run: list[int] = []
    for number, (start, end) in enumerate(sentences):
        alone = "\n" not in text[start:end] and not text[text.rfind("\n", 0, start) + 1 : start].strip()
        follows = run and text[sentences[run[-1]][1] : start].count("\n") == 1
        if run and not (alone and follows):
            yield run
            run = []
        if alone:
            run.append(number)
    if run:
        yield run


def _depth(line: str) -> int:
    """Return how deep a line is set; a tab goes to the next of every eighth place."""
    line = line.expandtabs(8)
    return len(line) - len(line.lstrip())
