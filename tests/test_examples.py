"""The examples, run from their files as their users would."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from web_library import served

import rag

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
QUESTION = "Who is Ukraine's foreign minister?"


@pytest.fixture(scope="module")
def address(library: rag.Library) -> Iterator[str]:
    """The seeds, served."""
    with served(library.settings, library) as address:
        yield address


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_the_python_client_asks_streams_and_verifies(address: str) -> None:
    printed = run(sys.executable, EXAMPLES / "client.py", address, QUESTION)
    assert "Andriy Sybiha" in printed
    assert printed.splitlines()[0].endswith(": exact")
    module = loaded("client")
    client = module.Client(address)
    reply = client.ask(QUESTION)
    [quote, *_] = reply.quotes
    assert client.document(quote.document)["text"][quote.start : quote.end] == quote.exact
    assert [name for name, _ in client.stream(QUESTION)] == ["reply", "done"]
    assert [entry["id"] for entry in client.documents()] == [quote.document]
    with pytest.raises(module.ApiError, match=r"^422: .*empty"):
        client.ask(" ")


def test_gradios_python_client_asks_the_named_endpoint(address: str) -> None:
    assert "Andriy Sybiha" in run(sys.executable, EXAMPLES / "gradio_ask.py", address, QUESTION)


def test_javascript_asks_and_verifies(address: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    assert re.search(r"Andriy Sybiha.*: exact$", run(node, EXAMPLES / "ask.mjs", address, QUESTION), re.M)


def test_gradios_javascript_client_asks_the_named_endpoint(address: str) -> None:
    node = shutil.which("node")
    if node is None or not (EXAMPLES / "node_modules" / "@gradio" / "client").is_dir():
        pytest.skip("@gradio/client is not installed: npm install --prefix examples --no-save @gradio/client")
    assert "Andriy Sybiha" in run(node, EXAMPLES / "gradio_ask.mjs", address, QUESTION)


@pytest.mark.parametrize(
    ("name", "package"), [("langchain_retriever", "langchain_core"), ("llamaindex_retriever", "llama_index.core")]
)
@pytest.mark.filterwarnings("ignore")
def test_a_retriever_finds_passages_with_their_places(name: str, package: str, library: rag.Library) -> None:
    pytest.importorskip(package, reason="pip install -r requirements-examples.txt", exc_type=ImportError)
    printed = run(sys.executable, EXAMPLES / f"{name}.py", library.settings.index, QUESTION)
    document = library.documents()[0].source
    first = re.match(rf"{re.escape(document.id)}, (\d+): (.*)", printed)
    assert first is not None
    assert library.document(document.id).text[int(first[1]) :].startswith(first[2])


def test_the_action_lets_true_quotations_pass_and_no_others(tmp_path: Path) -> None:
    action = yaml.safe_load((EXAMPLES / "verify-quotes.yml").read_text(encoding="utf-8"))
    [step] = [step for step in action["jobs"]["verify"]["steps"] if "rag verify" in step.get("run", "")]
    (tmp_path / "sources").mkdir()
    (tmp_path / "drafts").mkdir()
    (tmp_path / "sources" / "mill.txt").write_text("The mill never burnt down, whatever people say.", encoding="utf-8")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "rag"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rag "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    summary = tmp_path / "summary.md"
    environment = {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    for words, status in (("never burnt down, whatever people say", 0), ("burnt down, as all people say", 1)):
        (tmp_path / "drafts" / "story.md").write_text(f"It “{words}”.\n", encoding="utf-8")
        done = subprocess.run(
            ["bash", "-c", step["run"]], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == status, done.stderr
    assert "mill\\.txt" in summary.read_text(encoding="utf-8")
