"""The chat, the page that embeds it, and the JSON API."""

from __future__ import annotations

from rag.settings import Settings


def serve(settings: Settings, *, open_browser: bool = False) -> None:
    """Serve the chat until it is stopped.

    Builds the index from ``settings.seeds`` where ``settings.index`` has none, with progress on stderr.
    Raises ServeError where the port is taken, and the errors of ``rag.build`` and ``rag.open``.
    """
    from rag.interfaces.web.server import run

    run(settings, open_browser=open_browser)
