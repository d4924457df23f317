"""reStructuredText: its paragraphs, lists, tables and notes as a reader sees them; its headings are sections.

Nothing is included from other files and no raw markup is read. What Sphinx adds is read as far as it is text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import core, nodes
from docutils.parsers.rst import roles

from rag.documents.encodings import decode
from rag.documents.marks import lowered, raised
from rag.documents.parsed import Assembler, Parsed
from rag.documents.tables import grid
from rag.documents.web.lists import numeral
from rag.errors import DocumentError

_SETTINGS = {
    "_disable_config": True, "file_insertion_enabled": False, "raw_enabled": False, "report_level": 5, "halt_level": 6,
    "syntax_highlight": "none", "smart_quotes": False, "doctitle_xform": True, "sectsubtitle_xform": False,
    "traceback": False, "warning_stream": False, "line_length_limit": 1_000_000, "pep_references": False,
}  # fmt: skip
_ROLES = (
    "any attr class cls command confval data doc download envvar exc file func guilabel issue kbd keyword mailheader "
    "menuselection meth mod numref obj option pep program py:attr py:class py:data py:exc py:func py:meth py:mod ref "
    "rfc samp setting term token c:func cpp:class"
).split()
"""Names that Sphinx gives to words in a line: the words stand there for themselves."""
_UNSEEN = frozenset("comment image index pending raw substitution_definition target meta decoration".split())
_KEPT = frozenset("address doctest_block literal_block math_block".split())
"""Blocks whose line ends count."""
_LOOKS = {"arabic": "1", "loweralpha": "a", "upperalpha": "A", "lowerroman": "i", "upperroman": "I"}
_PASSED_OVER = (
    "auto", "contents", "currentmodule", "figure", "highlight", "image", "include", "index", "literalinclude", "module",
    "raw", "toctree",
)  # fmt: skip
"""What directives begin with that have no text of their own."""


def parse(data: bytes, name: str) -> Parsed:
    """Return the text of ``data``; raises DocumentError where it cannot be read as reStructuredText."""
    text, warnings = decode(data)
    writer = _Writer()
    try:
        document = _document(text)
        writer.write(document)
    except MemoryError:
        raise
    except Exception as error:  # docutils' rules meet texts that nobody thought of
        raise DocumentError(f"It cannot be read as reStructuredText ({type(error).__name__}).") from error
    return writer.content.finish(title=document.get("title", ""), metadata=writer.metadata, warnings=warnings)


def _document(text: str) -> nodes.document:
    def bare(role: str, raw: str, words: str, *_: object, **__: object) -> tuple[list[Any], list[Any]]:
        said, arrow, _target = words.partition(" <")
        return [nodes.inline(raw, (said if arrow and words.endswith(">") else words).lstrip("~!"))], []

    for role in _ROLES:
        roles.register_local_role(role, bare)
    return core.publish_doctree(text, settings_overrides=dict(_SETTINGS))


class _Writer:
    def __init__(self) -> None:
        self.content = Assembler()
        self.metadata: list[tuple[str, str]] = []

    def write(self, node: nodes.Node, before: str = "", joint: str = "\n\n") -> None:
        """Add what ``node`` shows, ``before`` at its beginning."""
        kind = type(node).__name__
        special = getattr(self, f"_{kind}", None)
        if kind in _UNSEEN:
            return
        if special is not None:
            special(node, before)
        elif isinstance(node, nodes.Text | nodes.TextElement):
            words = said(node)
            self.content.block(before + (words if kind in _KEPT else " ".join(words.split())), joint=joint)
        else:
            for child in node.children:
                self.write(child, before, joint)
                before = ""

    def _title(self, node: nodes.Node, before: str) -> None:
        self.content.section(said(node))
        self.content.block(said(node))

    def _docinfo(self, node: nodes.Node, before: str) -> None:
        for field in node.children:
            name = said(field.children[0]) if type(field).__name__ == "field" else type(field).__name__
            value = said(field.children[-1])
            self.metadata.append((name.lower(), value))
            self.content.block(f"{name.capitalize()}: {value}")

    def _bullet_list(self, node: nodes.Node, before: str) -> None:
        for number, item in enumerate(node.children):
            self.write(item, f"{before}• ", "\n" if number else "\n\n")

    def _enumerated_list(self, node: nodes.Element, before: str) -> None:
        first, look = node.get("start", 1), _LOOKS.get(node.get("enumtype", ""), "1")
        for number, item in enumerate(node.children):
            label = f"{node.get('prefix', '')}{numeral(first + number, look)}{node.get('suffix', '.')} "
            self.write(item, before + label, "\n" if number else "\n\n")

    def _definition_list_item(self, node: nodes.Node, before: str) -> None:
        terms = [said(child) for child in node.children if type(child).__name__ in ("term", "classifier")]
        for child in node.children:
            if type(child).__name__ == "definition":
                self.write(child, f"{before}{', '.join(terms)}: ")

    def _field(self, node: nodes.Node, before: str) -> None:
        joint = "\n" if node.parent.index(node) else "\n\n"
        self.write(node.children[-1], f"{before}{said(node.children[0])}: ", joint)

    def _option_list_item(self, node: nodes.Node, before: str) -> None:
        self.write(
            node.children[-1], f"{before}{', '.join(said(option) for option in node.children[0].children)}: ", "\n"
        )

    def _footnote(self, node: nodes.Node, before: str) -> None:
        labels = [said(child) for child in node.children if type(child).__name__ == "label"]
        before += f"[{labels[0]}] " if labels else ""
        for child in node.children:
            if type(child).__name__ != "label":
                self.write(child, before)
                before = ""

    _citation = _footnote

    def _line_block(self, node: nodes.Node, before: str) -> None:
        self.content.block(before + "\n".join(said(line) for line in node.findall(nodes.line)))

    def _table(self, node: nodes.Element, before: str) -> None:
        for child in node.children:
            if type(child).__name__ == "title":
                self.content.block(said(child))
        for number, row in enumerate(grid.read(list(_rows(node)))):
            self.content.block(row.text, joint="\n" if number else "\n\n")

    def _system_message(self, node: nodes.Node, before: str) -> None:
        """Add the text of a directive that only Sphinx knows."""
        for source in node.children:
            words = source.astext()
            if type(source).__name__ == "literal_block" and words.startswith(".. "):
                name, _, rest = words[3:].partition("::")
                if not name.rpartition(":")[2].strip().startswith(_PASSED_OVER):
                    self.content.block("\n".join(line.strip() for line in rest.split("\n")))


def _rows(table: nodes.Element) -> Iterator[list[grid.Cell]]:
    for row in table.findall(lambda node: type(node).__name__ == "row"):
        is_head = type(row.parent).__name__ == "thead"
        yield [
            grid.Cell(
                " ".join(" ".join(said(child).split()) for child in entry.children),
                int(entry.get("morerows", 0)) + 1,
                int(entry.get("morecols", 0)) + 1,
                is_head or bool(entry.get("stub")),
            )
            for entry in row.children
        ]


def said(node: nodes.Node) -> str:
    """Return the words of a node on the lines that they stand on; the mark of a note in brackets."""
    kind = type(node).__name__
    if kind in _UNSEEN:
        return ""
    if kind in ("footnote_reference", "citation_reference"):
        return f"[{node.astext()}]"
    if kind == "Text" or kind in _KEPT:
        return str(node.astext())
    words = ""
    for child in node.children:
        shape = {"superscript": raised, "subscript": lowered}.get(type(child).__name__)
        part = said(child)
        words += shape(part, words) if shape else part
    return words
