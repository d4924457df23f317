"""What a refusal is called, on the terminal, in the chat and in an exported conversation alike."""

from __future__ import annotations

from dataclasses import replace

import pytest
from web_library import NEWS, FakeLibrary, document, thread

from rag.interfaces.exports import export
from rag.interfaces.terminal import reply_lines
from rag.types import Kind, Refusal, Turn

OTHER = "Quotes cannot answer this: ask for something that the documents say."
SAID = {"possible": "This may answer it", "absent": "No clear answer found", "other": OTHER}
KINDS: tuple[Kind, ...] = ("possible", "absent", "other")


def refusal(kind: Kind) -> Refusal:
    reply = FakeLibrary([document("a.txt", NEWS)]).ask("bread?")
    assert isinstance(reply, Refusal)
    return replace(reply, kind=kind, reason=OTHER, nearest=() if kind == "other" else reply.nearest[:1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_is_called_by_its_kind(kind: Kind) -> None:
    reply = refusal(kind)
    html = thread("id", [Turn("bread?", reply)], searched="1 document, 3 passages")
    assert f'<p class="cv-refusal">{SAID[kind]}</p>' in html
    assert ("Searched 1 document" in html) is (kind == "absent")
    brief = export("markdown", [reply]).decode().replace("\\", "")
    assert f"## bread?\n\n{SAID[kind]}\n" in brief
    assert "Nearest" not in brief  # what is only near a question is not quoted in what is taken away
    lines = list(reply_lines(reply))
    assert (lines[0], lines[-1]) == (SAID[kind], "Confidence 5%.")
    assert ("Nearest passages" in html) is (kind == "absent")  # the only one of what may answer is shown as its quote
    assert ("Nearest passages" in "\n".join(lines)) is (kind != "other")
    for shown in (html, "\n".join(lines)):
        assert ("Nearest passages, not an answer" in shown) is (kind == "absent")
        assert "documents do" not in shown


def test_a_refusal_shows_its_nearest_passages_with_their_places() -> None:
    assert list(reply_lines(refusal("possible"))) == [
        "This may answer it",
        "",
        "Nearest passages:",
        "",
        "  Ukraine’s foreign minister spoke.",
        "  [–] a.txt, line 1, characters 0–33",
        "",
        "Confidence 5%.",
    ]
