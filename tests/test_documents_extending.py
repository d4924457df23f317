"""What ``docs/extending.md`` says a new format takes, one file and one line, is all it takes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import rag

PACKAGE = Path(rag.__file__).parent
GUIDE = PACKAGE.parent / "docs" / "extending.md"

PROGRAM = """
import json
from pathlib import Path
from rag import documents

seeds = Path("seeds")
found, skipped = documents.find(seeds)
read = documents.load(seeds / "a.cards", seeds)
try:
    documents.load(seeds / "b.cards", seeds)
except documents.DocumentError as error:
    reason = str(error)
sections = [(section.start, section.heading) for section in read.sections]
names = [path.name for path in found]
print(json.dumps([names, read.text, sections, read.media_type, reason, documents.reading_versions()[".cards"]]))
"""


def test_the_guide_s_file_and_line_are_a_format(tmp_path: Path) -> None:
    module, line = re.findall(r"```(?:python|text)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[:2]
    shutil.copytree(PACKAGE, tmp_path / "rag", ignore=shutil.ignore_patterns("__pycache__", "*.safetensors"))
    (tmp_path / "rag" / "documents" / "cards.py").write_text(module, encoding="utf-8")
    formats = tmp_path / "rag" / "documents" / "formats.py"
    head, rest = formats.read_text(encoding="utf-8").split("FORMATS = (\n")
    formats.write_text(f"{head}FORMATS = (\n{line}{rest}", encoding="utf-8")
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "a.cards").write_text("Fox = It sleeps.\n月 = It shines. 😀\n", encoding="utf-8")
    (tmp_path / "seeds" / "b.cards").write_text("nothing", encoding="utf-8")

    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, env={}, capture_output=True, check=True)
    names, text, sections, media_type, reason, version = json.loads(done.stdout)
    assert names == ["a.cards", "b.cards"]
    assert text == "It sleeps.\n\nIt shines. 😀"
    assert sections == [[0, "Fox"], [12, "月"]]
    assert (media_type, reason) == ("text/x-cards", 'Line 1 is no card: it needs " = ".')
    assert re.fullmatch(r"cards 1 charset-normalizer-[\d.]+", version)
