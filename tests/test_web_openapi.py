"""The API's description: each operation has examples, they work when they are sent, and they are what it describes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fakes import FakeEncoder, FakeReader
from jsonschema_rs import Draft202012Validator
from pdf_maker import lines, make_pdf
from starlette.testclient import TestClient

import rag
from rag.interfaces import samples
from rag.interfaces.web.server import application
from rag.interfaces.web.service import Service
from rag.library import build_library
from rag.models import Models

JSON = "application/json"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The whole page over a real index of the documents that the examples are about."""
    folder = tmp_path_factory.mktemp("openapi")
    for path, data in {
        samples.PATH: samples.TEXT.encode(),
        samples.PAGED: make_pdf([lines(["The pump of the lower lock lifts forty litres a second."])]),
    }.items():
        (folder / "seeds" / path).parent.mkdir(parents=True)
        (folder / "seeds" / path).write_bytes(data)
    settings = replace(rag.Settings(), seeds=folder / "seeds", index=folder / "index", threshold=0.0)
    models = Models(settings, encoder=FakeEncoder(), reader=FakeReader())
    service = Service(settings, lambda: build_library(settings, models=models))
    service.open()
    return TestClient(application(service), base_url="http://127.0.0.1:7860")


@pytest.fixture(scope="module")
def described(client: TestClient) -> dict[str, Any]:
    whole = client.get("/api/openapi.json").json()
    assert isinstance(whole, dict)
    return whole


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def check(value: object, schema: dict[str, Any], described: dict[str, Any]) -> None:
    Draft202012Validator({**schema, "components": described["components"]}).validate(value)


def examples_of(content: dict[str, Any], described: dict[str, Any]) -> list[Any]:
    """Return the examples of a body, which stand beside its schema, in it, or in the model that it names."""
    schema = content.get("schema", {})
    model = described["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
    return [content["example"]] if "example" in content else schema.get("examples", model.get("examples", []))


def test_every_operation_shows_what_is_sent_and_what_comes_back(described: dict[str, Any]) -> None:
    found = [path for path, _, _ in operations(described)]
    assert len(found) == 8
    for path, _, operation in operations(described):
        assert all("examples" in one["schema"] for one in operation.get("parameters", ())), path
        bodies = [operation["requestBody"]["content"]] if "requestBody" in operation else []
        answers = [answer["content"] for answer in operation["responses"].values()]
        for content in (*bodies, *answers):
            [(kind, one)] = content.items()
            examples = examples_of(one, described)
            assert examples or one["schema"].get("format") == "binary", f"{path}: {kind}"
            for example in examples:
                check(example, one.get("schema", {}), described)


def test_what_the_examples_send_is_answered_as_it_is_described(client: TestClient, described: dict[str, Any]) -> None:
    sent = 0
    for path, method, operation in operations(described):
        given = {one["name"]: one["schema"]["examples"][0] for one in operation.get("parameters", ())}
        query = {one["name"]: given[one["name"]] for one in operation.get("parameters", ()) if one["in"] == "query"}
        content = operation.get("requestBody", {}).get("content", {}).get(JSON)
        for body in examples_of(content, described) if content else [None]:
            answer = client.request(method, path.format(**given), params=query, json=body)
            assert answer.status_code == 200, answer.text
            kind = answer.headers["content-type"].partition(";")[0]
            told = operation["responses"]["200"]["content"]
            if kind == JSON:
                check(answer.json(), told[JSON]["schema"], described)
            else:
                assert kind in told or "*/*" in told
            sent += 1
    assert sent == 10


def test_the_examples_are_true(client: TestClient) -> None:
    [quote] = samples.REPLY["quotes"]
    assert samples.TEXT[quote["start"] : quote["end"]] == quote["exact"]
    verified = client.post("/api/verify", json=samples.REPLY).json()
    del verified["verdicts"][0]["document"]["reading"]  # which changes with the readers
    assert verified == samples.VERIFICATION
    assert client.get(f"/api/documents/{samples.PATH}").json() == samples.DOCUMENT
    for name, told in (line.split("\ndata: ") for line in samples.EVENTS.strip().split("\n\n")):
        assert name in ("event: reply", "event: done")
        assert json.loads(told) == samples.REPLY


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/ask", {"question": ""}),
        ("post", "/api/ask", {"question": "x", "turns": [{"question": "x"}] * 101}),
        ("post", "/api/verify", []),
        ("get", "/api/documents/none.txt", None),
        ("get", f"/api/pages/{samples.PATH}/1", None),
        ("get", f"/api/pages/{samples.PAGED}/one", None),
    ],
)
def test_an_error_is_described_too(
    client: TestClient, described: dict[str, Any], method: str, path: str, body: object
) -> None:
    answer = client.request(method, path, json=body)
    known = {"/api/documents/": "/api/documents/{id}", "/api/pages/": "/api/pages/{document}/{page}"}
    name = next((name for begins, name in known.items() if path.startswith(begins)), path)
    told = described["paths"][name][method]["responses"][str(answer.status_code)]
    check(answer.json(), told["content"][JSON]["schema"], described)
    assert answer.status_code in (400, 404, 422)
