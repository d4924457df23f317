"""The page's own files; its styles and its scripts each come as one, whose address changes when they do."""

from __future__ import annotations

import hashlib
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from rag.interfaces.web.pages import STATIC
from rag.interfaces.web.thread import Visitors

BUNDLES = {
    # The order counts: what all scripts share comes first, and a later style goes before an earlier one.
    "all.css": ("chat.css", "layout.css", "documents.css", "text.css", "pins.css", "print.css"),
    "all.js": ("chat.js", "framed.js", "thread.js", "written.js", "tools.js", "documents.js", "pins.js"),
}
"""The name of a bundle → the files in it."""
_TYPES = {"css": "text/css", "js": "text/javascript"}
_LASTING = "private, max-age=31536000, immutable"


@cache
def joined(bundle: str) -> str:
    """Return what a bundle holds."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in BUNDLES[bundle])


def address(bundle: str) -> str:
    """Return the address of a bundle, with the hash of what it holds."""
    return f"/own/{bundle}?v={hashlib.sha256(joined(bundle).encode()).hexdigest()[:16]}"


class OwnFiles(StaticFiles):
    """The page's own files. With the script that asks comes what tells who asks: a first question keeps its asker."""

    def __init__(self, *, framed: bool) -> None:
        super().__init__(directory=STATIC)
        self._visitors = Visitors(framed=framed)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a bundle or a file; with the scripts, the cookie of a browser that has none yet."""
        if path not in BUNDLES or scope["method"] not in {"GET", "HEAD"}:
            return await super().get_response(path, scope)
        kind = _TYPES[path.rpartition(".")[2]]
        response = Response(joined(path), media_type=kind, headers={"Cache-Control": _LASTING})
        if path == "all.js":
            self._visitors(Request(scope), response)
        return response
