"""The text of a mail as it was meant: lines that were wrapped for sending, and what is quoted of earlier mails.

Flowed lines are joined as RFC 3676 has it. Of the marks before quoted lines (``> ``) the first of each paragraph stays:
it says that these are another's words, and the others would stand in the middle of sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_MARKS = re.compile(r"(?:>[ \t]?)+")
_SIGNATURE = "-- "


def readable(text: str, *, flowed: bool = False, delete_space: bool = False) -> str:
    r"""Return a plain text with its quoted paragraphs marked once, apart from what was written below them.

    ``flowed`` and ``delete_space`` are the parameters ``format=flowed`` and ``delsp=yes`` of its part.

    >>> readable("> Which day\n> suits you?\nFriday.")
    '> Which day\nsuits you?\n\nFriday.'
    >>> readable("The roof \nis new.\nIt is dry.", flowed=True)
    'The roof is new.\nIt is dry.'
    """
    lines = (_depth_and_words(line, flowed) for line in text.splitlines())
    joined = _joined(lines, delete_space) if flowed else lines
    return "\n".join(_marked_once(joined))


def _depth_and_words(line: str, flowed: bool) -> tuple[int, str]:
    """Return how often a line was quoted, and its words; flowed lines that begin with a space were sent with one more.

    >>> _depth_and_words(">> Which day?", False), _depth_and_words(" > 3", True)
    ((2, 'Which day?'), (0, '> 3'))
    """
    marks = _MARKS.match(line)
    if marks is None:
        return 0, line[1:] if flowed and line.startswith(" ") else line
    return marks[0].count(">"), line[marks.end() :]


def _joined(lines: Iterable[tuple[int, str]], delete_space: bool) -> Iterator[tuple[int, str]]:
    """Join each line that ends with a space to the next one of its depth."""
    waiting: tuple[int, list[str]] | None = None
    for depth, words in lines:
        soft = words.endswith(" ") and words != _SIGNATURE
        said = words[:-1] if soft and delete_space else words
        if waiting and (waiting[0] != depth or words == _SIGNATURE):
            yield waiting[0], "".join(waiting[1])
            waiting = None
        waiting = waiting or (depth, [])
        waiting[1].append(said)
        if not soft:
            yield depth, "".join(waiting[1])
            waiting = None
    if waiting:
        yield waiting[0], "".join(waiting[1])


def _marked_once(lines: Iterable[tuple[int, str]]) -> Iterator[str]:
    """Yield the lines with the mark before the first of each quoted paragraph; another depth is another paragraph."""
    last, open_ = 0, False
    for depth, words in lines:
        if depth != last and open_:
            yield ""
        opens = bool(depth) and (depth != last or not open_)
        open_ = bool(words.strip())
        yield ">" * depth + " " + words if opens and open_ else words
        last = depth
