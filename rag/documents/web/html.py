"""HTML: the article without the navigation around it; its headings are sections.

Where the article begins and ends is trafilatura's judgement; what stands in it is read from the page itself, with
the captions, code and lists of terms that an extractor drops.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import trafilatura
from lxml import etree

from rag.documents.encodings import decode_markup
from rag.documents.parsed import Assembler, Parsed, one_line
from rag.documents.web.markup import STRUCK, Block, Page, blocks, tree, write

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
SHORT = 200
"""Characters of an article up to which it tells nothing of where the text stands."""
LINKED = 0.5
"""The share of links in a block from which on it is navigation."""
_SEPARATOR = re.compile(r" (?:[|–—·•»›:/-]|::|--) |[|»›]|: ")
_HOME = re.compile(r"(?:https?://[^/]*)?/?(?:index\.\w+|default\.\w+|home/?)?\Z", re.IGNORECASE)
_SITE_NAMES = frozenset(("og:site_name", "application-name", "apple-mobile-web-app-title"))


def parse(data: bytes, name: str) -> Parsed:
    """Return the article in ``data``, or the whole page where none stands out; title, author, date as metadata.

    Raises DocumentError where there is no HTML in it.
    """
    text, warnings = decode_markup(data)
    root = tree(text)
    article = _article(text)
    content = Assembler()
    body = blocks(article.body) if article is not None and article.body is not None else []
    page = blocks(root, around=False)
    if not page or 2 * _size(page) < _size(body) > SHORT:
        page = blocks(root)  # the text itself stands in what stands around elsewhere
    write(content, choose(page, body))
    if next(root.iter(*STRUCK), None) is not None:
        warnings = (*warnings, "words that are struck out in it were left out")
    return content.finish(title=title_of(root), metadata=_metadata(root, article), warnings=warnings)


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
    return "".join(character for character in block.words if character.isalnum())


def _size(part: list[Block]) -> int:
    return sum(len(block.text) for block in part)


def _article(text: str) -> trafilatura.settings.Document | None:
    """Return what trafilatura finds; None where it finds nothing, or breaks: the page can be read without it."""
    if len(text) > LARGEST:
        return None
    root = tree(text)
    etree.strip_elements(root, *STRUCK, with_tail=False)
    try:
        extracted = trafilatura.bare_extraction(
            root,
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


def title_of(root: Page) -> str:
    """Return the title of the page, not that of its site: a heading that its title names, or what its title says.

    The site's name is what the page says it is, or a heading above the text (a banner, a link to the first page).
    """
    whole = one_line(next((element.text_content() for element in root.iter("title")), ""))
    banners, headings = _headings(root, _plain(_SEPARATOR.split(whole)[-1]) if _SEPARATOR.search(whole) else "")
    sites = {_plain(content) for name, content in _said_by_meta(root) if name in _SITE_NAMES} | banners
    named = next((content for name, content in _said_by_meta(root) if name in ("og:title", "twitter:title")), "")
    stated = _without_site(whole, sites), _without_site(named, sites)
    parts = {_plain(part) for said in (whole, named) for part in (said, *_SEPARATOR.split(said)) if part} - sites
    shared = [heading for heading in headings if _plain(heading) in parts]
    first = [heading for heading in headings if _plain(heading) not in sites][:1]
    # Of several headings that the title names, the site's comes first on the page.
    return next(filter(None, (*shared[-1:], stated[1], *first, stated[0], whole, *headings)), "")


def _headings(root: Page, last_part: str) -> tuple[set[str], list[str]]:
    """Return the words of headings that name the site, and in order the first headings of the text.

    ``last_part`` of the page's title is mostly the site's name: so is a heading that says it and has no text.
    """
    banners: set[str] = set()
    headings: list[str] = []
    for element in islice(root.iter("h1", "h2"), 20):
        words = one_line(element.text_content())
        if not words or any(above.tag in ("nav", "footer", "aside") for above in element.iterancestors()):
            continue
        if _is_banner(element) or (_plain(words) == last_part and not _has_text(element)):
            banners.add(_plain(words))
        elif len(headings) < 3:
            headings.append(words)
    return banners - {_plain(heading) for heading in headings}, headings


def _is_banner(heading: etree._Element) -> bool:
    links = [*heading.iterancestors("a"), *heading.iterdescendants("a")]
    if any(_HOME.match(link.get("href", "?")) for link in links):
        return True
    above = list(heading.iterancestors())
    inside = any(element.tag in ("article", "main") or element.get("role") == "main" for element in above)
    return not inside and any(element.tag == "header" or element.get("role") == "banner" for element in above)


def _has_text(heading: etree._Element) -> bool:
    """Tell whether a paragraph stands between a heading and the next one."""
    for element in heading.xpath("following::*[position() <= 200]"):
        if element.tag in ("h1", "h2", "h3"):
            return False
        if element.tag != "a" and len((element.text or "").strip()) >= 2 * TELLING:
            return True
    return False


def _said_by_meta(root: Page) -> Iterator[tuple[str, str]]:
    for element in root.iter("meta"):
        yield str(element.get("property") or element.get("name") or "").lower(), one_line(element.get("content", ""))


def _without_site(title: str, sites: set[str]) -> str:
    """Return a title without the part at its beginning or end that names the site; empty where nothing is left."""
    if _plain(title) in sites:
        return ""
    gaps = list(_SEPARATOR.finditer(title))
    if gaps and _plain(title[gaps[-1].end() :]) in sites:
        return title[: gaps[-1].start()].strip()
    if gaps and _plain(title[: gaps[0].start()]) in sites:
        return title[gaps[0].end() :].strip()
    return title


def _plain(words: str) -> str:
    return " ".join(words.casefold().split())


def _metadata(root: Page, article: trafilatura.settings.Document | None) -> tuple[tuple[str, str], ...]:
    language = ("language", root.get("lang") or root.get("xml:lang") or "")
    if article is None:
        return (language,)
    pairs = [(key, str(getattr(article, key) or "")) for key in ("author", "date", "sitename", "description")]
    return (*pairs, language)
