from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from web_library import NEWS, FakeLibrary, document

import rag
from rag.interfaces.web.chat import Chat, blocks, events
from rag.interfaces.web.conversations import Conversations, as_markdown
from rag.interfaces.web.events import Event
from rag.interfaces.web.service import Service
from rag.types import Reply, Turn

gradio = pytest.importorskip("gradio")
NOTHING = gradio.skip()


class Waiting(FakeLibrary):
    """Answers a question with "wait" in it when it is let to."""

    def __init__(self) -> None:
        super().__init__([document("a.txt", NEWS)])
        self.began, self.go_on = threading.Event(), threading.Event()

    def ask(self, question: str, **options: Any) -> Reply:
        if "wait" in question:
            self.began.set()
            assert self.go_on.wait(30)
        if "break" in question:
            raise ZeroDivisionError
        return super().ask(question, **options)


def opened(library: FakeLibrary) -> Chat:
    service = Service(rag.Settings(), lambda: library)  # type: ignore[arg-type, return-value]
    service.open()
    return Chat(service, Conversations())


def in_the_background(chat: Chat, question: str, id: str) -> tuple[threading.Thread, list[Any]]:
    shown: list[Any] = []
    thread = threading.Thread(target=lambda: shown.extend(chat.ask(question, id)))
    thread.start()
    return thread, shown


def test_an_answer_empties_the_box_and_is_kept() -> None:
    chat = opened(FakeLibrary([document("a.txt", NEWS)]))
    box, conversation, thread = chat.ask("Who is the harbour master?", "")
    assert box == ""
    assert 'data-turns="1"' in thread
    assert chat.restore(conversation, "")[0] == conversation
    assert 'data-turns="2"' in chat.ask("And the harbour?", conversation)[2]


def test_a_scope_typed_before_the_question_is_shown_and_kept_for_asking_again() -> None:
    chat = opened(FakeLibrary([document("a.txt", NEWS)]))
    _, conversation, thread = chat.ask('in:a.txt in:"old mail/" since:2024 Who is the harbour master?', "")
    assert (
        '<p class="cv-searched">Searched documents <bdi>in a.txt or old mail/, dated 2024 or later</bdi></p>' in thread
    )
    assert 'data-ask="in:a.txt in:&quot;old mail/&quot; since:2024 Who is the harbour master?"' in thread
    [turn] = chat.conversations.turns(conversation) or ()
    assert turn.question == "Who is the harbour master?"
    assert "\n\nSearched documents in a.txt" in as_markdown([turn]).replace("\\", "")


@pytest.mark.parametrize(("question", "said"), [(" ", "question is empty"), ("break", "Something went wrong")])
def test_what_is_not_answered_is_said_and_stays_in_the_box(question: str, said: str) -> None:
    chat = opened(Waiting())
    id = chat.conversations.begin()
    box, conversation, thread = chat.ask(question, id)
    assert (box, conversation) == (NOTHING, id)
    assert said in thread
    assert chat.conversations.turns(id) is None


@pytest.mark.parametrize("away", [Chat.stop, Chat.clear])
def test_a_question_that_is_not_waited_for_is_neither_shown_nor_kept(away: Callable[[Chat, str], Any]) -> None:
    library = Waiting()
    chat = opened(library)
    id = chat.conversations.begin()
    waiting, shown = in_the_background(chat, "Who can wait?", id)
    assert library.began.wait(30)
    assert 'data-conversation="" data-turns="0"' in str(away(chat, id))
    library.go_on.set()
    waiting.join(30)
    assert shown == [NOTHING] * 3
    assert chat.conversations.turns(id) is None


def test_a_newer_question_takes_the_place_of_one_that_is_still_waited_for() -> None:
    library = Waiting()
    chat = opened(library)
    id = chat.conversations.begin()
    waiting, shown = in_the_background(chat, "Who can wait?", id)
    assert library.began.wait(30)
    assert 'data-turns="1"' in chat.ask("Who is the harbour master?", id)[2]
    library.go_on.set()
    waiting.join(30)
    assert shown == [NOTHING] * 3
    assert [turn.question for turn in chat.conversations.turns(id) or ()] == ["Who is the harbour master?"]


def test_asking_again_keeps_the_turns_before() -> None:
    chat = opened(FakeLibrary([document("a.txt", NEWS)]))
    id = chat.conversations.begin()
    chat.conversations.keep(id, [Turn("One?", "1"), Turn("Two?", "2"), Turn("Three?", "3")])
    event = gradio.EventData(None, {"question": "Who is the harbour master?", "keep": 1})
    assert 'data-turns="2"' in chat.again(id, event)[1]
    assert [turn.question for turn in chat.conversations.turns(id) or ()] == ["One?", "Who is the harbour master?"]


def test_a_conversation_that_is_gone_is_said_so_and_another_may_begin() -> None:
    chat = opened(FakeLibrary([document("a.txt", NEWS)]))
    for conversation, thread in (chat.restore("unknown", ""), chat.ask("Who?", "made up")[1:]):
        assert chat.conversations.knows(conversation)
        assert "no longer kept here" in thread
        assert 'data-conversation="" data-turns="0"' in thread
    assert chat.service.library.asked[1:] == []  # type: ignore[attr-defined]


def test_without_a_conversation_the_page_gets_the_id_of_one_and_nothing_else_changes() -> None:
    chat = opened(FakeLibrary([document("a.txt", NEWS)]))
    conversation, thread = chat.restore("", "")
    assert thread == NOTHING
    assert chat.conversations.knows(conversation)
    assert 'data-turns="1"' in chat.ask("Who is the harbour master?", conversation)[2]
    assert chat.conversations.turns(conversation) is not None


def test_reading_again_is_no_event_where_it_is_not_offered() -> None:
    service = Service(rag.Settings(), lambda: FakeLibrary([]))  # type: ignore[arg-type, return-value]
    offered, not_offered = (blocks(service, Conversations(), may_rebuild=may) for may in (True, False))
    assert {function.name for function in offered.fns.values()} - {f.name for f in not_offered.fns.values()} == {
        "rebuild"
    }


def test_what_each_event_takes() -> None:
    service = Service(rag.Settings(), lambda: FakeLibrary([]))  # type: ignore[arg-type, return-value]
    known = events(blocks(service, Conversations(), may_rebuild=True))
    assert known[0] == Event(("question", "turns", "standalone_question"), queued=True, public=True)
    assert known[1] == Event(("question", "conversation"), queued=False)
    assert [event for event in known.values() if event.detail] == [Event(("conversation",), queued=False, detail=True)]
    assert [event.parameters for event in known.values() if event.queued] == [known[0].parameters, ()]


def test_a_host_program_s_environment_stays_as_it_was(tmp_path: Path) -> None:
    code = f"""
import os
before = dict(os.environ)
import rag.interfaces.web.server as server
from rag.interfaces.web.service import Service
from rag.settings import Settings
from pathlib import Path
import sys
assert "gradio" not in sys.modules
server.application(Service(Settings(index=Path({str(tmp_path / "index")!r})), lambda: None))
import huggingface_hub.constants
print({{name: (before.get(name), os.environ.get(name)) for name in {{*before, *os.environ}}
       if before.get(name) != os.environ.get(name)}}, huggingface_hub.constants.HF_HUB_OFFLINE)
"""
    given = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "True"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=given, check=True)
    assert done.stdout.strip() == "{} False"
