"""Questions of texts that training leaves out: forty articles of SQuAD's training set, and one text in sixteen of
other sets (which the shipped reader's first two runs had read; see its model card). Nothing here is of a set that the
program is judged by.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

from benchmarks.quality.data import Labelled, held_out_articles, is_held_out, labelled, rows

_GROUPS = {
    "squad1_dev_other": "squad",
    "squad2_half_b_unanswerable": "squad",
    "squadshifts_new_wiki": "wiki",
    "qed_nq": "wiki",
    "bioasq6b": "medicine",
    "bioasq7b": "medicine",
    "bioasq8b": "medicine",
    "bioasq9b": "medicine",
    "squadshifts_reddit": "reddit",
    "squadshifts_amazon_reviews": "reviews",
    "policyqa": "policies",
    "doqa_cooking": "forum",
    "doqa_movies": "forum",
    "fairytaleqa_train": "tales",
    "fairytaleqa_val": "tales",
    "fairytaleqa_test": "tales",
    "quoref_superni": "stories",
    "quoref_contrast": "stories",
    "qasper_superni": "papers",
}
"""Other sets' sources, by kind of text. Left out are those whose unanswerable questions can be told from their length,
or may have an answer."""

_STAND_ALONE = ("squad", "wiki", "medicine")
"""Groups whose questions say what they are about, so that they can be asked of many documents."""


class HeldOut:
    """Held-out questions, by group (an article, or a kind of text) and paragraph."""

    def __init__(self, items: Iterable[tuple[str, Labelled]]) -> None:
        self.groups: dict[str, list[str]] = {}
        self.questions: dict[str, list[Labelled]] = {}
        for group, item in items:
            if item.text not in self.questions:
                self.groups.setdefault(group, []).append(item.text)
            self.questions.setdefault(item.text, []).append(item)
        self.trapped = [
            (group, text)
            for group, texts in self.groups.items()
            for text in texts
            if any(not item.answers for item in self.questions[text])
        ]
        """The paragraphs with questions that people wrote so that they have no answer, with their groups."""


def articles(data: Path) -> HeldOut:
    """Return the questions of the forty held-out articles."""
    every = rows(data, "reading/train_squad")
    titles = held_out_articles(row["title"] for row in every)
    return HeldOut((item.title, item) for row in every if row["title"] in titles for item in [labelled(row)])


def other_texts(data: Path, groups: Container[str] = frozenset(_GROUPS.values())) -> HeldOut:
    """Return the questions of the other sets' held-out texts, of these groups."""
    return HeldOut(
        (_GROUPS[row["source"]], labelled(row))
        for name in ("reading/train", "reading/train_more")
        for row in rows(data, name)
        if _GROUPS.get(row["source"]) in groups and is_held_out(row["context"])
    )


def stand_alone(data: Path) -> HeldOut:
    """Return those whose questions can be asked of many documents."""
    return other_texts(data, _STAND_ALONE)
