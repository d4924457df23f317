"""EPUB: the chapters in reading order; their headings, or their names in the table of contents, are sections."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree import ElementTree

from rag.documents.files import entry_bytes, open_archive
from rag.documents.markup import blocks, decode_markup, tree, write
from rag.documents.parsed import Assembler, Parsed, one_line
from rag.errors import DocumentError

KIND = "an EPUB book"

_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_NCX = "{http://www.daisy.org/z3986/2005/ncx/}"
_ENCRYPTION = "{http://www.w3.org/2001/04/xmlenc#}"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_PAGES = frozenset(("application/xhtml+xml", "text/html", "application/x-dtbook+xml"))


def parse(data: bytes, name: str) -> Parsed:
    """Return the book in ``data``; raises DocumentError where it is damaged or locked."""
    with open_archive(data, KIND) as archive:
        package = _package_name(archive)
        opf = _xml(archive, package)
        chapters = list(_spine(opf, posixpath.dirname(package)))
        _refuse_locked(archive, chapters)
        names = _contents(archive, opf, posixpath.dirname(package))
        content = Assembler()
        warnings: list[str] = []
        for chapter in chapters:
            content.section(names.get(chapter, ""))
            _write(content, archive, chapter, warnings)
    return content.finish(title=_first(opf, "title"), metadata=_metadata(opf), warnings=warnings)


def _write(content: Assembler, archive: zipfile.ZipFile, chapter: str, warnings: list[str]) -> None:
    try:
        text, _ = decode_markup(entry_bytes(archive, chapter, KIND))
        write(content, blocks(tree(text)))
    except DocumentError as error:  # a book with one bad chapter is still a book
        warnings.append(f"the chapter {one_line(chapter, 80)} was left out: {error}")


def _package_name(archive: zipfile.ZipFile) -> str:
    container = _xml(archive, "META-INF/container.xml")
    for file in container.iter(f"{_CONTAINER}rootfile"):
        if path := file.get("full-path"):
            return path
    raise DocumentError("It is damaged: it does not say where its contents are.")


def _spine(opf: ElementTree.Element, folder: str) -> Iterator[str]:
    """Yield the entries of the chapters, in reading order, each once, without the table of contents."""
    manifest = {item.get("id"): item for item in opf.iter(f"{_OPF}item")}
    seen = set()
    for reference in opf.iter(f"{_OPF}itemref"):
        item = manifest.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES or "nav" in item.get("properties", "").split():
            continue
        path = _entry(folder, item.get("href", ""))
        if path not in seen:
            seen.add(path)
            yield path


def _refuse_locked(archive: zipfile.ZipFile, chapters: list[str]) -> None:
    if "META-INF/encryption.xml" not in archive.namelist():
        return
    encryption = _xml(archive, "META-INF/encryption.xml")
    locked = {unquote(item.get("URI", "")) for item in encryption.iter(f"{_ENCRYPTION}CipherReference")}
    if locked.intersection(chapters):
        raise DocumentError("It is locked to another program (DRM).")


def _contents(archive: zipfile.ZipFile, opf: ElementTree.Element, folder: str) -> dict[str, str]:
    """Return entry → its name in the table of contents; the first where a chapter has several."""
    names: dict[str, str] = {}
    for item in opf.iter(f"{_OPF}item"):
        path = _entry(folder, item.get("href", ""))
        try:
            if "nav" in item.get("properties", "").split():
                links = _nav_links(_xml(archive, path))
            elif item.get("media-type") == "application/x-dtbncx+xml":
                links = _ncx_links(_xml(archive, path))
            else:
                continue
        except DocumentError:  # chapters without names are chapters still
            continue
        for href, name in links:
            names.setdefault(_entry(posixpath.dirname(path), href), one_line(name))
    return names


def _nav_links(nav: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for link in nav.iter(f"{_XHTML}a"):
        yield link.get("href", ""), "".join(link.itertext())


def _ncx_links(ncx: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for point in ncx.iter(f"{_NCX}navPoint"):
        content, label = point.find(f"{_NCX}content"), point.find(f"{_NCX}navLabel/{_NCX}text")
        if content is not None and label is not None:
            yield content.get("src", ""), label.text or ""


def _entry(folder: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))


def _xml(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(entry_bytes(archive, name, KIND))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DocumentError(f"It is damaged: {one_line(name, 80)} is not XML.") from error


def _first(opf: ElementTree.Element, field: str) -> str:
    return next((element.text for element in opf.iter(f"{_DC}{field}") if element.text), "")


def _metadata(opf: ElementTree.Element) -> list[tuple[str, str]]:
    authors = ", ".join(element.text for element in opf.iter(f"{_DC}creator") if element.text)
    return [("author", authors), *((field, _first(opf, field)) for field in ("date", "publisher", "language"))]
