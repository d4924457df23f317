"""The front door: models are loaded once, a generation is read to its end, and a closed library says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import FakeEncoder, FakeReader

import rag
from rag.answering.calibration import calibration_for
from rag.errors import IndexError_, QuestionError, ScopeError
from rag.library import Library, Models, build_library, open_library, read_texts
from rag.scope import EVERYTHING, Scope
from rag.settings import Settings
from rag.types import Answer, Refusal

TEXTS = {"talks.txt": "Sybiha spoke about talks in Rome. It rained.", "bread.txt": "Bread is baked in an oven."}


@pytest.fixture
def models(settings: Settings) -> Models:
    return Models(settings, encoder=FakeEncoder(), reader=FakeReader(scale=30.0))


@pytest.fixture
def library(settings: Settings, models: Models, write_seeds: Callable[..., Path]) -> Library:
    write_seeds(TEXTS)
    return build_library(settings, models=models)


def test_whoever_asks_first_the_encoder_is_loaded_once(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    loaded: list[FakeEncoder] = []

    def load(name: str) -> FakeEncoder:
        time.sleep(0.05)  # long enough for the others to come too
        loaded.append(FakeEncoder())
        return loaded[-1]

    monkeypatch.setattr("rag.encoder.SentenceEncoder.load", load)
    models = Models(settings)
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda _: models.encoder, range(4)))
    assert len(loaded) == 1
    assert all(encoder is loaded[0] for encoder in seen)


def test_who_reads_is_told_by_the_settings_and_by_who_is_given(settings: Settings) -> None:
    first, second = FakeReader(), FakeReader()
    both = Models(settings, encoder=FakeEncoder(), reader=first, second_reader=second)
    assert Models(settings).readers(settings) == both.readers(settings) == "both"
    assert Models(settings, reader=first).readers(settings) == "first"  # it reads alone
    assert both.readers(replace(settings, second_reader=False)) == "first"
    assert both.readers(replace(settings, reader=False)) == "none"
    pipeline = both.pipeline(replace(settings, reread_passages=2), given=False)
    assert pipeline.again is not None
    assert (pipeline.reader, pipeline.again.reader, pipeline.again.passages) == (first, second, 2)
    assert pipeline.again.calibration == calibration_for(readers="both", index=True)
    assert Models(settings, reader=first).pipeline(settings, given=False).again is None


def test_what_is_being_read_stays_open_through_a_refresh(library: Library, write_seeds: Callable[..., Path]) -> None:
    before = library.manifest.name
    with library._reading() as store:
        write_seeds({"new.txt": "Sybiha went to Oslo."})
        build_library(library.settings, models=library.models)
        assert library.refresh()
        assert library.manifest.name != before
        assert store.slice("talks.txt", 0, 6) == "Sybiha"
    with pytest.raises(IndexError_):
        store.slice("talks.txt", 0, 6)
    assert library.document_count == 3
    assert not library.refresh()


def test_questions_and_refreshes_side_by_side(library: Library, write_seeds: Callable[..., Path]) -> None:
    stop = threading.Event()

    def ask() -> int:
        answered = 0
        while not stop.is_set():
            reply = library.ask("Sybiha spoke about talks in Rome?")
            assert isinstance(reply, Answer)
            assert reply.quotes[0].exact == "Sybiha spoke about talks in Rome."
            answered += 1
        return answered

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        for number in range(4):
            write_seeds({f"new{number}.txt": f"Number {number} came."})
            build_library(library.settings, models=library.models).close()
            assert library.refresh()
        stop.set()
        assert all(future.result() > 0 for future in asking)


def test_a_closed_library_says_so(library: Library) -> None:
    with library:
        assert library.document("bread.txt").text == TEXTS["bread.txt"]
    for call in (library.documents, lambda: library.ask("Why?"), lambda: library.search("bread")):
        with pytest.raises(IndexError_, match="open the index again"):
            call()
    library.close()
    assert open_library(library.settings, models=library.models).document_count == 2


def test_a_search_decides_nothing(library: Library) -> None:
    hits = library.search("bread in an oven", limit=1)
    assert [(hit.passage.document_id, hit.text) for hit in hits] == [("bread.txt", TEXTS["bread.txt"])]
    [quote] = library.search_quotes("bread in an oven", limit=1)
    assert (quote.exact, quote.document.path, quote.highlights) == (TEXTS["bread.txt"], "bread.txt", ())
    assert quote.score == hits[0].score
    with pytest.raises(QuestionError):
        library.search("  ")


def test_each_document_is_read_and_found_in_its_language(
    settings: Settings, models: Models, write_seeds: Callable[..., Path]
) -> None:
    german = "Die Gespräche waren am 3. Mai in Rom. Das Brot wird in den Öfen der Stadt gebacken, und es ist gut."
    write_seeds({**TEXTS, "brot.txt": german})
    library = build_library(settings, models=models)
    assert [library.document(name).language for name in ("bread.txt", "brot.txt")] == ["en", "de"]
    [passage] = library.passages_of("brot.txt")
    assert (passage.language, len(passage.sentences)) == ("de", 2)
    assert library.search("Wo steht der Ofen?", limit=1)[0].passage == passage
    reply = library.ask("Die Gespräche waren in Rom?")
    assert "answers in German are right less often" in reply.notices[0]
    assert read_texts("Die Gespräche waren in Rom?", {"a": german}, settings=settings, models=models).reply.notices
    (settings.seeds / "bread.txt").write_text("Bread is baked at home.", encoding="utf-8")
    assert build_library(settings, models=models).document("brot.txt").language == "de"


def test_a_question_is_asked_of_some_documents_alone(library: Library, models: Models) -> None:
    question = "Sybiha spoke about talks in Rome?"
    asked = library.ask(question, within=("talks.txt",))
    assert isinstance(asked, Answer)
    assert asked.scope == Scope(("talks.txt",))
    assert library.ask(question).scope == EVERYTHING
    elsewhere = library.ask(question, within="bread.txt")
    assert isinstance(elsewhere, Refusal)
    assert {quote.document.id for quote in elsewhere.nearest} == {"bread.txt"}
    assert [hit.passage.document_id for hit in library.search(question, within="bread.txt")] == ["bread.txt"]
    assert [entry.source.id for entry in library.documents(within="bread.txt")] == ["bread.txt"]
    with pytest.raises(ScopeError, match=r"'bred\.txt' is in the index\. Near it: bread\.txt"):
        library.search_quotes(question, within="bred.txt")


def test_where_no_document_is_in_the_scope_the_refusal_says_so(library: Library) -> None:
    scope = Scope(types=("pdf",))
    for question in ("Who is it?", "What is this about?"):
        reply = library.ask(question, within=scope)
        assert isinstance(reply, Refusal)
        assert (reply.kind, reply.nearest, reply.scope) == ("absent", (), scope)
        assert reply.reason == "No document is of type pdf: nothing was searched."
    greeting = library.ask("Hello!", within=scope)
    assert isinstance(greeting, Refusal)
    assert greeting.kind == "other"
    assert library.search("bread", within=scope) == ()


def test_a_summary_keeps_to_the_scope(library: Library) -> None:
    reply = library.ask("What is this about?", within="bread.txt")
    assert isinstance(reply, Answer)
    assert {quote.document.id for quote in reply.quotes} == {"bread.txt"}


def test_the_date_of_a_new_file_is_known(library: Library) -> None:
    today = datetime.now(UTC).astimezone().date().isoformat()
    assert len(library.search("bread", within=Scope(since=today))) == 2
    assert library.search("bread", within=Scope(until="2020")) == ()


def test_one_document_of_many_is_found_in_its_scope(
    settings: Settings, models: Models, write_seeds: Callable[..., Path]
) -> None:
    write_seeds({f"near/{number}.txt": f"The fox of number {number} sleeps in Rome." for number in range(400)})
    write_seeds({"far/away.txt": "A bear came late."})
    library = build_library(settings, models=models)
    assert "far/away.txt" not in {hit.passage.document_id for hit in library.search("The fox sleeps in Rome", limit=50)}
    found = library.search("The fox sleeps in Rome", within="far/")
    assert [hit.passage.document_id for hit in found] == ["far/away.txt"]


def test_the_fitted_threshold_holds_unless_the_settings_overrule_it(
    library: Library, models: Models, settings: Settings
) -> None:
    question = "Sybiha spoke about talks in Rome?"
    strict = build_library(settings, models=models, threshold=1.0)
    assert isinstance(strict.ask(question), Refusal)
    lenient = open_library(Settings(seeds=settings.seeds, index=settings.index, threshold=0.0), models=models)
    assert isinstance(lenient.ask(question), Answer)


def test_texts_are_read_without_an_index(settings: Settings, models: Models) -> None:
    outcome = read_texts("Bread is baked in an oven?", TEXTS, settings=settings, models=models)
    assert isinstance(outcome.reply, Answer)
    assert outcome.reply.quotes[0].document.id == "bread.txt"
    assert not settings.index.exists()


def test_the_source_of_the_nile_is_not_in_a_text_about_bread() -> None:
    reply = rag.read("What is the source of the Nile?", {"bread": "Bread is baked in an oven. The crust is brown."})
    assert isinstance(reply, Refusal)
    assert reply.confidence < 0.3
