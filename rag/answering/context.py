"""What stands around a quote: the sentences before and after it, shown beside it and never as part of it."""

from __future__ import annotations

from rag.protocols import Texts
from rag.text.boundaries import is_row
from rag.text.sentences import is_finished, sentences
from rag.types import Quote, Span

_REACH = 400
"""Characters that are looked at on either side; a longer sentence is not shown."""


def around(quote: Quote, texts: Texts) -> tuple[str, str]:
    """Return the whole sentences before and after a quote, empty where none is near: a heading or a row is none.

    Both are empty where the document is another one by now. Raises UnknownDocument.
    """
    document, begin = quote.document, max(0, quote.start - _REACH)
    if texts.source(document.id).sha256 != document.sha256:
        return "", ""
    before = texts.slice(document.id, begin, quote.start)
    after = texts.slice(document.id, quote.end, quote.end + _REACH)
    spans = sentences(before)
    last = spans[-1:] if begin == 0 else spans[1:][-1:]
    following = sentences(after)[:1]
    return _told(before, *last), _told(after, *following)


def _told(text: str, span: Span = (0, 0)) -> str:
    """Return the sentence at ``span``; nothing where it is none."""
    said = text[slice(*span)]
    return said if is_finished(said) and not is_row(said, 0) else ""
