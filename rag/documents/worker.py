"""The child process that reads files for ``sandbox``: it takes their bytes, and says what was read, within limits."""

from __future__ import annotations

import base64
import contextlib
import importlib
import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any, BinaryIO

from rag.documents import budget
from rag.documents.parsed import Picture, pack
from rag.errors import DocumentError

try:
    import resource
except ImportError:  # not on this system: the parent's clock still holds
    resource = None  # type: ignore[assignment]

RECOGNITION = 3 << 30
"""Bytes of address space that a child may have while it recognises text."""


NEAR = 0.75
"""The share of its memory that a child has taken when what fails then is said to have failed for it."""
_FAILED = b'{"error"'


def gigabytes(memory: int) -> str:
    """Return so many bytes in GB, for a message."""
    return f"{memory / (1 << 30):.1f}"


def serve() -> None:
    """Be a child: take files' bytes on standard input and answer with what was read, until the input ends.

        request   a line of JSON {"module", "kind", "name", "size", "seconds", "memory"[, "picture"]}; ``size`` bytes
        reply     8 bytes, the length (big-endian); then JSON: what ``pack`` returns, {"png": …} or {"error": "…"}
        more time 8 bytes of 0, then 8 bytes, the seconds (big-endian): before the reply, as often as is needed

    It may not write files, and the system ends it where it asks for more memory or processor time than allowed.
    """
    requests = sys.stdin.buffer
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # what a library prints must not stand among the replies
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_CORE", 0)
    memory = limit = 0

    def extend(seconds: float) -> None:
        nonlocal limit
        limit = max(RECOGNITION, _size() + memory)
        _limit("RLIMIT_CPU", int(time.process_time() + seconds) + 1)
        _limit("RLIMIT_AS", limit)
        replies.write(bytes(8) + int(seconds).to_bytes(8, "big"))
        replies.flush()

    budget.granted_by(extend)
    while header := requests.readline():
        request = json.loads(header)
        memory = request["memory"]
        _limit("RLIMIT_CPU", int(time.process_time() + request["seconds"]) + 1)
        limit, peak = _size() + memory, _peak()
        _limit("RLIMIT_AS", limit)
        try:
            data = requests.read(request["size"])
            reply = answer(request["module"], request["kind"], data, request["name"], request.get("picture"))
            if reply.startswith(_FAILED) and peak < _peak() > NEAR * limit:
                raise MemoryError  # the reader took it for something else
        except MemoryError:
            _send(
                replies,
                _error(
                    f"Reading it needs more than {gigabytes(memory)} GB of memory. "
                    "Allow more with the setting reading_megabytes."
                ),
            )
            return  # what is left of it may be too little for the next file
        _send(replies, reply)
        del data, reply


def answer(module: str, kind: str, data: bytes, name: str, picture: Mapping[str, Any] | None = None) -> bytes:
    """Return the reply for one file, whatever its reader does; raises MemoryError alone."""
    try:
        format = importlib.import_module(f"rag.documents.{module}")
        if picture is not None:
            png: bytes = format.draw(data, Picture(**picture))
            return json.dumps({"png": base64.b64encode(png).decode("ascii")}).encode("ascii")
        return json.dumps(pack(format.parse(data, name)), ensure_ascii=False).encode("utf-8")
    except DocumentError as error:
        return _error(str(error))
    except MemoryError:
        raise
    except RecursionError:
        return _error("It is nested too deeply.")
    except Exception as error:  # a parser of others' files may raise anything at all
        return _error(f"It is damaged, or is not {kind} at all ({type(error).__name__}).")


def _send(replies: BinaryIO, reply: bytes) -> None:
    replies.write(len(reply).to_bytes(8, "big"))
    replies.write(reply)
    replies.flush()


def _error(reason: str) -> bytes:
    return json.dumps({"error": reason}).encode("ascii")


def _size() -> int:
    """Return the bytes of address space that this process has; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _peak() -> int:
    """Return the most bytes of address space that this process ever had; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/status", "rb") as status:
        return next((int(line.split()[1]) << 10 for line in status if line.startswith(b"VmPeak:")), 0)
    return 0


def _limit(name: str, value: int) -> None:
    if resource is None:
        return
    kind = getattr(resource, name)
    _, most = resource.getrlimit(kind)
    with contextlib.suppress(OSError, ValueError):  # a system that does not know this limit
        resource.setrlimit(kind, (value if most == resource.RLIM_INFINITY else min(value, most), most))


if __name__ == "__main__":
    serve()
