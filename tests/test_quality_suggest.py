"""Passages that the owner is asked about, and what becomes of the questions: at the terminal and in a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import FakeEncoder, FakeReader

import rag
from rag.errors import QuestionError, SettingsError
from rag.interfaces import questions
from rag.interfaces.cli import main
from rag.library import build_library
from rag.models import Models
from rag.quality import kept, own, suggest

FILES = {
    "book.md": "".join(
        f"# Chapter {name}\n\nThe keeper of the {name} lighthouse wrote down the weather and the visitors.\n\n"
        for name in ("northern", "southern", "eastern", "western", "lower", "upper")
    ),
    "harbour.txt": "The harbour of Lisbon was built by Ann in three years. Rain fell on the quay.",
    "twin.txt": "The harbour of Lisbon was built by Ann in three years.\nRain fell on the quay.",
    "figures.txt": "1,204.50 3,311.00 9.7 % 12.04 77.1 88,001 — total 4,515.50 EUR 1,204.50 3,311.00",
    "東京.txt": "東京の港は一九二三年に大きな地震で壊れたあと、市の技師たちが十年をかけて建て直し、"
    "いまでは世界の船が毎日のように出入りする、国でいちばん大きな港になっている。",
}


@pytest.fixture
def library(settings: rag.Settings, write_seeds: Callable[[dict[str, str]], Path]) -> Iterator[rag.Library]:
    write_seeds(FILES)
    models = Models(settings, encoder=FakeEncoder(), reader=FakeReader())
    with build_library(settings, models=models) as library:
        yield library


def places(library: rag.Library, count: int, seed: int) -> list[tuple[str, int]]:
    return [(passage.document.path, passage.start) for passage in suggest.draw(library, count, seed=seed)]


def test_a_seed_draws_the_same_passages_and_another_one_others(library: rag.Library) -> None:
    assert places(library, 4, 1) == places(library, 4, 1)
    assert len({tuple(places(library, 4, seed)) for seed in range(6)}) > 1


def test_passages_are_spread_over_documents_say_something_and_come_once(library: rag.Library) -> None:
    for seed in range(5):
        first = [path for path, _ in places(library, 3, seed)]
        assert {"book.md", "東京.txt"} < set(first)
        assert len(set(first)) == 3
        everything = suggest.draw(library, 100, seed=seed)
        paths = [passage.document.path for passage in everything]
        assert "figures.txt" not in paths
        assert paths.count("harbour.txt") + paths.count("twin.txt") == 1
        assert paths.count("book.md") == 6
    for passage in everything:
        assert FILES[passage.document.path][passage.start : passage.end] == passage.exact


@pytest.mark.parametrize(
    "text",
    [
        "Contents ............ 3\nIntroduction ............ 5\nThe keeper of the northern lighthouse ............ 17",
        "Page 3 of 12",
        "ha " * 60,
        "— 12.50 — 13.75 — " * 20,
    ],
)
def test_what_nobody_can_ask_about_says_nothing(text: str) -> None:
    assert not suggest.says_something(text)


def passage_of(library: rag.Library, path: str) -> rag.Quote:
    return next(one for one in suggest.draw(library, 100) if one.document.path == path)


def test_what_is_kept_is_what_is_measured(library: rag.Library, tmp_path: Path) -> None:
    file, tokyo = tmp_path / "questions.jsonl", passage_of(library, "東京.txt")
    file.write_bytes(b'{"question": "Who?", "answer": "Ann"}')  # without an end of its line
    own.keep(file, " What broke\u2028the port? ", "大きな地震", passage=tokyo, characters=100)
    own.keep(file, "Who was the mayor?", None, passage=tokyo, characters=100)
    assert own.load(file) == [
        own.Own("Who?", ("Ann",), None),
        own.Own("What broke the port?", ("大きな地震",), "東京.txt"),
        own.Own("Who was the mayor?", (), None),
    ]
    assert own.state(own.kept(file)) == (
        "3 in all, 1 of them without an answer. A threshold needs 10 or more, some of each kind."
    )


@pytest.mark.parametrize(
    ("question", "answer", "words"),
    [
        ("  ", "Ann", "A question has words"),
        ("x" * 101, "Ann", "at most 100 characters"),
        ("Who?", "zebra", "stand in the passage"),
        ("Who?", "Ann built", "next to each other"),
        ("Who?", " … ", "stand in the passage"),
        ("Who?", "", "stand in the passage"),
        ("Who  built it?", "Ann", "kept already"),
    ],
)
def test_what_could_never_be_right_is_not_kept(
    library: rag.Library, tmp_path: Path, question: str, answer: str, words: str
) -> None:
    harbour = next(one for one in suggest.draw(library, 100) if "Ann" in one.exact)
    file = tmp_path / "questions.jsonl"
    own.keep(file, "Who built it?", "by Ann", passage=harbour, characters=100)
    with pytest.raises(QuestionError, match=words):
        own.keep(file, question, answer, passage=harbour, characters=100)
    assert len(own.load(file)) == 1


def test_a_full_or_broken_file_is_named(library: rag.Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, passage = tmp_path / "questions.jsonl", suggest.draw(library, 1)[0]
    file.write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"questions.jsonl, line 1 must be a JSON object"):
        own.keep(file, "Who?", None, passage=passage, characters=100)
    file.unlink()
    monkeypatch.setattr(kept, "LARGEST_FILE", 10)
    with pytest.raises(kept.NotKept, match=r"^questions\.jsonl is full"):
        own.keep(file, "Who?", None, passage=passage, characters=100)


class Terminal:
    """Somebody at a terminal, who types these lines and then ends the input."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lines: list[str]) -> None:
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
        typed = iter(lines)

        def answer(prompt: str) -> str:
            try:
                return next(typed)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr("builtins.input", answer)


def test_somebody_at_the_terminal_is_asked(
    library: rag.Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rag.interfaces.cli.open_library", lambda settings: library)
    first, second, _ = suggest.draw(library, 3, seed=2)
    said = next(word for word in ("the keeper", "Ann", "地震") if word in first.exact)
    Terminal(monkeypatch, ["What is it?", "zebra", said, "", "Who sank?", "-", "Who else?", "", ""])
    index = library.settings.index
    assert main(["eval", "--suggest", "3", "--seed", "2", "--index", str(index)]) == 0
    shown = capsys.readouterr().out
    assert "Passage 1 of 3" in shown
    assert second.document.path in shown
    assert shown.count("The answer is a few words that stand in the passage") == 1
    file = index.with_name("questions.jsonl")
    assert f"2 kept in {file}. 2 in all, 1 of them without an answer." in shown
    assert own.load(file) == [own.Own("What is it?", (said,), first.document.path), own.Own("Who sank?", (), None)]


def test_without_a_terminal_there_is_a_file_to_fill_in(
    library: rag.Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rag.interfaces.cli.open_library", lambda settings: library)
    assert main(["eval", "--suggest", "3", "--index", str(library.settings.index)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["passage"] for line in lines] == [one.exact for one in suggest.draw(library, 3)]
    file = tmp_path / "filled.jsonl"
    lines[0] |= {"question": "Who wrote?", "answer": "keeper"}
    lines[1] |= {"question": "Who sang?", "answer": None}
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert own.load(file) == [own.Own("Who wrote?", ("keeper",), None), own.Own("Who sang?", (), None)]
    assert not library.settings.index.with_name("questions.jsonl").exists()


def test_an_index_of_figures_has_nothing_to_ask_about(
    settings: rag.Settings, write_seeds: Callable[[dict[str, str]], Path], tmp_path: Path
) -> None:
    write_seeds({"figures.txt": FILES["figures.txt"]})
    models = Models(settings, encoder=FakeEncoder(), reader=FakeReader())
    with (
        build_library(settings, models=models) as library,
        pytest.raises(SettingsError, match="No passage of this index says enough"),
    ):
        questions.suggest_questions(library, 3, seed=0, file=tmp_path / "questions.jsonl")
