"""Small PDFs written by hand: lines of text at given places, so that a test knows exactly what stands where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Line = tuple[float, float, float, str] | tuple[float, float, float, str, str]
"""Distance from the left edge and from the lower edge, the font's size (all in points), the words; and how to set them:
``F2`` for Courier, ``F3`` for Wingdings, ``up`` for a line that runs up the page.
"""


def lines(
    words: Sequence[str], *, left: float = 72, top: float = 720, size: float = 12, leading: float = 14
) -> list[Line]:
    """Return lines one under the other; an empty one is a gap."""
    return [(left, top - number * leading, size, text) for number, text in enumerate(words) if text]


def make_pdf(
    pages: Iterable[Sequence[Line]],
    *,
    info: Sequence[tuple[str, str]] = (),
    outline: Sequence[tuple[str, int]] = (),
    encrypt: bool = False,
    turned: bool = False,
    annotations: Sequence[str] = (),
    labels: str = "",
    rules: Sequence[tuple[float, float, float, float]] = (),
) -> bytes:
    """Return a PDF with these pages (612 × 792 points, Helvetica), document information and bookmarks (title, page).

    ``rules`` are lines drawn on every page, from one place to another.
    ``annotations`` are dictionaries without their brackets, of fields and notes of the first page; ``labels`` is the
    number tree of page labels.
    ``turned`` pages lie on their side in the file and are shown upright (792 × 612), as wide tables often are.
    """
    drawn = "".join(f"\n{left} {bottom} m {right} {top} l S" for left, bottom, right, top in rules).encode()
    contents = [_content(page, turned=turned) + drawn for page in pages]
    rotation = b"/Rotate 90 " if turned else b""
    count = len(contents)
    first_page, first_bookmark = 5, 5 + 2 * count
    kids = " ".join(f"{first_page + 2 * number} 0 R" for number in range(count))
    first_note = first_bookmark + 1 + len(outline)
    notes = " ".join(f"{first_note + number} 0 R" for number in range(len(annotations)))
    form = f" /AcroForm << /Fields [{notes}] >>" if annotations else ""
    form += f" /PageLabels << /Nums [{labels}] >>" if labels else ""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /Outlines {first_bookmark} 0 R{form} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< " + b" ".join(b"/" + key.encode() + b" " + _string(value) for key, value in info) + b" >>",
    ]
    for number, content in enumerate(contents):
        objects += [
            b"<< /Type /Page /Parent 2 0 R "
            + rotation
            + b"/MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R /F2 "
            + _COURIER
            + b" /F3 "
            + _COURIER.replace(b"Courier", b"ABCDEF+Wingdings-Regular")
            + b" >> >> "
            + (f"/Annots [{notes}] " if notes and number == 0 else "").encode()
            + f"/Contents {first_page + 2 * number + 1} 0 R >>".encode(),
            f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream",
        ]
    objects += _outline(outline, first_bookmark, first_page)
    objects += [f"<< /Type /Annot {annotation} >>".encode("cp1252") for annotation in annotations]
    if encrypt:
        key = b"<" + b"00" * 32 + b">"
        objects.append(b"<< /Filter /Standard /V 1 /R 2 /P -4 /O " + key + b" /U " + key + b" >>")
    return _file(objects, encrypt=encrypt)


_COURIER = b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"


def _content(page: Sequence[Line], *, turned: bool) -> bytes:
    parts = []
    for left, bottom, size, text, *style in page:
        matrix = f"0 1 -1 0 {612 - bottom} {left}" if turned else f"1 0 0 1 {left} {bottom}"
        matrix = f"0 1 -1 0 {left} {bottom}" if "up" in style else matrix
        font = next((said for said in style if said.startswith("F")), "F1")
        parts.append(f"BT /{font} {size} Tf {matrix} Tm ".encode() + _string(text) + b" Tj ET")
    return b"\n".join(parts)


def _string(text: str) -> bytes:
    data = text.encode("cp1252")
    return b"(" + data.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")"


def _outline(outline: Sequence[tuple[str, int]], first: int, first_page: int) -> list[bytes]:
    last = first + len(outline)
    items = f" /First {first + 1} 0 R /Last {last} 0 R /Count {len(outline)}" if outline else ""
    objects = [f"<< /Type /Outlines{items} >>".encode()]
    for number, (title, page) in enumerate(outline):
        following = f" /Next {first + number + 2} 0 R" if number + 1 < len(outline) else ""
        target = f" /Parent {first} 0 R{following} /Dest [{first_page + 2 * page} 0 R /Fit] >>"
        objects.append(b"<< /Title " + _string(title) + target.encode())
    return objects


def _file(objects: Sequence[bytes], *, encrypt: bool) -> bytes:
    data = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    lock = f" /Encrypt {len(objects)} 0 R /ID [<00> <00>]" if encrypt else ""
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R{lock} >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode() + table + trailer.encode()
