"""The demo page: the chat embedded as on a page of one's own, and the few lines that do it."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse

from rag.interfaces.web.markup import Html, element, head_links, page

_IFRAME = """<iframe src="{origin}/" title="Ask the documents"
        width="100%" height="640" style="border:0" allow="clipboard-write"></iframe>"""
_BUTTON = """<script src="{origin}/embed.js" data-label="Ask the documents" defer></script>"""
_CLIENT = """import {{ Client }} from "@gradio/client";

const app = await Client.connect("{origin}");
const {{ data: [reply] }} = await app.predict("/ask", {{ question: "Who …?" }});
for (const quote of reply.quotes)
  console.log(quote.exact, quote.document.title, quote.line);"""
_FETCH = """const response = await fetch("{origin}/api/ask", {{
  method: "POST",
  headers: {{ "Content-Type": "application/json" }},
  body: JSON.stringify({{ question: "Who …?" }}),
}});
const reply = await response.json();"""

_WAYS = (
    (
        "In the page",
        "The chat as part of a page. Add ?theme=dark for a dark page, ?question=… to begin with a question.",
        _IFRAME,
    ),
    ("Behind a button", "A button in the corner of every page opens the chat over it.", _BUTTON),
    (
        "With your own design",
        "Gradio’s JavaScript client returns the reply as an object, quotes with their exact places.",
        _CLIENT,
    ),
    ("Without any library", "The same over plain HTTP; the description is at /api/openapi.json.", _FETCH),
)


def routes(static: Path) -> APIRouter:
    """Return ``/demo`` and ``/embed.js``, which lies in the folder ``static``."""
    router = APIRouter(include_in_schema=False)

    @router.get("/demo", response_class=HTMLResponse)
    def demo(request: Request) -> str:
        return _demo(f"{request.url.scheme}://{request.url.netloc}")

    @router.get("/embed.js")
    def embed() -> FileResponse:
        return FileResponse(static / "embed.js", media_type="text/javascript")

    return router


def _demo(origin: str) -> str:
    return page(
        [
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("title", "Chapter & Verse on a page of your own"),
            head_links(styles=("/own/page.css",), scripts=("/own/demo.js",)),
        ],
        [
            element(
                "main",
                element("h1", "Ask, and see where it says so"),
                element(
                    "p",
                    "This is how the chat looks inside another page. It answers in the documents’ own words, and every "
                    "quote opens the document at its place.",
                    class_="lead",
                ),
                element(
                    "iframe", src="/", title="Ask the documents", height=640, allow="clipboard-write", class_="chat"
                ),
                element("h2", "Put it on yours"),
                *[_way(name, words, code.format(origin=origin)) for name, words, code in _WAYS],
                element(
                    "p",
                    "A page on another host may embed the chat once its origin is in the setting ",
                    element("code", "embed"),
                    ", for example ",
                    element("code", 'embed = ["https://news.example"]'),
                    " in ",
                    element("code", "rag.toml"),
                    ". No page but our own may by default.",
                ),
            ),
        ],
    )


def _way(name: str, words: str, code: str) -> Html:
    copy = element("button", "Copy", type="button", data_copy_code=True)
    return element(
        "section", element("h3", name), element("p", words), element("pre", element("code", code), tabindex=0), copy
    )
