"""A draft's block quotes, in HTML and Word, marked as Markdown marks them: ``> `` before their words.

What shows them as quotations, a margin or slanted letters, is not in the text otherwise.
"""

from __future__ import annotations

import io
import re
import zipfile

from lxml import etree, html

from rag.documents.encodings import decode_markup
from rag.documents.files import open_archive
from rag.errors import DocumentError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STYLE = re.compile(r"quote|quotation|zitat|citation|cita|citaz", re.IGNORECASE)
"""Names of Word's styles for quotations, as it has them in some languages."""
_PART = "word/document.xml"
_LEAVES = ("p", "li", "div", "blockquote")


def marked(data: bytes, module: str) -> bytes:
    """Return a file with its block quotes marked, and short quotations of HTML within “ ”.

    ``module`` is the format's, "web.html" or "office.docx".
    """
    try:
        return {"web.html": _html, "office.docx": _docx}[module](data)
    except (ValueError, KeyError, etree.LxmlError, zipfile.BadZipFile, DocumentError):
        return data  # whoever reads it next says what is wrong


def _html(data: bytes) -> bytes:
    root = html.document_fromstring(decode_markup(data)[0])
    for short in root.iter("q"):
        short.text, short.tail = f"“{short.text or ''}", f"”{short.tail or ''}"
    for quote in root.iter("blockquote"):
        for note in [*quote.iter("sup"), *quote.iter("footer", "cite")]:
            note.drop_tree()
        for leaf in [leaf for leaf in quote.iter(*_LEAVES) if next(leaf.iterdescendants(*_LEAVES), None) is None]:
            leaf.text = "> " + (leaf.text or "").lstrip()
    written: str = etree.tostring(root, encoding="unicode", method="html")
    return b"\xef\xbb\xbf" + written.encode("utf-8")


def _docx(data: bytes) -> bytes:
    with open_archive(data, "a Word document (.docx)") as package:
        root = etree.fromstring(package.read(_PART), etree.XMLParser(resolve_entities=False, no_network=True))
        for paragraph in root.iter(f"{_W}p"):
            style = paragraph.find(f"{_W}pPr/{_W}pStyle")
            if style is None or not _STYLE.search(style.get(f"{_W}val") or ""):
                continue
            for note in list(paragraph.iter(f"{_W}footnoteReference", f"{_W}endnoteReference")):
                note.getparent().remove(note)
            first = next(paragraph.iter(f"{_W}t"), None)
            if first is not None:
                first.text = f"> {(first.text or '').lstrip()}"
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as copy:
            for entry in package.infolist():
                content = etree.tostring(root) if entry.filename == _PART else package.read(entry)
                copy.writestr(entry.filename, content)
    return made.getvalue()
