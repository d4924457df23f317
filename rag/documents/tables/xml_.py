"""XML: prose as paragraphs under its headings, records as ``field: value``, each under its name or its path.

Knows no vocabulary by heart, but the names that many share (DocBook, TEI, JATS, DITA, laws, feeds): a ``title`` or
``head`` is a heading, a ``table`` has rows, a ``footnote`` stands behind its paragraph.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from lxml import etree

from rag.documents.marks import lowered, raised
from rag.documents.parsed import LONG_VALUE, Assembler, Parsed, labelled, one_line
from rag.documents.tables import grid
from rag.documents.web import markup, mathml
from rag.documents.web.lists import List
from rag.documents.web.mathml import tag_of
from rag.errors import DocumentError

_HEADS = frozenset("title head heading num label subtitle bridgehead article-title".split())
_PROSE = frozenset("ab blockquote informaltable l lg li list-item listitem p para sec simpara".split())
_LISTS = frozenset("itemizedlist orderedlist list ul ol variablelist".split())
_ITEMS = frozenset("listitem item list-item li".split())
_TABLES = frozenset(("table", "informaltable"))
_NOTES = frozenset("footnote note fn".split())
_BLOCKS = (
    _PROSE
    | _LISTS
    | _ITEMS
    | _HEADS
    | _TABLES
    | frozenset("body caption chapter div figure lg quote programlisting screen section topic verse".split())
)
_LINES = frozenset(("lb", "br", "l"))
_KEPT = frozenset("programlisting screen literallayout pre codeblock".split())
_NAMES = ("title", "name", "heading", "headline", "subject", "id", "key", "code")
_MARKUP = re.compile(r"</?(?:p|br|div|a|b|i|em|strong|ul|li|span)\b", re.IGNORECASE)


def parse(data: bytes, name: str) -> Parsed:
    """Return what stands in ``data``; raises DocumentError where it is not XML."""
    warnings: tuple[str, ...] = ()
    root = _root(data, recover=False)
    if root is None:
        root, warnings = _root(data, recover=True), ("it is not well-formed; what can be told was read",)
    if root is None:
        raise DocumentError("It is not XML.")
    writer = _Writer(is_data=not any(_is_prose(element) for element in root.iter(etree.Element)))
    if tag_of(root) == "html":
        markup.write(writer.content, markup.blocks(root))
    else:
        writer.write(root)
    metadata = [("language", root.get("{http://www.w3.org/XML/1998/namespace}lang", ""))]
    return writer.content.finish(title=_title(root), metadata=metadata, warnings=warnings)


def _root(data: bytes, *, recover: bool) -> etree._Element | None:
    parser = etree.XMLParser(
        resolve_entities="internal",
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )
    try:
        root: etree._Element | None = etree.fromstring(data.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root


def _title(root: etree._Element) -> str:
    """Return the first title that stands high in the tree."""
    for element in root.iter("{*}title", "{*}article-title", "{*}head"):
        if sum(1 for _ in element.iterancestors()) <= 5 and (words := one_line("".join(element.itertext()))):
            return words
    return ""


@dataclass(slots=True)
class _Writer:
    content: Assembler = field(default_factory=Assembler)
    is_data: bool = False
    """Whether nothing in the tree is prose, so that each value needs its name."""
    notes: int = 0
    """Notes so far."""
    siblings: dict[etree._Element, dict[etree._Element, str]] = field(default_factory=dict)
    """Parent → child → its name, with its number among those of that name: ``ship[3]``."""
    alike: set[etree._Element] = field(default_factory=set)
    """Parents whose several children are all of one name."""

    def write(self, element: etree._Element, before: str = "", joint: str = "\n\n") -> None:
        """Add what ``element`` shows, ``before`` at its beginning."""
        tag = tag_of(element)
        if tag in _TABLES:
            for child in element:
                if tag_of(child) in _HEADS or tag_of(child) == "caption":
                    self.content.block(" ".join(_words(child).split()))
            for number, row in enumerate(grid.read(list(_rows(element)))):
                self.content.block(row.text, joint="\n" if number else "\n\n")
        elif tag in _KEPT:
            self.content.block("".join(element.itertext()).strip("\n"))
        elif not len(element) and self.is_data:
            self.content.block(labelled([(tag, _value(element))]))
        elif _is_mixed(element) or not len(element):
            self._write_words(element, before, joint)
        elif self._is_record(element):
            self._write_record(element)
        elif tag in _LISTS:
            self._write_list(element, before)
        else:
            self._write_parts(element, before, joint)

    def _write_parts(self, element: etree._Element, before: str, joint: str) -> None:
        heads = list(takewhile(lambda child: tag_of(child) in _HEADS, element))
        if heading := " ".join(" ".join(_words(head).split()) for head in heads).strip():
            self.content.section(heading)
            self.content.block(before + heading)
            before = ""
        for child in list(element)[len(heads) :]:
            self.write(child, before, joint)
            before, joint = "", "\n" if tag_of(child) in _LINES else "\n\n"

    def _write_list(self, element: etree._Element, before: str) -> None:
        numbers = List(element, is_ordered=tag_of(element) in ("orderedlist", "ol"))
        for child in element:
            label = numbers.next(child) if tag_of(child) in _ITEMS else ""
            self.write(child, before + label, "\n" if label and child.getprevious() is not None else "\n\n")
            before = ""

    def _write_words(self, element: etree._Element, before: str, joint: str) -> None:
        """Add an element of words with others among them: runs of words, and blocks between them."""
        notes: list[str] = []
        run = element.text or ""
        for child in element:
            if tag_of(child) in _NOTES and len("".join(child.itertext()).strip()) > 3:
                self.notes += 1
                run += f"[{self.notes}]"
                notes.append(f"[{self.notes}] {' '.join(_words(child).split())}")
            elif tag_of(child) in _BLOCKS and tag_of(child) not in _LINES:
                before = self._say(run, before, joint)
                self.write(child, before)
                run = before = ""
            else:
                run += _inline(child, run)
            run += child.tail or ""
        self._say(run, before, joint)
        for note in notes:
            self.content.block(note)

    def _say(self, words: str, before: str, joint: str) -> str:
        """Add a run of words; return what still has to stand before the next."""
        lines = [" ".join(line.split()) for line in words.replace("\n", " ").split("\v")]
        text = "\n".join(filter(None, lines))
        if not text:
            return before
        self.content.block(before + text, joint=joint)
        return ""

    def _write_record(self, element: etree._Element) -> None:
        fields = list(_fields(element))
        named = dict(reversed([(name.lower(), value) for name, value in fields]))
        known = next((named[name] for name in _NAMES if name in named), "")
        self.content.section(known if known and not known.isdigit() else f"{self._path(element)} {known}".strip())
        self.content.block(labelled(fields))

    def _is_record(self, element: etree._Element) -> bool:
        """Tell a record from a part of a text: nothing is prose, and it is one of several or holds only values."""
        if any(_is_prose(part) for part in element.iterdescendants()):
            return False
        parent = element.getparent()
        if parent is not None and self._named(parent) and parent in self.alike:
            return True
        headed = not self.is_data and tag_of(element[0]) in _HEADS
        return not headed and not any(len(child) for child in element)

    def _named(self, parent: etree._Element) -> dict[etree._Element, str]:
        if parent not in self.siblings:
            counts = Counter(map(tag_of, parent))
            seen: Counter[str] = Counter()
            self.siblings[parent] = {}
            for child in parent:
                tag = tag_of(child)
                seen[tag] += 1
                self.siblings[parent][child] = f"{tag}[{seen[tag]}]" if counts[tag] > 1 else tag
            if len(counts) == 1 < len(parent):
                self.alike.add(parent)
        return self.siblings[parent]

    def _path(self, element: etree._Element) -> str:
        """Return where an element stands, from below the root: ``ships/ship[3]``."""
        steps = [tag_of(element)] if element.getparent() is None else []
        for part in (element, *element.iterancestors()):
            if (parent := part.getparent()) is not None:
                steps.append(self._named(parent)[part])
        return "/".join(reversed(steps))


def _is_mixed(element: etree._Element) -> bool:
    """Tell whether words stand beside the elements within ``element``."""
    return bool(len(element)) and bool(
        (element.text or "").strip() or any((child.tail or "").strip() for child in element)
    )


def _is_prose(element: etree._Element) -> bool:
    return tag_of(element) in _PROSE or _is_mixed(element)


def _fields(element: etree._Element, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, value) for each attribute and value in a record."""
    for name, value in element.attrib.items():
        yield f"{path}{etree.QName(name).localname}", str(value)
    for child in element:
        name = f"{path}{tag_of(child)}"
        if len(child):
            yield from _fields(child, f"{name}.")
            continue
        yield name, _value(child)
        for key, value in child.attrib.items():
            yield f"{name}.{etree.QName(key).localname}", str(value)


def _value(element: etree._Element) -> str:
    """Return a value, without the HTML that feeds write into theirs."""
    text = (element.text or "").strip()
    if _MARKUP.search(text):
        return "\n".join(block.text for block in markup.blocks(markup.tree(text)))
    return " ".join(text.split()) if len(text) < LONG_VALUE else text


def _words(element: etree._Element) -> str:
    said = element.text or ""
    for child in element:
        said += _inline(child, said) + (child.tail or "")
    return said


def _inline(element: etree._Element, before: str) -> str:
    """Return the words of an element that stands in a line, after ``before``."""
    tag, look = tag_of(element), element.get("rend", "")
    if tag == "math":
        return mathml.line(element)
    if tag in ("superscript", "sup") or "super" in look:
        return raised(_words(element), before)
    if tag in ("subscript", "sub") or look.startswith("sub"):
        return lowered(_words(element), before)
    if tag in _LINES:
        return "\v" + _words(element)
    apart = " " if len(element) and tag in _BLOCKS else ""
    return apart + _words(element) + apart


def _rows(table: etree._Element) -> Iterator[list[grid.Cell]]:
    for row in table.iter("{*}row", "{*}tr"):
        in_head = any(tag_of(above) == "thead" for above in row.iterancestors()) or row.get("role") == "label"
        yield [
            grid.Cell(
                " ".join(_words(cell).split()),
                markup.span(cell, "rowspan") + markup.span(cell, "morerows", 0),
                markup.span(cell, "colspan"),
                in_head or tag_of(cell) == "th",
            )
            for cell in row
        ]
