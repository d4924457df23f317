"""All HTML of the page: values → the templates in ``templates/``, the only files that write an angle bracket.

Whatever a template puts in goes through ``escape``, unless a template made it: so nothing in a document or a question
can become markup, and a quote reads on the screen as it stands, character for character.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote as urlquote

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rag.answering.agreement import compared, repeated, sources
from rag.interfaces.exports import FORMS
from rag.interfaces.serialization import scope_typed
from rag.interfaces.terminal import nearest_words, page_or_line, recognised_words, refusal_words
from rag.interfaces.web.marking import quote_shown, unmarked
from rag.interfaces.web.service import Service
from rag.names import date_in, spoken
from rag.types import Answer, Quote, Refusal, Reply, Span

LINKED = 400
"""Characters of a quote that a link to it has, at most."""
STATIC = Path(__file__).parent / "static"

_WORDS = ((0.9, "very likely"), (0.75, "likely"), (0.5, "more likely than not"), (0.25, "doubtful"), (0.0, "unlikely"))
_ESCAPES = str.maketrans(
    # No page can hold these: HTML has no NUL, and a lone surrogate is no character.
    {chr(code): "\ufffd" for code in (0, *range(0xD800, 0xE000))}
    # A parser turns a carriage return into a line feed, unless it is written as a reference. Nothing here reads the
    # others; Gradio's own template engine, which the page passes through, would.
    | {char: f"&#{ord(char)};" for char in "\r${}\\`"}
)

_ROW = re.compile(r"(?:^|, )row \d")
"""A section that is a row of a table names it."""

Parts = tuple[tuple[str, bool], ...]
"""A text in parts, each with whether it is marked; together they are the text."""


def escape(value: object) -> Markup:
    """Return a value as markup whose text content is the value's text, character for character.

    >>> print(escape("a < ${b}"))
    a &lt; &#36;&#123;b&#125;
    """
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(str(value), quote=True).translate(_ESCAPES))


def marked(text: str, spans: Sequence[Span], *, offset: int = 0) -> Parts:
    """Return ``text`` in parts, those within ``spans`` marked.

    ``spans`` are in order, do not overlap, and count from ``-offset``: with ``offset`` the place of ``text`` in its
    document they are the document's own. What lies outside ``text`` is left out.
    """
    parts: list[tuple[str, bool]] = []
    done = 0
    for begin, end in spans:
        first, last = max(begin - offset, done), min(end - offset, len(text))
        if first < last:
            parts += [(text[done:first], False), (text[first:last], True)]
            done = last
    return tuple(part for part in (*parts, (text[done:], False)) if part[0])


def confidence_word(confidence: float) -> str:
    """Return the words for a probability between 0 and 1.

    >>> confidence_word(0.93)
    'very likely'
    """
    return next(word for least, word in _WORDS if confidence >= least or least == 0.0)


def odds_words(confidence: float) -> str:
    """Return a probability as people say it.

    >>> odds_words(0.44), odds_words(0.02)
    ('about 4 in 10', 'less than 1 in 10')
    """
    tenths = min(9, round(10 * confidence))
    return f"about {tenths} in 10" if tenths else "less than 1 in 10"


def steps(quote: Quote) -> tuple[str, ...]:
    """Return where a quote stands, step by step: its section, its page, row or line, and its file.

    What stands there already is not said again: a section that is called what its document is, the line of a row.
    """
    title, path = quote.document.title, quote.document.path
    section = quote.section if quote.section != title else ""
    row = quote.page is None and _ROW.search(section)
    where = "" if row else page_or_line(quote.page, quote.page_label, quote.line)
    return tuple(filter(None, (section, where + recognised_words(quote.recognised), path if path != title else "")))


def place(quote: Quote) -> str:
    """Return where a quote stands, for people: its section, and its page or its line."""
    where = page_or_line(quote.page, quote.page_label, quote.line) + recognised_words(quote.recognised)
    return f"{quote.section}, {where}" if quote.section else where


def citation(quote: Quote) -> str:
    """Return a quote's citation as one line of text: title, place and path."""
    title = quote.document.title
    name = title if title == quote.document.path else f"{title} ({quote.document.path})"
    return f"{name}, {place(quote)}"


def link(quote: Quote) -> str:
    """Return the path of the page that shows a quote in its document, and finds it again where that has changed."""
    document, words = quote.document, urlquote(quote.exact[:LINKED], errors="replace")
    path = urlquote(document.path, errors="replace")
    return f"/d/{path}?q={quote.start}-{quote.end}&sha={document.sha256}&w={words}"


def shown(reply: Reply | str) -> tuple[Quote, ...]:
    """Return the quotes that a reply shows: an answer's, or what is nearest."""
    if isinstance(reply, str):
        return ()
    return reply.quotes if isinstance(reply, Answer) else reply.nearest


def moment(iso: str) -> str:
    """Return a time in words; as it stands where it is none.

    >>> moment("2026-11-05T08:07:00+00:00")
    '5 November 2026, 08:07 UTC'
    """
    try:
        time = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def cookie(name: str, value: str, request: Request, *, framed: bool, age: int | None = None) -> str:
    """Return a ``Set-Cookie`` header: a browser sends it to us alone, and no script reads it.

    ``framed``: pages of other sites may embed us. Over https each of them then has a cookie of its own ("partitioned");
    without it a browser keeps none in such a frame. Lasts ``age`` seconds, or until the browser is closed.
    """
    secure = "; Secure" if request.url.scheme == "https" else ""
    site = "SameSite=none; Partitioned" if secure and framed else "SameSite=lax"
    lasting = "" if age is None else f"; Max-Age={age}"
    return f"{name}={value}; Path=/; HttpOnly; {site}{secure}{lasting}"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    finalize=escape,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals |= {
    function.__name__: function
    for function in (
        marked,
        quote_shown,
        unmarked,
        confidence_word,
        odds_words,
        place,
        steps,
        citation,
        link,
        moment,
        refusal_words,
        nearest_words,
        scope_typed,
        compared,
        repeated,
        sources,
        date_in,
        spoken,
    )
} | {"forms": FORMS}
_ENVIRONMENT.tests |= {
    "quoting": lambda reply: bool(shown(reply)),
    "answer": lambda reply: isinstance(reply, Answer),
    "refusal": lambda reply: isinstance(reply, Refusal),
}


def render(template: str, **values: Any) -> str:
    """Return a template of ``templates/`` with these values put in."""
    return _ENVIRONMENT.get_template(template).render(values)


def routes(service: Service) -> APIRouter:
    """Return what the page's own script fetches, the demo page, and the script that embeds the chat."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/demo")
    def demo(request: Request) -> str:
        return render("demo.html", name=service.settings.name, origin=f"{request.url.scheme}://{request.url.netloc}")

    @router.get("/embed.js")
    def embed() -> FileResponse:
        return FileResponse(STATIC / "embed.js", media_type="text/javascript")

    return router
