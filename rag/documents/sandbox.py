"""Reading what could be hostile: in a child process with limits of memory and time, that may die without harm.

It guards against crashes, hangs and floods, and hands no secrets of the environment on; it is not a jail.
A child (``worker``) lives on from file to file, so that a thousand PDFs cost one start of the interpreter; one that
hangs or breaks is killed, and its file named. Requests and replies are plain data: nothing is ever unpickled, and a
reply is checked before it is believed. Several threads may read at once: each borrows a child of its own.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from rag.documents import budget
from rag.documents.formats import MEGABYTE, Format
from rag.documents.parsed import Parsed, Picture, unpack
from rag.documents.worker import gigabytes
from rag.errors import DocumentError

MEMORY = 512 << 20
"""Bytes of address space that the reading of a file may take, unless ``allow`` says more."""
MEMORY_A_BYTE = 8
"""More of them for each byte of the file: text takes one to four in memory, and is there more than once."""
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
_ALWAYS = budget.Share()
"""Of what is read outside a build."""

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
        if self._timer is not None:
            self._timer.cancel()


class _Child:
    """A running child, used by one thread at a time."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
        passed_on = {name: value for name, value in os.environ.items() if name.upper().startswith(_ENVIRONMENT)}
        self.served = 0
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", "rag.documents.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**passed_on, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C at the terminal is the parent's to handle
        )

    def ask(
        self, kind: Format, data: bytes, name: str, picture: Picture | None, share: budget.Share
    ) -> dict[str, object]:
        """Return what the child says of a file; raises DocumentError where it takes too long, _Broken where it broke.

        It reads the file, or draws a picture of one of its pages.
        """
        wanted = SECONDS + SECONDS_A_MEGABYTE * len(data) / MEGABYTE
        seconds = share.seconds(wanted)
        late = threading.Event()
        clock = _Clock(seconds, lambda: self._give_up(late))
        try:
            reply = self._exchange(kind, data, name, seconds, clock, picture)
        except (OSError, EOFError, ValueError, RecursionError) as error:
            status = self.stop()
            if late.is_set() or status == -24:  # SIGXCPU
                why = "" if seconds == wanted else " Other files had taken the time: --full tries it again."
                raise DocumentError(
                    f"Reading it took more than {seconds:.0f} seconds, and was given up.{why}"
                ) from error
            raise _Broken(
                f"It breaks the program that reads it, or needs more than {gigabytes(_memory(data))} GB of memory: "
                "it is damaged, or made to do harm."
            ) from error
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
        request["memory"] = _memory(data)
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
        return self._process.poll() is None

    def disown(self) -> None:
        """Forget the child in a process that was forked from its parent."""
        self._process.returncode = 0


_lock = threading.Lock()
_idle: list[_Child] = []


def allow(megabytes: int) -> None:
    """Let the reading of a file take so much memory, in this process from now on."""
    global MEMORY
    MEMORY = megabytes * MEGABYTE


def _memory(data: bytes) -> int:
    return MEMORY + MEMORY_A_BYTE * len(data)


def parse(kind: Format, data: bytes, name: str, share: budget.Share | None = None) -> Parsed:
    """Return what the module ``kind.module`` reads in ``data``, read by a child process.

    Raises DocumentError where the file is bad, takes too long or needs too much memory.
    """
    share = share or _ALWAYS
    share.check(kind.module, data)
    began = time.monotonic()
    try:
        return _unpacked(_ask(kind, data, name, None, share))
    except DocumentError as error:
        share.lose(time.monotonic() - began, kind.module, data, str(error))
        raise


def _unpacked(reply: Mapping[str, object]) -> Parsed:
    try:
        return unpack(reply)
    except (TypeError, ValueError, KeyError) as wrong:
        raise DocumentError("What was read in it contradicts itself: it is made to do harm.") from wrong


def draw(kind: Format, data: bytes, name: str, picture: Picture) -> bytes:
    """Return a page as PNG, drawn by a child process; raises DocumentError as ``parse`` does."""
    try:
        png = base64.b64decode(str(_ask(kind, data, name, picture, _ALWAYS)["png"]), validate=True)
    except (ValueError, KeyError) as wrong:
        raise DocumentError("What was drawn of it is no picture: it is made to do harm.") from wrong
    if not png.startswith(_PNG):
        raise DocumentError("What was drawn of it is no picture: it is made to do harm.")
    return png


def _ask(kind: Format, data: bytes, name: str, picture: Picture | None, share: budget.Share) -> dict[str, object]:
    """Return what a child says; raises DocumentError where that is bad news."""
    while True:
        with _lock:
            child = _idle.pop() if _idle else None
        child = child or _start()
        fresh = child.served == 0
        try:
            reply = child.ask(kind, data, name, picture, share)
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


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
