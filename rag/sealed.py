"""JSON objects that carry their own hash, so that what a damaged file says is never taken for what was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_KEY = "sha256"


def sealed(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with its hash, which takes the place of an earlier one."""
    plain = {key: part for key, part in value.items() if key != _KEY}
    return {**plain, _KEY: hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()}


def unsealed(value: Mapping[str, Any], *, unhashed: bool = False) -> dict[str, Any]:
    """Return an object without its hash; raises ValueError where that is another's.

    One that has none is believed only where ``unhashed`` says so: earlier versions wrote none.
    """
    if not (unhashed and _KEY not in value) and value.get(_KEY) != sealed(value)[_KEY]:
        raise ValueError("its SHA-256 is not the one it gives")
    return {key: part for key, part in value.items() if key != _KEY}
