"""The Model Context Protocol, spoken by the SDK's own client."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from apart import apart
from web_library import FakeLibrary, document, served

import rag
from rag.interfaces import extra
from rag.interfaces.cli import main
from rag.interfaces.web.service import Service

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from rag.interfaces import mcp as served_mcp

TEXT = "Ukraine’s foreign minister spoke.\nThe harbour opened on Tuesday.\nThe minister resigned 👩🏽‍🚀."


def over(tmp_path: Path, texts: dict[str, str], **fields: Any) -> Service:
    """Return a service over a library in memory, whose documents lie in a folder too."""
    for name, text in texts.items():
        file = tmp_path / "seeds" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8", "replace"))
    settings = replace(rag.Settings(), seeds=tmp_path / "seeds", index=tmp_path / "index", **fields)
    library = FakeLibrary([document(name, text) for name, text in texts.items()], settings=settings)
    service = Service(settings, lambda: library)  # type: ignore[arg-type, return-value]
    service.open()
    return service


async def said(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Return what a tool answers; it says the same as text and as structure, and keeps to its schema."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content
    return result.structured_content


def test_an_assistant_asks_reads_quotes_and_is_checked_over_stdio(
    library: rag.Library, seeds: Path, tmp_path: Path
) -> None:
    # Started elsewhere, as assistants do: the folder of documents is the one that the index was built from.
    arguments = ["-m", "rag", "mcp", "--index", str(library.settings.index)]
    program = StdioServerParameters(
        command=sys.executable, args=arguments, cwd=tmp_path, env={"PYTHONPATH": str(Path(rag.__file__).parent.parent)}
    )

    async def talk() -> None:
        async with Client(program) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert set(tools) == {"ask", "search", "read_document", "verify_quotes", "list_documents"}
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
            assert tools["ask"].input_schema["required"] == ["question"]

            reply = await said(client, "ask", question="Who is Ukraine's foreign minister?")
            assert (reply["status"], reply["answer"]) == ("answered", None)
            lead = reply["quotes"][0]
            id, text = lead["document"]["id"], (seeds / lead["document"]["path"]).read_bytes().decode()
            assert lead["exact"] == text[lead["start"] : lead["end"]]
            here = library.ask("Who is Ukraine's foreign minister?")
            assert [quote["exact"] for quote in reply["quotes"]] == [quote.exact for quote in here.quotes]

            found = await said(client, "search", query="foreign minister Sybiha", limit=2)
            assert len(found["passages"]) == 2
            part = await said(client, "read_document", id=id, start=lead["start"], end=lead["end"])
            assert (part["text"], part["characters"]) == (lead["exact"], len(text))
            listed = await said(client, "list_documents")
            assert [entry["id"] for entry in listed["documents"]] == [id]

            held = await said(client, "verify_quotes", quotes=[{"exact": lead["exact"], "document": id}])
            assert (held["verified"], held["verdicts"][0]["verdict"]) == (True, "exact")
            forged = lead["exact"].replace("is ready", "is not ready")
            draft = await said(client, "verify_quotes", text=f'It says: "{forged}" But "{lead["exact"]}"')
            assert [verdict["verdict"] for verdict in draft["verdicts"]] == ["altered", "exact"]
            assert draft["verified"] is False

            resource = (await client.list_resources()).resources[0]
            whole = await client.read_resource(resource.uri)
            assert whole.contents[0].text == text
            start = await client.read_resource(f"{resource.uri}?start={lead['start']}&end={lead['end']}")
            assert start.contents[0].text == lead["exact"]

    apart(anyio.run, talk)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_what_cannot_be_done_is_said_to_the_assistant(tmp_path: Path, mode: str) -> None:
    texts = {"a b/ä.txt": TEXT, "long.txt": "x" * 30_000, "odd.json": "harbour \ud800 harbour."}
    service = over(tmp_path, texts)

    async def talk() -> None:
        async with Client(served_mcp.server(service), mode=mode) as client:

            async def refused(tool: str, **arguments: Any) -> str:
                result = await client.call_tool(tool, arguments)
                assert result.is_error
                (content,) = result.content
                assert "\n" not in content.text
                return str(content.text)

            assert await refused("ask", question=" ") == "The question is empty: ask something."
            assert await refused("ask") == "question: Field required."
            assert await refused("ask", question="x", turns=[{"question": "x"}] * 101)
            assert "No document 'nothing.txt'" in await refused("read_document", id="nothing.txt")
            assert "which has 30,000 characters" in await refused("read_document", id="long.txt", start=30_001)
            assert "in that order" in await refused("read_document", id="long.txt", start=9, end=8)
            assert await refused("verify_quotes") == 'Give "text", or "quotes".'
            assert "exact" in await refused("verify_quotes", quotes=[{"document": "long.txt"}])
            assert "at most 200,000 are checked" in await refused("verify_quotes", text="x" * 200_001)
            with pytest.raises(MCPError, match="There is no tool 'write'"):
                await client.call_tool("write", {})
            for uri in ("document:///nothing.txt", "file:///etc/passwd", "document:///long.txt?start=-1"):
                with pytest.raises(MCPError):
                    await client.read_resource(uri)

            part = await said(client, "read_document", id="long.txt", start=5)
            assert (part["start"], part["end"], part["characters"]) == (5, 20_005, 30_000)
            missing = await said(client, "verify_quotes", quotes=[{"exact": "x", "document": {"path": "../x"}}])
            assert missing["verdicts"][0]["verdict"] == "missing"
            refusal = await said(client, "ask", question="Bread?")
            assert (refusal["status"], refusal["quotes"]) == ("refused", [])

            listed = (await client.list_resources()).resources
            assert [resource.name for resource in listed] == list(texts)
            assert (await client.read_resource(listed[0].uri)).contents[0].text == TEXT
            odd = await client.call_tool("ask", {"question": "harbour", "in": []})
            exact = json.loads(odd.content[0].text)["quotes"]
            assert any("\ud800" in quote["exact"] for quote in exact)

    apart(anyio.run, talk)


def test_many_documents_are_listed_in_parts(tmp_path: Path) -> None:
    service = over(tmp_path, {f"{number:03}.txt": "One." for number in range(450)})

    async def talk() -> None:
        async with Client(served_mcp.server(service)) as client:
            names: list[str] = []
            cursor = None
            while True:
                part = await client.list_resources(cursor=cursor)
                names += [resource.name for resource in part.resources]
                if (cursor := part.next_cursor) is None:
                    break
            assert names == [f"{number:03}.txt" for number in range(450)]
            listed = await said(client, "list_documents", offset=440, limit=5)
            assert ([entry["id"] for entry in listed["documents"]], listed["total"]) == (names[440:445], 450)

    apart(anyio.run, talk)


def test_the_page_offers_it_where_a_setting_says_so_behind_its_guard(tmp_path: Path) -> None:
    httpx = pytest.importorskip("httpx2")
    settings = replace(rag.Settings(), index=tmp_path / "index", mcp=True, password="open sesame")
    library = FakeLibrary([document("a/news.txt", TEXT)])
    with served(settings, library) as address, httpx.Client() as plain:
        hello = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        known = {"Authorization": "Bearer open sesame", "Accept": "application/json, text/event-stream"}
        assert plain.post(f"{address}/mcp", json=hello).status_code == 401
        elsewhere = plain.post(f"{address}/mcp", json=hello, headers={**known, "Origin": "https://evil.example"})
        assert elsewhere.status_code == 403
        renamed = plain.post(f"{address}/mcp", json=hello, headers={**known, "Host": "evil.example"})
        assert renamed.status_code == 421

        async def talk() -> None:
            async with (
                httpx.AsyncClient(headers={"Authorization": "Bearer open sesame"}) as http,
                Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,
            ):
                reply = await said(client, "ask", question="Who opened the harbour?")
                assert "harbour opened" in reply["quotes"][0]["exact"]

        apart(anyio.run, talk)
    with served(replace(settings, mcp=False, password=""), library) as address:
        assert httpx.post(f"{address}/mcp", json=hello).status_code in (404, 405)


def test_without_an_index_it_says_so_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mcp", "--index", str(tmp_path / "none")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "rag build" in err


def test_without_the_extra_the_command_that_installs_it_is_named() -> None:
    code = "import sys; sys.modules['mcp.server.lowlevel'] = None; from rag.interfaces.cli import main; main(['mcp'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.startswith("rag: mcp.server.lowlevel is not installed, which this needs. Install it with: pip ")
    assert 'chapter-and-verse[mcp]"' in done.stderr
    with pytest.raises(ModuleNotFoundError):  # a part of our own that is missing is a mistake, not an extra
        extra("nothing")
