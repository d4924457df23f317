"""What a page shows within its lines beside its letters, written into the tree as text.

Raised and lowered digits, the marks of notes, formulas, and what stands in the fields of a form.
"""

from __future__ import annotations

import re
from functools import cached_property

from lxml import etree

from rag.documents.marks import is_note, looks_like_note, lowered, note, raised
from rag.documents.web import mathml
from rag.documents.web.mathml import tag_of

BEFORE = 40
"""Characters before a raised one that are looked at."""
FILLED = 2
"""Fields with a value that a form has, at least, where it is read and not only there to be filled in."""
WHOLE_PAGE = 0.5
"""The share of the page's letters in a form from which on the form is the page."""

_STYLE = re.compile(r"vertical-align\s*:\s*(super|sub)\b")
_BLOCKS = frozenset("p li td th div dd dt section aside blockquote body h1 h2 h3 h4 h5 h6 caption figcaption".split())
_NOTE_START = re.compile(r"\s*[\[(]?(\d{1,3}|[*†‡§¶]{1,3})[\])]?[.:]?\s+\S")
_NOTE_ID = re.compile(r"(?:fn|ftn|note|footnote|endnote)s?[-_:.]?(\d{1,3})\Z", re.IGNORECASE)
_NOTE_KIND = re.compile(r"noteref|footnote|endnote|doc-noteref|fnref|reference", re.IGNORECASE)
_TYPED = frozenset(("", "text", "email", "tel", "url", "number", "date", "time", "month", "week", "datetime-local"))
_CHOICES = frozenset(("checkbox", "radio"))
_SEARCHES = frozenset(("q", "s", "query", "search", "keywords"))


def settle(root: etree._Element) -> None:
    """Write into the tree ``root`` as text what is no text in it: formulas, raised and lowered digits, fields."""
    page = _Page(root)
    for element in list(root.iter(etree.Element)):
        tag = tag_of(element)
        if tag == "math":
            _settle_formula(element)
        elif tag in ("sup", "sub") or (tag == "span" and _STYLE.search(element.get("style", ""))):
            page.settle_raised(element, tag)
        elif tag in ("input", "textarea", "select"):
            _settle_field(element)
        elif tag == "form" and (page.is_whole(element) or _is_filled(element)):
            element.tag = "div"


def _say(element: etree._Element, text: str) -> None:
    """Let ``element`` show nothing but ``text``; what stands behind it stays."""
    for child in list(element):
        element.remove(child)
    element.tag, element.text = "span", text
    for name in ("hidden", "style", "class", "role"):
        element.attrib.pop(name, None)


def _settle_formula(math: etree._Element) -> None:
    """Show a formula once: beside its MathML, pages hold it as a picture of letters, or hide it behind one."""
    text, shown = mathml.line(math), math
    parent = math.getparent()
    while parent is not None and tag_of(parent) == "span" and _is_only_child(shown, parent):
        shown, parent = parent, parent.getparent()
    for twin in (shown.getprevious(), shown.getnext()):
        if twin is not None and twin.get("aria-hidden") == "true":
            twin.set("hidden", "")
    block = math.get("display") == "block" and len(text) > BEFORE
    _say(shown, text)
    shown.tag = "div" if block and parent is not None and tag_of(parent) not in ("p", "span") else "span"


def _is_only_child(child: etree._Element, parent: etree._Element) -> bool:
    alone = child.getprevious() is None and child.getnext() is None
    return alone and not (parent.text or "").strip() and not (child.tail or "").strip()


class _Page:
    """The page that raised digits stand on: which notes it has, and how many letters."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root

    def is_whole(self, form: etree._Element) -> bool:
        """Tell whether ``form`` holds most of the page, as pages of some servers are one form."""
        return _letters(form) >= WHOLE_PAGE * max(1, self._size)

    def settle_raised(self, element: etree._Element, tag: str) -> None:
        """Write a raised or lowered element into the line."""
        text = " ".join("".join(element.itertext()).split())
        if not text or len(element.xpath(".//p | .//div | .//img")):
            return
        before = _before(element)
        if tag == "sub" or "sub" in _STYLE.findall(element.get("style", "")):
            _say(element, lowered(text, before))
        elif looks_like_note(text) and self._is_note(element, text, before):
            _say(element, note(text, before))
        else:
            _say(element, raised(text, before))

    def _is_note(self, element: etree._Element, text: str, before: str) -> bool:
        """Tell the mark of a note from a power, by its link, by what stands before it, and by the page's notes."""
        mark = text.strip("[]()")
        if _is_linked(element, text) or not mark[:1].isalnum() or text.startswith("["):
            return True
        return is_note(mark, before, element.tail or "", self._notes)

    @cached_property
    def _size(self) -> int:
        return _letters(self._root)

    @cached_property
    def _notes(self) -> frozenset[str]:
        """The marks that a note on this page begins with."""
        found = set()
        for element in self._root.iter(etree.Element):
            if start := _NOTE_START.match((element.text or "")[:BEFORE]):
                found.add(start[1])
            elif not (element.text or "").strip() and len(element) and tag_of(element[0]) in ("sup", "a", "span"):
                first = "".join(element[0].itertext()).strip("[]() .\n") if tag_of(element) in _BLOCKS else ""
                found |= {first} if 0 < len(first) <= 3 and (element[0].tail or "").strip() else set()
            if name := _NOTE_ID.search(element.get("id", "")):
                found.add(name[1])
        return frozenset(found)


def _is_linked(element: etree._Element, text: str) -> bool:
    """Tell whether a raised element, with its ``text``, is, holds or fills a link to a note."""
    filled = [link for link in element.iterancestors("a") if "".join(link.itertext()).strip() == text]
    around = [element, *filled, *element.iterdescendants("a")]
    if any(link.get("href", "").partition("#")[2] for link in around):
        return True
    said = " ".join(link.get(name, "") for link in around for name in ("class", "role", "epub:type"))
    return _NOTE_KIND.search(said) is not None


def _before(element: etree._Element) -> str:
    """Return the last characters before ``element`` in its block, some of which are no white space."""
    said = ""
    node: etree._Element | None = element
    while node is not None and not said.strip():
        previous, parent = node.getprevious(), node.getparent()
        if previous is None:
            said = ("" if parent is None else parent.text or "")[-BEFORE:] + said
            node = None if parent is None or tag_of(parent) in _BLOCKS else parent
        else:
            said = (previous.tail or "")[-BEFORE:] + said
            ends = tag_of(previous) in (*_BLOCKS, "br")
            if not ends and not said.strip():
                said = _end(previous) + said
            node = None if ends else previous
    return said[-BEFORE:]


def _end(element: etree._Element) -> str:
    """Return the last characters of an element that stands in a line."""
    last = element[-1] if len(element) else None
    if last is None:
        return (element.text or "")[-BEFORE:]
    return (last.tail or "".join(last.itertext()))[-BEFORE:]


def _letters(element: etree._Element) -> int:
    return sum(len(words.strip()) for words in element.itertext())


def _settle_field(field: etree._Element) -> None:
    """Show what a field holds after its label; an empty one shows nothing, a box to check whether it is checked."""
    value = _value(field)
    if not value:
        return
    before = _before(field).rstrip()
    is_named = before[-1:].isalnum() and value not in "☒☐"
    if is_named:
        _strip_before(field)
    _say(field, f"{':' if is_named else ''} {value} ")


def _strip_before(element: etree._Element) -> None:
    """Take away the white space before ``element``."""
    previous, parent = element.getprevious(), element.getparent()
    if previous is not None:
        previous.tail = (previous.tail or "").rstrip()
    elif parent is not None:
        parent.text = (parent.text or "").rstrip()


def _value(field: etree._Element) -> str:
    tag, kind = tag_of(field), field.get("type", "").lower()
    if tag == "textarea":
        return " ".join("".join(field.itertext()).split())
    if tag == "select":
        chosen = [option for option in field.iter("option") if option.get("selected") is not None]
        return ", ".join(filter(None, (" ".join("".join(option.itertext()).split()) for option in chosen)))
    if kind in _CHOICES:
        return "☒" if field.get("checked") is not None else "☐"
    is_content = kind in _TYPED and field.get("name", "").lower() not in _SEARCHES
    return " ".join(field.get("value", "").split()) if is_content else ""


def _is_filled(form: etree._Element) -> bool:
    """Tell a form that somebody has filled in from one that is there to be filled in."""
    fields = [field for field in form.iter("input", "textarea", "select") if _value(field) not in ("", "☐")]
    return form.get("role") != "search" and len(fields) >= FILLED
