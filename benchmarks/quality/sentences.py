"""Fitting how the similarity reader judges a sentence: by its cosine to the question and the words they share."""

from __future__ import annotations

import random

import numpy as np

from benchmarks.quality import logistic
from benchmarks.quality.held_out import HeldOut
from rag.encoder import SentenceEncoder
from rag.text.sentences import sentences
from rag.text.words import shared, stems

_QUESTIONS = 600


def fit_sentences(held: HeldOut, encoder: SentenceEncoder, *, seed: int = 4) -> tuple[float, float, float]:
    """Return the weights of cosine and shared words, and the bias, of "this sentence holds the answer"."""
    rng = random.Random(seed)
    features: list[tuple[float, float]] = []
    labels: list[bool] = []
    for text in rng.sample(sorted(held.questions), min(_QUESTIONS, len(held.questions))):
        item = rng.choice(held.questions[text])
        spans = sentences(text)
        vectors = encoder.encode_passages([text[start:end] for start, end in spans])
        cosines = vectors @ encoder.encode_question(item.question)
        words = stems(item.question)
        for (start, end), cosine in zip(spans, np.asarray(cosines).tolist(), strict=True):
            features.append((cosine, shared(words, text[start:end])))
            labels.append(any(a < end and start < b for a, b in item.answers))
    (of_cosine, of_shared), bias = logistic.fit(features, labels)
    return float(of_cosine), float(of_shared), bias
