"""What is given away: a wheel that needs no checkout, a container's recipe, and the list of what is depended on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from benchmarks.serving import server

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds, built from a copy of the sources."""
    folder = tmp_path_factory.mktemp("release")
    sources = folder / "sources"
    shutil.copytree(ROOT / "rag", sources / "rag", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(sources)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    shutil.rmtree(sources)
    [wheel] = folder.glob("*.whl")
    shutil.unpack_archive(wheel, folder / "installed", "zip")
    return folder / "installed"


def test_the_wheel_answers_and_serves_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "mill.txt").write_text(
        "The mill at Ardle was sold by Tomasin Reyes in 1911.", encoding="utf-8"
    )
    guard = str(ROOT / "tests" / "offline")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([guard, str(installed)])}

    def rag(*arguments: str) -> str:
        command = [sys.executable, "-m", "rag", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=True
        )
        return done.stdout

    rag("build")
    reply = json.loads(rag("ask", "--json", "Who sold the mill?"))
    assert [quote["exact"] for quote in reply["quotes"]] == ["The mill at Ardle was sold by Tomasin Reyes in 1911."]
    where = [sys.executable, "-c", "import rag; print(rag.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert Path(found.stdout.strip()).is_relative_to(installed)

    with server(cwd=tmp_path, env=environment) as (address, _):
        page = httpx.get(f"{address}/", timeout=60).text
        own = re.findall(r'(?:src|href)=\\?"(/own/[^"\\]+)', page)
        assert own
        assert {httpx.get(address + part, timeout=60).status_code for part in own} == {200}


def test_each_dependency_is_told_with_what_it_is_for() -> None:
    told = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    extras = PROJECT["optional-dependencies"]
    wanted = PROJECT["dependencies"] + [need for name, needs in extras.items() if name != "dev" for need in needs]
    names = {re.match(r"[\w.-]+", need)[0] for need in wanted}  # type: ignore[index]
    rows = " ".join(line for line in told.splitlines() if line.startswith("|"))
    assert {name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", rows)} == set()
    assert {extra for extra in extras if f"| `{extra}` |" not in told} == set()


def test_the_recipe_of_the_container_is_sound() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "")
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f"torch=={_locked('torch')}" in recipe
    copied = [part for line in re.findall(r"^COPY (?!--from)(.+) \S+$", recipe, re.M) for part in line.split()]
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied
    assert [part for part in copied if not (ROOT / part).exists() or f"!{part}" not in kept] == []


def _locked(name: str) -> str:
    [version] = re.findall(rf"^{name}==(\S+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M)
    return str(version)
