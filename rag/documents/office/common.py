"""What the readers of office documents share: their XML, what they tell of, heads and feet without page numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rag.documents.parsed import Assembler, Parsed

Element = Any
"""An element of lxml's tree; its stubs name a private class."""

NESTING = 50
"""Tables in tables, boxes in boxes; deeper is an attack."""
TRACKED = "changes are tracked in it: it is read as if all of them were accepted"
STRUCK = "words that are struck through were left out"
HIDDEN = "hidden words were left out"

SCHEMAS = "http://schemas.openxmlformats.org"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_PREFIXES = {
    "w": f"{SCHEMAS}/wordprocessingml/2006/main",
    "m": f"{SCHEMAS}/officeDocument/2006/math",
    "r": f"{SCHEMAS}/officeDocument/2006/relationships",
    "a": f"{SCHEMAS}/drawingml/2006/main",
    "c": f"{SCHEMAS}/drawingml/2006/chart",
    "dgm": f"{SCHEMAS}/drawingml/2006/diagram",
    "p": f"{SCHEMAS}/presentationml/2006/main",
    "mc": f"{SCHEMAS}/markup-compatibility/2006",
    "pr": f"{SCHEMAS}/package/2006/relationships",
    "cp": f"{SCHEMAS}/package/2006/metadata/core-properties",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "xlink": "http://www.w3.org/1999/xlink",
    "draw": f"{_ODF}:drawing:1.0",
    "svg": f"{_ODF}:svg-compatible:1.0",
    **{name: f"{_ODF}:{name}:1.0" for name in ("office", "text", "table", "style", "meta")},
}
"""Of Office Open XML and of OpenDocument."""
PAGE_FIELD = re.compile(r"\A\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b")
_PAGE_NUMBER = 30
"""Characters that a page's number has at most, with the words around it."""


def qn(name: str) -> str:
    """Return the name of an element or attribute as lxml has it.

    >>> qn("w:p")
    '{http://schemas.openxmlformats.org/wordprocessingml/2006/main}p'
    """
    prefix, _, local = name.partition(":")
    return f"{{{_PREFIXES[prefix]}}}{local}"


def finished(content: Assembler, title: str, about: Mapping[str, str], warnings: Iterable[str]) -> Parsed:
    """Return a document's content with what it says of itself."""
    metadata = [(name, about.get(name, "")) for name in ("author", "created", "modified", "subject", "keywords")]
    return content.finish(title=title, metadata=metadata, warnings=warnings)


def without_page_number(text: str) -> str:
    r"""Return a line of a header or footer that counts its pages without the part between tabs that does.

    >>> without_page_number("Letter\tPage 3 of 7"), without_page_number("Lind & Sons\t")
    ('Letter', 'Lind & Sons')
    """
    parts = [part.strip() for part in re.split("[\t\n]", text)]
    counted = [part for part in parts if len(part) <= _PAGE_NUMBER and any(map(str.isdigit, part))]
    return "\t".join(part for part in parts if part and part not in (counted or parts[-1:]))


def sensible(title: str) -> str:
    """Return a title that a person wrote: not a template's or a file's name.

    >>> sensible("Lease"), sensible("Word Document"), sensible("lease_final.docx")
    ('Lease', '', '')
    """
    made = title.lower() in ("word document", "powerpoint presentation", "slide 1", "untitled")
    return "" if made or re.search(r"(?i)\.(do[ct][xm]?|odt|ott|rtf|pp[ts]x?)\Z", title) else title
