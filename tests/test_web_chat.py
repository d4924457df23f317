from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from web_library import FakeLibrary

import rag
from rag.interfaces.web.catalogue import Catalogue
from rag.interfaces.web.chat import blocks, events
from rag.interfaces.web.events import Event
from rag.interfaces.web.service import Service

pytest.importorskip("gradio")


def test_what_each_event_takes() -> None:
    service = Service(rag.Settings(), lambda: FakeLibrary([]))  # type: ignore[arg-type, return-value]
    known = events(blocks(Catalogue(service)))
    assert known[0] == Event(("question", "turns", "standalone_question"), queued=True, public=True)
    plain = [event for event in known.values() if not event.queued]
    assert plain == [Event((), queued=False)] * 2
    assert [event.parameters for event in known.values() if event.queued] == [known[0].parameters]


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
