"""A server of our own, for as long as a block runs: for measurements and tests that ask it from outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import httpx

_ADDRESS = re.compile(r" is at (http://[\w.:]+)/")


@contextmanager
def server(*options: str, **popen: Any) -> Iterator[tuple[str, int]]:
    """Start ``rag serve`` on a free port with these options; gives its address and its process's number.

    The models are loaded by then. ``popen`` goes to ``subprocess.Popen``, such as ``cwd`` and ``env``. Raises
    RuntimeError with what the server said where it does not start.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "rag", "serve", "--port", "0", *options], stderr=said, **popen
        )
        try:
            while (found := _ADDRESS.search(text := _read(said))) is None:
                if process.poll() is not None:
                    raise RuntimeError(text)
                time.sleep(0.05)
            while httpx.get(f"{found[1]}/healthz").status_code != 200:
                time.sleep(0.05)
            yield found[1], process.pid
        finally:
            process.terminate()
            process.wait(60)


def _read(file: IO[bytes]) -> str:
    """Return what was written so far; by ``pread``, for the writer's place in the file is ours, too."""
    return os.pread(file.fileno(), 1_000_000, 0).decode("utf-8", "replace")
