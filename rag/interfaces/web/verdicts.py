"""What became of a text's quotations as HTML, on the page or on its own, or as Markdown."""

from __future__ import annotations

from pathlib import Path

from rag.interfaces.terminal import counted_words, difference_words, hint_words, verdict_words
from rag.interfaces.web.export import block_quote, plain
from rag.interfaces.web.pages import render
from rag.verification import Checked, surroundings

_WORDS = {"verdict_words": verdict_words, "difference_words": difference_words, "hint_words": hint_words}


def page(checked: Checked) -> str:
    """Return the part of the page that shows each quotation with its verdict, and opens its place."""
    return render("report.html", checked=checked, **_WORDS)


def report(form: str, checked: Checked, seeds: Path, title: str) -> str:
    """Return a report as ``markdown`` or ``html``: each quotation, its verdict, and its place with what is around.

    The HTML needs no other file.
    """
    return render(
        "verdicts.html" if form == "html" else "verdicts.md",
        title=title,
        counts=counted_words(checked),
        items=list(zip(checked.verdicts, surroundings(checked.verdicts, seeds), strict=True)),
        hints=checked.hints,
        plain=plain,
        block_quote=block_quote,
        **_WORDS,
    )
