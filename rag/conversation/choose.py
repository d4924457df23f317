"""Which of the things said before a pointer means: a small linear model over what is known of each.

The weights in ``weights.py`` were fitted by ``training/conversation.py``, which is also how to fit them again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rag.conversation import weights
from rag.conversation.history import Entity

FEATURES = (
    "constant", "asked last", "subject of the last question", "answered last", "lead of the last answer", "asked for",
    
    "in the first question", "asked the time before", "times said", "share of questions", "recency", "only answered",
    "name", "name in the first question", "person", "no person", "gender agrees", "gender conflicts", "place", "plural",
    "several words", "named by the noun", "half in the question", "asked last, only one",
    "new in the last question", "new, and its subject", "a noun asked last",
)  # fmt: skip


def features(
    entity: Entity, kind: str, *, turns: int, noun: str, question: frozenset[str], alone: bool
) -> tuple[float, ...]:
    """Return the values of ``FEATURES`` for an entity as what a pointer of this kind may mean.

    ``turns`` is how many there are; ``noun`` a demonstrative's noun; ``question`` the question's words in lower case;
    ``alone`` whether the entity is the only name of the last question.
    """
    asked = set(entity.asked)
    new = entity.asked == (0,) and not entity.answered
    gendered = kind in ("he", "she") and entity.gender != ""
    return (
        1.0,
        0 in asked,
        entity.subject,
        0 in entity.answered,
        entity.lead,
        entity.wanted,
        entity.opening,
        1 in asked,
        math.log(entity.count),
        len(asked) / turns,
        1 / (1 + min(entity.asked + entity.answered)),
        not asked,
        entity.name,
        entity.name and entity.opening,
        entity.person > 0,
        entity.person < 0,
        gendered and entity.gender == kind,
        gendered and entity.gender != kind,
        entity.place,
        entity.plural,
        len(entity.words) > 1,
        bool(noun) and noun in entity.words,
        bool(entity.words & question),
        alone,
        new,
        new and entity.subject,
        0 in asked and not entity.name,
    )


def only_name(found: Sequence[Entity]) -> Entity | None:
    """Return the one name of the last question; None where there are none or several."""
    names = [entity for entity in found if entity.name and 0 in entity.asked]
    return names[0] if len(names) == 1 else None


def ranked(
    found: Sequence[Entity], kind: str, *, turns: int, noun: str, question: frozenset[str]
) -> list[tuple[float, Entity]]:
    """Return the entities that a pointer of this kind may mean, each with its probability, the likeliest first."""
    kept = fitting(found, kind, question)
    if not kept:
        return []
    alone = only_name(found)
    scores = []
    for entity in kept:
        values = features(entity, kind, turns=turns, noun=noun, question=question, alone=entity is alone)
        fitted = sum(weight * value for weight, value in zip(weights.WEIGHTS[kind], values, strict=True))
        scores.append(fitted + _prior(entity, kind))
    top = max(scores)
    shares = [math.exp(score - top) for score in scores]
    order = sorted(range(len(kept)), key=lambda i: (-shares[i], i))
    return [(shares[i] / sum(shares), kept[i]) for i in order]


def fitting(found: Sequence[Entity], kind: str, question: frozenset[str]) -> list[Entity]:
    """Return the entities that a pointer of this kind may mean at all, without those that the question names."""
    return [entity for entity in found if _may_be(entity, kind) and not entity.words <= question]


def _may_be(entity: Entity, kind: str) -> bool:
    """What no weight may overrule: "he" is no country, "she" no Mr, "it" no person."""
    if kind in ("he", "she"):
        one = not entity.place and (not entity.plural or entity.name) and entity.gender in ("", kind)
        known = entity.person > 0 or (entity.person == 0 and not entity.buried and not entity.text.startswith("the "))
        return one and known
    if entity.buried:
        return kind == "there" and entity.place
    if kind == "it":
        return entity.person <= 0
    return True


def _prior(entity: Entity, kind: str) -> float:
    """What the training dialogues, each about one article, have too few cases of to teach."""
    if kind in ("he", "she"):
        return 1.0 * (entity.person > 0) + 2.5 * entity.wanted
    if kind == "there":
        return 3.0 * entity.place + 1.0 * entity.wanted
    if kind == "they":
        return 1.5 * entity.named + 1.0 * entity.plural - 0.5 * (entity.place or entity.gender != "")
    return 1.5 * entity.named
