"""The child process of ``sandbox``: takes a file's bytes, answers with what was read, until its input ends.

    request   a line of JSON {"module", "kind", "name", "size", "seconds"}, then ``size`` bytes
    reply     8 bytes, the length (big-endian); then JSON: what ``parsed.pack`` returns, or {"error": "…"}

It may not write files, and the system ends it where it asks for more memory or processor time than allowed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import time
from typing import BinaryIO

from rag.documents.parsed import pack
from rag.errors import DocumentError

try:
    import resource
except ImportError:  # not on this system: the parent's clock still holds
    resource = None  # type: ignore[assignment]


def main(memory: int) -> None:
    """Serve standard input until it ends."""
    requests = sys.stdin.buffer
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # what a library prints must not stand among the replies
    _limit("RLIMIT_AS", memory)
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_CORE", 0)
    while header := requests.readline():
        request = json.loads(header)
        _limit("RLIMIT_CPU", int(time.process_time() + request["seconds"]) + 1)
        try:
            data = requests.read(request["size"])
            reply = answer(request["module"], request["kind"], data, request["name"])
        except MemoryError:
            _send(replies, _error(f"Reading it needs more than {memory / (1 << 30):.1f} GB of memory."))
            return  # what is left of it may be too little for the next file
        _send(replies, reply)
        del data, reply


def answer(module: str, kind: str, data: bytes, name: str) -> bytes:
    """Return the reply for one file, whatever its reader does; raises MemoryError alone."""
    try:
        parsed = importlib.import_module(f"rag.documents.{module}").parse(data, name)
        return json.dumps(pack(parsed), ensure_ascii=False).encode("utf-8")
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


def _limit(name: str, value: int) -> None:
    if resource is None:
        return
    kind = getattr(resource, name)
    _, most = resource.getrlimit(kind)
    with contextlib.suppress(OSError, ValueError):  # a system that does not know this limit
        resource.setrlimit(kind, (value if most == resource.RLIM_INFINITY else min(value, most), most))


if __name__ == "__main__":
    main(int(sys.argv[1]))
