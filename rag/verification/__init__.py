"""Citations held against the documents: does every quote stand where it says? Needs no model and no index.

claims      JSON or a reply → what each citation claims
places      where words stand in a text: to the character, but for typography, or with other words among them
changes     what a difference changes: a number, a name, a unit, a negation …
quotations  a text → the quotations in it
drafts      those quotations, held against a folder
hints       the numbers and names of its indirect speech that stand near nobody who is named for them
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from rag import documents
from rag.errors import DocumentError, IndexError_
from rag.text.segment import page_at, sections
from rag.types import Difference, Document, Reply, Span, Verdict, VerdictKind
from rag.verification import drafts
from rag.verification.claims import Claim, claims
from rag.verification.hints import Hint, Told
from rag.verification.places import fold, in_print, nearest, occurrences, typographic
from rag.verification.quotations import quotations

if TYPE_CHECKING:
    from rag.indexing.reuse import Unchanged

__all__ = ["Checked", "Hint", "check_text", "find_again", "sources", "verify"]


_READERS, _AHEAD = 2, 16
"""Files that are read at the same time, and before they are asked for."""


def verify(cited: Reply | Mapping[str, object] | Sequence[object], seeds: Path) -> tuple[Verdict, ...]:
    """Return a verdict for each quote that was cited, in order; a refusal's nearest passages are quotes too.

    ``cited`` is a reply, or as JSON a reply, a conversation (an object whose "replies" are such), or a list of them.
    Only files that a build would read are looked at. Raises ReplyError for anything else, SeedsError for no folder.
    """

    @lru_cache(maxsize=1)
    def files() -> dict[str, Path]:
        return {path.relative_to(seeds).as_posix(): path for path in documents.find(seeds)[0]}

    @lru_cache(maxsize=1)
    def read_file(name: str) -> Mapping[str, Document] | str:
        try:
            return {document.path: document for document in documents.load_all(files()[name], seeds)}
        except DocumentError as error:
            return f"{name} cannot be read: {error}"

    def read(path: str) -> Document | str:
        name = documents.file_of(path, files())
        found = read_file(name) if name else {}
        if isinstance(found, str):
            return found
        return found.get(path) or f"{path} is not among the documents in {seeds}"

    # Document by document, so that each is read once: a PDF takes a process of its own.
    numbered = sorted(enumerate(claims(cited)), key=lambda one: one[1].path)
    verdicts = {number: _judge(claim, read(claim.path)) for number, claim in numbered}
    return tuple(verdicts[number] for number in range(len(verdicts)))


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a text's quotations, in order, and what to look at in its indirect speech."""

    verdicts: tuple[Verdict, ...]
    """``Verdict.text`` tells where each stands in the text."""
    hints: tuple[Hint, ...]
    """They say nothing of whether the text holds."""


def check_text(text: str, seeds: Path, *, file: Path | None = None, index: Path | None = None) -> Checked:
    """Hold a text against a folder: a verdict for each quotation, hints for what it tells in indirect speech.

    ``file`` is the text's own, which is no source though it may lie in the folder. Of files that a child process reads,
    such as PDFs, the text is taken from ``index`` where they are as it has them. Raises SeedsError for no folder.
    """
    found, _ = documents.find(seeds)
    sources = [path for path in found if not (file and path.name == file.name and path.resolve() == file.resolve())]
    quoted = quotations(text)
    told = Told(text, quoted)
    with _known(index) as known:
        return Checked(drafts.judge(quoted, told.through(_documents(sources, seeds, known))), told.hints)


@contextmanager
def _known(index: Path | None) -> Iterator[Unchanged | None]:
    """Give what an index has of the files; nothing where there is none that is whole."""
    from rag.indexing.reuse import Unchanged
    from rag.store.local import Salvage

    try:
        opened = Salvage.open(index) if index else None
    except IndexError_:
        opened = None
    with closing(opened) if opened else nullcontext():
        yield Unchanged(opened) if opened else None


def sources(verdicts: Sequence[Verdict], seeds: Path) -> tuple[Document | None, ...]:
    """Return the document in which each verdict has a place; None where it has none, or it is no longer there."""
    wanted = {verdict.document.path for verdict in verdicts if verdict.document and verdict.start is not None}
    files = {path.relative_to(seeds).as_posix(): path for path in documents.find(seeds)[0]}
    names = sorted({name for path in wanted if (name := documents.file_of(path, files))})
    found = {one.path: one for one in _documents([files[name] for name in names], seeds) if one.path in wanted}
    return tuple(found.get(verdict.document.path) if verdict.document else None for verdict in verdicts)


def _documents(files: Sequence[Path], seeds: Path, known: Unchanged | None = None) -> Iterator[Document]:
    """Yield the documents in these files, in order; of those that a child process reads, two are read at a time."""
    from concurrent.futures import ThreadPoolExecutor  # only a text's check needs it

    def read(file: Path) -> tuple[Document, ...]:
        try:
            return documents.load_all(file, seeds)
        except DocumentError:  # what cannot be read is no source; a build names it
            return ()

    def kept(file: Path) -> tuple[Document, ...] | None:
        try:
            return known.texts_of(documents.identify(file, seeds), file) if known else None
        except DocumentError:
            return ()

    def to_come(file: Path) -> Callable[[], tuple[Document, ...]]:
        if not _is_aside(file):
            return partial(read, file)
        found = kept(file)
        return pool.submit(read, file).result if found is None else lambda: found

    pool = ThreadPoolExecutor(_READERS, thread_name_prefix="reading")
    waiting: deque[Callable[[], tuple[Document, ...]]] = deque()
    try:
        for file in files:
            waiting.append(to_come(file))
            if len(waiting) > _AHEAD:
                yield from waiting.popleft()()
        while waiting:
            yield from waiting.popleft()()
    finally:
        pool.shutdown(cancel_futures=True)


def find_again(words: str, text: str, *, start: int) -> tuple[VerdictKind, Span | None]:
    """Return what became of words that stood at ``start`` of a text, and where they stand now, or what is like them."""
    kind, place, _ = _place(Claim(words, "", start=start), text)
    return kind, place


def _is_aside(file: Path) -> bool:
    with suppress(OSError):
        return documents.SUFFIXES[documents.suffix_of(file)].is_sandboxed(file.stat().st_size)
    return False  # it is gone


def _judge(claim: Claim, document: Document | str) -> Verdict:
    """Return what became of a quote of this document, or of one that is missing for the reason given."""
    if isinstance(document, str):
        return Verdict(claim.exact, "missing", reason=document)
    kind, place, differences = _place(claim, document.text)
    source = documents.source_of(document)
    wrong = (*differences, *_wrong(claim, document, place))
    if (wrong or place is None) and claim.reading not in ("", source.reading):
        # Said where something else is wrong, since it may be why; another version that reads the same is no fault.
        wrong = (*wrong, Difference("reading", claim.reading, source.reading))
    if place is None:
        return Verdict(claim.exact, kind, source, differences=wrong)
    page, _ = page_at(document.pages, document.page_labels, place[0])
    return Verdict(claim.exact, kind, source, *place, page, wrong)


def _place(claim: Claim, text: str) -> tuple[VerdictKind, Span | None, tuple[Difference, ...]]:
    exact, length = claim.exact, len(claim.exact)
    if claim.start is not None and claim.start >= 0 and exact and text.startswith(exact, claim.start):
        return "exact", (claim.start, claim.start + length), ()
    if found := occurrences(exact, text):
        around = [
            at for at in found if text.endswith(claim.prefix, 0, at) and text.startswith(claim.suffix, at + length)
        ]
        likely = around or found
        at = min(likely, key=lambda at: abs(at - (claim.start or 0)))
        kind: VerdictKind = "ambiguous" if len(likely) > 1 else "exact" if claim.start is None else "moved"
        return kind, (at, at + length), ()
    whole = fold(text)
    same = typographic(exact, whole)
    like: tuple[Span, tuple[Difference, ...]] | None = (same, ()) if same else nearest(exact, whole)
    if like is None:
        return "absent", None, ()
    place, differences = like
    if differences:
        return "altered", place, differences
    return "typographic", place, in_print(exact, text[slice(*place)])


def _wrong(claim: Claim, document: Document, place: Span | None) -> Iterator[Difference]:
    """Yield every other claim that is wrong."""
    stands: dict[str, str | int | None] = {name: getattr(document, name) for name in ("id", "title", "path", "sha256")}
    if place is not None:
        text, (start, end) = document.text, place
        page, label = page_at(document.pages, document.page_labels, start)
        stands |= {
            "start": start,
            "end": end,
            "prefix": text[max(0, start - len(claim.prefix)) : start],
            "suffix": text[end : end + len(claim.suffix)],
            "page": page,
            "page_label": label,
            "line": text.count("\n", 0, start) + 1,
        }
    for field, there in stands.items():
        if (said := getattr(claim, field)) not in (None, "", there):
            yield Difference(field, str(said), "" if there is None else str(there))
    if place is None:
        return
    headings = [heading for first, last, heading in sections(document) if first < end and start < last]
    if claim.section and claim.section not in headings:
        yield Difference("section", claim.section, headings[0] if headings else "")
    said_start, said_end = start if claim.start is None else claim.start, end if claim.end is None else claim.end
    for first, last in claim.highlights:
        if not said_start <= first < last <= said_end:
            yield Difference("highlights", f"{first}–{last}", "")
