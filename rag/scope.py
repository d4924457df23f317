"""Which documents a question is asked of: by path, by type, and by date.

A document's date is what it says of itself (a mail's, a page's, a book's), else what its name says ("2024-03-05
minutes.docx"), else when it was made by its file's properties, else when its file was last changed. Dates are written
as ISO 8601 has them, as exactly as they are known: a day, a month or a year.
"""

from __future__ import annotations

import os
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher, get_close_matches
from operator import attrgetter

from rag.errors import ScopeError
from rag.names import checked, date_in

PATHS = 1_000
"""Paths that a scope names, at most."""
_NEAR = 3
_ALIKE = 30
"""Places that are compared as a whole."""
_AFTER_SLASH = chr(ord("/") + 1)
_LONGEST_NAME = 255
"""Characters of a path's last part for which near ones are looked for: no file has a longer name."""

_SAID = ("sent", "published", "date")
_MADE = ("created", "modified")
_DAY = re.compile(r"([12]\d{3})(?:[-/.]?(\d\d)(?:[-/.]?(\d\d))?)?(?!\d)", re.ASCII)
_IN_WORDS = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")
_ASKED = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scope:
    """The documents that are searched: those that meet every field that is not empty."""

    within: tuple[str, ...] = ()
    """Paths below the folder of documents: documents, or folders and mails with all that lies below them."""
    types: tuple[str, ...] = ()
    """Suffixes, such as "pdf"; one stands for all of its format (html: htm, xhtml)."""
    since: str = ""
    until: str = ""
    """The first and the last day, month or year, both included."""

    @property
    def words(self) -> str:
        """What is searched, to stand behind "documents": ``in news/, of type pdf, dated 2024 or later``."""
        paths = f"in {' or '.join(self.within)}" if self.within else ""
        types = f"of type {' or '.join(self.types)}" if self.types else ""
        dates = " to ".join(filter(None, (self.since, self.until)))
        open_end = "" if self.since and self.until else " or later" if self.since else " or earlier"
        return ", ".join(filter(None, (paths, types, f"dated {dates}{open_end}" if dates else "")))


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as a scope looks at it."""

    id: str
    path: str
    """The id as ``plain`` has it: lists are in its order."""
    media_type: str
    date: str
    """Empty where none is known."""


def scope_of(within: str | Iterable[str] | Scope) -> Scope:
    """Return a scope of these paths, or of this one, or the scope itself."""
    if isinstance(within, Scope):
        return within
    return Scope((within,) if isinstance(within, str) else tuple(within))


def chosen(scope: Scope, listed: Sequence[Listed], *, types: Mapping[str, str], seeds: str) -> tuple[Listed, ...]:
    """Return the documents in a scope, in their order, which is that of their paths.

    ``types`` is suffix → media type; a path may also be given as it stands from here, through the folder ``seeds``.
    Raises ScopeError for a path where nothing lies, an unknown type, and a date that is none.
    """
    since, until = _asked(scope.since), _asked(scope.until)
    if since and until and not _is_between(since, "", until):
        raise ScopeError(f"Nothing can be both since {since} and until {until}: turn them round.")
    kinds = {_kind(name, types) for name in scope.types}
    found = _below(scope.within, listed, seeds) if scope.within else listed
    return tuple(
        document
        for document in found
        if (not kinds or document.media_type in kinds)
        and (not (since or until) or (document.date != "" and _is_between(document.date, since, until)))
    )


def date_of(id: str, metadata: Iterable[tuple[str, str]], modified_ns: int | None) -> str:
    """Return a document's date; empty where none is known. ``modified_ns``: when the file was, since 1970.

    >>> date_of("2024-03-05 minutes.docx", (("created", "2013-12-23"),), None), date_of("a.md", (("date", "1998"),), 0)
    ('2024-03-05', '1998')
    """
    known = {key.lower(): value for key, value in metadata}
    said, made = (map(_date, _values(known, keys)) for keys in (_SAID, _MADE))
    own = next(filter(None, said), "") or date_in(id) or next(filter(None, made), "")
    return own or ("" if modified_ns is None else _day_of(modified_ns))


def _day_of(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds // 10**9, UTC).astimezone().date().isoformat()


def plain(path: str) -> str:
    """Return a path as they are compared: characters composed, as some systems write them and others do not."""
    return unicodedata.normalize("NFC", path)


def _values(known: Mapping[str, str], keys: Iterable[str]) -> Iterator[str]:
    return (known[key] for key in keys if key in known)


def _date(value: str) -> str:
    if match := _DAY.match(value):
        return checked(match.groups())
    for form in _IN_WORDS:
        with suppress(ValueError):
            return datetime.strptime(value, form).date().isoformat()
    return ""


def _asked(text: str) -> str:
    if text and not (_ASKED.fullmatch(text) and checked(text.split("-"))):
        raise ScopeError(f"{text!r} is no date: write it as 2024, 2024-03 or 2024-03-05.")
    return text


def _is_between(day: str, since: str, until: str) -> bool:
    """Compare as exactly as both are known: something of March is both since the 5th of March and until then."""
    return day[: len(since)] >= since[: len(day)] and (not until or day[: len(until)] <= until[: len(day)])


def _kind(name: str, types: Mapping[str, str]) -> str:
    kind = types.get("." + name.lower().removeprefix("."))
    if kind is None:
        known = ", ".join(suffix[1:] for suffix in types)
        raise ScopeError(f"{name!r} is no type of document that is read: name one of {known}.")
    return kind


def _below(paths: Sequence[str], listed: Sequence[Listed], seeds: str) -> tuple[Listed, ...]:
    """Return the documents that are, or lie below, one of these paths; raises ScopeError where nothing is there."""
    if len(paths) > PATHS:
        raise ScopeError(f"{len(paths):,} paths are given, at most {PATHS:,} are taken: name their folders.")
    found = {number for path in paths for number in _found(path, listed, seeds)}
    return tuple(listed[number] for number in sorted(found))


def _found(path: str, listed: Sequence[Listed], seeds: str) -> tuple[int, ...]:
    """Return the numbers of the documents at a path, which counts from their folder, or from here through it."""
    given = plain(path.replace(os.sep, "/"))
    if "\0" not in given:
        through = os.path.relpath(os.path.abspath(given), os.path.abspath(seeds)).replace(os.sep, "/")
        for place in (os.path.normpath(given.strip("/") or "."), plain(through)):
            if numbers := _at(place, listed):
                return numbers
    near = _near(given, listed)
    hint = f"Near it: {', '.join(near)}." if near else "Paths count from the folder of documents."
    raise ScopeError(f"No document or folder {path[:_LONGEST_NAME]!r} is in the index. {hint}")


def _at(place: str, listed: Sequence[Listed]) -> tuple[int, ...]:
    """Return the numbers of the document called ``place`` and of those below it."""
    if place == ".":
        return tuple(range(len(listed)))
    start, first, end = (
        bisect_left(listed, path, key=attrgetter("path")) for path in (place, f"{place}/", f"{place}{_AFTER_SLASH}")
    )
    own = (start,) if start < len(listed) and listed[start].path == place else ()
    return (*own, *range(first, end))


def _near(path: str, listed: Sequence[Listed]) -> list[str]:
    """Return the documents and folders whose own name is most like that of ``path``, the most like paths first."""
    by_name: dict[str, set[str]] = {}
    for document in listed:
        place = document.path
        while place:
            by_name.setdefault(place.rpartition("/")[2].lower(), set()).add(place)
            place = place.rpartition("/")[0]
    given = path.strip("/")[-2 * _LONGEST_NAME :]
    close = get_close_matches(given.rpartition("/")[2].lower()[:_LONGEST_NAME], by_name, _ALIKE)
    places = [place for name in close for place in sorted(by_name[name])][:_ALIKE]
    return sorted(places, key=lambda place: -SequenceMatcher(None, given, place).ratio())[:_NEAR]
