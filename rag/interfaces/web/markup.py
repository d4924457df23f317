"""HTML that cannot be made unsafe: the only file that writes an angle bracket.

Text of documents and questions enters a page as a child of ``element`` and is always escaped; what is already markup
has the type ``Html``, which only this file makes. Tags and attributes come from a short list without event handlers.

    >>> element("p", "a < b", class_="note").text
    '<p class="note">a &lt; b</p>'
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.types import Span


@dataclass(frozen=True, slots=True)
class Html:
    """Finished markup."""

    text: str


Child = Html | str | None
Attribute = str | int | float | bool | None

_VOID = frozenset({"br", "hr", "input", "meta", "link"})
_TAGS = _VOID | frozenset(
    "a article aside bdi blockquote body button circle cite code dd details div dl dt em figcaption figure footer "
    "form h1 h2 h3 head header html iframe label li main mark nav p path pre progress script section span strong "
    "summary svg table tbody td th thead time title tr ul".split()
)
_ATTRIBUTES = frozenset(
    "action allow autocomplete charset class content cx cy d datetime dir disabled for height hidden href id lang "
    "max maxlength method name open r rel required role scope src tabindex title type value viewBox".split()
)
_ADDRESSES = frozenset({"href", "src", "action"})
_ESCAPES = str.maketrans(
    {
        # A parser turns a carriage return into a line feed, unless it is written as a reference.
        "\r": "&#13;",
        # No page can hold these two: HTML has no NUL, and a lone surrogate is no character.
        "\0": "\ufffd",
        **{chr(code): "\ufffd" for code in range(0xD800, 0xE000)},
        # Nothing here reads them; a template engine that a page might pass through does.
        "$": "&#36;",
        "{": "&#123;",
        "}": "&#125;",
        "\\": "&#92;",
        "`": "&#96;",
    }
)


def escape(text: str) -> str:
    """Return ``text`` as markup whose text content is ``text`` again, character for character."""
    return html.escape(text, quote=True).translate(_ESCAPES)


def element(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """Return one element; strings among the children are escaped, None is left out.

    An attribute's underscores become hyphens and one at its end is dropped (``class_``, ``data_start``); False and
    None leave it out, True writes it bare. Raises ValueError for a tag, an attribute or an address that is not on
    the list, which is a mistake of the program and never of a document.
    """
    if tag not in _TAGS:
        raise ValueError(f"{tag!r} is not a tag this page uses.")
    opening = f"<{tag}{''.join(_attribute(name, value) for name, value in attributes.items())}>"
    if tag in _VOID:
        return Html(opening)
    return Html(f"{opening}{join(children).text}</{tag}>")


def join(children: Iterable[Child]) -> Html:
    """Return the children one after another."""
    parts = (child.text if isinstance(child, Html) else escape(child) for child in children if child is not None)
    return Html("".join(parts))


def marked(text: str, spans: Sequence[Span], *, offset: int = 0, tag: str = "mark", **attributes: Attribute) -> Html:
    """Return ``text`` with the given spans wrapped in ``tag``; its text content is ``text``.

    ``spans`` are in order, do not overlap, and count from ``-offset``: with ``offset`` the place of ``text`` in its
    document they are the document's own. What lies outside ``text`` is left out.
    """
    parts: list[Child] = []
    done = 0
    for begin, end in spans:
        first, last = max(begin - offset, done), min(end - offset, len(text))
        if first < last:
            parts += [text[done:first], element(tag, text[first:last], **attributes)]
            done = last
    return join([*parts, text[done:]])


def page(head: Iterable[Child], body: Iterable[Child], *, language: str = "en") -> str:
    """Return a whole HTML document."""
    whole = element("html", element("head", *head), element("body", *body), lang=language)
    return f"<!doctype html>\n{whole.text}\n"


def head_links(*, styles: Iterable[str] = (), scripts: Iterable[str] = ()) -> Html:
    """Return the elements of a page's head that load our own style sheets and scripts."""
    sheets = [element("link", rel="stylesheet", href=address) for address in styles]
    return join([*sheets, *(element("script", src=address) for address in scripts)])


def _attribute(name: str, value: Attribute) -> str:
    name = name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    if name not in _ATTRIBUTES and not name.startswith(("data-", "aria-")):
        raise ValueError(f"{name!r} is not an attribute this page uses.")
    if name in _ADDRESSES and not _own_address(str(value)):
        raise ValueError(f"{value!r} is not an address of our own.")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def _own_address(value: str) -> bool:
    """A path on this server or a place in this page: no scheme, and no host after two slashes."""
    return value.startswith("#") or (value.startswith("/") and value[1:2] not in {"/", "\\"})
