"""A document → the panel that shows it, open at a quote.

The text of the panel is the document's, character for character: page numbers are drawn by the style sheet, and what
is marked is cut out by offset here, because JavaScript counts UTF-16 units and Python characters.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rag.interfaces.web.markup import Child, Html, element, join, marked
from rag.types import Document, Span

WHOLE = 40_000
"""Characters; a longer document is shown as a window around the quote, with reading on in both directions."""
REACH = 12_000
"""Characters of such a window before and after the quote, and of each further piece."""


def panel(
    document: Document, quote: Span | None = None, highlights: Sequence[Span] = (), *, changed: bool = False
) -> Html:
    """Return the panel of a document, with the quote and the answering words in it marked.

    ``changed`` says that the document is another one than the quote was taken from: then nothing is marked.
    """
    if changed or quote is None or not 0 <= quote[0] < quote[1] <= len(document.text):
        quote, highlights = None, ()
    first, last = window(document.text, quote)
    notice = (
        "This document has changed since the answer was given, so the quote is not marked in it." if changed else None
    )
    text = element(
        "div",
        _more(document, "Earlier in this document", max(0, first - REACH), first),
        piece(document, first, last, quote=quote, highlights=highlights),
        _more(document, "Later in this document", last, min(len(document.text), last + REACH)),
        class_="cv-text",
        tabindex=0,
        role="document",
        aria_label=f"Text of {document.title}",
    )
    warning = element("p", notice, class_="cv-notice", role="alert") if notice else None
    return element("section", _header(document, quote), warning, text, class_="cv-source", data_document=document.id)


def piece(
    document: Document, first: int, last: int, *, quote: Span | None = None, highlights: Sequence[Span] = ()
) -> Html:
    """Return ``document.text[first:last]``, marked; the text content of what is returned is exactly that."""
    cuts = [place for place in document.pages if first < place < last]
    parts: list[Child] = []
    for begin, end in zip([first, *cuts], [*cuts, last], strict=True):
        if begin in document.pages:
            number = bisect_right(document.pages, begin)
            parts.append(element("span", class_="cv-page", data_label=f"Page {number}", role="separator"))
        parts.append(_marked(document.text, begin, end, quote, highlights))
    return element("div", *parts, class_="cv-piece", dir="auto", data_from=first, data_to=last)


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


def _marked(text: str, begin: int, end: int, quote: Span | None, highlights: Sequence[Span]) -> Html:
    if quote is None or quote[1] <= begin or quote[0] >= end:
        return join([text[begin:end]])
    first, last = max(begin, quote[0]), min(end, quote[1])
    inside = marked(text[first:last], highlights, offset=first, tag="strong")
    return join([text[begin:first], element("mark", inside, class_="cv-here"), text[last:end]])


def _more(document: Document, words: str, first: int, last: int) -> Html | None:
    if first >= last:
        return None
    return element(
        "button", words, type="button", class_="cv-more", data_more=document.id, data_from=first, data_to=last
    )


def further(document: Document, first: int, last: int) -> Html:
    """Return one further piece of a document, between buttons that read on from it."""
    first = max(0, min(first, len(document.text)))
    last = max(first, min(last, len(document.text), first + 2 * REACH))
    before = _more(document, "Earlier in this document", max(0, first - REACH), first)
    after = _more(document, "Later in this document", last, min(len(document.text), last + REACH))
    return join([before, piece(document, first, last), after])


def _header(document: Document, quote: Span | None) -> Html:
    where = [document.path] if document.path != document.title else []
    if quote is not None:
        where.append(_where(document, quote[0]))
    where += [value for name, value in document.metadata if name in {"author", "date"}]
    steps = element(
        "nav",
        element("button", "Previous quote", type="button", class_="cv-quiet", data_step=-1),
        element("button", "Next quote", type="button", class_="cv-quiet", data_step=1),
        element("button", "Close", type="button", class_="cv-quiet cv-close", data_close=True),
        aria_label="Quotes",
    )
    facts = element("p", " · ".join(where), class_="cv-facts", dir="auto") if where else None
    return element("header", element("h2", document.title, dir="auto", tabindex=-1), facts, steps)


def _where(document: Document, start: int) -> str:
    if document.pages:
        return f"page {bisect_right(document.pages, start)}"
    return f"line {document.text.count(chr(10), 0, start) + 1}"
