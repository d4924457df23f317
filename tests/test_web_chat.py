from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from web_library import page

import rag
from rag.interfaces.web.events import PARAMETERS

pytest.importorskip("gradio")


def test_the_event_zero_is_the_one_that_the_guard_lets_through(tmp_path: Path) -> None:
    settings = replace(rag.Settings(), index=tmp_path / "index")
    config = page(settings).get("/config").json()
    sent = [event for event in config["dependencies"] if event["backend_fn"]]
    assert [(event["id"], event["api_name"]) for event in sent] == [(0, "ask")]
    described = page(settings).get("/gradio_api/info").json()["named_endpoints"]["/ask"]
    assert tuple(one["parameter_name"] for one in described["parameters"]) == PARAMETERS


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
