"""Files of office programs for the tests, made by hand so that every part of them is known."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

SCHEMAS = "http://schemas.openxmlformats.org"
RELATIONS = f"{SCHEMAS}/officeDocument/2006/relationships"
SPACES = (
    f'xmlns:w="{SCHEMAS}/wordprocessingml/2006/main" xmlns:m="{SCHEMAS}/officeDocument/2006/math" '
    f'xmlns:r="{RELATIONS}" xmlns:mc="{SCHEMAS}/markup-compatibility/2006" '
    f'xmlns:a="{SCHEMAS}/drawingml/2006/main" xmlns:c="{SCHEMAS}/drawingml/2006/chart" '
    f'xmlns:dgm="{SCHEMAS}/drawingml/2006/diagram" xmlns:p="{SCHEMAS}/presentationml/2006/main"'
)


def archive(parts: Mapping[str, str]) -> bytes:
    """Return a zip archive of these parts."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return data.getvalue()


def relations(targets: Mapping[str, str]) -> str:
    """Return a part of relations: id → kind and target, with a space between."""
    made = []
    for identity, said in targets.items():
        kind, target = said.split()
        made.append(f'<Relationship Id="{identity}" Type="{RELATIONS}/{kind}" Target="{target}"/>')
    return f'<Relationships xmlns="{SCHEMAS}/package/2006/relationships">{"".join(made)}</Relationships>'


def make_word(body: str, **parts: str) -> bytes:
    """Return a DOCX with this body; ``parts``: the content of ``styles``, ``numbering``, ``footnotes``, ``header`` …"""
    named = {f"word/{kind}.xml": f"<w:{_ROOTS.get(kind, kind)} {SPACES}>{said}</w:{_ROOTS.get(kind, kind)}>"
             for kind, said in parts.items()}  # fmt: skip
    return archive(
        {
            "_rels/.rels": relations({"a": "officeDocument word/document.xml"}),
            "word/_rels/document.xml.rels": relations({kind: f"{kind} {kind}.xml" for kind in parts}),
            "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
            **named,
        }
    )


_ROOTS = {"header": "hdr", "footer": "ftr"}


def paragraph(text: str = "", properties: str = "", runs: str = "") -> str:
    """Return a paragraph of Word: its words, and more runs after them."""
    said = f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>' if text else ""
    return f"<w:p><w:pPr>{properties}</w:pPr>{said}{runs}</w:p>"


def run(text: str, properties: str = "") -> str:
    """Return a run of Word."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def make_slides(*slides: str, **parts: str) -> bytes:
    """Return a PPTX with these shapes on its slides; ``parts``: what each slide refers to (``notesSlide`` …)."""
    numbers = range(1, len(slides) + 1)
    made = {
        "_rels/.rels": relations({"a": "officeDocument ppt/presentation.xml"}),
        "ppt/presentation.xml": f"<p:presentation {SPACES}><p:sldIdLst>"
        + "".join(f'<p:sldId r:id="s{number}"/>' for number in numbers)
        + "</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(
            {f"s{number}": f"slide slides/{number}.xml" for number in numbers}
        ),
    }
    for number, shapes in zip(numbers, slides, strict=True):
        tree = f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>"
        made[f"ppt/slides/{number}.xml"] = f"<p:sld {SPACES}>{tree}</p:sld>"
        made[f"ppt/slides/_rels/{number}.xml.rels"] = relations({kind: f"{kind} ../{kind}.xml" for kind in parts})
    return archive(made | {f"ppt/{kind}.xml": content for kind, content in parts.items()})


def shape(*paragraphs: str, place: str = "", more: str = "") -> str:
    """Return a shape of a slide; ``place``: what it is for, such as ``title``; a paragraph may be markup of its own."""
    mark = f'<p:ph type="{place}"/>' if place else ""
    said = "".join(text if text.startswith("<") else f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in paragraphs)
    return f"<p:sp><p:nvSpPr><p:cNvPr {more}/><p:nvPr>{mark}</p:nvPr></p:nvSpPr><p:txBody>{said}</p:txBody></p:sp>"


_OPEN = "urn:oasis:names:tc:opendocument:xmlns:"
ODF_SPACES = " ".join(
    f'xmlns:{name}="{_OPEN}{place}:1.0"'
    for name, place in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("style", "style"),
        ("svg", "svg-compatible"),
    )
) + ' xmlns:xlink="http://www.w3.org/1999/xlink"'  # fmt: skip


def make_text(body: str, automatic: str = "", **parts: str) -> bytes:
    """Return an ODT with this body and these automatic styles; ``parts``: the content of ``styles`` and others."""
    styles = f"<office:automatic-styles>{automatic}</office:automatic-styles>"
    content = f"{styles}<office:body><office:text>{body}</office:text></office:body>"
    return archive(
        {"mimetype": "application/vnd.oasis.opendocument.text"}
        | {"content.xml": f"<office:document-content {ODF_SPACES}>{content}</office:document-content>"}
        | {f"{name}.xml": f"<office:document-{name} {ODF_SPACES}>{said}</office:document-{name}>"
           for name, said in parts.items()}
    )  # fmt: skip
