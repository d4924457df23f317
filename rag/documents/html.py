"""HTML: the article without the navigation around it; its headings are sections.

Where the article begins and ends is trafilatura's judgement; what stands in it is read from the page itself, with
the captions, code and lists of terms that an extractor drops.
"""

from __future__ import annotations

import trafilatura

from rag.documents.markup import Block, Page, blocks, decode_markup, tree, write
from rag.documents.parsed import Assembler, Parsed

SETTINGS = {"original_date": True, "extensive_search": False, "max_date": "2100-01-01"}
"""How the date is looked for: in what the page says of itself, and not depending on today's date."""
LARGEST = 5_000_000
"""Characters of a page up to which an article is looked for in it."""
NEARLY_ALL = 0.9
"""From this share of the page on, the article is the page."""
TELLING = 20
"""Letters from which on the same words in page and article are no accident."""
SEARCHED = 200_000
"""Letters of an article up to which a block may also be a part of one of its blocks: searching takes time."""
LINKED = 0.5
"""The share of links in a block from which on it is navigation."""


def parse(data: bytes, name: str) -> Parsed:
    """Return the article in ``data``, or the whole page where none stands out; title, author, date as metadata.

    Raises DocumentError where there is no HTML in it.
    """
    text, warnings = decode_markup(data)
    root = tree(text)
    article = _article(text)
    content = Assembler()
    body = blocks(article.body) if article is not None and article.body is not None else []
    write(content, choose(blocks(root, around=False), body))
    return content.finish(title=_title(root, article), metadata=_metadata(root, article), warnings=warnings)


def choose(page: list[Block], article: list[Block]) -> list[Block]:
    """Return the blocks of the page from the article's first to its last, but for links between them.

    The heading above the first belongs to it. Where page and article cannot be compared, the article is taken, and
    the page where there is none.
    """
    if not article or _size(article) > NEARLY_ALL * _size(page):
        return page
    said = "\n".join(_letters(block) for block in article)
    lines = frozenset(said.split("\n"))
    searched = said if len(said) < SEARCHED else ""
    shared = [
        letters in lines or (len(letters) >= 2 * TELLING and letters in searched) for letters in map(_letters, page)
    ]
    inside = [at for at, same in enumerate(shared) if same and len(_letters(page[at])) >= TELLING]
    if not inside or sum(len(_letters(page[at])) for at in inside) < len(said) / 2:
        return article if len(article) > 1 else page
    first, last = inside[0], inside[-1]
    first = min([first, *(at for at in range(max(0, first - 3), first) if page[at].is_heading)])
    return [page[at] for at in range(first, last + 1) if shared[at] or page[at].is_heading or page[at].linked < LINKED]


def _letters(block: Block) -> str:
    return "".join(character for character in block.text if character.isalnum())


def _size(part: list[Block]) -> int:
    return sum(len(block.text) for block in part)


def _article(text: str) -> trafilatura.settings.Document | None:
    """Return what trafilatura finds; None where it finds nothing, or breaks: the page can be read without it."""
    if len(text) > LARGEST:
        return None
    try:
        extracted = trafilatura.bare_extraction(
            tree(text),
            with_metadata=True,
            include_comments=False,
            include_formatting=True,
            date_extraction_params=dict(SETTINGS),
        )
    except MemoryError:
        raise
    except Exception:  # its rules meet pages that nobody thought of
        return None
    return None if isinstance(extracted, dict) else extracted


def _title(root: Page, article: trafilatura.settings.Document | None) -> str:
    if article is not None and article.title:
        return str(article.title)
    title = next((element.text_content() for tag in ("title", "h1", "h2") for element in root.iter(tag)), "")
    return str(title)


def _metadata(root: Page, article: trafilatura.settings.Document | None) -> tuple[tuple[str, str], ...]:
    language = ("language", root.get("lang") or root.get("xml:lang") or "")
    if article is None:
        return (language,)
    pairs = [(key, str(getattr(article, key) or "")) for key in ("author", "date", "sitename", "description")]
    return (*pairs, language)
