"""Ask a folder of documents; get the answer in the documents' own words, each quote with its exact place.

    >>> import rag
    >>> library = rag.build("seeds/", "index/")              # doctest: +SKIP
    >>> reply = library.ask("Who is Ukraine's foreign minister?")   # doctest: +SKIP

Importing this package is light: models and search libraries are loaded when they are first used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from rag.errors import RagError
from rag.library import Library, build_library, open_library, read_texts
from rag.models import Models
from rag.protocols import OnProgress
from rag.scope import Scope
from rag.settings import Settings, change, load_settings
from rag.types import Answer, Quote, Refusal, Reply, Turn, Verdict
from rag.verification import check_text
from rag.verification import verify as _verify

__version__ = "0.1.0"
__all__ = [
    "Answer", "Library", "Quote", "RagError", "Refusal", "Scope", "Settings", "Turn", "Verdict",
    "build", "open", "read", "verify",
]  # fmt: skip


def open(index: str | Path = "index", *, settings: Settings | None = None) -> Library:
    """Open an index that was built; raises IndexMissing, IndexDamaged, IndexMismatch or EncoderError."""
    return open_library(change(settings or load_settings(), index=index))


def build(
    seeds: str | Path = "seeds",
    index: str | Path = "index",
    *,
    full: bool = False,
    settings: Settings | None = None,
    progress: OnProgress | None = None,
) -> Library:
    """Build an index from a folder of documents and open it; only what changed is read, unless ``full``.

    Raises SeedsError where there is nothing to read, IndexNotWritable where the index folder refuses.
    """
    settings = change(settings or load_settings(), seeds=seeds, index=index)
    return build_library(settings, full=full, progress=progress)


def read(
    question: str, texts: Mapping[str, str], *, turns: Sequence[Turn] = (), settings: Settings | None = None
) -> Reply:
    """Answer from these texts alone, name → text, without an index on disk; raises QuestionError or ReaderError."""
    settings = settings or load_settings()
    return read_texts(question, texts, settings=settings, models=_models(settings), turns=turns).reply


def verify(cited: Reply | Mapping[str, Any] | Sequence[Any] | str, seeds: str | Path = "seeds") -> tuple[Verdict, ...]:
    """Return a verdict for each quote of a reply, in order; ``Verdict.holds`` tells whether it stands where it says.

    ``cited`` is a reply, or as JSON a reply, a conversation, or a list of them; or a text, whose quotations are looked
    for in every document. Reads the documents anew; needs no
    model and no index. Raises ReplyError where it is no reply, SeedsError where there is no folder.
    """
    folder = change(Settings(), seeds=seeds).seeds
    return check_text(cited, folder).verdicts if isinstance(cited, str) else _verify(cited, folder)


@lru_cache(maxsize=2)
def _models(settings: Settings) -> Models:
    return Models(settings)
