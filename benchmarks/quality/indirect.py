"""Hints on indirect speech: how many sentences that tell the truth get one, and how many that do not.

    python -m benchmarks.quality.indirect [--show]

The sentences of ``indirect.toml`` were written for this over the document in ``seeds/``: "seen" while the rules were
made, "unseen" after them, and "changed" with a number, a name or a speaker that the document does not have.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

from rag.verification import check_text

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="print the true sentences with a hint, the changed without")
    options = parser.parse_args()
    written = tomllib.loads((HERE / "indirect.toml").read_text(encoding="utf-8"))
    print("| sentences | n | with a hint |\n|---|---|---|")
    for kind, text in written.items():
        sentences = text.strip().splitlines()
        hinted = {sentence: check_text(sentence, HERE.parents[1] / "seeds").hints for sentence in sentences}
        print(f"| {kind} | {len(sentences)} | {sum(map(bool, hinted.values()))} |")
        for sentence, hints in hinted.items():
            if options.show and bool(hints) != (kind == "changed"):
                print(f"    {sentence} {[hint.said for hint in hints]}")


if __name__ == "__main__":
    main()
