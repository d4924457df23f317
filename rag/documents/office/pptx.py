"""PPTX: the slides in order, each a page and a section with its title; tables, charts, diagrams; the speaker's notes.

On a slide the title comes first, then all else in the file's order, which is the one that a screen reader takes.
Slide numbers, dates and footers are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rag.documents.marks import SUBSCRIPT, SUPERSCRIPT, written
from rag.documents.office import omml
from rag.documents.office.common import NESTING, STRUCK, Element, finished, qn, sensible
from rag.documents.office.numbering import Counter, Level, is_item
from rag.documents.office.ooxml import Package, open_package
from rag.documents.parsed import Assembler, Parsed
from rag.documents.symbols import shown
from rag.documents.tables import grid
from rag.errors import DocumentError

POINTS = 10_000
"""Categories of a chart that are read."""
KIND = "a PowerPoint presentation (.pptx)"
_TITLES = frozenset(("title", "ctrTitle"))
_AROUND = frozenset(("sldNum", "dt", "ftr", "hdr", "sldImg"))
_ALTERNATE, _CHOICE, _FALLBACK = qn("mc:AlternateContent"), qn("mc:Choice"), qn("mc:Fallback")
_NUMBERED = re.compile(r"(alpha|arabic|roman)(Lc|Uc|)(ParenBoth|ParenR|Period|Plain)\Z")
_LOOKS = {"alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman", "romanUc": "upperRoman"}
_SHAPES = {"ParenBoth": "(%1)", "ParenR": "%1)", "Period": "%1.", "Plain": "%1"}


def parse(data: bytes, name: str) -> Parsed:
    """Return the slides in ``data``; raises DocumentError where it is damaged or no presentation."""
    package = open_package(data, KIND)
    main = package.main()
    slides = package.part(main).find(qn("p:sldIdLst"))
    if slides is None and package.part(main).tag != qn("p:presentation"):
        raise DocumentError(f"It is a zip archive, but not {KIND}.")
    targets = {relation.id: relation.target for relation in package.relations(main)}
    show = _Show(package)
    for number, slide in enumerate(() if slides is None else slides, start=1):
        show.slide(targets.get(slide.get(qn("r:id"), ""), ""), number)
    return show.finish()


class _Show:
    """The presentation so far."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.content = Assembler()
        self.pages: list[int] = []
        self.warnings: dict[str, None] = {}
        self.title = ""

    def slide(self, name: str, number: int) -> None:
        """Add a slide; one that is damaged is told of, and leaves its page empty."""
        before = self.content.length
        try:
            slide = self.package.part(name)
            self._write(slide, name, number)
        except DocumentError as error:
            self.warnings[f"slide {number} was left out: {error}"] = None
        more = self.content.length > before > 0
        self.pages.append(before + len("\n\n") if more else before)

    def finish(self) -> Parsed:
        """Return everything, with what the presentation says of itself."""
        about = self.package.about()
        title = sensible(about.get("title", "")) or self.title
        read = finished(self.content, title, about, self.warnings)
        return replace(read, pages=tuple(self.pages))

    def _write(self, slide: Element, name: str, number: int) -> None:
        shapes = list(_shapes(slide.find(f"{qn('p:cSld')}/{qn('p:spTree')}"), 0))
        titles = [text for shape in shapes if _place(shape) in _TITLES for text in self._paragraphs(shape)]
        title = " ".join(filter(None, (" ".join(text.split()) for text in titles)))
        self.title = self.title or title
        self.content.section(title or f"slide {number}")
        self._block(title)
        for shape in shapes:
            if _place(shape) not in _TITLES | _AROUND:
                self._shape(shape, name)
        notes = self.package.related(name, "notesSlide")
        for shape in _shapes(None if notes is None else notes.find(f"{qn('p:cSld')}/{qn('p:spTree')}"), 0):
            if _place(shape) == "body":
                self._shape(shape, name)

    def _block(self, text: str) -> None:
        if text.strip():
            self.content.block(text, is_item=is_item(text.split(maxsplit=1)[0]))

    def _shape(self, shape: Element, slide: str) -> None:
        table = next(shape.iter(qn("a:tbl")), None)
        if table is not None:
            flags = table.find(qn("a:tblPr"))
            headed = flags is not None and flags.get("firstRow") in ("1", "true")
            for row in grid.read(self._cells(table), headed=headed and len(table.findall(f"{qn('a:tr')}")) > 2):
                self._block(row.text)
        elif (chart := self._referred(shape, slide, "c:chart", "r:id")) is not None:
            self._block(_chart_title(chart))
            for row in _chart_rows(chart):
                self._block(row.text)
        elif (diagram := self._referred(shape, slide, "dgm:relIds", "r:dm")) is not None:
            for line in _diagram_lines(diagram):
                self._block(line)
        else:
            for text in self._paragraphs(shape):
                self._block(text)

    def _referred(self, shape: Element, slide: str, name: str, attribute: str) -> Element | None:
        """Return the part that a frame shows; None where it shows no such part."""
        reference = next(shape.iter(qn(name)), None)
        if reference is None:
            return None
        wanted = reference.get(qn(attribute))
        found = (relation.target for relation in self.package.relations(slide) if relation.id == wanted)
        return self.package.part(next(found, ""))

    def _cells(self, table: Element) -> list[list[grid.Cell]]:
        """Return the cells of a table, those that are merged once."""
        return [
            [
                grid.Cell(" ".join(self._paragraphs(cell)), _whole(cell, "rowSpan"), _whole(cell, "gridSpan"))
                for cell in row.findall(qn("a:tc"))
                if not {cell.get("hMerge", "0"), cell.get("vMerge", "0")} & {"1", "true"}
            ]
            for row in table.findall(qn("a:tr"))
        ]

    def _paragraphs(self, shape: Element) -> Iterator[str]:
        """Yield the paragraphs of a shape or cell, each with the number or dot that it has of its own."""
        counters: dict[str, Counter] = {}
        for paragraph in shape.iter(qn("a:p")):
            text = self._words(paragraph)
            label = _label(paragraph.find(qn("a:pPr")), counters) if text.strip() else ""
            yield label + (text.lstrip() if label else text)

    def _words(self, paragraph: Element) -> str:
        pieces: list[tuple[str, str]] = []
        for element in paragraph.iter(qn("a:r"), qn("a:br"), qn("a:fld"), qn("m:oMath")):
            if element.tag == qn("a:br"):
                pieces.append(("\n", ""))
            elif element.tag == qn("m:oMath"):
                pieces.append((omml.line(element), ""))
            elif element.get("type") != "slidenum" and not self._is_struck(element):
                pieces.append(_run(element))
        return written(pieces)

    def _is_struck(self, run: Element) -> bool:
        look = run.find(qn("a:rPr"))
        struck = look is not None and look.get("strike", "noStrike") != "noStrike"
        if struck:
            self.warnings[STRUCK] = None
        return struck


def _shapes(tree: Element | None, depth: int) -> Iterator[Element]:
    """Yield the shapes of a slide, those of groups too, without what is hidden."""
    if depth > NESTING:
        raise DocumentError("It is nested too deeply.")
    for element in () if tree is None else tree:
        if element.tag == _ALTERNATE:
            choice = element.find(_CHOICE)
            yield from _shapes(element.find(_FALLBACK) if choice is None else choice, depth + 1)
        elif element.tag == qn("p:grpSp"):
            yield from _shapes(element, depth + 1)
        elif element.tag in (qn("p:sp"), qn("p:graphicFrame"), qn("p:cxnSp")) and not _is_hidden(element):
            yield element


def _is_hidden(shape: Element) -> bool:
    return any(name.get("hidden") in ("1", "true") for name in shape.findall(f"*/{qn('p:cNvPr')}"))


def _place(shape: Element) -> str:
    """Return what a shape is for on its slide: ``title``, ``body``, ``sldNum`` …; empty for a shape of its own."""
    found = shape.find(f"*/{qn('p:nvPr')}/{qn('p:ph')}")
    return "" if found is None else str(found.get("type", "obj"))


def _run(run: Element) -> tuple[str, str]:
    look, text = run.find(qn("a:rPr")), run.findtext(qn("a:t")) or ""
    if look is None:
        return text, ""
    font = look.find(qn("a:sym"))
    font = look.find(qn("a:latin")) if font is None else font
    raised = look.get("baseline", "0")
    position = "" if raised in ("0", "0%") else SUBSCRIPT if raised.startswith("-") else SUPERSCRIPT
    return shown(text, "" if font is None else font.get("typeface", "")), position


def _label(properties: Element | None, counters: dict[str, Counter]) -> str:
    """Return the number or dot that a paragraph has of its own, and count it."""
    if properties is None:
        return ""
    depth = properties.get("lvl", "0")
    for deeper in [other for other in counters if other > depth]:
        del counters[deeper]
    numbered = properties.find(qn("a:buAutoNum"))
    scheme = _NUMBERED.match("" if numbered is None else numbered.get("type", "arabicPeriod"))
    if scheme is None:
        counters.pop(depth, None)
        return "• " if properties.find(qn("a:buChar")) is not None else ""
    level = Level(_LOOKS.get(scheme[1] + scheme[2], "decimal"), _SHAPES[scheme[3]], _whole(numbered, "startAt"))
    return counters.setdefault(depth, Counter()).next({0: level}, 0)


def _whole(element: Element | None, name: str) -> int:
    """Return a count that an attribute says; 1 where it says none."""
    said = "1" if element is None else element.get(name, "1")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 1


def _chart_title(chart: Element) -> str:
    found = chart.find(f".//{qn('c:chart')}/{qn('c:title')}")
    return "" if found is None else " ".join(part.text or "" for part in found.iter(qn("a:t")))


def _chart_rows(chart: Element) -> Iterator[grid.Row]:
    """Yield a row for each category of a chart, with the figure of each series."""
    series = list(chart.iter(qn("c:ser")))
    names = [_points(item, "c:tx").get(0, "") for item in series]
    figures = [_points(item, "c:val") or _points(item, "c:yVal") for item in series]
    categories: dict[int, str] = {}
    for item in series:
        categories = categories or _points(item, "c:cat") or _points(item, "c:xVal")
    places = sorted(set(categories).union(*figures))[:POINTS]
    for number, place in enumerate(places):
        said = zip(("", *names), (categories.get(place, ""), *(each.get(place, "") for each in figures)), strict=True)
        if fields := tuple((name, text) for name, text in said if text.strip()):
            yield grid.Row(number, fields)


def _diagram_lines(diagram: Element) -> Iterator[str]:
    """Yield the words in each box of a diagram (SmartArt), in the order of its list."""
    for point in diagram.iter(qn("dgm:pt")):
        for paragraph in point.iter(qn("a:p")):
            yield "".join(part.text or "" for part in paragraph.iter(qn("a:t")))


def _points(series: Element, name: str) -> dict[int, str]:
    """Return place → what stands there, as the file keeps it."""
    found = series.find(qn(name))
    if found is None:
        return {}
    several = {
        int(place): point.findtext(qn("c:v")) or ""
        for point in found.iter(qn("c:pt"))
        if (place := point.get("idx", "")).isascii() and place.isdigit() and len(place) < 7
    }
    alone = found.findtext(qn("c:v"))
    return several or ({0: alone} if alone else {})
