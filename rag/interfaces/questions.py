"""The owner of an index is asked for questions about passages of it: at the terminal, or in a file to fill in."""

from __future__ import annotations

import sys
from pathlib import Path

from rag.errors import QuestionError, SettingsError
from rag.interfaces import serialization
from rag.interfaces.terminal import page_or_line, passage_lines
from rag.library import Library
from rag.quality import own, suggest
from rag.types import Quote

_NONE = "-"
_HOW = f"""\
Write what you would ask, in words other than the passage's. Then the answer: a few words that stand in the passage, or
{_NONE} where no document answers it; such questions are needed, too. An empty line leads on."""


def suggest_questions(library: Library, count: int, *, seed: int, file: Path) -> None:
    """Ask at the terminal for questions about passages, and keep each in ``file``.

    Where nobody is there to answer, print a line for each passage, to be filled in and given to ``rag eval --own``.
    Raises SettingsError where no passage says anything, and for a file that cannot be used.
    """
    drawn = suggest.draw(library, count, seed=seed)
    if not drawn:
        raise SettingsError("No passage of this index says enough to ask about it.")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("\n".join(map(_to_fill_in, drawn)))
        return
    before = len(own.kept(file))
    print(_HOW)
    try:
        for number, passage in enumerate(drawn, start=1):
            print(f"\nPassage {number} of {len(drawn)}\n" + "\n".join(passage_lines([passage])))
            _ask(passage, file, library.settings.question_characters)
    except EOFError:
        print()
    asked = own.kept(file)
    print(f"{len(asked) - before} kept in {file}. {own.state(asked)}\nMeasure them with: rag eval --own {file}")


def _ask(passage: Quote, file: Path, characters: int) -> None:
    while question := input("Question: ").strip():
        while answer := input("Answer:   ").strip():
            try:
                said = None if answer == _NONE else answer
                own.keep(file, question, said, passage=passage, characters=characters)
                break
            except QuestionError as error:
                print(error)


def _to_fill_in(passage: Quote) -> str:
    where = f"{passage.document.path}, {page_or_line(passage.page, passage.page_label, passage.line)}"
    return serialization.dumps({"question": "", "answer": "", "passage": passage.exact, "from": where})
