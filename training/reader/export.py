"""A checkpoint → the weights that ship, and their SHA-256 in the code."""

from __future__ import annotations

import re
from pathlib import Path

from safetensors.torch import load_file

from rag.reader import weights


def export(checkpoint: Path, out: Path) -> str:
    """Write ``out``; where it is the shipped file, pin its SHA-256 in ``rag/reader/weights.py``. Return the SHA-256."""
    digest = weights.write(out, load_file(str(checkpoint)))
    if out.resolve() == (weights.SHIPPED / weights.FILE).resolve():
        code = weights.SHIPPED / "weights.py"
        text = code.read_text(encoding="utf-8")
        code.write_text(re.sub(r'^SHA256 = ".*"$', f'SHA256 = "{digest}"', text, flags=re.M), encoding="utf-8")
    return digest
