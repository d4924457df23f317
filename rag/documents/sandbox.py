"""Reading what could be hostile: in a child process with limits of memory and time, that may die without harm.

It guards against crashes, hangs and floods, and hands no secrets of the environment on; it is not a jail.
A child (``serve``) lives on from file to file, so that a thousand PDFs cost one start of the interpreter; one that
hangs or breaks is killed, and its file named. Requests and replies are plain data: nothing is ever unpickled, and a
reply is checked before it is believed. Several threads may read at once: each borrows a child of its own.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import importlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from rag.documents import budget
from rag.documents.formats import MEGABYTE, Format
from rag.documents.parsed import Parsed, Picture, pack, unpack
from rag.errors import DocumentError

try:
    import resource
except ImportError:  # not on this system: the parent's clock still holds
    resource = None  # type: ignore[assignment]

MEMORY = 3 << 30
"""Bytes of address space that a child may have."""
SECONDS = 60.0
SECONDS_A_MEGABYTE = 2.0
"""Processor time that a file may take, and more for each megabyte of it."""
PATIENCE = 4.0
"""Wall time that is waited, as a multiple of that: the machine may be busy."""
MORE = 1_000
"""Times that a file's time is extended, at most."""
REPLY_LIMIT = 1 << 30
FILES_A_CHILD = 1_000
"""After so many files a child is replaced, so that what its libraries leak stays small."""

_PNG = b"\x89PNG\r\n\x1a\n"
_ENVIRONMENT = ("PATH", "PYTHON", "LANG", "LC_", "LD_", "DYLD_", "SYSTEMROOT", "TEMP", "TMP", "VIRTUAL_ENV")
"""Beginnings of the variables that a child gets; passwords and keys are not among them."""
_ROOT = str(Path(__file__).resolve().parents[2])


class _Broken(Exception):
    """The child died or said what it cannot say; the text is the reason for the user."""


class _Clock:
    """Waits for a child, by the wall clock; what ``give_up`` does happens unless it is stopped or started anew."""

    def __init__(self, seconds: float, give_up: Callable[[], None]) -> None:
        self._give_up = give_up
        self._timer: threading.Timer | None = None
        self.start(seconds)

    def start(self, seconds: float) -> None:
        """Wait for so many seconds of processor time from now on."""
        self.stop()
        self._timer = threading.Timer(PATIENCE * seconds, self._give_up)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()


class _Child:
    """A running child, used by one thread at a time."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
        passed_on = {name: value for name, value in os.environ.items() if name.upper().startswith(_ENVIRONMENT)}
        self.served = 0
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", "rag.documents.sandbox", str(MEMORY)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**passed_on, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C at the terminal is the parent's to handle
        )

    def ask(self, kind: Format, data: bytes, name: str, picture: Picture | None) -> dict[str, object]:
        """Return what the child says of a file; raises DocumentError where it takes too long, _Broken where it broke.

        It reads the file, or draws a picture of one of its pages.
        """
        seconds = SECONDS + SECONDS_A_MEGABYTE * len(data) / MEGABYTE
        late = threading.Event()
        clock = _Clock(seconds, lambda: self._give_up(late))
        try:
            reply = self._exchange(kind, data, name, seconds, clock, picture)
        except (OSError, EOFError, ValueError, RecursionError) as error:
            status = self.stop()
            if late.is_set() or status == -24:  # SIGXCPU
                raise DocumentError(f"Reading it took more than {seconds:.0f} seconds, and was given up.") from error
            raise _Broken("It breaks the program that reads it: it is damaged, or made to do harm.") from error
        except BaseException:  # interrupted half-way: nothing more can be asked of the child
            self.stop()
            raise
        finally:
            clock.stop()
        self.served += 1
        return reply

    def _exchange(
        self, kind: Format, data: bytes, name: str, seconds: float, clock: _Clock, picture: Picture | None
    ) -> dict[str, object]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"module": kind.module, "kind": kind.kind, "name": name, "size": len(data), "seconds": seconds}
        if picture is not None:
            request |= {"module": kind.pictured, "picture": asdict(picture)}
        self._process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
        self._process.stdin.write(data)
        self._process.stdin.flush()
        for _ in range(MORE):
            if size := int.from_bytes(self._read(8), "big"):
                break
            clock.start(float(int.from_bytes(self._read(8), "big")))
        if not size or size > REPLY_LIMIT:
            raise EOFError
        reply = json.loads(self._read(size))
        if not isinstance(reply, dict):
            raise EOFError
        return reply

    def _read(self, size: int) -> bytes:
        assert self._process.stdout is not None
        data = self._process.stdout.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def _give_up(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def stop(self) -> int:
        """End the child, now; return its exit status."""
        self._process.kill()
        with contextlib.suppress(OSError), self._process:  # closes the pipes, whatever could not be sent any more
            pass
        return self._process.wait()

    @property
    def alive(self) -> bool:
        """Whether it can be asked again."""
        return self._process.poll() is None

    def disown(self) -> None:
        """Forget the child in a process that was forked from its parent."""
        self._process.returncode = 0


_lock = threading.Lock()
_idle: list[_Child] = []


def parse(kind: Format, data: bytes, name: str) -> Parsed:
    """Return what the module ``kind.module`` reads in ``data``, read by a child process.

    Raises DocumentError where the file is bad, takes too long or needs too much memory.
    """
    reply = _ask(kind, data, name, None)
    try:
        return unpack(reply)
    except (TypeError, ValueError, KeyError) as wrong:
        raise DocumentError("What was read in it contradicts itself: it is made to do harm.") from wrong


def draw(kind: Format, data: bytes, name: str, picture: Picture) -> bytes:
    """Return a page as PNG, drawn by a child process; raises DocumentError as ``parse`` does."""
    try:
        png = base64.b64decode(str(_ask(kind, data, name, picture)["png"]), validate=True)
    except (ValueError, KeyError) as wrong:
        raise DocumentError("What was drawn of it is no picture: it is made to do harm.") from wrong
    if not png.startswith(_PNG):
        raise DocumentError("What was drawn of it is no picture: it is made to do harm.")
    return png


def _ask(kind: Format, data: bytes, name: str, picture: Picture | None) -> dict[str, object]:
    """Return what a child says; raises DocumentError where that is bad news."""
    while True:
        with _lock:
            child = _idle.pop() if _idle else None
        child = child or _start()
        fresh = child.served == 0
        try:
            reply = child.ask(kind, data, name, picture)
            error = reply.get("error")
            if isinstance(error, str):
                raise DocumentError(error)
            return reply
        except _Broken as error:
            if fresh:  # else what an earlier file left behind may be to blame: once more in a new child
                raise DocumentError(str(error)) from error
        finally:
            _give_back(child)


def _start() -> _Child:
    try:
        return _Child()
    except OSError as error:
        raise DocumentError(f"The program that reads such files cannot be started: {error.strerror}.") from error


def close() -> None:
    """End the idle children; the next file starts a new one."""
    with _lock:
        children, _idle[:] = list(_idle), []
    for child in children:
        child.stop()


def _give_back(child: _Child) -> None:
    if 0 < child.served < FILES_A_CHILD and child.alive:
        with _lock:
            _idle.append(child)
    else:
        child.stop()


def _forget() -> None:
    global _lock
    _lock = threading.Lock()
    for child in _idle:
        child.disown()
    _idle.clear()


def serve(memory: int) -> None:
    """Be a child: take files' bytes on standard input and answer with what was read, until the input ends.

        request   a line of JSON {"module", "kind", "name", "size", "seconds"[, "picture"]}, then ``size`` bytes
        reply     8 bytes, the length (big-endian); then JSON: what ``pack`` returns, {"png": …} or {"error": "…"}
        more time 8 bytes of 0, then 8 bytes, the seconds (big-endian): before the reply, as often as is needed

    It may not write files, and the system ends it where it asks for more memory or processor time than allowed.
    """
    requests = sys.stdin.buffer
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # what a library prints must not stand among the replies
    _limit("RLIMIT_AS", memory)
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_CORE", 0)

    def extend(seconds: float) -> None:
        _limit("RLIMIT_CPU", int(time.process_time() + seconds) + 1)
        replies.write(bytes(8) + int(seconds).to_bytes(8, "big"))
        replies.flush()

    budget.granted_by(extend)
    while header := requests.readline():
        request = json.loads(header)
        _limit("RLIMIT_CPU", int(time.process_time() + request["seconds"]) + 1)
        try:
            data = requests.read(request["size"])
            reply = answer(request["module"], request["kind"], data, request["name"], request.get("picture"))
        except MemoryError:
            _send(replies, _error(f"Reading it needs more than {memory / (1 << 30):.1f} GB of memory."))
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


def _limit(name: str, value: int) -> None:
    if resource is None:
        return
    kind = getattr(resource, name)
    _, most = resource.getrlimit(kind)
    with contextlib.suppress(OSError, ValueError):  # a system that does not know this limit
        resource.setrlimit(kind, (value if most == resource.RLIM_INFINITY else min(value, most), most))


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
if __name__ == "__main__":
    serve(int(sys.argv[1]))
