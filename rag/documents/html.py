"""HTML: the article without the navigation around it, as blocks of text; also the pages inside EPUB and e-mail.

Paragraphs stand apart by a blank line; a list item begins as the page shows it (``• ``, ``1. ``); a table is a line
``| cell | cell |`` a row. Headings become sections.
"""

from __future__ import annotations

import codecs
import re

import trafilatura
from lxml import etree
from lxml import html as lxml_html

from rag.documents.encodings import decode
from rag.documents.parsed import Assembler, Parsed
from rag.errors import DocumentError

SETTINGS = {"original_date": True, "extensive_search": False, "max_date": "2100-01-01"}
"""How the date is looked for: in what the page says of itself, and not depending on today's date."""
NEARLY_ALL = 0.9
"""From this share of the page on, the article is read from the page itself, which keeps captions and code."""

_UNSEEN = frozenset(("script", "style", "noscript", "template", "head", "iframe", "object", "svg", "math")).union(
    ("select", "button", "input", "textarea")
)
_AROUND = _UNSEEN | {"nav", "footer", "aside", "form"}
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "head"))  # the last as trafilatura writes it
_BLOCKS = _HEADINGS.union(
    ("address", "article", "aside", "blockquote", "body", "caption", "center", "cell", "dd", "details", "div", "dl"),
    ("dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "item", "li", "list", "main", "nav"),
    (
        "ol",
        "p",
        "pre",
        "quote",
        "row",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ),
)
_LISTS, _ITEMS = frozenset(("ul", "ol", "list", "dl")), frozenset(("li", "item"))
_ROWS, _CELLS = frozenset(("tr", "row")), frozenset(("td", "th", "cell"))
_SPACE = re.compile(r"[ \t\r\n\f]+")
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_ROLES = frozenset(("navigation", "banner", "contentinfo", "search"))


def parse(data: bytes, name: str) -> Parsed:
    """Return the article in ``data``, or the whole page where none stands out; title, author, date as metadata."""
    text, warnings = decode_markup(data)
    root = tree(text)
    article = _article(text)
    content, page = Assembler(), Assembler()
    write(page, root, around=False)
    if article is not None and article.body is not None and len(article.body) > 1:
        write(content, article.body)
    if not content.length or content.length > NEARLY_ALL * page.length:
        content = page
    return content.finish(title=_title(root, article), metadata=_metadata(root, article), warnings=warnings)


def _article(text: str) -> trafilatura.settings.Document | None:
    found = trafilatura.bare_extraction(
        tree(text),
        with_metadata=True,
        include_comments=False,
        include_formatting=True,
        date_extraction_params=dict(SETTINGS),
    )
    return None if isinstance(found, dict) else found


def decode_markup(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text of HTML: UTF-8 where it is valid, else what the page declares, else what is detected."""
    declared = _CHARSET.search(data[:4_096])
    if (
        declared is None
        or data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE))
        or b"\0" in data
    ):
        return decode(data)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        label = declared[1].decode("ascii").lower()
    codec = "cp1252" if label in ("iso-8859-1", "latin1", "us-ascii", "ascii") else label
    try:
        if codecs.lookup(codec).name.startswith("utf"):
            return decode(data)
        return data.decode(codec), ()
    except (LookupError, UnicodeError):
        return decode(data)


def tree(text: str) -> lxml_html.HtmlElement:
    """Return the tree of a page or a piece of one; raises DocumentError where there is none."""
    parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = lxml_html.document_fromstring(_DECLARATION.sub("", text), parser=parser, ensure_head_body=True)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise DocumentError("There is no HTML in it.") from error
    return root


def write(content: Assembler, root: etree._Element, *, around: bool = True) -> None:
    """Add what ``root`` shows to ``content``; ``around=False`` leaves out navigation, asides, footers and forms."""
    writer = _Writer(content, _UNSEEN if around else _AROUND, whole=around)
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if not isinstance(element.tag, str):
            continue
        if event == "end":
            writer.close(element)
            writer.say(element.tail if element is not root else None)
        elif writer.is_passed_over(element, root):
            walk.skip_subtree()
            writer.skipped.add(element)
        else:
            writer.open(element)
            writer.say(element.text)
    writer.flush()


class _Writer:
    """The walk's state: the words of the block at hand, and the lists and the table it stands in."""

    def __init__(self, content: Assembler, unseen: frozenset[str], *, whole: bool) -> None:
        self.content = content
        self.unseen = unseen
        self.whole = whole
        self.skipped: set[etree._Element] = set()
        self.words: list[str] = []
        self.kept = 0
        self.lists: list[int | None] = []
        self.label = ""
        self.table: etree._Element | None = None
        self.cells: list[str] = []
        self.joint = "\n\n"

    def is_passed_over(self, element: etree._Element, root: etree._Element) -> bool:
        """Tell whether a reader of the page does not see ``element``, or it stands around the article."""
        if element is root:
            return False
        if element.tag in self.unseen and not (element.tag == "head" and element.get("rend")):
            return True
        if element.get("hidden") is not None or _HIDDEN.search(element.get("style", "")):
            return True
        return not self.whole and element.get("role") in _ROLES

    def open(self, element: etree._Element) -> None:
        """Begin ``element``."""
        tag = element.tag
        if tag in ("br", "lb"):
            self.words.append(" " if self.table is not None else "\n")
        elif _is_block(element) and self.table is not None:
            self.words.append(" ")
        elif _is_block(element):
            self.flush()
            self._enter(element)

    def _enter(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "table" and _is_data(element):
            self.table = element
        elif tag in _LISTS:
            ordered = tag == "ol" or element.get("rend") == "ol"
            bare = tag == "dl" or element.get("rend") == "dl"
            self.lists.append(None if bare else 1 if ordered else 0)
        elif tag in _ITEMS and self.lists:
            number = self.lists[-1]
            self.label = "" if number is None else f"{number}. " if number else "• "
            self.lists[-1] = number + 1 if number else number
        elif _is_kept(element):
            self.kept += 1

    def close(self, element: etree._Element) -> None:
        """End ``element``."""
        tag = element.tag
        if element in self.skipped:
            self.skipped.discard(element)
        elif self.table is not None:
            self._close_in_table(element)
        elif tag in _HEADINGS:
            self._heading()
        elif _is_block(element):
            self.flush()
            if tag in _LISTS:
                self.lists.pop()
                self.joint = "\n\n"
            elif tag in _ITEMS:
                self.label = ""
            elif _is_kept(element):
                self.kept -= 1

    def _close_in_table(self, element: etree._Element) -> None:
        if element.tag in _CELLS:
            self.cells.append(" ".join("".join(self.words).split()))
            self.words.clear()
        elif element.tag in _ROWS:
            if any(self.cells):
                self.content.block(f"| {' | '.join(self.cells)} |", joint=self.joint)
                self.joint = "\n"
            self.cells.clear()
        elif element.tag == "caption":
            self.flush()
        elif element is self.table:
            self.table, self.joint = None, "\n\n"
            self.flush()

    def say(self, text: str | None) -> None:
        """Add words to the block at hand."""
        if text:
            self.words.append(text if self.kept else _SPACE.sub(" ", text))

    def _heading(self) -> None:
        words = " ".join("".join(self.words).split())
        self.words.clear()
        if words:
            self.content.section(words)
            self.content.block(words)

    def flush(self) -> None:
        """End the block at hand."""
        text = "".join(self.words)
        self.words.clear()
        if not text.strip():
            return
        if not self.kept:
            text = re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", text)).strip()
        in_list = bool(self.lists) and bool(self.label)
        self.content.block(self.label + text.strip("\n"), joint=self.joint if in_list else "\n\n")
        self.joint = "\n" if in_list else "\n\n"
        self.label = ""


def _is_block(element: etree._Element) -> bool:
    return element.tag in _BLOCKS or (element.tag == "code" and "\n" in (element.text or ""))


def _is_kept(element: etree._Element) -> bool:
    """Tell whether line ends and spaces count: in ``<pre>``, and in what trafilatura makes of it."""
    return element.tag == "pre" or (element.tag in ("quote", "code") and not len(element))


def _is_data(table: etree._Element) -> bool:
    """Tell a table of data from one that lays out a page."""
    if next(table.iterdescendants("table", "ul", "ol", "list", "h1", "h2", "h3", "head"), None) is not None:
        return False
    rows = [sum(cell.tag in _CELLS for cell in row) for row in table.iterdescendants(*_ROWS)]
    return len(rows) > 1 and max(rows) > 1


def _title(root: lxml_html.HtmlElement, article: trafilatura.settings.Document | None) -> str:
    if article is not None and article.title:
        return str(article.title)
    found = next((element.text_content() for tag in ("title", "h1", "h2") for element in root.iter(tag)), "")
    return str(found)


def _metadata(
    root: lxml_html.HtmlElement, article: trafilatura.settings.Document | None
) -> tuple[tuple[str, str], ...]:
    language = ("language", root.get("lang") or root.get("xml:lang") or "")
    if article is None:
        return (language,)
    pairs = [(key, str(getattr(article, key) or "")) for key in ("author", "date", "sitename", "description")]
    return (*pairs, language)
