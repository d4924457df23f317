from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient
from web_library import FakeLibrary, document, page

import rag
from rag.interfaces.web import catalogue
from rag.interfaces.web.catalogue import View, chosen, row, tree
from rag.interfaces.web.jobs import State
from rag.interfaces.web.pages import render
from rag.interfaces.web.server import application
from rag.interfaces.web.service import Service
from rag.types import Progress, Summary

NAMED = ("news/2024/a.txt", "news/b.pdf", "readme", "trade/Zürich.txt", "news/2024/minutes of March.txt")
ENTRIES = FakeLibrary([document(path, "x." * at, title=f"The <{path[:1]}> {at}") for at, path in enumerate(NAMED)])
ROWS = [
    row(replace(entry, passages=at, date=f"20{at:02}"))
    for at, entry in enumerate(reversed(ENTRIES.documents()), start=10)
]


def paths(**view: str) -> list[str]:
    return [row.path for row in chosen(ROWS, View(**view))]


def test_all_of_several_words_are_found_in_titles_and_paths() -> None:
    assert paths(words="MARCH news") == ["news/2024/minutes of March.txt"]
    assert paths(words="zu\u0308rich") == ["trade/Zürich.txt"]
    assert paths(words="<n> b.pdf") == ["news/b.pdf"]
    assert paths(words="march zebra") == []


def test_a_folder_and_a_kind_alone() -> None:
    assert paths(folder="news/2024/") == ["news/2024/a.txt", "news/2024/minutes of March.txt"]
    assert paths(folder="news/", kind="PDF") == ["news/b.pdf"]
    assert paths(kind="text/plain") == ["readme"]


def test_every_order() -> None:
    by_name = ["news/2024/a.txt", "news/b.pdf", "news/2024/minutes of March.txt", "readme", "trade/Zürich.txt"]
    assert paths() == paths(order="nothing such") == by_name
    assert paths(order="date") == paths(order="passages") == list(NAMED)
    assert paths(order="pages") == by_name
    assert paths(order="kind") == ["news/b.pdf", by_name[0], by_name[2], by_name[4], "readme"]


def test_the_tree_is_open_on_the_way_to_the_chosen_folder() -> None:
    assert [(one.path, one.depth, one.documents, one.chosen) for one in tree(ROWS, "")] == [
        ("news/", 0, 3, False),
        ("trade/", 0, 1, False),
    ]
    assert [(one.name, one.depth, one.chosen) for one in tree(ROWS, "news/")] == [
        ("news", 0, True),
        ("2024", 1, False),
        ("trade", 0, False),
    ]


def test_a_long_list_is_cut_and_says_so() -> None:
    html = catalogue.listing([ROWS[0]] * 201, View())
    assert html.count("data-show") == 200
    assert "The first 200 of 201" in html
    assert "No document here has these words" in catalogue.listing(ROWS, View(words="zebra"))
    assert "There is no document yet." in catalogue.listing([], View())


def test_rows_show_documents_as_text_with_their_warnings() -> None:
    html = catalogue.listing([row(replace(ROWS[0].entry, warnings=("read as <cp1252>",)))], View(order="date"))
    assert '<span class="cv-warning" dir="auto">read as &lt;cp1252&gt;</span>' in html
    assert "The &lt;n&gt; 4" in html
    assert re.search(r'aria-sort="descending"><button type="button" data-order="date"', html)


def test_a_list_is_made_once_for_each_generation(settings: rag.Settings) -> None:
    library = FakeLibrary([document("a.txt", "One.")])
    known = catalogue.Catalogue(SimpleNamespace(library=library))  # type: ignore[arg-type]
    assert known.rows() is known.rows()
    library._documents["b.txt"] = document("b.txt", "Two.")
    assert len(known.rows()) == 1
    library.manifest.name = "2"
    assert len(known.rows()) == 2


def test_the_first_screen_has_the_largest_folders_first(settings: rag.Settings) -> None:
    names = ("b.txt", "old mail/x/1.txt", "old mail/2.txt", "news/3.txt")
    html = page(settings, [document(name, "One.") for name in names]).get("/own/state").text
    assert re.findall(r'data-within="([^"]*)"><bdi>([^<]*)</bdi> (\d+)<', html) == [
        ("in:&quot;old mail/&quot; ", "old mail/", "2"),
        ("in:news/ ", "news/", "1"),
    ]


def test_the_tab_says_what_is_there_and_what_can_be_done(settings: rag.Settings) -> None:
    client = page(settings)
    html = client.get("/own/catalogue").text
    assert "<dt>Documents</dt><dd>1</dd>" in html
    assert '<time datetime="2026-11-23T08:00:00Z">23 November 2026, 08:00 UTC</time>' in html
    assert "data-skipped>1 file</button>" in html
    assert '<bdi class="cv-path">broken.txt</bdi>: <bdi>binary</bdi>' in html
    assert "Check for new files" in html
    assert "data-uploads" in html
    assert client.get("/own/listing?words=news").text.count("data-show") == 1


def test_the_head_and_the_first_screen_come_once_for_each_index(settings: rag.Settings) -> None:
    library = FakeLibrary([document("a.txt", "One. Two.")])
    service = Service(settings, lambda: library, find_examples=lambda library: ("Who?",))  # type: ignore[arg-type, return-value]
    client = TestClient(application(service), base_url="http://127.0.0.1:7860")
    opening = client.get("/own/state").text
    assert 'data-generation=""' in opening
    assert "data-soon" in opening
    assert "cv-examples" not in opening
    service.rebuilding.report(Progress("embedding", 256, 1984))
    assert "Embedding the passages: 256 of 1,984. Then questions are answered." in client.get("/own/state").text
    service.open()
    first = client.get("/own/state").text
    assert 'data-searched="1 document, 2 passages" data-reading="2 of 2 passages"' in first
    assert 'data-ask="Who?"' in first
    assert "data-soon" not in first
    known = re.search(r'data-generation="([^"]+)"', first)
    assert known
    assert "cv-examples" not in client.get("/own/state", params={"known": known[1]}).text
    service.examples = ("Who else?",)
    assert 'data-ask="Who else?"' in client.get("/own/state", params={"known": known[1]}).text


@pytest.mark.parametrize("change", [{"host": "0.0.0.0"}, {"hosts": ("chat.news.example",)}])
def test_elsewhere_it_says_who_keeps_the_files(settings: rag.Settings, change: dict[str, str]) -> None:
    client = page(replace(settings, **change))
    html = client.get("/own/catalogue").text
    assert "Whoever keeps this server keeps its files" in html
    assert "data-rebuild" not in html
    assert client.post("/own/rebuild").status_code == 403
    assert client.put("/own/uploads?name=a.txt", content=b"x").status_code == 403
    assert client.delete("/own/uploads?name=a.txt").status_code == 403


def test_behind_a_password_documents_may_be_read_again(settings: rag.Settings) -> None:
    client = page(replace(settings, host="0.0.0.0", password="open sesame"))
    assert client.post("/own/rebuild").status_code == 401
    bearer = {"Authorization": "Bearer open sesame"}
    assert client.post("/own/rebuild", headers=bearer).status_code == 202
    assert "Check for new files" in client.get("/own/catalogue", headers=bearer).text


def state(of: State[Summary] | None) -> str:
    return render(
        "state.html", state=of, settled=True, generation="g", searched="3 documents", reading="3 of 9 passages"
    )


def test_how_a_rebuild_stands() -> None:
    assert (
        state(None).strip() == '<div class="cv-rebuild" data-generation="g" data-searched="3 documents" '
        'data-reading="3 of 9 passages"></div>'
    )
    assert "Looking at the folder" in state(State())
    under_way = state(State(progress=Progress("embedding", 1_200, 5_000)))
    assert '<progress aria-label="Embedding the passages" max="5000" value="1200"></progress>' in under_way
    assert "Embedding the passages: 1,200 of 5,000. Questions are answered from the old index meanwhile." in under_way
    assert "Reading the documents." in state(State(progress=Progress("reading", 3, 0)))
    done = state(State(result=Summary(2, 7, 3, (), (), 1.25, "g")))
    assert "Checked in 1.2 s: 2 documents, 7 passages, 3 of them new." in done
    assert "No space &lt;left&gt;. The index is as it was before." in state(State(error="No space <left>."))
