"""All HTML of the page: values → the templates in ``templates/``, the only files that write an angle bracket.

Whatever a template puts in goes through ``escape``, unless a template made it: so nothing in a document or a question
can become markup, and a quote reads on the screen as it stands, character for character.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote as urlquote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rag.answering.agreement import compared, sources
from rag.documents import has_pictures
from rag.interfaces.serialization import scope_typed
from rag.interfaces.terminal import nearest_words, page_or_line, recognised_words, refusal_words
from rag.interfaces.web.service import Service
from rag.names import date_in, is_clock, spoken
from rag.text.segment import page_at
from rag.types import Answer, Document, DocumentEntry, Quote, Refusal, Reply, Skipped, Span

STATIC = Path(__file__).parent / "static"
LISTED = 200
"""Documents listed at once; the filter finds the others."""
WHOLE = 40_000
"""Characters; a longer document is shown as a window around the quote, with reading on in both directions."""
PICTURES = 3
"""Pages of a quote that are shown as pictures."""
REACH = 12_000
"""Characters of such a window before and after the quote, and of each further piece."""

_WORDS = ((0.9, "very likely"), (0.75, "likely"), (0.5, "more likely than not"), (0.25, "doubtful"), (0.0, "unlikely"))
_ESCAPES = str.maketrans(
    # No page can hold these: HTML has no NUL, and a lone surrogate is no character.
    {chr(code): "\ufffd" for code in (0, *range(0xD800, 0xE000))}
    # A parser turns a carriage return into a line feed, unless it is written as a reference. Nothing here reads the
    # others; Gradio's own template engine, which the page passes through, would.
    | {char: f"&#{ord(char)};" for char in "\r${}\\`"}
)

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
    """Return where a quote stands, step by step: its section, its page or line, and its file."""
    where = page_or_line(quote.page, quote.page_label, quote.line)
    path = quote.document.path if quote.document.path != quote.document.title else ""
    return tuple(filter(None, (quote.section, where, path)))


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
    """Return the path of the page that shows a quote in its document."""
    document = quote.document
    return f"/d/{urlquote(document.path)}?q={quote.start}-{quote.end}&sha={document.sha256}"


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
        sources,
        date_in,
        spoken,
    )
}
_ENVIRONMENT.tests |= {
    "answer": lambda reply: isinstance(reply, Answer),
    "refusal": lambda reply: isinstance(reply, Refusal),
}


def render(template: str, **values: Any) -> str:
    """Return a template of ``templates/`` with these values put in."""
    return _ENVIRONMENT.get_template(template).render(values)


def catalogue(built_at: str, passages: int, entries: Sequence[DocumentEntry], skipped: Sequence[Skipped]) -> str:
    """Return what is in the index: figures, a filter, the list of documents, and what was skipped and why."""
    values = {"built_at": built_at, "built": moment(built_at), "passages": passages, "skipped": skipped, "most": LISTED}
    return render("catalogue.html", **values, entries=entries[:LISTED], found=len(entries))


def listing(entries: Sequence[DocumentEntry], words: str = "") -> str:
    """Return the documents whose title or path holds ``words``, as a table of the first ones."""
    wanted = words.casefold().strip()
    found = [entry for entry in entries if wanted in f"{entry.source.title}\n{entry.source.path}".casefold()]
    return render("listing.html", entries=found[:LISTED], found=len(found))


def document_pane(
    document: Document, quote: Span | None = None, highlights: Sequence[Span] = (), *, changed: bool = False
) -> str:
    """Return the panel of a document, with the quote and the answering words in it marked.

    Marks are cut out by offset here, because JavaScript counts UTF-16 units and Python characters. ``changed`` says
    that the document is another one than the quote was taken from: then nothing is marked.
    """
    values = _shown(document, None if changed else quote, highlights)
    return render("document.html", **values, changed=changed)


def linked_page(document: Document, quote: Span | None, notice: str) -> str:
    """Return the page that shows a document at a quote, on its own; ``notice`` says what has changed, if anything."""
    return render("linked.html", **_shown(document, quote, ()), notice=notice)


def _shown(document: Document, quote: Span | None, highlights: Sequence[Span]) -> dict[str, object]:
    """Return what the templates of a document show: its facts, its text around the quote, and its file."""
    if quote is None or not 0 <= quote[0] < quote[1] <= len(document.text):
        quote, highlights = None, ()
    facts = [document.path] if document.path != document.title else []
    if quote is not None:
        page = page_at(document.pages, document.page_labels, quote[0])
        facts.append(page_or_line(*page, document.text.count("\n", 0, quote[0]) + 1))
    facts += [value for name, value in document.metadata if name in {"author", "date"}]
    first, last = window(document.text, quote)
    values = _piece(document, first, last, quote or (0, 0), highlights)
    values |= {"facts": " · ".join(facts), "quoted": quote is not None}
    return values | _as_it_lies(document, quote)


def _as_it_lies(document: Document, quote: Span | None) -> dict[str, object]:
    """Return where the file itself is to be had, and pictures of the pages that a quote stands on, with their names."""
    path, (start, end) = urlquote(document.id), quote or (0, 0)
    first, _ = page_at(document.pages, (), start)
    last, _ = page_at(document.pages, (), max(start, end - 1))
    pages = range(first or 1, (last or 1) + 1)
    pictures = [
        (f"/api/pages/{path}/{page}?start={start}&end={end}", page_or_line(page, _label(document, page), 0))
        for page in pages[:PICTURES]
        if has_pictures(document)
    ]
    at = f"#page={pages[0]}" if pictures else ""
    return {"original": f"/api/originals/{path}{at}", "pictures": pictures}


def _label(document: Document, page: int) -> str | None:
    return document.page_labels[page - 1] if document.page_labels else None


def further(document: Document, first: int, last: int) -> str:
    """Return one further piece of a document, between buttons that read on from it."""
    first = max(0, min(first, len(document.text)))
    last = max(first, min(last, len(document.text), first + 2 * REACH))
    return render("piece.html", **_piece(document, first, last))


def window(text: str, quote: Span | None) -> Span:
    """Return the part of ``text`` that is shown at first: all of a short one, else whole lines around the quote."""
    if len(text) <= WHOLE:
        return 0, len(text)
    begin, end = quote or (0, 0)
    first, last = max(0, begin - REACH), min(len(text), end + REACH)
    line = text.find("\n", first, begin)
    first = line + 1 if first > 0 and line >= 0 else first
    line = text.rfind("\n", end, last)
    return first, line + 1 if last < len(text) and line >= 0 else last


def _piece(
    document: Document, first: int, last: int, quote: Span = (0, 0), highlights: Sequence[Span] = ()
) -> dict[str, object]:
    """Return ``document.text[first:last]`` page by page: the page's name where it begins, and its text in parts.

    The quote's text is in parts of its own, the answering words marked.
    """
    cuts = [first, *(start for start in _shown_pages(document) if first < start < last), last]
    pages: list[tuple[str, str, Parts, str]] = []
    for begin, end in pairwise(cuts):
        page = page_at(document.pages, document.page_labels, begin)
        name = page_or_line(*page, 0) if begin in document.pages else ""
        start = min(max(begin, quote[0]), end)
        stop = max(start, min(end, quote[1]))
        inside = marked(document.text[start:stop], highlights, offset=start)
        pages.append((name, document.text[begin:start], inside, document.text[stop:end]))
    earlier, later = max(0, first - REACH), min(len(document.text), last + REACH)
    return {"document": document, "first": first, "last": last, "earlier": earlier, "later": later, "pages": pages}


def _shown_pages(document: Document) -> Iterator[int]:
    """Yield where pages begin; of those that are times only where a line begins: a caption ends every few words."""
    times = any(map(is_clock, document.page_labels))
    return (start for start in document.pages if not times or document.text[start - 1 : start] in ("", "\n"))


def routes(service: Service) -> APIRouter:
    """Return what the page's own script fetches, the demo page, and the script that embeds the chat."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/own/document")
    def document(
        id: str, start: int = 0, end: int = 0, marks: Annotated[str, Query(max_length=2_000)] = "", sha256: str = ""
    ) -> str:
        found = service.library.document(id)
        changed = bool(sha256) and sha256 != found.sha256
        return document_pane(found, (start, end) if end > start else None, _spans(marks), changed=changed)

    @router.get("/own/piece")
    def piece(id: str, start: int, end: int) -> str:
        return further(service.library.document(id), start, end)

    @router.get("/own/listing")
    def found(words: Annotated[str, Query(max_length=200)] = "") -> str:
        return listing(service.library.documents(), words)

    @router.get("/own/accent.css")
    def accent() -> Response:
        rule = f"body .gradio-container.gradio-container {{ --accent: {service.settings.accent}; }}"
        return Response(rule, media_type="text/css")

    @router.get("/demo")
    def demo(request: Request) -> str:
        return render("demo.html", origin=f"{request.url.scheme}://{request.url.netloc}")

    @router.get("/embed.js")
    def embed() -> FileResponse:
        return FileResponse(STATIC / "embed.js", media_type="text/javascript")

    return router


def _spans(marks: str) -> tuple[Span, ...]:
    """Read ``"3-9,12-15"``; what cannot be read is left out."""
    ends = (mark.partition("-") for mark in marks.split(","))
    return tuple(sorted((int(first), int(last)) for first, _, last in ends if first.isdecimal() and last.isdecimal()))
