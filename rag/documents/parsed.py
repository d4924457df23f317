"""What a format's reader gives back, and the pieces that all of them build it from."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from rag.types import Section

TITLE_CHARACTERS = 200
"""A title or heading longer than this is cut at a word."""
METADATA_CHARACTERS = 500
NAME_CHARACTERS = 100
"""Of an attachment's name, at most."""
LONG_VALUE = 100
"""A field from this length on is prose, and names nothing."""
LONG_ROW = 400
"""Characters up to which fields stand on one line; a longer value stands apart from its label."""

_LINE_END = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SEPARATOR = re.compile(r"[/\\\ufffd]")
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file within a file."""

    name: str
    """One that a file can have, with the suffix of its format; no two of a file are the same."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's content, before it has a name and a hash; the fields mean what they mean in ``Document``."""

    text: str
    title: str = ""
    """Empty where the file says none: the file's name is taken then."""
    pages: tuple[int, ...] = ()
    page_labels: tuple[str, ...] = ()
    recognised: tuple[float | None, ...] = ()
    sections: tuple[Section, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    """They are documents of their own."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Which page of a file is drawn, and what is marked on it."""

    page: int
    """Counted from 1."""
    start: int
    end: int
    """The characters of the file's text that are marked, half-open; none where they are the same."""
    exact: str
    """What stands there: a file that is read otherwise is not drawn."""
    begins: int = 0
    text: str = ""
    """Where the page begins in the file's text, and its own: of scans, a page that is read alone as that is enough."""

    def on_page(self, alone: str) -> tuple[int, int] | None:
        """Return what is marked, counted in the text of the page alone; None where that is another text."""
        if not self.text.strip() or alone.strip() != self.text.strip():
            return None
        return max(0, self.start - self.begins), min(len(alone), self.end - self.begins)


class Assembler:
    """Canonical text put together block by block, remembering where sections begin.

    >>> text = Assembler()
    >>> text.section("Returns")
    >>> text.block("Returns")
    >>> text.block("Within 30 days.")
    >>> text.finish().text
    'Returns\\n\\nWithin 30 days.'
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._sections: list[Section] = []
        self._heading: str | None = None
        self._in_list = False

    @property
    def length(self) -> int:
        """The characters so far."""
        return self._length

    @property
    def first_heading(self) -> str:
        """The first heading so far that says something."""
        return next((section.heading for section in self._sections if section.heading), "")

    def section(self, heading: str) -> None:
        """Begin a section with the next block; a section without any block leaves no trace."""
        self._heading = one_line(heading)

    def block(self, text: str, *, joint: str = "\n\n", is_item: bool = False) -> None:
        """Add a paragraph; ``joint`` stands between it and what came before. White space alone is passed over.

        An item of a list (``is_item``) stands on the line below the item before it.
        """
        text = clean(text).strip()
        if not text:
            return
        joint = "\n" if is_item and self._in_list else joint
        self._in_list = is_item
        if self._length:
            self._parts.append(joint)
            self._length += len(joint)
        if self._heading is not None:
            self._sections.append(Section(self._length, self._heading))
            self._heading = None
        self._parts.append(text)
        self._length += len(text)

    def finish(
        self, *, title: str = "", metadata: Iterable[tuple[str, str]] = (), warnings: Iterable[str] = ()
    ) -> Parsed:
        """Return everything that was added."""
        return Parsed(
            "".join(self._parts),
            title=one_line(title),
            sections=tuple(self._sections),
            metadata=tidy(metadata),
            warnings=tuple(warnings),
        )


def clean(text: str) -> str:
    r"""Return ``text`` fit to be stored and searched.

    Line ends are ``\n``; a control character or lone surrogate becomes U+FFFD; soft hyphens, which nobody sees, go.
    """
    if text.isprintable():  # most are, and this is ten times as fast
        return text
    return _UNWANTED.sub("\ufffd", _LINE_END.sub("\n", text).replace("\xad", ""))


def one_line(text: str, limit: int = TITLE_CHARACTERS) -> str:
    """Return ``text`` on one line, its white space collapsed, at most ``limit`` characters."""
    line = " ".join(clean(text[: 20 * limit]).split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0] + "…"


def tidy(metadata: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the pairs that say something, each on one line."""
    pairs = ((one_line(key, 60), one_line(value, METADATA_CHARACTERS)) for key, value in metadata)
    return tuple((key, value) for key, value in pairs if key and value)


def name_as_title(name: str) -> str:
    """Return what a file's name says of it.

    >>> name_as_title("news/annual_report_2024.pdf")
    'annual report 2024'
    """
    stem = PurePosixPath(name).stem
    return one_line(stem.replace("_", " ")) or stem


def labelled(fields: Iterable[tuple[str, str]]) -> str:
    """Return a record as text: ``label: value`` a field, side by side; a value above ``LONG_ROW`` stands apart.

    >>> labelled([("Name", "Ann"), ("Age", "12"), ("Town", "")])
    'Name: Ann | Age: 12'
    """
    blocks: list[str] = []
    short: list[str] = []
    for label, value in fields:
        value = clean(value).strip()
        label = _label(label)
        if len(value) > LONG_ROW or "\n" in value:
            blocks += (side_by_side(short), label, value)
            short = []
        elif value:
            short.append(f"{label} {value}".strip())
    return "\n\n".join(filter(None, (*blocks, side_by_side(short))))


@lru_cache(1_024)  # a table has the same labels in every row
def _label(label: str) -> str:
    return f"{one_line(label)}:" if label else ""


def side_by_side(fields: Sequence[str]) -> str:
    """Return fields on one line, which is one sentence, so that a quote from a row says whose row it is.

    Above ``LONG_ROW`` characters they stand on several lines, each beginning with the first field or two again: a
    number often comes before the name.
    """
    names = next((fields[:count] for count in (2, 1) if len(" | ".join(fields[:count])) < LONG_VALUE), fields[:0])
    lines: list[list[str]] = [[]]
    size = 0
    for field in fields:
        if size + len(field) > LONG_ROW and len(lines[-1]) > len(names):
            lines.append(list(names))
            size = sum(len(name) + 3 for name in names)
        lines[-1].append(field)
        size += len(field) + 3
    return "\n\n".join(map(" | ".join, lines))


def pack(parsed: Parsed) -> dict[str, object]:
    """Return ``parsed`` as plain data for JSON."""
    return {
        "text": parsed.text,
        "title": parsed.title,
        "pages": parsed.pages,
        "page_labels": parsed.page_labels,
        "recognised": parsed.recognised,
        "sections": [(section.start, section.heading) for section in parsed.sections],
        "metadata": parsed.metadata,
        "warnings": parsed.warnings,
        "attachments": [(one.name, base64.b64encode(one.data).decode("ascii")) for one in parsed.attachments],
    }


def unpack(data: Mapping[str, object]) -> Parsed:
    """Return what ``pack`` was given; raises TypeError, KeyError or ValueError where ``data`` is anything else."""
    text = _string(data["text"])
    text.encode("utf-8")  # a lone surrogate is a ValueError here, rather than wherever the text is stored
    sections = tuple(Section(_offset(start, text), _string(heading)) for start, heading in _items(data["sections"]))
    pages = tuple(_offset(start, text) for start in _items(data["pages"]))
    labels = tuple(_string(label) for label in _items(data["page_labels"]))
    recognised = tuple(None if value is None else _share(value) for value in _items(data["recognised"]))
    starts = [section.start for section in sections]
    if starts != sorted(set(starts)) or list(pages) != sorted(pages):
        raise ValueError("sections or pages out of order")
    if any(told and len(told) != len(pages) for told in (labels, recognised)):
        raise ValueError("pages of which nothing is told")
    return Parsed(
        text,
        title=_string(data["title"]),
        pages=pages,
        page_labels=labels,
        recognised=recognised,
        sections=sections,
        metadata=tuple((_string(key), _string(value)) for key, value in _items(data["metadata"])),
        warnings=tuple(_string(warning) for warning in _items(data["warnings"])),
        attachments=_attachments(data["attachments"]),
    )


def _attachments(value: object) -> tuple[Attachment, ...]:
    found = tuple(Attachment(_string(name), base64.b64decode(_string(held))) for name, held in _items(value))
    names = {one.name for one in found}
    if len(names) != len(found) or any(name != safe_name(name) for name in names):
        raise ValueError("names of attachments that no two files can have")
    return found


def safe_name(name: str) -> str:
    """Return what an attachment is called, as a file of its own could be: no folder, nothing hidden, not too long.

    >>> safe_name("../Plans\\.net\n2.pdf"), safe_name("..")
    ('Plans_.net 2.pdf', 'attachment')
    """
    whole = one_line(name, NAME_CHARACTERS * 20)
    told = _SEPARATOR.sub("_", whole).lstrip("._ ").rstrip(". ")
    stem, dot, suffix = told.rpartition(".")
    if len(told) > NAME_CHARACTERS and dot and len(suffix) < 10:
        told = stem[: NAME_CHARACTERS - 1 - len(suffix)].rstrip(". ") + dot + suffix
    return told[:NAME_CHARACTERS].rstrip(". ") or "attachment"


def named_apart(files: Iterable[tuple[str, bytes]]) -> tuple[Attachment, ...]:
    """Return files as attachments, those of one name numbered: ``a.pdf``, ``a (2).pdf``."""
    found: dict[str, Attachment] = {}
    counted: Counter[str] = Counter()
    for given, data in files:
        name = original = safe_name(given)
        stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
        while name.casefold() in found:
            counted[original.casefold()] += 1
            name = f"{stem[: NAME_CHARACTERS - 20]} ({counted[original.casefold()] + 1}){suffix}"
        found[name.casefold()] = Attachment(name, data)
    return tuple(found.values())


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _items(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


def _share(value: object) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:  # type: ignore[operator]
        raise ValueError(value)
    return float(value)  # type: ignore[arg-type]


def _offset(value: object, text: str) -> int:
    if type(value) is not int or not 0 <= value <= len(text):
        raise ValueError(value)
    return value
