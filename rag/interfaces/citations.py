"""Quotes as other programs take them: W3C Web Annotations (JSON-LD), CSL-JSON and BibTeX for citation managers.

All are made of the one citation that ``serialization.quote_to_json`` has; the address of a document is its path below
the folder of documents, as a relative IRI.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote as urlquote

from rag.interfaces.serialization import quote_to_json
from rag.interfaces.terminal import page_or_line, recognised_words
from rag.names import date_in
from rag.types import Answer, Quote, Reply, Source

_CONTEXT = [
    "http://www.w3.org/ns/anno.jsonld",
    {
        "sha256": "https://schema.org/sha256",
        "title": "http://purl.org/dc/terms/title",
        "reading": "https://schema.org/softwareVersion",
    },
]
_PDF_PAGE = "http://tools.ietf.org/rfc/rfc3778"
_TEX = {
    **{char: f"\\{char}" for char in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def quotes_of(replies: Iterable[Reply]) -> tuple[tuple[Reply, Quote], ...]:
    """Return every quote that answers, with its reply; what is only near a question is no answer."""
    return tuple((reply, quote) for reply in replies if isinstance(reply, Answer) for quote in reply.quotes)


def place(quote: Quote) -> str:
    """Return in words where a quote stands: its section, its page or line, its characters.

    It never says more than the citation does.
    """
    section = f"{quote.section}, " if quote.section else ""
    where = page_or_line(quote.page, quote.page_label, quote.line) + recognised_words(quote.recognised)
    return f"{section}{where}, characters {quote.start}–{quote.end}"


def annotation_page(replies: Sequence[Reply]) -> dict[str, Any]:
    """Return the quotes as an annotation page of the W3C Web Annotation Data Model, ready for JSON.

    Each annotation's body is the question, its target the document with the quote's two selectors. The identifiers
    are UUIDs (version 5) of what is cited, so that the same citation is the same annotation everywhere.
    """
    items = [_annotation(reply, quote) for reply, quote in quotes_of(replies)]
    whole = _identifier(*(item["id"] for item in items))
    return {"@context": _CONTEXT, "id": whole, "type": "AnnotationPage", "items": items}


def _annotation(reply: Reply, quote: Quote) -> dict[str, Any]:
    cited = quote_to_json(quote)
    source = cited["document"]
    selectors: list[dict[str, Any]] = [
        {"type": "TextQuoteSelector", **{name: cited[name] for name in ("exact", "prefix", "suffix")}},
        {"type": "TextPositionSelector", **{name: cited[name] for name in ("start", "end")}},
    ]
    if quote.page is not None and source["path"].lower().endswith(".pdf"):
        selectors.append({"type": "FragmentSelector", "conformsTo": _PDF_PAGE, "value": f"page={quote.page}"})
    return {
        "id": _identifier(reply.question, source["path"], source["sha256"], str(quote.start), str(quote.end)),
        "type": "Annotation",
        "motivation": "questioning",
        "body": {"type": "TextualBody", "purpose": "questioning", "format": "text/plain", "value": reply.question},
        "target": {
            "type": "SpecificResource",
            "source": {
                "id": urlquote(source["path"]),
                "type": "Text",
                "title": source["title"],
                "sha256": source["sha256"],
                "reading": source["reading"],
            },
            "selector": selectors,
        },
    }


def _identifier(*parts: str) -> str:
    import uuid  # it looks for what the machine is, which takes longer than all else that is imported here

    said = "\n".join(parts).encode("utf-8", "backslashreplace").decode("utf-8")
    return uuid.uuid5(uuid.NAMESPACE_URL, said).urn


def csl(replies: Sequence[Reply]) -> list[dict[str, Any]]:
    """Return the documents that are quoted as items of CSL-JSON, each with its quotes as ``custom`` and ``annote``."""
    items = []
    for document, cited in _documents(replies):
        item: dict[str, Any] = {
            "id": _key(document),
            "type": "document",
            "title": document.title,
            "note": f"{document.path}, SHA-256 {document.sha256}",
            "annote": "\n".join(f"“{quote.exact}” ({place(quote)})" for quote in cited),
            "custom": {"quotes": [quote_to_json(quote) for quote in cited]},
        }
        if day := date_in(document.path):
            item["issued"] = {"date-parts": [[int(part) for part in day.split("-")]]}
        items.append(item)
    return items


def bibtex(replies: Sequence[Reply]) -> str:
    """Return the documents that are quoted as entries of BibTeX, each with its quotes as ``annote``."""
    entries = []
    for document, cited in _documents(replies):
        year, *month = date_in(document.path).split("-")
        annote = "; ".join(f"``{_tex(quote.exact)}'' ({_tex(place(quote))})" for quote in cited)
        fields = {
            "title": f"{{{_tex(document.title)}}}",
            "year": year,
            "month": str(int(month[0])) if month else "",
            "note": _tex(f"{document.path}, SHA-256 {document.sha256}"),
            "annote": annote,
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
        entries.append(f"@misc{{{_key(document)},\n{lines}\n}}\n")
    return "\n".join(entries)


def _documents(replies: Sequence[Reply]) -> list[tuple[Source, list[Quote]]]:
    """Return each document that is quoted, in order, with its quotes, each once."""
    found: dict[Source, dict[tuple[int, int], Quote]] = {}
    for _, quote in quotes_of(replies):
        found.setdefault(quote.document, {}).setdefault((quote.start, quote.end), quote)
    return [(document, list(cited.values())) for document, cited in found.items()]


def _key(document: Source) -> str:
    """Return a key for a document: letters of its name, and the beginning of its hash, which tells it apart."""
    stem = re.sub(r"[^a-z0-9]+", "-", document.path.rpartition("/")[2].rpartition(".")[0].lower()).strip("-")
    return f"{stem[:24].strip('-') or 'document'}-{document.sha256[:8]}"


def _tex(text: str) -> str:
    return "".join(_TEX.get(char, char) for char in " ".join(text.split()))
