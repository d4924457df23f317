from __future__ import annotations

from dataclasses import replace

from web_library import NEWS, FakeLibrary, document

from rag.interfaces.web import catalogue as shelf
from rag.interfaces.web.service import Rebuild
from rag.types import Progress, Skipped, Summary

ENTRIES = FakeLibrary(
    [document("a/news.txt", NEWS, title="The <News>"), document("b.pdf", "x.", pages=(0, 1))]
).documents()


def test_what_is_in_the_index_and_what_is_not() -> None:
    html = shelf.shelf("2026-11-23T08:27:25+00:00", 1234, ENTRIES, [Skipped("bad<.txt", "it is binary")]).text
    assert "<dt>Passages</dt><dd>1,234</dd>" in html
    assert '<time datetime="2026-11-23T08:27:25+00:00">23 November 2026, 08:27 UTC</time>' in html
    assert "The &lt;News&gt;" in html
    assert '<td>PDF</td><td class="cv-count">2</td>' in html
    assert '<bdi class="cv-path">bad&lt;.txt</bdi>: <bdi>it is binary</bdi>' in html


def test_warnings_stand_with_their_document() -> None:
    warned = replace(ENTRIES[0], warnings=("read as <cp1252>",))
    assert '<span class="cv-warning" dir="auto">read as &lt;cp1252&gt;</span>' in shelf.listing([warned]).text


def test_the_filter_looks_at_titles_and_paths() -> None:
    assert shelf.listing(ENTRIES, "NEWS").text.count("data-show") == 1
    assert shelf.listing(ENTRIES, "b.pdf").text.count("data-show") == 1
    assert shelf.listing(ENTRIES, " ").text.count("data-show") == 2
    assert "No document has these words" in shelf.listing(ENTRIES, "zebra").text


def test_a_long_list_is_cut_and_says_so() -> None:
    html = shelf.listing([ENTRIES[0]] * (shelf.SHOWN + 1)).text
    assert html.count("data-show") == shelf.SHOWN
    assert "The first 200 of 201" in html


def test_how_a_rebuild_stands() -> None:
    assert shelf.rebuild(None).text == '<div class="cv-rebuild"></div>'
    assert "Looking at the folder" in shelf.rebuild(Rebuild()).text
    under_way = shelf.rebuild(Rebuild(progress=Progress("embedding", 1_200, 5_000))).text
    assert '<progress aria-label="Embedding the passages" max="5000" value="1200"></progress>' in under_way
    assert "Embedding the passages: 1,200 of 5,000. Questions are answered from the old index meanwhile." in under_way
    assert "Reading the documents." in shelf.rebuild(Rebuild(progress=Progress("reading", 3, 0))).text
    done = shelf.rebuild(Rebuild(summary=Summary(2, 7, 3, (), (), 1.25, "g"))).text
    assert "Read again in 1.2 s: 2 documents, 7 passages, 3 of them embedded anew." in done
    failed = shelf.rebuild(Rebuild(error="No space <left>.")).text
    assert "No space &lt;left&gt;. The index is as it was before." in failed
