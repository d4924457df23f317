"""Anything under any name: a Document whose every place is right, or a DocumentError; never anything else."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msg_maker import make_msg
from pdf_maker import lines, make_pdf
from test_documents_docx import make_docx
from test_documents_formats import MAIL, PAGE, make_epub
from test_documents_odt import make_odt
from test_documents_pptx import make_pptx
from test_documents_rtf import make_rtf
from test_documents_spreadsheet import FEES, make_xlsx

from rag.documents import SUFFIXES, load
from rag.errors import DocumentError

KINDS = sorted({kind.module: suffix for suffix, kind in SUFFIXES.items() if kind.module != "pages.picture"}.values())
"""A suffix of each module; pictures take an extra, and are tested where that is."""
FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@functools.cache
def sample(suffix: str) -> bytes:
    """Return a good file of each kind."""
    samples: dict[str, Callable[[], bytes]] = {
        ".txt": lambda: "A title\n\nText, “quoted” 😀.\r\nMore.".encode(),
        ".md": lambda: b"---\ntitle: x\n---\n# One\n\ntext\n\nTwo\n===\n```\n# code\n```\n",
        ".pdf": lambda: make_pdf(
            [lines(["One page of an exam-", "ple.", "", "More text."]), lines(["Two."])], outline=[("Two.", 1)]
        ),
        ".docx": make_docx,
        ".pptx": make_pptx,
        ".odt": make_odt,
        ".rtf": make_rtf,
        ".html": PAGE.encode,
        ".epub": make_epub,
        ".csv": lambda: b'Name,Age\nAnn,"1\n2"\nBob,3\n',
        ".json": lambda: b'[{"a": 1, "b": ["x", {"c": null}]}, {"title": "T"}]',
        ".xlsx": lambda: make_xlsx({"Fees": FEES}),
        ".eml": MAIL.encode,
        ".xml": lambda: b"<a><b id='1'><c>x</c><d>y</d></b><b><c>z</c></b><p>One<note>Two.</note></p></a>",
        ".rst": lambda: b"One\n===\n\ntext [1]_\n\n.. [1] note\n\n* x\n\n=== ===\nA   B\n=== ===\n1   2\n=== ===\n",
        ".vtt": lambda: b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>So &amp;\n\n00:02.000 --> 00:03.000\n<c>on.</c>\n",
        ".srt": lambda: b"1\n00:00:01,000 --> 00:00:02,000\n- Who?\n- Bo.\n\n2\n00:00:02,000 --> 00:00:03,000\nBo.\n",
        ".sbv": lambda: b"0:00:01.000,0:00:02.000\nWho is\n\n0:00:02.000,0:00:03.000\nit?\n",
        ".mbox": lambda: b"From ann Tue Mar  5 10:00:00 2024\n" + MAIL.encode(),
        ".msg": lambda: make_msg({0x1A: "IPM.Note", 0x37: "Fence", 0x1000: "It is green.", 0x1013: b"<p>It is green."}),
        ".ipynb": lambda: b'{"cells": [{"cell_type": "markdown", "source": ["# One\\n", "text"]}]}',
    }
    same = (name for name in samples if SUFFIXES[name].module == SUFFIXES[suffix].module)
    return samples[suffix if suffix in samples else next(same)]()


def read_anything(folder: Path, suffix: str, data: bytes) -> None:
    """Read ``data`` under that suffix, twice, and check what comes of it."""
    path = folder / f"file{suffix}"
    path.write_bytes(data)
    try:
        document = load(path, folder)
    except DocumentError as error:
        document, reason = None, str(error)
    if document is None:
        assert reason.strip()
        assert "\n" not in reason
        return
    length = len(document.text)
    starts = [section.start for section in document.sections]
    assert document.text.strip()
    assert document.text.encode("utf-8")
    assert document.title
    assert "\n" not in document.title + "".join(section.heading for section in document.sections)
    assert starts == sorted(set(starts))
    assert list(document.pages) == sorted(document.pages)
    assert all(0 <= start <= length for start in (*starts, *document.pages))
    assert load(path, folder) == document


@pytest.mark.parametrize("suffix", KINDS)
@FEW
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_random_bytes(tmp_path: Path, suffix: str, data: bytes) -> None:
    read_anything(tmp_path, suffix, data)


@pytest.mark.parametrize("suffix", KINDS)
@FEW
@given(data=st.data())
def test_good_files_damaged(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    content = sample(suffix)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        length = data.draw(st.sampled_from((0, 1, 2, 16, 400)))
        piece = data.draw(st.binary(max_size=4) | st.just(content[place : place + length]) | st.just(b"9" * length))
        content = content[:place] + piece + content[place + length :]
    read_anything(tmp_path, suffix, content)


@pytest.mark.parametrize("suffix", KINDS)
def test_every_kind_under_every_name(tmp_path: Path, suffix: str) -> None:
    for other in KINDS:
        read_anything(tmp_path, suffix, sample(other))


@pytest.mark.parametrize("suffix", KINDS)
def test_good_files_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(sample(suffix))
    assert load(path, tmp_path).text
