"""Office Open XML (ECMA-376): the zip package of a DOCX or PPTX; its parts, their relations, what it says of itself.

Parts of the strict kind are given the names of the transitional kind, so that a reader knows one set of names.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from rag.documents.files import entry_xml, open_archive
from rag.documents.office.common import SCHEMAS, Element, qn
from rag.errors import DocumentError

_STRICT = re.compile(r"http://purl\.oclc\.org/ooxml/(\w+)/")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def value(parent: Element | None, path: str) -> str | None:
    """Return the ``w:val`` of the element at ``path`` (names with prefixes, a slash between); None where it is not."""
    found = None if parent is None else parent.find("/".join(map(qn, path.split("/"))))
    return None if found is None else found.get(qn("w:val"), "")


@dataclass(frozen=True, slots=True)
class Relation:
    """A part that another part refers to."""

    id: str
    kind: str
    """The last word of its type: ``footnotes``, ``slide``, ``image``."""
    target: str
    """The part's name in the package."""


class Package:
    """The parts of an open archive."""

    def __init__(self, archive: zipfile.ZipFile, kind: str) -> None:
        self._archive, self._kind = archive, kind
        self._names = {name.lower(): name for name in archive.namelist()}
        """Names of parts are compared without regard to case."""

    def main(self) -> str:
        """Return the name of the part that the others hang on."""
        found = (relation.target for relation in self.relations("") if relation.kind == "officeDocument")
        if (name := next(found, None)) is None:
            raise DocumentError(f"It is a zip archive, but not {self._kind}.")
        return name

    def part(self, name: str) -> Element:
        """Return the root of a part; raises DocumentError where it is missing or damaged."""
        root = entry_xml(self._archive, self._names.get(name.lower(), name), self._kind)
        if any(_STRICT.match(space) for space in root.nsmap.values()):
            _loosen(root)
        return root

    def relations(self, name: str) -> tuple[Relation, ...]:
        """Return what the part ``name`` refers to inside the package; ``""`` stands for the package itself."""
        folder, file = posixpath.split(name)
        rels = posixpath.join(folder, "_rels", f"{file}.rels")
        if rels.lower() not in self._names:
            return ()
        return tuple(
            Relation(
                relation.get("Id", ""),
                relation.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, unquote(relation.get("Target", "")))).lstrip("/"),
            )
            for relation in self.part(rels).iter(qn("pr:Relationship"))
            if relation.get("TargetMode") != "External"
        )

    def related(self, name: str, kind: str) -> Element | None:
        """Return the root of the first part of ``kind`` that the part ``name`` refers to; None where there is none."""
        for relation in self.relations(name):
            if relation.kind == kind and relation.target.lower() in self._names:
                return self.part(relation.target)
        return None

    def about(self) -> dict[str, str]:
        """Return what the document says of itself: title, author, created, modified, subject, keywords."""
        try:
            core = self.related("", "core-properties")
        except DocumentError:  # a document with bad properties is a document still
            core = None
        if core is None:
            return {}
        names = {"title": "dc:title", "author": "dc:creator", "created": "dcterms:created",
                 "modified": "dcterms:modified", "subject": "dc:subject", "keywords": "cp:keywords"}  # fmt: skip
        said = {name: core.findtext(qn(path)) or "" for name, path in names.items()}
        for name in ("created", "modified"):
            date = _DATE.match(said[name])
            said[name] = date[0] if date else ""
        return said


def open_package(data: bytes, kind: str) -> Package:
    """Return the package in ``data``; raises DocumentError where it is none, is locked, or breaks a limit."""
    return Package(open_archive(data, kind), kind)


def _loosen(root: Element) -> None:
    """Give the elements and attributes of a strict part their transitional names."""
    for element in root.iter(etree.Element):
        element.tag = _STRICT.sub(rf"{SCHEMAS}/\1/2006/", element.tag)
        for name, said in element.items():
            if _STRICT.search(name):
                del element.attrib[name]
                element.set(_STRICT.sub(rf"{SCHEMAS}/\1/2006/", name), said)
