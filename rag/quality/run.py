"""What an evaluation works with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from rag.answering.calibration import Calibration, calibration_for
from rag.library import Models
from rag.protocols import Reader
from rag.settings import Settings
from rag.types import Progress

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Run:
    """What an evaluation works with."""

    data: Path
    settings: Settings
    models: Models
    limit: int | None = None
    """Questions that are asked, at most; they are taken evenly from the whole set."""
    report: Callable[[Progress], None] = lambda progress: None
    second: Reader | None = None
    """Reads the best few passages of a sample again."""

    @property
    def always(self) -> Settings:
        """The settings under which every question is answered, so that any threshold can be applied afterwards."""
        return replace(self.settings, threshold=0.0)

    def calibration(self, *, index: bool) -> Calibration:
        """Return the weights in force, over an index or over given passages."""
        return calibration_for(readers="first" if self.settings.reader else "none", index=index)

    def threshold(self, *, index: bool) -> float:
        """Return the confidence from which the program answers."""
        given = self.settings.threshold
        return self.calibration(index=index).threshold if given is None else given

    def some(self, items: Sequence[_Item]) -> Iterator[_Item]:
        """Yield the items of a set that are asked, and report how many are done."""
        count = len(items) if self.limit is None else min(self.limit, len(items))
        for done in range(count):
            self.report(Progress("asking", done, count))
            yield items[done * len(items) // count]
        self.report(Progress("asking", count, count))
