"""Markdown → blocks, line by line: what is written there is shown in its shape, and every character keeps its offset.

It follows CommonMark, with tables, as far as one level of nesting: what it does not know is shown as it stands.
A link is its words; where it leads is seen in the file, and nothing here leads out of the page.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from itertools import pairwise

from rag.interfaces.web.blocks import LINE, SYNTAX, Block, Cell, Row, Run, lines, styled
from rag.types import Document

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FENCE_LINE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|(?=[\r\n]|\Z))")
_ITEM = re.compile(r"([ \t]{0,12})(?:([-*+])|\d{1,9}[.)])[ \t]+(?=\S)")
_QUOTE = re.compile(r" {0,3}>[ \t]?")
_TOKEN = re.compile(
    r"\\[!-/:-@\[-`{-~]|`+|\*+|_+|~~|!?\[|\]\([^()\s]{0,500}(?:[ \t]\"[^\"\n]{0,200}\")?\)|[<]https?://[^\s<>]{0,500}>|\n"
)
_STYLES = {"*": "em", "_": "em", "**": "strong", "__": "strong", "***": "strong em", "___": "strong em", "~~": "gone"}
_HALVES = frozenset(("**", "__", "~~"))
"""Marks that are hardly anything else, also where one stands alone."""
_NEAR = 20
"""Marks that are open at once, at most: one further back stays as it stands."""
_INLINE = "inline"
"""The style of a run that is yet to be looked into."""


def blocks(document: Document, start: int, end: int, *, part: bool = False) -> list[Block]:
    """Return ``document.text[start:end]`` in blocks; ``start`` is where a line begins.

    ``part``: the document is a part of another, in which a mark may have its other half elsewhere.
    """
    text, found = document.text, list[Block]()
    reader = _Reader(text, found, _fence_at(text, start))
    front = _front_matter(document)
    if start < front:
        found.append(Block("code", [Row([[Run(start, min(front, end))]])]))
        start = min(front, end)
    for span in lines(text, start, end):
        reader.read(*span)
    for block in found:
        for row in block.rows:
            row.cells[:] = [_looked_into(text, cell, part) for cell in row.cells]
    return found


def _front_matter(document: Document) -> int:
    """Return where the text proper begins, behind what stands between two lines of ``---`` at the top."""
    first = document.sections[:1]
    if not (first and not first[0].start and not first[0].heading and document.text.startswith("---")):
        return 0
    return document.sections[1].start if len(document.sections) > 1 else len(document.text)


def _fence_at(text: str, start: int) -> str:
    """Return the fence of the code that ``start`` stands in; empty where it stands in none."""
    fence = ""
    for match in _FENCE_LINE.finditer(text, 0, start):
        if not fence:
            fence = match[1]
        elif match[1].startswith(fence):
            fence = ""
    return fence


def _looked_into(text: str, cell: Cell, part: bool) -> Cell:
    runs: Cell = []
    for run in cell:
        runs += inline(text, run.start, run.end, part=part) if run.style == _INLINE else [run]
    return runs


class _Reader:
    """Takes line after line into blocks: into the last one, or into a new one."""

    def __init__(self, text: str, found: list[Block], fence: str) -> None:
        self._text = text
        self._found = found
        self._fence = fence
        self._is_open = False
        """Whether the next line may go on with what the last one says."""
        if fence:
            found.append(Block("code"))

    def read(self, start: int, end: int) -> None:
        """Take in the line from ``start`` to ``end``."""
        line = self._text[start:end]
        words = line.strip()
        if self._fence:
            self._code(start, end, closes=words.startswith(self._fence) and not words.strip(self._fence[0]))
        elif not words:
            self._blank(start, end)
        elif fence := _FENCE.match(line):
            self._fence = fence[1]
            self._begin("code", Run(start, end, SYNTAX))
        elif heading := _HEADING.match(line):
            self._heading(f"h{len(heading[1])}", start, start + heading.end(), end)
        elif self._is_open and self._last.kind == "text" and words.strip("=-") == "" and len(set(words)) == 1:
            self._last.kind = "h1" if words[0] == "=" else "h2"
            self._last.add(Run(start, end, SYNTAX))
            self._is_open = False
        elif len(words) > 2 and (rule := words.replace(" ", "")) and len(set(rule)) == 1 and rule[0] in "-*_":
            self._begin("rule", Run(start, end, SYNTAX))
        elif self._row(start, end, words):
            return
        elif (item := _ITEM.match(line)) and (len(item[1]) < 4 or self._last.kind == "list"):
            self._item(item, start, end)
        elif quote := _QUOTE.match(line):
            if not (self._is_open and self._last.kind == "quoted"):
                self._begin("quoted")
            self._last.add(Run(start, start + quote.end(), SYNTAX))
            self._say(start + quote.end(), end)
            self._is_open = True
        elif self._is_open and self._last.kind in {"text", "list", "quoted"}:
            self._say(start, end)
        elif line.startswith(("    ", "\t")) and self._last.kind != "list":
            if self._last.kind != "code":
                self._begin("code")
            self._last.add(Run(start, end))
        elif line.startswith(("  ", "\t")) and self._last.kind == "list":  # a further paragraph of an item
            self._say(start, end)
            self._is_open = True
        else:
            self._begin("text")
            self._say(start, end)
            self._is_open = True

    @property
    def _last(self) -> Block:
        return self._found[-1] if self._found else Block("")

    def _begin(self, kind: str, *runs: Run) -> None:
        self._found.append(Block(kind))
        self._last.add(*runs)
        self._is_open = False

    def _say(self, start: int, end: int) -> None:
        """Add words in which there may be marks; what goes over the end of a line is one run."""
        runs = self._last.rows[-1].cells[-1]
        if runs and runs[-1].style == _INLINE and runs[-1].end == start:
            start = runs.pop().start
        runs.append(Run(start, end, _INLINE))

    def _blank(self, start: int, end: int) -> None:
        if self._found:
            self._last.add(Run(start, end, SYNTAX))
        else:
            self._begin("text", Run(start, end, SYNTAX))
        self._is_open = False

    def _code(self, start: int, end: int, *, closes: bool) -> None:
        self._last.add(Run(start, end, SYNTAX if closes else ""))
        self._fence = "" if closes else self._fence

    def _heading(self, kind: str, start: int, words: int, end: int) -> None:
        line = self._text[words:end].rstrip()
        bare = line.rstrip("#")
        stop = words + (len(bare.rstrip()) if not bare or bare[-1] in " \t" else len(line))
        self._begin(kind, Run(start, words, SYNTAX))
        if words < stop:
            self._say(words, stop)
        if stop < end:
            self._last.add(Run(stop, end, SYNTAX))

    def _item(self, item: re.Match[str], start: int, end: int) -> None:
        if self._last.kind != "list":
            self._begin("list")
            self._last.rows.clear()
        indent, mark = start + len(item[1]), start + item.end()
        runs = [Run(start, indent, SYNTAX)] if start < indent else []
        runs.append(Run(indent, mark, f"{SYNTAX} bullet" if item[2] else "number"))
        depth = len(item[1].expandtabs(4)) // 2
        self._last.rows.append(Row([runs], min(depth, 4)))
        self._say(mark, end)
        self._is_open = True

    def _row(self, start: int, end: int, words: str) -> bool:
        """Take in a row of a table; False where the line is none."""
        table = self._last
        if table.kind != "table" or not self._is_open:
            following = LINE.match(self._text, end) if "|" in words else None
            if not following or not _is_rule(following.group()):
                return False
            self._found.append(Block("table"))
            self._is_open = True
            self._last.rows.append(Row(_cells(self._text, start, end), is_head=True))
        elif "|" not in words:
            return False
        elif len(table.rows) == 1 and _is_rule(words):
            table.add(Run(start, end, SYNTAX))
        else:
            table.rows.append(Row(_cells(self._text, start, end)))
        return True


def _is_rule(line: str) -> bool:
    """Tell whether a line is the one between a table's head and its rows."""
    return "-" in line and "|" in line and not line.strip("|:- \t\r\n")


def _cells(text: str, start: int, end: int) -> list[Cell]:
    """Return the cells of a table's row; what stands between them belongs to the one that follows, or the last."""
    bars, quoted, at = [start], False, start
    while at < end:
        char = text[at]
        quoted ^= char == "`"
        if char == "|" and not quoted:
            bars.append(at)
        at += 2 if char == "\\" else 1
    cells: list[Cell] = []
    before: Cell = []
    for begin, stop in pairwise([*bars, end]):
        said = text[begin:stop]
        inner = said.removeprefix("|").strip()
        first = begin + said.index(inner, said.startswith("|")) if inner else stop
        last = first + len(inner)
        runs = [Run(begin, first, SYNTAX), Run(first, last, _INLINE), Run(last, stop, SYNTAX)]
        runs = [*before, *(run for run in runs if run.start < run.end)]
        before = []
        if inner or (start < begin and stop < end):
            cells.append(runs)
        elif begin == start and stop < end:
            before = runs
        elif cells:
            cells[-1] += runs
        else:
            cells.append(runs)
    return cells


def inline(text: str, start: int, end: int, *, part: bool = False) -> Cell:
    """Return ``text[start:end]`` in runs: its emphasis, code and links, what writes them as syntax.

    In a ``part`` of a text, double marks alone have their other half before or behind it.
    """
    tokens = [match.span() for match in _TOKEN.finditer(text, start, end)]
    ticks: dict[int, list[int]] = defaultdict(list)
    for number, (first, last) in enumerate(tokens):
        if text[first] == "`":
            ticks[last - first].append(number)
    spans: list[tuple[int, int, str]] = []
    open_: list[tuple[str, int, int]] = []
    number = 0
    while number < len(tokens):
        first, last = tokens[number]
        said = text[first:last]
        number += 1
        if said[0] == "\\" and said != "\\":
            spans.append((first, first + 1, SYNTAX))
        elif said == "\n":
            spans += _break(text, first, start)
        elif said[0] == "[" or said == "![":
            open_.append(("[", first, last))
        elif said.startswith("]("):
            if at := _opened(open_, "["):
                spans += [(*at, SYNTAX), (first, last, SYNTAX)]
        elif said[0] == "<":
            spans += [(first, first + 1, SYNTAX), (last - 1, last, SYNTAX)]
        elif said[0] == "`":
            same = ticks[last - first]
            following = bisect_right(same, number - 1)
            if following < len(same):
                begin, stop = tokens[same[following]]
                spans += [(first, last, SYNTAX), (last, begin, "code"), (begin, stop, SYNTAX)]
                number = same[following] + 1
        elif style := _STYLES.get(said):
            before, after = text[max(start, first - 1) : first], text[last : min(last + 1, end)]
            word = said[0] == "_"
            closes = bool(before.strip()) and not (word and after.isalnum())
            opens = bool(after.strip()) and not (word and before.isalnum())
            if closes and (at := _opened(open_, said)):
                spans += [(*at, SYNTAX), (first, last, SYNTAX)]
                spans += [(at[1], first, one) for one in style.split()]
            elif part and closes and said in _HALVES and not after.isalnum():
                spans += [(first, last, SYNTAX), (start, first, style)]
            elif opens:
                open_.append((said, first, last))
    for said, first, last in open_ if part else ():
        if said in _HALVES and not text[max(start, first - 1) : first].isalnum():
            spans += [(first, last, SYNTAX), (last, end, _STYLES[said])]
    return [Run(run.start, run.end, SYNTAX if SYNTAX in run.style else run.style) for run in styled(start, end, spans)]


def _opened(open_: list[tuple[str, int, int]], said: str) -> tuple[int, int] | None:
    """Return where the nearest open mark of a kind stands, and close it with those within; None where none is."""
    for back in range(1, min(_NEAR, len(open_)) + 1):
        kind, first, last = open_[-back]
        if kind == said:
            del open_[-back:]
            return first, last
    return None


def _break(text: str, at: int, start: int) -> list[tuple[int, int, str]]:
    """Return the style of the end of a line that is to be one: behind two spaces, or a backslash."""
    before = text[max(start, at - 3) : at].removesuffix("\r")
    if before.endswith("\\"):
        back = at - 1 - (text[at - 1] == "\r")
        return [(back, back + 1, SYNTAX), (at, at + 1, "break")]
    return [(at, at + 1, "break")] if before.endswith("  ") else []
