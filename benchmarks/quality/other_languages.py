"""How sure may a reply be in another language than English? python -m benchmarks.quality.other_languages [--write]

The same questions over the same four short documents in five languages (``languages/``), each language an index of its
own. The discount is the one number, in log-odds, that makes confidence in the other languages on the whole as high as
they are often right; it comes on top of the one that is in force.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from math import log
from pathlib import Path

from rag.answering.calibration import calibration_for, probability
from rag.library import build_library
from rag.models import Models
from rag.quality.metrics import Judged, mean
from rag.quality.own import judge, load
from rag.sealed import sealed
from rag.settings import Settings

FOLDER = Path(__file__).parent / "languages"
ANSWERED = 0.5
LANGUAGES = ("en", "de", "fr", "es", "ru")


def asked(language: str, models: Models) -> list[Judged]:
    """Ask the questions of a language over its documents, and return what each reply is worth."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(seeds=FOLDER / language, index=Path(folder) / "index", threshold=0.0)
        library = build_library(settings, models=models)
        return [judge(item, library.ask(item.question)) for item in load(FOLDER / f"{language}.jsonl")]


def discount(judged: Sequence[Judged]) -> float:
    """Return by how many log-odds confidence has to be lowered so that it is on the whole as often right as it says."""
    low, high = -8.0, 8.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        said = sum(lowered(item.confidence, middle) for item in judged)
        low, high = (middle, high) if said > sum(item.right for item in judged) else (low, middle)
    return round(low, 3)


def lowered(confidence: float, by: float) -> float:
    """Return a probability lowered by so many log-odds."""
    bounded = min(max(confidence, 1e-9), 1 - 1e-9)
    return probability(log(bounded / (1 - bounded)) - by)


def keep(other_language: float) -> None:
    """Write the discount, in a passage's log-odds, into the file that the program reads."""
    path = Path(str(files("rag") / "data" / "calibration.json"))
    content = json.loads(path.read_text(encoding="utf-8"))
    content["other_language"] = round(other_language, 3)
    path.write_text(json.dumps(sealed(content), indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Print a line for each language and the discount of those that are not English."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.other_languages", description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the discount in rag/data/calibration.json")
    options = parser.parse_args(arguments)
    models = Models(Settings())
    every = {language: asked(language, models) for language in LANGUAGES}
    for language, judged in every.items():
        answered = [item for item in judged if item.confidence >= ANSWERED]
        without = [item for item in judged if not item.answerable]
        print(
            f"{language}: leads right {sum(item.right for item in judged)} of {len(judged) - len(without)}, "
            f"answered {len(answered)}, right {sum(item.right for item in answered)}, without an answer answered "
            f"{sum(item.confidence >= ANSWERED for item in without)} of {len(without)}, "
            f"mean confidence of answers {mean([item.confidence for item in answered]):.2f}"
        )
    more = discount([item for language in LANGUAGES[1:] for item in every[language]])
    print(f"further discount: {more} in the other languages, {discount(every['en'])} in English")
    if options.write:
        weights = calibration_for(readers="both", index=True)
        keep(weights.other_language + more / weights.scale)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
