"""The API asked whatever its own description allows, and whatever it does not: an answer or a clear refusal, always."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
import schemathesis.openapi
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance
from starlette.testclient import TestClient
from web_library import NEWS, page

import rag

FEW = bounded(max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=[*HealthCheck])
"""Requests for each operation and mode."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
"""What the description allows, and what it does not."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "seeds" / "a").mkdir(parents=True)
    (folder / "seeds" / "a" / "news.txt").write_text(NEWS, encoding="utf-8", newline="")
    return page(replace(rag.Settings(), seeds=folder / "seeds", index=folder / "index", hosts=("testserver",)))


@pytest.mark.parametrize("mode", MODES)
def test_whatever_is_asked(client: TestClient, mode: GenerationMode) -> None:
    described = schemathesis.openapi.from_asgi("/api/openapi.json", client.app)
    operations = [result.ok() for result in described.get_all_operations()]
    assert len(operations) == 8
    seen: Counter[int] = Counter()
    for operation in operations:
        fuzz(operation, mode, seen)
    assert seen.total() >= 150
    assert seen[200] == 0 if mode is GenerationMode.NEGATIVE else seen[200] >= 50


def fuzz(operation: Any, mode: GenerationMode, seen: Counter[int]) -> None:
    """Send what the description allows or forbids to one operation, and count the answers by their status."""

    @FEW
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        response = case.call()
        seen[response.status_code] += 1
        assert response.status_code < 500, response.text
        if response.status_code >= 400:
            error = response.json()["error"]
            assert error.strip()
            assert "\n" not in error
        else:
            case.validate_response(response, checks=[response_schema_conformance, content_type_conformance])

    with suppress(Unsatisfiable):  # nothing that it gets is against its description
        asked()
