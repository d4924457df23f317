"""EPUB: the chapters in reading order; the names in the table of contents, and their headings, are sections.

Pages are those of the printed edition, where the book tells them: its list of pages, or marks in the text.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from rag.documents.encodings import decode_markup
from rag.documents.files import entry_bytes, entry_xml, open_archive
from rag.documents.parsed import Assembler, Parsed, clean, one_line
from rag.documents.web.markup import STRUCK, Block, Element, blocks, tree
from rag.errors import DocumentError
from rag.names import is_telling

KIND = "an EPUB book"

_ENCRYPTION = "{http://www.w3.org/2001/04/xmlenc#}"
_PAGES = frozenset(("application/xhtml+xml", "text/html", "application/x-dtbook+xml"))
_PAGE_SUFFIXES = (".xhtml", ".html", ".htm")
_MARK = "pagebreak"


@dataclass(slots=True)
class _Book:
    """What is known of a book while it is read: its places by (entry, fragment), and what was written of it."""

    archive: zipfile.ZipFile
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    """Place → what the table of contents calls it."""
    labels: dict[tuple[str, str], str] = field(default_factory=dict)
    """Place → the label of the printed page that begins there."""
    content: Assembler = field(default_factory=Assembler)
    pages: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_paged: bool = False
    """Whether the book has a list of its pages."""
    name: str = ""
    """Of the place in the table of contents that was passed last."""

    def begin_page(self, start: int, label: str) -> None:
        """Note that a printed page begins at ``start``."""
        last = self.pages[-1][0] if self.pages else 0
        self.pages.append((max(last, min(start, self.content.length)), label))


def parse(data: bytes, name: str) -> Parsed:
    """Return the book in ``data``; raises DocumentError where it is damaged or locked."""
    with open_archive(data, KIND) as archive:
        package = _package_name(archive)
        opf, folder = entry_xml(archive, package, KIND), posixpath.dirname(package)
        chapters = list(_spine(archive, opf, folder))
        _refuse_locked(archive, chapters)
        book = _Book(archive)
        _read_contents(book, opf, folder)
        for chapter in chapters:
            _write(book, chapter)
    read = book.content.finish(title=_first(opf, "title"), metadata=_metadata(opf), warnings=book.warnings)
    starts, labels = tuple(start for start, _ in book.pages), tuple(label for _, label in book.pages)
    return replace(read, pages=starts, page_labels=labels)


def _write(book: _Book, chapter: str) -> None:
    try:
        text, _ = decode_markup(entry_bytes(book.archive, chapter, KIND))
        root = tree(text)
    except DocumentError as error:  # a book with one bad chapter is still a book
        book.warnings.append(f"the chapter {one_line(chapter, 80)} was left out: {error}")
        return
    if next(root.iter(*STRUCK), None) is not None:
        book.warnings.append(f"words that are struck out in {one_line(chapter, 80)} were left out")
    marks = _marks(root, chapter, book)
    ids = {name: element for element in root.iter("*") if (name := element.get("id") or element.get("name"))}
    wanted = [fragment for entry, fragment in (*book.names, *book.labels) if entry == chapter]
    places = {ids[fragment]: fragment for fragment in wanted if fragment in ids} | marks
    lost = [book.names[chapter, one] for one in wanted if one not in ids and (chapter, one) in book.names]
    book.name = lost[0] if lost else book.name
    book.content.section(book.name)
    if (chapter, "") in book.labels:
        book.begin_page(book.content.length, book.labels[chapter, ""])
    for number, block in enumerate(blocks(root, places=places)):
        _write_block(book, chapter, block, lost[:1] if number == 0 else [])


def _write_block(book: _Book, chapter: str, block: Block, names: Sequence[str]) -> None:
    """Add a block that begins what the table of contents calls ``names``, or by what stands at its places."""
    keys = [(chapter, fragment) for _, fragment in block.places]
    passed = [*names, *(book.names[key] for key in keys if key in book.names)]
    book.name = passed[-1] if passed else book.name
    if block.is_heading:
        book.content.section(_heading(block.text, passed))
    elif passed:
        book.content.section(book.name)
    start = book.content.length + len(block.joint) if book.content.length else 0
    book.content.block(block.text, joint=block.joint)
    for (offset, _), key in zip(block.places, keys, strict=True):
        if key in book.labels:
            before = len(clean(block.text[:offset]).lstrip())
            book.begin_page(start + before, book.labels[key])


def _heading(said: str, names: Sequence[str]) -> str:
    """Return a heading as the table of contents has it where that says more, as "2: The Storm" for "2"."""
    more = [name for name in names if not is_telling(said) or one_line(said).casefold() in name.casefold()]
    return more[-1] if more else said


def _marks(root: Element, chapter: str, book: _Book) -> dict[Element, str]:
    """Return the marks of pages in a chapter, each with a name, and hide what they say: a number amid the sentence.

    Where the book has no list of pages, their labels are taken from them.
    """
    found: dict[Element, str] = {}
    for number, element in enumerate(root.iter("span", "div", "a", "p", "hr", "br")):
        if _MARK not in f"{element.get('epub:type', '')} {element.get('role', '')}".replace("doc-", "").split():
            continue
        label = element.get("title") or element.get("aria-label") or "".join(element.itertext())
        element.set("hidden", "")
        if not book.is_paged and (label := one_line(label, 40)):
            found[element] = f"{_MARK} {number}"
            book.labels[chapter, found[element]] = label
    return found


def _package_name(archive: zipfile.ZipFile) -> str:
    for file in entry_xml(archive, "META-INF/container.xml", KIND).iter("{*}rootfile"):
        if path := file.get("full-path"):
            return str(path)
    raise DocumentError("It is damaged: it does not say where its contents are.")


def _spine(archive: zipfile.ZipFile, opf: Element, folder: str) -> Iterator[str]:
    """Yield the entries of the chapters, in reading order, each once, without the table of contents."""
    manifest = {item.get("id"): item for item in opf.iter("{*}item")}
    known = {name.casefold(): name for name in archive.namelist()}
    seen = set()
    for reference in opf.iter("{*}itemref"):
        item = manifest.get(reference.get("idref"))
        if item is None or not _is_page(item) or "nav" in item.get("properties", "").split():
            continue
        path, _ = _place(folder, item.get("href", ""))
        path = known.get(path.casefold(), path)
        if path not in seen:
            seen.add(path)
            yield path


def _is_page(item: Element) -> bool:
    """Tell a chapter by its media type or, as many books have these wrong, by its name."""
    path, _, _ = item.get("href", "").partition("#")
    return item.get("media-type") in _PAGES or path.lower().endswith(_PAGE_SUFFIXES)


def _refuse_locked(archive: zipfile.ZipFile, chapters: list[str]) -> None:
    if "META-INF/encryption.xml" not in archive.namelist():
        return
    encryption = entry_xml(archive, "META-INF/encryption.xml", KIND)
    locked = {unquote(item.get("URI", "")) for item in encryption.iter(f"{_ENCRYPTION}CipherReference")}
    if locked.intersection(chapters):
        raise DocumentError("It is locked to another program (DRM).")


def _read_contents(book: _Book, opf: Element, folder: str) -> None:
    """Read the table of contents and the list of pages, of the newer kind or else of the older (NCX)."""
    items = [(item, _place(folder, item.get("href", ""))[0]) for item in opf.iter("{*}item")]
    navs = [path for item, path in items if "nav" in item.get("properties", "").split()]
    ncxs = [path for item, path in items if item.get("media-type") == "application/x-dtbncx+xml"]
    for path, reader in (*((path, _nav_links) for path in navs), *((path, _ncx_links) for path in ncxs)):
        try:
            contents, pages = reader(book.archive, path)
        except DocumentError:  # chapters without names are chapters still
            continue
        for found, links in ((book.names, contents), (book.labels, pages)):
            if not found:
                for href, name in links:
                    found.setdefault(_place(posixpath.dirname(path), href), one_line(name))
    book.is_paged = bool(book.labels)


_Links = list[tuple[str, str]]


def _nav_links(archive: zipfile.ZipFile, path: str) -> tuple[_Links, _Links]:
    """Return the links, (href, words), of the contents and of the pages; other lists are no part of the reading."""
    text, _ = decode_markup(entry_bytes(archive, path, KIND))
    lists: dict[str, _Links] = {}
    for nav in tree(text).iter("nav"):
        links = [(link.get("href", ""), "".join(link.itertext())) for link in nav.iter("a")]
        for kind in (nav.get("epub:type") or nav.get("role", "").replace("doc-", "") or "toc").split():
            lists.setdefault(kind, links)
    return lists.get("toc", []), lists.get("page-list") or lists.get("pagelist", [])


def _ncx_links(archive: zipfile.ZipFile, path: str) -> tuple[_Links, _Links]:
    ncx = entry_xml(archive, path, KIND)
    return list(_targets(ncx, "navPoint")), list(_targets(ncx, "pageTarget"))


def _targets(ncx: Element, kind: str) -> Iterator[tuple[str, str]]:
    for point in ncx.iter(f"{{*}}{kind}"):
        content = point.find("{*}content")
        label = point.find("{*}navLabel")
        if content is not None and label is not None:
            yield content.get("src", ""), "".join(label.itertext())


def _place(folder: str, href: str) -> tuple[str, str]:
    """Return the entry and the fragment that a link from a file in ``folder`` names."""
    path, _, fragment = href.partition("#")
    return posixpath.normpath(posixpath.join(folder, unquote(path))), unquote(fragment)


def _first(opf: Element, field: str) -> str:
    return next((element.text for element in opf.iter(f"{{*}}{field}") if element.text), "")


def _metadata(opf: Element) -> list[tuple[str, str]]:
    authors = ", ".join(element.text for element in opf.iter("{*}creator") if element.text)
    return [("author", authors), *((field, _first(opf, field)) for field in ("date", "publisher", "language"))]
