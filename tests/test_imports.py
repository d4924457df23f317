"""The structure of the package, read from its imports: one direction, and each heavy library in its one file."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import rag

PACKAGE = Path(rag.__file__).parent

ORDER = (
    "errors names sealed scope written types settings protocols text documents reading encoder store indexing "
    "answering conversation verification llm pipeline models library rag quality interfaces __main__"
).split()
"""A module imports only what stands before it; ``rag`` is the package's own front."""

HOMES = {
    "tiktoken": {"text.tokens"},
    "sentence_transformers": {"encoder"},
    "faiss": {"store.local.vectors"},
    "tantivy": {"store.local.lexical"},
    "pymilvus": {"store.milvus"},
    "ray": {"indexing.ray"},
    "pyarrow": {"indexing.shards"},
    "gradio": {"interfaces.web"},
    "fastapi": {"interfaces.web"},
    "pypdfium2": {"documents.pages"},
    "python_calamine": {"documents.tables.spreadsheet"},
    "trafilatura": {"documents.web.html"},
    "charset_normalizer": {"documents"},
    "lxml": {"documents"},
    "docutils": {"documents.rst"},
    "docx": {"interfaces.web.briefs"},
    "markdown_it": {"documents.markdown"},
    "yaml": {"documents.markdown"},
    "rapidocr": {"documents.pages.recognition"},
    "PIL": {"documents.pages.picture"},
    "webencodings": {"documents.encodings"},
    "webvtt": {"documents.captions"},
    "olefile": {"documents.mail.msg"},
    "compressed_rtf": {"documents.mail.msg"},
    "watchfiles": {"indexing.watch"},
    "matplotlib": {"quality"},
    "mcp": {"interfaces.mcp"},
    "openai": {"llm.client"},
    "psycopg": {"interfaces.web.database"},
    "torch": {"encoder", "reading"},
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "rag"


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports, those inside functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names if node.module == "rag" else {node.module}
    return found


def place(module: str) -> int:
    return ORDER.index(module.split(".")[0])


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_stands_above_it(path: Path) -> None:
    own = name_of(path)
    for imported in imports(path):
        if imported.split(".")[0] != "rag":
            continue
        name = imported.removeprefix("rag").removeprefix(".") or "rag"
        top = name.split(".")[0] if name.split(".")[0] in ORDER else "rag"
        if top == own.split(".")[0]:
            continue
        assert place(top) < place(own), f"{own} imports {imported}, which stands below it"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_heavy_library_has_its_one_home(path: Path) -> None:
    own = name_of(path)
    for imported in imports(path):
        homes = HOMES.get(imported.split(".")[0])
        if homes is not None:
            assert any(own == home or own.startswith(f"{home}.") for home in homes), f"{own} imports {imported}"


def test_importing_the_package_is_light() -> None:
    heavy = "torch faiss gradio tiktoken tantivy sentence_transformers transformers fastapi numpy pydantic".split()
    code = f"import rag, sys; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_names() -> None:
    assert rag.__all__ == [
        "Answer", "Library", "Quote", "RagError", "Refusal", "Scope", "Settings", "Turn", "Verdict",
        "build", "open", "read", "verify",
    ]  # fmt: skip
    assert all(hasattr(rag, name) for name in rag.__all__)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_longer_than_350_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
