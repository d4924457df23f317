"""Markdown: the decoded file is the canonical text; its headings are sections, its front matter metadata.

What is a heading, CommonMark says; those inside a quotation or a list, and setext headings of several lines, are text.
The rows of a table that are far from its head are a section that names the head. Front matter (YAML between ``---`` and
``---``) is a section of its own without a heading, so that no passage mixes it with the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain, pairwise, takewhile
from operator import attrgetter

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag.documents.encodings import decode
from rag.documents.parsed import Parsed, one_line, tidy
from rag.text.boundaries import LONGEST
from rag.types import Section

FRONT_MATTER_CHARACTERS = 16_384
LARGEST = 50_000_000
"""Characters up to which headings are looked for."""
_HEADING_CHARACTERS = 2_000
_COLUMNS = 50
"""Columns of a head that are named in a section's heading, which has room for fewer."""

_INLINE = MarkdownIt("commonmark").enable("strikethrough")
_START = attrgetter("start")
_LINE_END = re.compile(r"\r\n|\r|\n")
_FRONT_MATTER = re.compile(r"---[^\S\r\n]*(?:\r\n|\r|\n)(.*?)^(?:---|\.\.\.)[^\S\r\n]*(?:\r\n|\r|\n|\Z)", re.S | re.M)
_PAIR = re.compile(r"^(\w[\w.-]*(?: [\w.-]+)*) ?:[ \t]+(.*)$", re.M)
_ATTRIBUTES = re.compile(r"\{[#.][^{}]*\}\s*\Z")


def parse(data: bytes, name: str) -> Parsed:
    """Return the text of ``data`` with its sections; raises DocumentError where it is not text."""
    text, warnings = decode(data)
    if len(text) > LARGEST:
        return Parsed(text, warnings=(*warnings, "it is too large for its headings to be found"))
    metadata, body = _front_matter(text)
    headings, far = _sections(text, body)
    found = {section.start: section for section in (*far, *headings)}
    sections = tuple(sorted(found.values(), key=_START))
    if body:
        between = () if sections and not text[body : sections[0].start].strip() else (Section(body, ""),)
        sections = (Section(0, ""), *between, *sections)
    named = dict(metadata).get("title", "")
    first = next((section.heading for section in headings if section.heading), "")
    return Parsed(text, title=one_line(named or first), sections=sections, metadata=metadata, warnings=warnings)


def _sections(text: str, body: int) -> tuple[list[Section], list[Section]]:
    """Return what the headings begin from ``body`` on, and what begins within and behind long tables."""
    starts = [body, *(match.end() for match in _LINE_END.finditer(text, body))]
    tokens = MarkdownIt("commonmark").enable("table").disable("inline").parse(text[body:])
    headings, last = list(_headings(tokens, starts)), len(text.rstrip())
    return headings, [section for section in _far_rows(tokens, starts, headings) if section.start < last]


def plain(heading: str) -> str:
    """Return a heading's words without their Markdown.

    >>> plain("Using **`rag`** with [seeds](seeds.md) {#seeds}")
    'Using rag with seeds'
    """
    shown = _ATTRIBUTES.sub("", heading[:_HEADING_CHARACTERS])
    return one_line("".join(_words(_INLINE.parseInline(shown))))


def _words(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.children:
            yield from _words(token.children)
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.type in ("text", "code_inline"):
            yield token.content


def _headings(tokens: list[Token], starts: list[int]) -> Iterator[Section]:
    for token, inside in pairwise(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map and token.map[1] - token.map[0] <= 2:
            yield Section(starts[token.map[0]], plain(inside.content))


def _far_rows(tokens: list[Token], starts: list[int], headings: list[Section]) -> Iterator[Section]:
    """Yield a section for the rows of a table that no quote can show with their head, and one for what follows it."""
    for at, token in enumerate(tokens):
        if token.type != "table_open" or token.level or not token.map:
            continue
        rows = [starts[line] for line in range(token.map[0], min(token.map[1], len(starts)))]
        far = next((row for row in rows if row - rows[0] > LONGEST), None)
        if far is not None:
            head = takewhile(lambda inner: inner.type != "tr_close", tokens[at : at + 3 * _COLUMNS])
            names = " | ".join(plain(inner.content) for inner in head if inner.type == "inline")
            above = bisect_right(headings, rows[0], key=_START)
            heading = headings[above - 1].heading if above else ""
            yield Section(far, one_line(" — ".join(filter(None, (heading, names)))))
            yield from [Section(starts[token.map[1]], heading)] if token.map[1] < len(starts) else []


def _front_matter(text: str) -> tuple[tuple[tuple[str, str], ...], int]:
    """Return its pairs and where the text proper begins; none and 0 where there is no front matter."""
    match = _FRONT_MATTER.match(text, 0, FRONT_MATTER_CHARACTERS)
    if match is None:
        return (), 0
    try:
        values = yaml.load(match[1], _Plain)
        pairs = [(key, ", ".join(_strings(value))) for key, value in values.items()] if isinstance(values, dict) else []
    except (yaml.YAMLError, RecursionError):  # it is often written by hand: "title: One: two"
        pairs = [(pair[1], pair[2].strip(" \t\r\"'")) for pair in _PAIR.finditer(match[1])]
    return (tidy(pairs), match.end()) if pairs else ((), 0)


class _Plain(yaml.BaseLoader):
    """YAML as it is written: numbers, dates and "no" stay text. References, which make much of little, are refused."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("a reference")
        return super().compose_node(parent, index)


def _strings(value: object) -> Iterator[str]:
    """Yield the values in ``value``, those of a mapping with their keys."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{key}: {', '.join(_strings(item))}"
    elif isinstance(value, list):
        yield from chain.from_iterable(map(_strings, value))
    elif value:
        yield str(value)
