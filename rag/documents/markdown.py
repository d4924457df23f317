"""Markdown: the decoded file is the canonical text; its headings are sections, its front matter metadata.

A section begins with its heading's line, as CommonMark defines ATX and setext headings; a setext heading is taken
where it is one line long. Nothing inside a code block, an HTML comment or a ``<pre>``, ``<script>`` or ``<style>``
element is a heading. Front matter (``---``, ``key: value`` lines, ``---``) is a section of its own without a
heading, so that no passage mixes it with the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.documents.encodings import decode
from rag.documents.parsed import Parsed, one_line, tidy
from rag.types import Section

FRONT_MATTER_CHARACTERS = 16_384

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_ATX = re.compile(r" {0,3}#{1,6}(?:[ \t]+(.*))?$")
_CLOSING = re.compile(r"(?:^|[ \t])#+[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_RAW = re.compile(r" {0,3}<(?:(!--)|(pre|script|style|textarea)(?=[\s>]|$))", re.IGNORECASE)
_NO_PARAGRAPH = re.compile(r" {4}| {0,3}(?:[>|]|[-+*](?:\s|$)|\d{1,9}[.)](?:\s|$)|(?:[-*_][ \t]*){3,}$)|\t")
_KEY = re.compile(r"([\w][\w .-]{0,60}?)\s*:(?:\s+(.*))?$")
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_MARKUP = re.compile(r"\\(?=[^\w\s])|\*+|`+|~~|(?<!\w)_+|_+(?!\w)|<[^<>]{1,200}>|\{[#.][^{}]*\}\s*$")


def parse(data: bytes, name: str) -> Parsed:
    """Return the text of ``data`` with its sections; raises DocumentError where it is not text."""
    text, warnings = decode(data)
    metadata, body = _front_matter(text)
    sections = tuple(_headings(text, body))
    if body:
        between = () if sections and not text[body : sections[0].start].strip() else (Section(body, ""),)
        sections = (Section(0, ""), *between, *sections)
    named = dict(metadata).get("title", "")
    first = next((section.heading for section in sections if section.heading), "")
    return Parsed(text, title=one_line(named or first), sections=sections, metadata=metadata, warnings=warnings)


def plain(heading: str) -> str:
    """Return a heading's words without their Markdown.

    >>> plain("Using **`rag`** with [seeds](seeds.md) {#seeds}")
    'Using rag with seeds'
    """
    return one_line(_MARKUP.sub("", _LINK.sub(r"\1", heading[:2_000])))


def _lines(text: str, start: int) -> Iterator[tuple[int, str]]:
    for match in _LINE.finditer(text, start):
        yield match.start(), match[1]


def _front_matter(text: str) -> tuple[tuple[tuple[str, str], ...], int]:
    """Return its pairs and where the text proper begins; none and 0 where there is no front matter."""
    head = text[:FRONT_MATTER_CHARACTERS]
    lines = _lines(head, 0)
    if next(lines)[1].rstrip() != "---":
        return (), 0
    pairs: list[tuple[str, str]] = []
    for start, line in lines:
        if line.rstrip() in ("---", "..."):
            match = _LINE.match(text, start)
            return (tidy(pairs), match.end()) if match and pairs else ((), 0)
        _front_line(line, pairs)
    return (), 0


def _front_line(line: str, pairs: list[tuple[str, str]]) -> None:
    """Take in one line of the simple YAML that front matter is written in: a pair, or an item of the last one."""
    item = line.strip()
    if item.startswith("- ") and pairs:
        key, value = pairs[-1]
        pairs[-1] = (key, ", ".join(filter(None, (value, _unquoted(item[2:])))))
    elif match := _KEY.match(line):
        value = (match[2] or "").strip()
        if value.startswith("[") and value.endswith("]"):
            value = ", ".join(_unquoted(part) for part in value[1:-1].split(","))
        pairs.append((match[1], "" if value in ("|", ">", "|-", ">-") else _unquoted(value)))
    elif line[:1].isspace() and item and pairs:
        key, value = pairs[-1]
        pairs[-1] = (key, f"{value} {item}".strip())


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _headings(text: str, start: int) -> Iterator[Section]:
    """Yield the headings of ``text`` from ``start`` on."""
    closing: re.Pattern[str] | None = None
    above: tuple[int, str] | None = None  # a line that an underline would make a heading
    fresh = True  # whether the line before was blank, so that a paragraph begins here
    for position, line in _lines(text, start):
        if closing is not None:
            closing = None if closing.search(line) else closing
            above, fresh = None, True
        elif opened := _opens(line):
            closing, above = opened, None
        elif match := _ATX.match(line):
            yield Section(position, plain(_CLOSING.sub("", match[1] or "")))
            above, fresh = None, True
        elif above is not None and _UNDERLINE.match(line):
            yield Section(above[0], plain(above[1]))
            above, fresh = None, True
        else:
            blank = not line.strip()
            above = (position, line) if fresh and not blank and not _NO_PARAGRAPH.match(line) else None
            fresh = blank


def _opens(line: str) -> re.Pattern[str] | None:
    """Return what closes the block of code or raw HTML that ``line`` opens."""
    if match := _FENCE.match(line):
        if match[1][0] == "`" and "`" in match[2]:
            return None
        return re.compile(rf" {{0,3}}{match[1][0]}{{{len(match[1])},}}[ \t]*$")
    if match := _RAW.match(line):
        end = re.compile("-->" if match[1] else r"</(?:pre|script|style|textarea)>", re.IGNORECASE)
        return None if end.search(line, match.end()) else end
    return None
