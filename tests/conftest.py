"""What all tests share: no way out of this machine, the seeds, and an index of them built once with the real models."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(Path(__file__).parent / "offline"))
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "tests" / "offline"), str(ROOT)])
for variable in [name for name in os.environ if name.startswith("RAG_")]:
    del os.environ[variable]

import postgres as server_of_postgres  # noqa: E402
import sitecustomize  # noqa: E402, F401  # the guard takes hold here

import rag  # noqa: E402


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of documents that the project comes with."""
    return ROOT / "seeds"


@pytest.fixture(scope="session")
def library(seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> rag.Library:
    """An index of the seeds, built with the real models."""
    return rag.build(seeds, tmp_path_factory.mktemp("library") / "index", settings=rag.Settings())


@pytest.fixture(scope="session")
def milvus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Milvus Lite that listens on this machine."""
    lite = pytest.importorskip("milvus_lite.adapter.grpc.server", reason="the extra milvus is not installed")
    folder = str(tmp_path_factory.mktemp("milvus") / "server")
    server, database, port = lite.start_server_in_thread(data_dir=folder, host="127.0.0.1", port=0)
    yield f"http://127.0.0.1:{port}"
    server.stop(grace=0).wait()
    database.close()


@pytest.fixture(params=["local", "milvus file", "milvus server"])
def milvus(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of Milvus, for each way to reach it; empty for the local store."""
    if request.param == "local":
        return ""
    server: str = request.getfixturevalue("milvus_server")
    return server if request.param == "milvus server" else str(tmp_path / "file.db")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """What makes a database at a PostgreSQL server on this machine, and returns its address."""
    with server_of_postgres.server() as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where conversations are kept: a file, and a database of PostgreSQL."""
    if request.param == "sqlite":
        return tmp_path / "conversations.sqlite3"
    address: str = request.getfixturevalue("postgres")()
    return address


@pytest.fixture
def settings(tmp_path: Path) -> rag.Settings:
    """Settings with folders of the test's own."""
    return replace(rag.Settings(), seeds=tmp_path / "seeds", index=tmp_path / "index")


@pytest.fixture
def write_seeds(tmp_path: Path) -> Callable[..., Path]:
    """Write files, name → text, into the test's own seeds folder."""

    def write(files: dict[str, str]) -> Path:
        folder = tmp_path / "seeds"
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", newline="")
        return folder

    return write
