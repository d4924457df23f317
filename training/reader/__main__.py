"""``python -m training.reader prepare|train|evaluate|export``; each with ``--help``."""

from __future__ import annotations

import argparse
from pathlib import Path

WORK = Path.home() / ".cache/chapter-and-verse/reader"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.reader", description=__doc__)
    parser.add_argument("command", choices=("prepare", "train", "evaluate", "export"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=WORK, help="checkpoints and prepared arrays")
    parser.add_argument("--steps", type=int, default=7_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end the schedule after so long, if sooner")
    parser.add_argument("--rate", type=float, default=2e-4, help="the layers' highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--begin", type=Path, help="weights to train on from (default: MiniLM's, with fresh heads)")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        nargs="+",
        help="to evaluate or export, several as their mean (default: the run's)",
    )
    parser.add_argument("--shipped", action="store_true", help="evaluate the exported weights")
    parser.add_argument("--limit", type=int, help="evaluate on so many questions")
    parser.add_argument("--dev-only", action="store_true", help="leave half A alone")
    parser.add_argument("--out", type=Path, default=Path("rag/reading/first.safetensors"))
    return parser.parse_args()


def main() -> None:
    """Run the named command."""
    options = _arguments()
    checkpoints = options.checkpoint or [options.work / "final-average.safetensors"]
    if options.command == "export":
        from training.reader.export import export, mean

        print(export(mean(checkpoints), options.out))
    elif options.command == "evaluate":
        _evaluate(options, checkpoints)
    else:
        from training.reader.prepare import prepare

        path = prepare(options.data, options.work, options.seed)
        if options.command == "train":
            from training.reader.train import Examples, Plan, train

            plan = Plan(steps=options.steps, minutes=options.minutes, rate=options.rate, seed=options.seed)
            train(Examples(path), options.work, plan, begin=options.begin)


def _evaluate(options: argparse.Namespace, checkpoints: list[Path]) -> None:
    from rag.reading.network import FIRST, ReaderNetwork
    from rag.reading.reader import SpanReader
    from rag.reading.windows import load_tokenizer
    from rag.tensors import precision
    from training.reader.export import mean
    from training.reader.measure import evaluate, show

    if options.shipped:
        reader = SpanReader.load()
    else:
        network = ReaderNetwork(FIRST)
        network.load_state_dict(mean(checkpoints))
        reader = SpanReader(network.to(precision()).eval(), load_tokenizer())
    print(show(evaluate(reader, options.data, limit=options.limit, half_a=not options.dev_only)))


if __name__ == "__main__":
    main()
