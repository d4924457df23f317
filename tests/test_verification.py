from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ReplyError
from rag.interfaces.serialization import to_json
from rag.types import Answer, Quote, Refusal, Source
from rag.verification.verdicts import faults

TEXT = "Zuerst 😀.\r\nHe said ‘no’ to it. Then he left. Then he left."


@pytest.fixture
def folder(write_seeds: Callable[..., Path]) -> Path:
    return write_seeds({"sub/a.txt": TEXT})


def quote(words: str, **changes: Any) -> Quote:
    start = TEXT.find(words)
    end = start + len(words)
    source = Source("sub/a.txt", "a", "sub/a.txt", sha256(TEXT.encode()).hexdigest())
    whole = Quote(source, start, end, words, TEXT[:start][-9:], TEXT[end:][:9], ((start, start + 2),), None, 1, "", 0.5)
    return replace(whole, **changes)


def reply(*quotes: Quote) -> dict[str, Any]:
    return json.loads(json.dumps(to_json(Answer("Q?", "Q?", quotes, 0.9))))


def test_quotes_that_stand(folder: Path) -> None:
    assert faults(reply(quote("He said ‘no’ to it."), quote("Zuerst 😀.")), folder) == ()
    assert faults(to_json(Refusal("Q?", "Q?", "No.", (quote("Then he left."),), 0.1)), folder) == ()
    assert faults({"replies": [reply(quote("Zuerst")), {"status": "error", "error": "x"}]}, folder) == ()


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (quote("He said ‘no’ to it.", start=12, end=31), r"moved: these words stand at \[11:30\]"),
        (quote("He said ‘no’ to it.", exact="He said ‘yes’ to it."), "absent"),
        (quote("He said ‘no’ to it.", exact="He said 'no' to it."), "altered: only words alike but for typography"),
        (quote("Then he left.", start=0, end=13), "ambiguous: these words stand in 2 other places"),
        (quote("Zuerst", start=-3, end=3), "moved"),
        (quote("Zuerst", start=0, end=0, exact=""), "absent"),
        (quote("He said", prefix="elsewhere"), "what stands before"),
        (quote("He said", suffix="elsewhere"), "what stands after"),
        (quote("He said", highlights=((0, 5),)), "a highlight lies outside"),
        (quote("He said", document=Source("x", "x", "sub/b.txt", "")), "the document is not in"),
        (quote("He said", document=Source("x", "x", "../a.txt", "")), "leads out of the folder"),
        (quote("He said", document=Source("x", "x", "sub/a.txt", "00")), "the file has changed since"),
    ],
)
def test_quotes_that_do_not_stand(wrong: Quote, fault: str, folder: Path) -> None:

    found = faults(
        reply(quote("Zuerst"), replace(wrong, highlights=wrong.highlights if "highlight" in fault else ())), folder
    )
    assert len(found) == 1
    assert re.search(fault, found[0]), found


def test_a_text_inserted_before_moves_the_quote(folder: Path) -> None:
    value = reply(quote("He said ‘no’ to it."))
    (folder / "sub/a.txt").write_text("New. " + TEXT, newline="")
    at = 5 + TEXT.find("He said")
    assert faults(value, folder)[0].endswith(f"moved: these words stand at [{at}:{at + 19}]")


def test_what_is_no_reply(folder: Path) -> None:
    for value in ([], {}, {"status": "answered"}):
        with pytest.raises(ReplyError):
            faults(value, folder)  # type: ignore[arg-type]
