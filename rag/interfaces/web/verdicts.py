"""The verdicts on a text's quotations as a report: Markdown, or a page of HTML that needs no other file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rag.interfaces.terminal import difference_words, verdict_words
from rag.interfaces.web.export import block_quote, plain
from rag.interfaces.web.pages import render
from rag.types import Verdict
from rag.verification import surroundings


def report(form: str, verdicts: Sequence[Verdict], seeds: Path, title: str) -> str:
    """Return the report as ``markdown`` or ``html``: each quotation, its verdict, and its place with what is around."""
    counts = Counter(verdict.kind for verdict in verdicts)
    return render(
        "verdicts.html" if form == "html" else "verdicts.md",
        title=title,
        counts=", ".join(f"{count} {kind}" for kind, count in counts.most_common()) or "No quotation",
        items=list(zip(verdicts, surroundings(verdicts, seeds), strict=True)),
        words=verdict_words,
        difference_words=difference_words,
        plain=plain,
        block_quote=block_quote,
    )
