"""A page over a library in memory, to be killed: ``python tests/faults/serving.py FOLDER`` prints its address."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path

from web_library import NEWS, FakeLibrary, document, served

from rag.settings import Settings

if __name__ == "__main__":
    settings = replace(Settings(), index=Path(sys.argv[1]) / "index")
    with served(settings, FakeLibrary([document("news.txt", NEWS)])) as address:
        print(address, flush=True)
        threading.Event().wait()
