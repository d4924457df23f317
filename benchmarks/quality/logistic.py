"""Logistic regression, by Newton's method."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_STEPS = 60


def fit(
    features: ArrayLike, labels: ArrayLike, *, weights: ArrayLike | None = None, ridge: float = 1.0
) -> tuple[NDArray[np.float64], float]:
    """Return the weight of each feature, and the bias: log-odds = features · weights + bias.

    ``features`` is (examples, features), ``labels`` (examples,) of 0 and 1, ``weights`` how much each example counts.
    ``ridge`` is the penalty on the squared weights, of features brought to unit spread; the bias has none.
    """
    x, y = np.asarray(features, dtype=float), np.asarray(labels, dtype=float)
    counts = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    spread = x.std(axis=0)
    spread[spread == 0] = 1.0
    middle = x.mean(axis=0)
    design = np.column_stack([(x - middle) / spread, np.ones(len(y))])
    penalty = np.diag([ridge] * x.shape[1] + [1e-9])
    beta = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (counts * (y - chance)) - penalty @ beta
        curvature = (design * (counts * chance * (1 - chance) + 1e-9)[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature, gradient)
        beta += step * min(1.0, 5.0 / max(1e-9, float(np.abs(step).max())))
        if float(np.abs(step).max()) < 1e-8:
            break
    found = beta[:-1] / spread
    return found, float(beta[-1] - found @ middle)
