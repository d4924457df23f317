"""What people and programs use: the command line, the page, the JSON."""

from __future__ import annotations

import importlib
from typing import Any

from rag.errors import SettingsError


def extra(name: str) -> Any:
    """Return the module of ``interfaces`` that needs the extra of its name; raises SettingsError without that extra."""
    try:
        return importlib.import_module(f"rag.interfaces.{name}")
    except ModuleNotFoundError as error:
        if str(error.name).startswith("rag"):
            raise
        remedy = f'pip install "chapter-and-verse[{name}]", in a checkout pip install -r requirements-extras.txt'
        raise SettingsError(f"{error.name} is not installed, which this needs. Install it with: {remedy}.") from error
