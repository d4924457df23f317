"""The owner's questions in the page: who may write them, what is kept, and what a measurement shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fakes import FakeEncoder, FakeReader
from starlette.testclient import TestClient
from web_library import OTHER_PAGES

import rag
from rag.interfaces.web import quality
from rag.interfaces.web.jobs import State
from rag.interfaces.web.pages import render
from rag.interfaces.web.server import application
from rag.interfaces.web.service import Service
from rag.library import build_library
from rag.models import Models
from rag.quality import own, plots
from rag.quality.metrics import Judged
from rag.quality.report import Figure, Report
from rag.types import Progress

HARBOUR = "The harbour of Lisbon was built by <b>Ann</b> & her masons in the stormy spring of that year."
BREAD = "The bread of Porto was baked by Bob, whose ovens were never cold between Easter and Christmas."
JUDGED = (Judged(0.95, True, True), Judged(0.85, True, True), Judged(0.82, True, False), Judged(0.3, False, False))
REPORT = Report("questions", 4, (Figure("lead <right>", 0.5), Figure("suggested threshold", 0.6, "")), JUDGED, 0.4)


@pytest.fixture
def client_for(settings: rag.Settings, write_seeds: Callable[[dict[str, str]], Path]) -> Callable[..., TestClient]:
    """The whole page over an index of two documents, with these settings."""

    def client_for(**change: object) -> TestClient:
        write_seeds({"harbour.txt": HARBOUR, "bread.txt": BREAD})
        changed = replace(settings, **change)
        models = Models(changed, encoder=FakeEncoder(), reader=FakeReader())
        service = Service(changed, lambda: build_library(changed, models=models))
        service.open()
        return TestClient(application(service), base_url="http://127.0.0.1:7860", follow_redirects=False)

    return client_for


def written(**change: object) -> dict[str, object]:
    whole = {"document": "harbour.txt", "start": 0, "end": len(HARBOUR), "question": "Whose work is it?"}
    return {**whole, "answer": "her masons", **change}


def test_a_question_is_kept_in_the_form_that_is_measured(
    client_for: Callable[..., TestClient], settings: rag.Settings
) -> None:
    client, file = client_for(), settings.index.with_name("questions.jsonl")
    assert client.get("/own/questions.jsonl").status_code == 404
    answer = client.post("/own/questions", json=written())
    assert answer.status_code == 201
    assert "1 in all, 0 of them without an answer. A threshold needs 10 or more" in answer.text
    assert client.post("/own/questions", json=written(question="Who sank?", answer=None)).status_code == 201
    assert own.load(file) == [
        own.Own("Whose work is it?", ("her masons",), "harbour.txt"),
        own.Own("Who sank?", (), None),
    ]
    assert client.get("/own/questions.jsonl").content == file.read_bytes()
    page = client.get("/quality").text
    assert "2 in all, 1 of them without an answer." in page
    assert "built by &lt;b&gt;Ann&lt;/b&gt; &amp; her masons" in page
    assert "<b>Ann" not in page
    assert client.get("/own/questions?seed=7").text.count("data-write") == 2
    assert client.get("/own/questions?seed=-1").status_code == 422


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"answer": "zebra"}, 422, "stand in the passage"),
        ({"question": " "}, 422, "A question has words"),
        ({"question": "x" * 2_001}, 422, "at most 2,000 characters"),
        ({"answer": 5}, 422, "answer: Input should be a valid string."),
        ({"end": 5}, 404, "no such passage any more"),
        ({"document": "../secret.txt"}, 404, "secret.txt"),
        ({"start": -1}, 422, "start: "),
        ({"question": "x" * 3_000_000}, 413, "At most 2 MB are taken."),
    ],
)
def test_what_cannot_be_kept_is_refused(
    client_for: Callable[..., TestClient], settings: rag.Settings, change: dict[str, object], status: int, words: str
) -> None:
    answer = client_for().post("/own/questions", json=written(**change))
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert not settings.index.with_name("questions.jsonl").exists()


PATHS = ("/quality", "/own/questions", "/own/questions.jsonl", "/own/quality", "/own/quality/thresholds.svg")


@pytest.mark.parametrize("change", [{"host": "0.0.0.0"}, {"hosts": ("chat.news.example",)}])
def test_elsewhere_nobody_writes_or_reads_questions(
    client_for: Callable[..., TestClient], settings: rag.Settings, change: dict[str, object]
) -> None:
    client = client_for(**change)
    assert {client.get(path).status_code for path in PATHS} == {403}
    assert client.post("/own/questions", json=written()).status_code == 403
    assert "Whoever keeps this server keeps its questions" in client.post("/own/quality").json()["error"]
    assert "/quality" not in client.get("/own/catalogue").text
    assert not settings.index.with_name("questions.jsonl").exists()


def test_behind_a_password_whoever_knows_it_does(client_for: Callable[..., TestClient]) -> None:
    client = client_for(host="0.0.0.0", password="open sesame")
    assert client.post("/own/questions", json=written()).status_code == 401
    bearer = {"Authorization": "Bearer open sesame"}
    assert client.post("/own/questions", json=written(), headers=bearer).status_code == 201
    assert client.get("/quality", headers=bearer).status_code == 200
    assert 'href="/quality"' in client.get("/own/catalogue", headers=bearer).text


@pytest.mark.parametrize("headers", OTHER_PAGES)
def test_other_pages_write_and_measure_nothing(
    client_for: Callable[..., TestClient], settings: rag.Settings, headers: dict[str, str]
) -> None:
    client = client_for(embed=("https://news.example",))
    assert client.post("/own/questions", json=written(), headers=headers).status_code == 403
    assert client.post("/own/quality", headers=headers).status_code == 403
    # Nor have a language model write: that costs whoever keeps the server.
    assert client.post("/own/write", json={"conversation": "c", "turn": 0}, headers=headers).status_code == 403
    assert not settings.index.with_name("questions.jsonl").exists()


def finished(client: TestClient) -> str:
    while "data-under-way" in (html := client.get("/own/quality").text):
        pass
    return html


def test_the_kept_questions_are_asked_and_their_figures_shown(
    client_for: Callable[..., TestClient], settings: rag.Settings
) -> None:
    client = client_for(threshold=0.5)
    assert client.get("/own/quality/reliability.svg").status_code == 404
    client.post("/own/quality")
    assert "cannot be read" in finished(client)
    client.post("/own/questions", json=written(question="Who built the harbour of Lisbon?"))
    client.post("/own/questions", json=written(question="Who painted it?", answer=None))
    assert client.post("/own/quality").status_code == 202
    html = finished(client)
    assert "2 questions were asked; one of them is 50.0 %" in html
    assert "<td>100.0 %</td>" in html
    assert "0.50 (now)" in html
    assert html.count("<img") == (3 if plots.installed() else 0)
    if plots.installed():
        for name in plots.PLOTS:
            answer = client.get(f"/own/quality/{name}.svg")
            assert answer.headers["content-type"] == "image/svg+xml"
            ElementTree.fromstring(answer.text)
    assert "There is no picture" in client.get("/own/quality/secret.svg").json()["error"]


def test_curves_are_said_in_words_and_in_tables() -> None:
    html = render("measured.html", **quality.measured(State(result=REPORT)))
    assert "From a confidence of 0.40 on 75.0 % of the questions are answered, 66.7 % of the answers are right" in html
    assert "of the questions without an answer 100.0 % are refused." in html
    assert "Of the surer half of the questions 0.0 % would be answered wrongly, of all 50.0 %." in html
    assert "87.3 % sure, 66.7 % right" not in html  # bins are a tenth wide
    assert re.search(r'<th scope="row">0\.40 \(now\)</th><td>75\.0 %</td><td>66\.7 %</td><td>100\.0 %</td>', html)
    assert '<th scope="row">0.60 (suggested)</th>' in html
    assert "Lead &lt;right&gt;" in html
    images = re.findall(r'<img [^>]*alt="([^"]*)"', html)
    assert all(images)


def test_without_matplotlib_the_tables_stay_and_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "installed", lambda: False)
    html = render("measured.html", **quality.measured(State(result=REPORT)))
    assert "pip install &quot;chapter-and-verse[plots]&quot;" in html.replace("&#34;", "&quot;")
    assert "<img" not in html
    assert "By threshold" in html


def test_how_a_measurement_stands() -> None:
    def shown(state: State[Report] | None) -> str:
        return render("measured.html", **quality.measured(state))

    assert "data-under-way" not in shown(None)
    assert "The questions are being asked." in shown(State())
    assert '<progress aria-label="Questions asked" max="9" value="3">' in shown(State(Progress("asking", 3, 9)))
    assert '<p role="alert">No &lt;file&gt;.</p>' in shown(State(error="No <file>."))
