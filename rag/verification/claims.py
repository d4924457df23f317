"""A reply, or JSON → what each of its citations claims; what a citation does not say is None, or empty."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote

from rag.errors import ReplyError
from rag.types import Answer, Refusal, Reply, Span

_PAGE = re.compile(r"page=(\d{1,9})")
"""Of a FragmentSelector (RFC 8118)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a citation says of its quote, each to be checked."""

    exact: str
    path: str
    id: str = ""
    title: str = ""
    sha256: str = ""
    reading: str = ""
    start: int | None = None
    end: int | None = None
    prefix: str = ""
    suffix: str = ""
    highlights: tuple[Span, ...] = ()
    page: int | None = None
    page_label: str = ""
    line: int | None = None
    section: str = ""


def claims(cited: Reply | Mapping[str, object] | Sequence[object]) -> tuple[Claim, ...]:
    """Return the claims of a reply, or of JSON: a reply, a conversation, W3C annotations, or a list of these.

    Raises ReplyError for anything else.
    """
    whole = cited if isinstance(cited, (list, tuple)) else [cited]
    return tuple(claim for value in whole for part in _parts(value) for claim in _claims(part))


def _parts(value: object) -> Sequence[object]:
    """Return the replies of a conversation, or the annotations of a page or collection; else the value alone."""
    if isinstance(value, Mapping):
        for name in ("replies", "items"):
            if isinstance(value.get(name), list):
                return value[name]  # type: ignore[no-any-return]
        if isinstance(value.get("first"), Mapping):
            return _parts(value["first"])
    return [value]


def _claims(reply: object) -> Iterator[Claim]:
    if isinstance(reply, (Answer, Refusal)):
        shown = reply.quotes if isinstance(reply, Answer) else reply.nearest
        yield from (_claim(asdict(quote)) for quote in shown)
        return
    if not isinstance(reply, Mapping):
        raise ReplyError("This is not a reply of this program: a JSON object is expected.")
    if "target" in reply:
        yield _annotated(reply["target"])
        return
    if reply.get("status") not in ("answered", "refused", "error"):
        raise ReplyError("This is not a reply of this program: its status is neither 'answered' nor 'refused'.")
    if reply["status"] == "answered" and "quotes" not in reply:
        raise ReplyError("This is not a reply of this program: it has no quotes.")
    for name in ("quotes", "nearest"):
        quotes = reply.get(name) or []
        if not isinstance(quotes, list):
            raise ReplyError(f"This is not a reply of this program: its {name} are no list.")
        yield from map(_claim, quotes)


def _claim(quote: object) -> Claim:
    source = quote.get("document") if isinstance(quote, Mapping) else None
    if not isinstance(quote, Mapping) or not isinstance(source, Mapping):
        raise ReplyError('A quote must be a JSON object with "exact" and "document".')
    exact, path = _field(quote, "exact", str), _field(source, "path", str) or _field(source, "id", str)
    if exact is None or path is None:
        raise ReplyError('A quote must say its words as "exact", and the "path" of its document.')
    said: dict[str, Any] = {
        **{name: _field(source, name, str) or "" for name in ("id", "title", "sha256", "reading")},
        **{name: _field(quote, name, str) or "" for name in ("prefix", "suffix", "page_label", "section")},
        **{name: _field(quote, name, int) for name in ("start", "end", "page", "line")},
    }
    return Claim(exact, path, highlights=_spans(quote.get("highlights")), **said)


def _annotated(target: object) -> Claim:
    """Return what the target of an annotation claims, by its selectors (W3C Web Annotation Data Model, section 4)."""
    source = target.get("source") if isinstance(target, Mapping) else None
    source = {"id": source} if isinstance(source, str) else source
    if not isinstance(target, Mapping) or not isinstance(source, Mapping):
        raise ReplyError('The "target" of an annotation must be a JSON object with "source" and "selector".')
    selector = target.get("selector")
    selectors = [one for one in (selector if isinstance(selector, list) else [selector]) if isinstance(one, Mapping)]
    quote: dict[str, object] = {}
    for one in selectors:
        if one.get("type") in ("TextQuoteSelector", "TextPositionSelector"):
            quote |= {name: one[name] for name in ("exact", "prefix", "suffix", "start", "end") if name in one}
        elif page := _PAGE.fullmatch(str(one.get("value"))):
            quote["page"] = int(page[1])
    path = unquote(_field(source, "id", str) or "")
    return _claim({**quote, "document": {**source, "id": path, "path": path}})


def _field(value: Mapping[str, object], name: str, kind: type) -> Any:
    """Return a field of this type, or None where there is none; raises ReplyError for one of another type."""
    found = value.get(name)
    if found is None or type(found) is kind:
        return found
    raise ReplyError(f'The "{name}" of a quote must be {"text" if kind is str else "a whole number"}.')


def _spans(value: object) -> tuple[Span, ...]:
    pairs = [] if value is None else value
    if isinstance(pairs, (list, tuple)) and all(
        isinstance(pair, (list, tuple)) and len(pair) == 2 and type(pair[0]) is type(pair[1]) is int for pair in pairs
    ):
        return tuple((start, end) for start, end in pairs)
    raise ReplyError('The "highlights" of a quote must be a list of [start, end].')
