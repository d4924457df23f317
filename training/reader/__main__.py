"""``python -m training.reader prepare|train|teach|evaluate|export``; each with ``--help``."""

from __future__ import annotations

import argparse
from pathlib import Path

from rag.reading.network import ReaderNetwork
from rag.reading.weights import FIRST_READER, FOLDER, SECOND_READER, Shipped

WORK = Path.home() / ".cache/chapter-and-verse/reader"
READERS = {"first": FIRST_READER, "second": SECOND_READER}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.reader", description=__doc__)
    parser.add_argument("command", choices=("prepare", "train", "teach", "evaluate", "export"))
    parser.add_argument("--reader", choices=READERS, default="first")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=WORK, help="checkpoints and prepared arrays")
    parser.add_argument(
        "--model", type=Path, help="the folder of all-mpnet-base-v2, from which the second reader begins"
    )
    parser.add_argument("--replay", type=float, default=0.25, help="share of the other sets' examples beside field's")
    parser.add_argument("--taught", action="store_true", help="train on the targets that the second reader taught")
    parser.add_argument("--steps", type=int, default=7_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end the schedule after so long, if sooner")
    parser.add_argument("--rate", type=float, default=2e-4, help="the layers' highest learning rate")
    parser.add_argument("--head-rate", type=float, default=1e-3, help="the heads'")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--begin", type=Path, help="weights to train on from (default: the model's, with fresh heads)")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        nargs="+",
        help="to evaluate, export or teach with, several as their mean (default: the run's)",
    )
    parser.add_argument("--shipped", action="store_true", help="evaluate the exported weights, or train on from them")
    parser.add_argument("--limit", type=int, help="evaluate on, or teach, so many")
    parser.add_argument("--dev-only", action="store_true", help="leave half A alone")
    parser.add_argument("--out", type=Path, help="where to export to (default: where it ships)")
    return parser.parse_args()


def main() -> None:
    """Run the named command."""
    options = _arguments()
    shipped = READERS[options.reader]
    checkpoints = options.checkpoint or [options.work / "final-average.safetensors"]
    if options.command == "export":
        from training.reader.export import export, mean

        print(export(mean(checkpoints), options.out or FOLDER / shipped.file, shipped))
    elif options.command == "evaluate":
        _evaluate(options, checkpoints, shipped)
    else:
        from training.reader.prepare import prepare

        path = prepare(options.data, options.work, options.seed, options.replay)
        if options.command == "teach":
            from training.reader.teach import teach

            print(teach(path, _network(checkpoints, SECOND_READER), limit=options.limit))
        elif options.command == "train":
            _train(options, path.with_name(f"{path.stem}-taught.npz") if options.taught else path, shipped)


def _train(options: argparse.Namespace, path: Path, shipped: Shipped) -> None:
    import torch
    from safetensors.torch import load_file

    from rag.reading.weights import read
    from rag.reading.windows import model_folder
    from training.reader.train import Examples, Plan, train

    plan = Plan(
        trunk=shipped.trunk,
        steps=options.steps,
        minutes=options.minutes,
        rate=options.rate,
        head_rate=options.head_rate,
        seed=options.seed,
    )
    begin = None
    if options.shipped:
        begin = read(shipped, torch.float32).state_dict()
    elif options.begin:
        begin = load_file(str(options.begin))
    train(Examples(path), options.work, plan, model=options.model or model_folder(), begin=begin)


def _network(checkpoints: list[Path], shipped: Shipped) -> ReaderNetwork:
    from rag.reading.network import precision
    from training.reader.export import mean

    network = ReaderNetwork(shipped.trunk)
    network.load_state_dict(mean(checkpoints))
    averaged: ReaderNetwork = network.to(precision()).eval()
    return averaged


def _evaluate(options: argparse.Namespace, checkpoints: list[Path], shipped: Shipped) -> None:
    from rag.reading.reader import SpanReader
    from rag.reading.windows import load_tokenizer
    from training.reader.measure import evaluate, show

    reader = (
        SpanReader.load(shipped) if options.shipped else SpanReader(_network(checkpoints, shipped), load_tokenizer())
    )
    print(show(evaluate(reader, options.data, limit=options.limit, half_a=not options.dev_only)))


if __name__ == "__main__":
    main()
