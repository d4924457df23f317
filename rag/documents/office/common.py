"""What the readers of office documents share: their XML, what they tell of, heads and feet without page numbers."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from rag.errors import DocumentError

Element = Any
"""An element of lxml's tree; its stubs name a private class."""

NESTING = 50
"""Tables in tables, boxes in boxes; deeper is an attack."""
TRACKED = "changes are tracked in it: it is read as if all of them were accepted"
STRUCK = "words that are struck through were left out"
HIDDEN = "hidden words were left out"

_PAGE_NUMBER = 30
"""Characters that a page's number has at most, with the words around it."""


def tree(data: bytes, name: str) -> Element:
    """Return the root of a part; entities are not opened. Raises DocumentError where it is not XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(f"It is damaged: {name[:80]!r} is not XML.") from error


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
