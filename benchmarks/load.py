"""30 people asking at once for a minute, on loopback: errors and how long they wait.

    python -m benchmarks.load                      # starts a server on the seeds
    python -m benchmarks.load --address http://127.0.0.1:7860 --people 30 --seconds 60

Each person asks, reads for a moment (0.5 to 1.5 s), and asks again. Half of them use the JSON API, half Gradio's
own through its queue, so both are measured. Exit status 1 where there was an error or the 95th percentile is over
two seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

QUESTIONS = (
    "Who is Ukraine's foreign minister?",
    "Who is the Kremlin spokesman?",
    "How many countries have committed to security guarantees?",
    "What did Macron describe?",
    "Where did Putin appear alongside Xi Jinping?",
    "How do I bake bread?",
    "What did Zelensky say about a meeting in Moscow?",
)
LIMIT = 2.0
"""Seconds: the 95th percentile may take so long."""


async def over_http(client: httpx.AsyncClient, question: str) -> None:
    """Ask the JSON API."""
    response = await client.post("/api/ask", json={"question": question})
    response.raise_for_status()
    if response.json()["status"] not in {"answered", "refused"}:
        raise ValueError(response.text)


async def through_the_queue(client: httpx.AsyncClient, question: str) -> None:
    """Ask as the Gradio client does: join the queue, then wait for the end of the event's stream."""
    joined = await client.post("/gradio_api/call/ask", json={"data": [question, [], ""]})
    joined.raise_for_status()
    async with client.stream("GET", f"/gradio_api/call/ask/{joined.json()['event_id']}") as stream:
        lines = [line async for line in stream.aiter_lines()]
    if "event: complete" not in lines:
        raise ValueError("\n".join(lines))
    json.loads(lines[lines.index("event: complete") + 1].removeprefix("data: "))


async def person(number: int, address: str, until: float, waits: list[float], errors: list[str]) -> None:
    """Ask until the time is over."""
    chance = random.Random(number)
    ask = over_http if number % 2 else through_the_queue
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        await asyncio.sleep(chance.random())
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                await ask(client, chance.choice(QUESTIONS))
                waits.append(time.monotonic() - began)
            except (httpx.HTTPError, ValueError, KeyError) as error:
                errors.append(f"{ask.__name__}: {error!r}")
            await asyncio.sleep(0.5 + chance.random())


async def crowd(address: str, people: int, seconds: float) -> tuple[list[float], list[str]]:
    """Return the waits in seconds, and the errors."""
    while httpx.get(f"{address}/healthz").status_code != 200:
        await asyncio.sleep(0.2)
    waits: list[float] = []
    errors: list[str] = []
    until = time.monotonic() + seconds
    await asyncio.gather(*(person(number, address, until, waits, errors) for number in range(people)))
    return sorted(waits), errors


@contextmanager
def server() -> Iterator[str]:
    """Serve the seeds on a free port."""
    command = [sys.executable, "-m", "rag", "serve", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        address = next(found[1] for line in process.stderr if (found := re.search(r" is at (http://[\w.:]+)/", line)))
        yield address
    finally:
        process.terminate()
        process.wait(20)


def main() -> int:
    """Run the test and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", help="of a server that runs already")
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    if options.address:
        waits, errors = asyncio.run(crowd(options.address, options.people, options.seconds))
    else:
        with server() as address:
            waits, errors = asyncio.run(crowd(address, options.people, options.seconds))
    for error in errors[:5]:
        print(error, file=sys.stderr)
    if not waits:
        return 1
    half, most = waits[len(waits) // 2], waits[int(len(waits) * 0.95)]
    print(f"{len(waits)} answers, {len(errors)} errors")
    print(f"median {half:.3f} s, 95th percentile {most:.3f} s, longest {waits[-1]:.3f} s")
    return 1 if errors or most > LIMIT else 0


if __name__ == "__main__":
    raise SystemExit(main())
