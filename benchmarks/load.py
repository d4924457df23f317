"""People who ask, verify and open pages while the index is rebuilt beside them: errors, waits, memory and handles.

    python -m benchmarks.load                            # 30 people, one minute
    python -m benchmarks.load --people 50 --minutes 60   # as reported in docs/performance.md

The server answers from a copy of the seeds and the documents of ``tests/mixed``. Each person has an address of their
own on loopback, does something, reads for a moment (0.5 to 1.5 s times ``--pause``), and goes on: of ten things, four
are a question to the JSON API, three one through Gradio's queue, one a verification of the reply before, two a page or
document. One of the documents changes every ``--rebuild`` seconds, and ``rag build`` runs. Exit status 1 where there
was an error, where a waiting time is over the limit, or where memory or handles grew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.serving import server

QUESTIONS = (
    "Who is Ukraine's foreign minister?",
    "Who is the Kremlin spokesman?",
    "How many countries have committed to security guarantees?",
    "What did Macron describe?",
    "Where did Putin appear alongside Xi Jinping?",
    "How do I bake bread?",
    "What did Zelensky say about a meeting in Moscow?",
    "How long may guests stay in the flat?",
    "When did the choir pay for the hall?",
)
PAGES = ("/", "/api/documents?limit=50", "/own/listing", "/d/lease.md", "/own/document?id=heron-study.txt")
ROOT = Path(__file__).resolve().parents[1]
GROWTH = 0.05
"""Of the memory after warming up, by which it may grow."""
HANDLES = 20
"""By which open handles may differ from one moment to another."""


@dataclass(slots=True)
class Measured:
    """What a crowd saw, and what the server needed meanwhile."""

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds, by what was done."""
    errors: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """The server's private megabytes, twice a second."""
    handles: list[int] = field(default_factory=list)
    builds: int = 0

    def growth(self) -> float:
        """Return by how much memory grew in the second half, when all is warm, as a fraction."""
        earlier, later = _last_quarters(self.memory)
        return later / earlier - 1

    def leaked(self) -> int:
        """Return how many handles more were open at the end of the second half than at its beginning."""
        earlier, later = _last_quarters(self.handles)
        return int(later - earlier)


def _last_quarters(seen: Sequence[float]) -> tuple[float, float]:
    quarter = max(1, len(seen) // 4)
    return float(np.median(seen[-2 * quarter : -quarter])), float(np.median(seen[-quarter:]))


class Person:
    """Someone at the page; ``number`` makes their address and their choices."""

    def __init__(self, number: int, address: str, pause: float, measured: Measured) -> None:
        self.chance = random.Random(number)
        self.pause = pause
        self.measured = measured
        self.reply: dict[str, Any] | None = None
        local = httpx.AsyncHTTPTransport(local_address=f"127.0.{1 + number // 250}.{1 + number % 250}")
        self.client = httpx.AsyncClient(base_url=address, timeout=600, transport=local)

    async def stay(self, until: float) -> None:
        """Do one thing after the other until the time is over."""
        doings = [*[self.ask] * 4, *[self.queue] * 3, self.verify, *[self.open] * 2]
        async with self.client:
            await asyncio.sleep(self.chance.random() * self.pause)
            while time.monotonic() < until:
                do = self.chance.choice(doings)
                began = time.monotonic()
                try:
                    await do()
                    self.measured.waits[do.__name__].append(time.monotonic() - began)
                except (httpx.HTTPError, ValueError, KeyError) as error:
                    self.measured.errors.append(f"{do.__name__}: {error!r}")
                await asyncio.sleep((0.5 + self.chance.random()) * self.pause)

    async def ask(self) -> None:
        """Ask the JSON API."""
        response = await self.client.post("/api/ask", json={"question": self.chance.choice(QUESTIONS)})
        response.raise_for_status()
        self.reply = response.json()
        if self.reply["status"] not in {"answered", "refused"}:
            raise ValueError(response.text)

    async def queue(self) -> None:
        """Ask as the Gradio client does: join the queue, then wait for the end of the event's stream."""
        joined = await self.client.post("/gradio_api/call/ask", json={"data": [self.chance.choice(QUESTIONS), [], ""]})
        joined.raise_for_status()
        async with self.client.stream("GET", f"/gradio_api/call/ask/{joined.json()['event_id']}") as stream:
            lines = [line async for line in stream.aiter_lines()]
        if "event: complete" not in lines:
            raise ValueError("\n".join(lines))
        json.loads(lines[lines.index("event: complete") + 1].removeprefix("data: "))

    async def verify(self) -> None:
        """Have the reply before verified; what the rebuilt document says may have moved."""
        if self.reply is None:
            await self.ask()
        response = await self.client.post("/api/verify", json=self.reply)
        response.raise_for_status()
        verdicts = {verdict["verdict"] for verdict in response.json()["verdicts"]}
        if not verdicts <= {"exact", "moved"}:
            raise ValueError(response.text)

    async def open(self) -> None:
        """Open a page."""
        (await self.client.get(self.chance.choice(PAGES), follow_redirects=True)).raise_for_status()


async def rebuild(seeds: Path, index: Path, every: float, until: float, measured: Measured) -> None:
    """Change one document and build, again and again."""
    changed = seeds / "council-minutes.txt"
    text = changed.read_text(encoding="utf-8")
    while time.monotonic() + every < until:
        await asyncio.sleep(every)
        changed.write_text(f"Edition {measured.builds + 1} of these minutes.\n\n{text}", encoding="utf-8")
        command = [sys.executable, "-m", "rag", "build", "--seeds", str(seeds), "--index", str(index)]
        build = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=asyncio.subprocess.PIPE)
        _, said = await build.communicate()
        if build.returncode:
            measured.errors.append(f"rag build: {said.decode()}")
        measured.builds += 1


async def watch(process: int, until: float, measured: Measured) -> None:
    """Note the server's private memory and open handles."""
    folder = Path(f"/proc/{process}")
    while time.monotonic() < until:
        measured.memory.append(int((folder / "status").read_text().split("RssAnon:")[1].split()[0]) / 1000)
        measured.handles.append(len(list((folder / "fd").iterdir())))
        await asyncio.sleep(0.5)


async def crowd(people: int, seconds: float, every: float, pause: float = 1.0) -> Measured:
    """Serve a folder to so many people for so long."""
    measured = Measured()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (address, process):
        until = time.monotonic() + seconds
        persons = [Person(number, address, pause, measured) for number in range(people)]
        work = [person.stay(until) for person in persons]
        work.append(rebuild(Path(folder) / "seeds", Path(folder) / "index", every, until, measured))
        await asyncio.gather(*work, watch(process, until, measured))
    return measured


def served(folder: Path) -> AbstractContextManager[tuple[str, int]]:
    """Serve copies of the seeds and the mixed documents, kept in ``folder``."""
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    shutil.copytree(ROOT / "tests" / "mixed" / "documents", folder / "seeds", dirs_exist_ok=True)
    return server("--seeds", str(folder / "seeds"), "--index", str(folder / "index"), cwd=ROOT)


def main() -> int:
    """Run the test and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--rebuild", type=float, default=30, help="seconds between two changes (30)")
    parser.add_argument("--pause", type=float, default=1, help="how long people read, beside 0.5 to 1.5 s (1)")
    parser.add_argument("--limit", type=float, default=2, help="seconds: 95th percentile of a question's wait (2)")
    options = parser.parse_args()
    measured = asyncio.run(crowd(options.people, options.minutes * 60, options.rebuild, options.pause))
    for error in measured.errors[:5]:
        print(error, file=sys.stderr)
    for name, waits in sorted(measured.waits.items()):
        half, most = np.quantile(waits, 0.5), np.quantile(waits, 0.95)
        print(f"{name}: {len(waits)}, median {half:.3f} s, 95th percentile {most:.3f} s, longest {max(waits):.3f} s")
    print(f"{len(measured.errors)} errors, {measured.builds} builds beside")
    print(f"memory {np.median(measured.memory):.0f} MB, grown {measured.growth():+.1%}; handles {measured.leaked():+d}")
    asked = [*measured.waits["ask"], *measured.waits["queue"]]
    slow = not asked or np.quantile(asked, 0.95) > options.limit
    return int(bool(measured.errors or slow or measured.growth() > GROWTH or measured.leaked() > HANDLES))


if __name__ == "__main__":
    raise SystemExit(main())
