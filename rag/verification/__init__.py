"""Citations held against the documents: does every quote stand where it says? Needs no model and no index.

claims   JSON or a reply → what each citation claims
places   where words stand in a text: to the character, but for typography, or with other words among them
judge    a claim and its document → a verdict
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from rag import documents
from rag.errors import DocumentError
from rag.types import Document, Reply, Verdict
from rag.verification.claims import Claim, claims
from rag.verification.judge import judge, missing

__all__ = ["verify"]


def verify(cited: Reply | Mapping[str, object] | Sequence[object], seeds: Path) -> tuple[Verdict, ...]:
    """Return a verdict for each quote that was cited, in order; a refusal's nearest passages are quotes too.

    ``cited`` is a reply, or as JSON a reply, a conversation (an object whose "replies" are such), or a list of them.
    Only files that a build would read are looked at. Raises ReplyError for anything else, SeedsError for no folder.
    """

    @lru_cache(maxsize=1)
    def files() -> dict[str, Path]:
        return {path.relative_to(seeds).as_posix(): path for path in documents.find(seeds)[0]}

    @lru_cache(maxsize=1)
    def read(path: str) -> Document | str:
        if path not in files():
            return f"{path} is not among the documents in {seeds}"
        try:
            return documents.load(files()[path], seeds)
        except DocumentError as error:
            return f"{path} cannot be read: {error}"

    def verdict(claim: Claim) -> Verdict:
        document = read(claim.path)
        return missing(claim, document) if isinstance(document, str) else judge(claim, document)

    # Document by document, so that each is read once: a PDF takes a process of its own.
    numbered = sorted(enumerate(claims(cited)), key=lambda one: one[1].path)
    verdicts = {number: verdict(claim) for number, claim in numbered}
    return tuple(verdicts[number] for number in range(len(verdicts)))
