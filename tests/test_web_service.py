from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from until import until
from web_library import NEWS, FakeLibrary, document

import rag
from rag.errors import IndexDamaged, QuestionError, SeedsError
from rag.interfaces.web import service as module
from rag.interfaces.web.clients import CLIENT, Busy, Flooding, Places
from rag.interfaces.web.jobs import State
from rag.interfaces.web.service import Service, TooLong
from rag.pipeline import check_question
from rag.types import Progress, Reply, Summary

SUMMARY = Summary(1, 3, 0, (), (), 0.1, "g")


def opened(library: FakeLibrary | None = None, **options: Any) -> Service:
    library = library or FakeLibrary([document("a.txt", NEWS)])
    service = Service(rag.Settings(), lambda: library, **options)  # type: ignore[arg-type, return-value]
    service.open()
    return service


class Slow(FakeLibrary):
    """Answers when it is let to."""

    def __init__(self) -> None:
        super().__init__([document("a.txt", NEWS)])
        self.at_work = 0
        self.most = 0
        self.began = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.go_on.set()
        self.lock = threading.Lock()

    def ask(self, question: str, **options: Any) -> Reply:
        with self.lock:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
        self.began.release()
        self.go_on.wait()
        with self.lock:
            self.at_work -= 1
        return super().ask(question, **options)


def test_the_library_is_asked_once_to_load_the_models() -> None:
    service = opened(find_examples=lambda library: ("Who?",))
    assert service.ready
    assert service.examples == ("Who?",)
    assert service.searched() == "1 document, 3 passages"
    assert len(service.library.asked) == 1  # type: ignore[attr-defined]


def test_the_models_are_loaded_after_what_is_waited_for() -> None:
    library = FakeLibrary([document("a.txt", NEWS)])
    service = Service(rag.Settings(), lambda: library)  # type: ignore[arg-type, return-value]
    seen: list[tuple[int, bool, int]] = []
    service.open(wait=lambda: seen.append((service.library.passage_count, service.ready, len(library.asked))))
    assert seen == [(3, False, 0)]
    assert service.ready


def test_a_question_waits_for_the_library() -> None:
    library = FakeLibrary([document("a.txt", NEWS)])
    service = Service(rag.Settings(), lambda: library)  # type: ignore[arg-type, return-value]
    replies: list[Reply] = []
    asking = threading.Thread(target=lambda: replies.append(service.ask("harbour")))
    asking.start()
    assert not service.ready
    service.open()
    asking.join(10)
    assert replies[0].question == "harbour"


def test_a_library_that_cannot_be_opened_is_told_to_everybody() -> None:
    def damaged() -> Any:
        raise IndexDamaged("vectors is damaged.")

    told: list[str] = []
    service = Service(rag.Settings(), damaged)
    service.open(lambda: told.append("failed"))
    assert told == ["failed"]
    assert isinstance(service.failure, IndexDamaged)
    with pytest.raises(IndexDamaged, match="vectors is damaged"):
        service.ask("harbour")


def test_only_so_many_are_answered_at_once_and_only_so_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 3)
    library = Slow()
    service = opened(library)
    library.began.acquire()
    library.go_on.clear()
    asking = [threading.Thread(target=service.ask, args=("harbour",)) for _ in range(module.AT_ONCE + 3)]
    for thread in asking[: module.AT_ONCE]:
        thread.start()
        assert library.began.acquire(timeout=10)
    for thread in asking[module.AT_ONCE :]:
        thread.start()
    while service._places.taken < module.AT_ONCE + 3:
        threading.Event().wait(0.001)
    with pytest.raises(Busy, match="Too many are waiting"):
        service.ask("harbour")
    assert service.verify({"status": "refused", "quotes": [], "closest": []}) == ()  # which waits for no question
    library.go_on.set()
    for thread in asking:
        thread.join(10)
    assert library.most == module.AT_ONCE
    assert service.ask("harbour").question == "harbour"


def test_one_who_floods_waits_behind_the_others_and_is_turned_away() -> None:
    places, began, go_on = Places(at_once=1, waiting=9, each=5), threading.Event(), threading.Event()
    order: list[str] = []

    def ask(client: str, work: Callable[[], object]) -> object:
        CLIENT.set(client)
        return places.do(work)

    def first() -> None:
        began.set()
        assert go_on.wait(30)

    def asking(client: str, work: Callable[[], object]) -> threading.Thread:
        before = places.taken
        thread = threading.Thread(target=ask, args=(client, work))
        thread.start()
        while places.taken == before:
            threading.Event().wait(0.001)
        return thread

    threads = [asking("flood", first)]
    assert began.wait(30)
    threads += [asking("flood", lambda number=number: order.append(f"flood {number}")) for number in range(4)]
    threads += [asking("ann", lambda number=number: order.append(f"ann {number}")) for number in range(2)]
    threads.append(asking("bob", lambda: order.append("bob")))
    with pytest.raises(Flooding, match=r"^5 of your requests are waiting already\."):
        contextvars.copy_context().run(ask, "flood", list)
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert order == ["flood 0", "ann 0", "bob", "flood 1", "ann 1", "flood 2", "flood 3"]
    assert contextvars.copy_context().run(ask, "flood", lambda: "again") == "again"
    with pytest.raises(ZeroDivisionError):
        contextvars.copy_context().run(ask, "flood", lambda: 1 / 0)
    assert places.taken == 0


def test_what_is_verified_has_a_limit_and_keeps_no_question_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TO_LOOK_AT", module.AT_ONCE)
    began, go_on = threading.Semaphore(0), threading.Event()

    def verify(*_: object) -> tuple[str, ...]:
        began.release()
        assert go_on.wait(30)
        return ()

    monkeypatch.setattr(module.rag, "verify", verify)
    service = opened()
    verifying = [threading.Thread(target=service.verify, args=({"replies": []},)) for _ in range(2 * module.AT_ONCE)]
    for thread in verifying[: module.AT_ONCE]:
        thread.start()
        assert began.acquire(timeout=10)
    for thread in verifying[module.AT_ONCE :]:
        thread.start()
    while service._looking.taken < 2 * module.AT_ONCE:
        threading.Event().wait(0.001)
    assert service.ask("harbour").question == "harbour"
    with pytest.raises(Busy):
        service.verify({"replies": []})
    go_on.set()
    for thread in verifying:
        thread.join(10)


def test_what_is_searched_is_counted_and_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    service = opened()
    monkeypatch.setattr(FakeLibrary, "documents", None)
    assert service.searched() == "1 document, 3 passages"


@pytest.mark.parametrize("question", ["", " \n\t", "x" * 2_001])
def test_questions_that_are_not_taken(question: str) -> None:
    with pytest.raises(QuestionError):
        opened().ask(question)
    with pytest.raises(QuestionError):
        opened().ask("x", standalone=question or " ")


def test_a_question_is_trimmed_and_made_whole() -> None:
    assert check_question("  a\ud800b \n", 10) == "a?b"
    assert check_question("👩🏽‍🚀" * 2, 8) == "👩🏽‍🚀" * 2


def test_a_question_reaches_the_library_trimmed_and_whole() -> None:
    service = opened()
    service.ask("  the harbour\ud800 \n", standalone=" harbour ")
    assert service.library.asked[-1] == ("the harbour?", (), "harbour")  # type: ignore[attr-defined]


def test_a_rebuild_is_followed_to_its_end() -> None:
    library = FakeLibrary([document("a.txt", NEWS)])
    told, seen = threading.Event(), threading.Event()

    def build(old: Any, report: Callable[[Progress], None]) -> Any:
        report(Progress("embedding", 1, 2))
        told.set()
        seen.wait(10)
        return replace_summary(old)

    service = opened(library, build_library=build, find_examples=lambda library: ("New?",))
    service.rebuilding.begin()
    assert told.wait(10)
    assert service.rebuilding.state == State(progress=Progress("embedding", 1, 2))
    with pytest.raises(Busy, match="being read already"):
        service.rebuilding.begin()
    assert service.ask("harbour").question == "harbour"
    seen.set()
    assert ended(service).result == SUMMARY
    assert library.refreshed == 1


def ended(service: Service) -> State[Summary | None]:
    """Return how a rebuild ended, when it has."""
    for thread in threading.enumerate():
        if thread.name == "rebuild":
            thread.join(10)
    state = service.rebuilding.state
    assert state
    assert not state.under_way
    return state


def test_examples_that_a_newer_index_answers_no_more_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TAKE_OVER", 0.0)
    library = FakeLibrary([document("a.txt", NEWS)])
    service = opened(library, find_examples=lambda library: ("Who opened the harbour?", "Which minister resigned?"))
    library._documents = {"b.txt": document("b.txt", "The minister resigned.")}
    service.look()
    until(lambda: service.examples == ("Which minister resigned?",))


def replace_summary(library: Any) -> Any:
    library.summary = SUMMARY
    return library


def test_a_rebuild_that_fails_says_why_and_another_may_begin() -> None:
    def build(old: Any, report: Callable[[Progress], None]) -> Any:
        raise SeedsError("There is nothing in seeds.")

    service = opened(build_library=build)
    for _ in range(2):
        service.rebuilding.begin()
        assert ended(service) == State(error="There is nothing in seeds.")


def test_without_a_way_to_build_there_is_no_rebuild() -> None:
    service = opened()
    service.rebuilding.begin()
    assert ended(service).error == "The documents are not read again from here."


def test_settings_limit_the_question() -> None:
    library = FakeLibrary([document("a.txt", NEWS)])
    settings = replace(rag.Settings(), question_characters=5)
    service = Service(settings, lambda: library)  # type: ignore[arg-type, return-value]
    service.open()
    with pytest.raises(QuestionError, match="at most 5"):
        service.ask("123456")


def test_a_text_is_checked_unless_it_is_too_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "news.txt").write_text("The harbour opened on Tuesday, they said.", encoding="utf-8")
    service = opened()
    service.settings = replace(service.settings, seeds=tmp_path)
    text = "Wrote they: “The harbour opened on Tuesday, they said.”"
    assert [verdict.kind for verdict in service.check(text).verdicts] == ["exact"]
    monkeypatch.setattr(module, "DRAFT_CHARACTERS", 20)
    with pytest.raises(TooLong, match="at most 20 are checked"):
        service.check(text)
