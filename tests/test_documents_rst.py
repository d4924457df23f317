"""reStructuredText: what a reader of the page sees, with its sections."""

from __future__ import annotations

import pytest

from rag.documents import rst


def text_of(source: str) -> str:
    return rst.parse(source.encode(), "a.rst").text


def test_headings_are_sections_and_the_head_is_metadata() -> None:
    parsed = rst.parse(b"Tides\n=====\n\n:Author: Ann\n:Date: 2024\n\nLow.\n\nFlow\n----\n\nHigh\nwater.\n", "a.rst")
    assert parsed.text == "Tides\n\nAuthor: Ann\n\nDate: 2024\n\nLow.\n\nFlow\n\nHigh water."
    assert [(section.start, section.heading) for section in parsed.sections] == [(0, "Tides"), (38, "Flow")]
    assert (parsed.title, parsed.metadata) == ("Tides", (("author", "Ann"), ("date", "2024")))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("#. a\n#. b\n\n   * c\n   * d", "1. a\n2. b\n\n• c\n• d"),
        ("c) a\nd) b", "c) a\nd) b"),
        ("Ebb\n  It falls.\n\n  Long.\nFlow : noun\n  It rises.", "Ebb: It falls.\n\nLong.\n\nFlow, noun: It rises."),
        ("900 m\\ :sup:`2` H\\ :sub:`2`\\ O", "900 m² H2O"),
        ("Ships [1]_ sank.\n\n.. [1] In\n   1920.", "Ships [1] sank.\n\n[1] In 1920."),
        ("== ==\nA  B\n== ==\n1  2\n3  4\n== ==", "A: 1 | B: 2\nA: 3 | B: 4"),
        ("| one\n| two", "one\ntwo"),
        ("::\n\n  a\n    b", "a\n  b"),
        (".. note:: Mind it.\n\n.. |x| replace:: y\n\nThe |x|.\n\n.. comment", "Mind it.\n\nThe y."),
        ("p\n\n:ship: Ada\n:size: 12 m", "p\n\nship: Ada\nsize: 12 m"),
        ("-v, --more  Says more.", "-v, --more: Says more."),
        ("See :ref:`the lock <lock>` and :class:`~harbour.Lock`, ``code``, `here <http://x>`_.",
         "See the lock and harbour.Lock, code, here."),
        (".. versionadded:: 2\n   Locks came.\n\n.. toctree::\n\n   other", "2\nLocks came."),
        (".. include:: /etc/hostname\n\nA\n\n.. raw:: html\n\n   <b>x</b>", "A"),
    ],
)  # fmt: skip
def test_blocks(source: str, text: str) -> None:
    assert text_of(source) == text
