"""The two small models: a softmax over what could be meant, and a logistic regression; both by Newton's method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """What could be meant at one place, a row of features each, and how many of the missing words each has."""

    rows: Floats
    gains: Floats


def fit_choice(choices: Sequence[Choice], *, ridge: float = 3.0) -> Floats:
    """Fit a softmax over each place's candidates, each right one weighed by the words it gains."""
    rows = np.concatenate([choice.rows for choice in choices])
    target = np.concatenate([choice.gains / choice.gains.sum() for choice in choices])
    starts = np.r_[0, np.cumsum([len(choice.rows) for choice in choices])[:-1]]
    place = np.repeat(np.arange(len(choices)), [len(choice.rows) for choice in choices])

    def shares(fitted: Floats) -> Floats:
        scores = rows @ fitted
        powers = np.exp(scores - np.maximum.reduceat(scores, starts)[place])
        return np.asarray(powers / np.add.reduceat(powers, starts)[place])

    def loss(fitted: Floats) -> float:
        return float(-target @ np.log(shares(fitted) + 1e-300) + ridge * fitted @ fitted / 2)

    def direction(fitted: Floats) -> Floats:
        share = shares(fitted)
        means = np.add.reduceat(rows * share[:, None], starts)
        curvature = (rows * share[:, None]).T @ rows - means.T @ means + ridge * np.eye(rows.shape[1])
        return np.asarray(np.linalg.solve(curvature, rows.T @ (share - target) + ridge * fitted))

    return _newton(np.zeros(rows.shape[1]), loss, direction)


def _newton(
    fitted: Floats, loss: Callable[[Floats], float], direction: Callable[[Floats], Floats], *, steps: int = 15
) -> Floats:
    """Newton's method, each step halved until it helps."""
    for _ in range(steps):
        step, size, before = direction(fitted), 1.0, loss(fitted)
        while size > 1e-3 and loss(fitted - size * step) > before:
            size /= 2
        if size <= 1e-3:
            break
        fitted = fitted - size * step
    return fitted


def fit_gate(rows: Floats, leaning: Floats, *, ridge: float = 1.0) -> Floats:
    """Fit a logistic regression."""

    def loss(fitted: Floats) -> float:
        scores = rows @ fitted
        return float(np.logaddexp(0, scores).sum() - leaning @ scores + ridge * fitted @ fitted / 2)

    def direction(fitted: Floats) -> Floats:
        chance = 1 / (1 + np.exp(-rows @ fitted))
        curvature = (rows * (chance * (1 - chance))[:, None]).T @ rows + ridge * np.eye(rows.shape[1])
        return np.asarray(np.linalg.solve(curvature, rows.T @ (chance - leaning) + ridge * fitted))

    return _newton(np.zeros(rows.shape[1]), loss, direction)
