from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest
from starlette.testclient import TestClient
from web_library import page

import rag
from rag.errors import SettingsError
from rag.interfaces.web import security
from rag.interfaces.web.clients import CLIENT

OTHER = "https://news.example"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("guard")
    return page(replace(rag.Settings(), index=folder / "index", embed=(OTHER,), hosts=("chat.news.example",)))


def directives(response: object) -> dict[str, str]:
    policy: str = response.headers["content-security-policy"]  # type: ignore[attr-defined]
    return {name: rest for name, _, rest in (part.partition(" ") for part in policy.split("; "))}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:7860", "localhost", "LOCALHOST:80", "[::1]:7860", "192.168.1.7", "chat.news.example"],
)
def test_hosts_that_are_ours(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[", "xn--o", "127.0.0.1:evil.com",
        "localhost:evil.com", "[::1", "[::1]evil.com", "[::1]:7860:1", "::1", "localhost.", "127.0.0.1:", "1.2.3",
        "localhost:7860@evil.com", "localhost/", "[evil.com]", "[1:2]", "localhost:123456", ".localhost", "", " ",
        "localhost localhost",
    ],
)  # fmt: skip
def test_other_hosts_are_turned_away(client: TestClient, host: str) -> None:
    response = client.get("/healthz", headers={"Host": host})
    assert response.status_code == 421
    assert "'hosts'" in response.json()["error"]


@pytest.mark.parametrize("path", ["/api/ask", "/own/feedback", "/gradio_api/queue/join", "/gradio_api/call/ask"])
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1:9999",
        "http://localhost:7860",
        "http://[",
        "http://",
        "http://]:7860",
        "//127.0.0.1:7860",
        "http://x@127.0.0.1:7860",
        "http://127.0.0.1:7860/",
        "ftp://127.0.0.1:7860",
    ],
)
def test_other_pages_may_not_ask(client: TestClient, path: str, origin: str) -> None:
    response = client.post(path, json={"question": "x"}, headers={"Origin": origin})
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


def test_our_own_page_may_ask(client: TestClient) -> None:
    headers = {"Origin": "http://127.0.0.1:7860"}
    assert client.post("/api/ask", json={"question": "harbour"}, headers=headers).status_code == 200


def test_a_page_that_the_settings_name_may_ask(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": "harbour"}, headers={"Origin": OTHER})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == OTHER
    assert "access-control-allow-credentials" not in response.headers


def test_its_preflight_is_answered_and_that_of_others_is_not(client: TestClient) -> None:
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = client.options("/api/ask", headers={"Origin": OTHER, **wanted})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, OTHER)
    assert client.options("/api/ask", headers={"Origin": "https://evil.example", **wanted}).status_code == 403


def test_gradio_adds_no_permission_of_its_own(client: TestClient) -> None:
    response = client.get("/config", headers={"Origin": OTHER})
    assert response.headers.get_list("access-control-allow-origin") == [OTHER]


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/upload_progress",
        "/gradio_api/dev/reload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=https://evil.example",
        "/gradio_api/stream/x",
        "/gradio_api/cancel",
        "/gradio_api/reset",
        "/gradio_api/run/ask",
        "/gradio_api/api/ask",
        "/gradio_api/component_server",
        "/gradio_api/process_recording",
        "/gradio_api/vibe-code",
        "/gradio_api/runs",
        "/gradio_api/openapi.json",
        "/gradio_api/deep_link",
        "/gradio_api/call/again",
        "/gradio_api/custom_component/a/b/c/d",
        "/gradio_api",
        "/monitoring",
        "/monitoring/summary",
        "/svelte/x",
        "/token",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_the_page_does_not_need_is_shut(client: TestClient, path: str, method: str) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.json()) == (404, {"error": "There is nothing here."})


def test_a_body_may_not_be_larger_than_it_says_it_may(client: TestClient) -> None:
    large = b"x" * (security.LARGEST_BODY + 1)
    response = client.post("/api/ask", content=large)
    assert (response.status_code, response.json()) == (413, {"error": "At most 2 MB are taken."})
    pieces = client.post("/api/ask", content=iter([large[:99], large[99:]]))
    assert (pieces.status_code, pieces.json()) == (413, {"error": "At most 2 MB are taken."})
    assert client.post("/api/verify", content=b"x" * (security.LARGEST_REPLY + 1)).status_code == 413
    for length in ("-1", "1e3", "\u0663".encode(), "9" * 5_000):
        assert client.post("/api/ask", content=b"", headers={"Content-Length": length}).status_code == 413


BELIEVED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.9",
    "X-Gradio-Server": "http://evil.example",
    "Forwarded": "host=evil.example;proto=https",
}


@pytest.mark.parametrize("path", ["/", "/config", "/demo", "/gradio_api/info"])
def test_what_a_sender_says_of_proxies_does_not_come_back(client: TestClient, path: str) -> None:
    plain, said = client.get(path), client.get(path, headers=BELIEVED)
    assert "evil.example" not in said.text
    assert "https://127.0.0.1" not in said.text
    assert len(said.text) == len(plain.text)


def test_under_a_public_name_a_proxy_may_say_that_it_was_asked_over_tls(client: TestClient) -> None:
    named = {**BELIEVED, "Host": "chat.news.example"}
    assert '<iframe src="/"' in client.get("/demo", headers=named).text
    assert "https://chat.news.example/embed.js" in client.get("/demo", headers=named).text
    assert "evil.example" not in client.get("/", headers=named).text
    assert "http://chat.news.example/embed.js" in client.get("/demo", headers={"Host": "chat.news.example"}).text


@pytest.mark.parametrize("path", ["/", "/api/documents", "/demo", "/own/chat.js", "/nothing", "/gradio_api/upload"])
def test_every_answer_has_its_policy(client: TestClient, path: str) -> None:
    response = client.get(path)
    policy = directives(response)
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == f"'self' {OTHER}"
    assert policy["object-src"] == "'none'"
    assert "unsafe-inline" not in policy["script-src"]
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_page_s_own_inline_scripts_are_allowed_by_hash(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert directives(response)["script-src"].count("'sha256-") == response.text.count(
        "<script>"
    ) + response.text.count("<script data-")
    assert directives(client.get("/demo"))["script-src"] == "'self' 'unsafe-eval'"


def test_a_known_script_has_the_hash_that_browsers_compute() -> None:
    policy = security.policy((), inline=[b"alert('Hello, world.');"])
    assert "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='" in policy


def test_inline_scripts_are_those_without_an_address() -> None:
    page = b'<script src="/a.js"></script><SCRIPT\ndata-x>one <b></Script ><script defer src=b.js></script><script>two'
    assert list(security.inline_scripts(page)) == [b"one <b>"]
    assert list(security.inline_scripts(page + b"</script>\n<script></script>")) == [b"one <b>", b"two", b""]


@pytest.mark.parametrize("piece", [b"<script", b"<script>", b"<script src=x>", b"</script ", b"<script "])
def test_a_page_of_any_scripts_is_read_in_time_in_proportion_to_its_length(piece: bytes) -> None:
    began = perf_counter()
    assert list(security.inline_scripts(piece * (2_000_000 // len(piece)))) == []
    assert perf_counter() - began < 2


def test_theme_is_another_name_for_gradio_s_own(client: TestClient) -> None:
    response = client.get("/?question=a%20b&theme=dark")
    assert (response.status_code, response.headers["location"]) == (307, "/?question=a+b&__theme=dark")
    assert client.get("/?__theme=dark").status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "news.example",
        "https://",
        "https://a.example/path",
        "https://a.example; script-src *",
        "*",
        "ftp://a.b",
        "https://*.b",
    ],
)
def test_what_is_no_origin_cannot_be_set(origin: str) -> None:
    with pytest.raises(SettingsError, match="'embed' takes origins"):
        security.embedding_origins(replace(rag.Settings(), embed=(origin,)))


def test_a_space_is_reached_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_HOST", "somebody-chat.hf.space")
    hosts = security.allowed_hosts(replace(rag.Settings(), host="0.0.0.0"))
    assert "somebody-chat.hf.space" in hosts
    assert "0.0.0.0" not in hosts


def test_what_other_sites_are_told_is_ours_and_pages_are_compressed(client: TestClient) -> None:
    sent = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert sent.headers["content-encoding"] == "gzip"
    head = sent.text.partition("</head>")[0]
    assert re.findall(r'"og:title" content="([^"]*)"', head) == ["Chapter &amp; Verse"]
    assert not re.search(r"gradio.app|githubusercontent|@Gradio|manifest\.json", head.partition("<script")[0])
    script = re.search(r'src="\./(assets/[^"]+)"', sent.text)
    assert script
    assert "immutable" in client.get(f"/{script[1]}").headers["cache-control"]
    assert "cache-control" not in client.get("/assets/missing.js").headers


@pytest.mark.parametrize(
    ("headers", "framed"),
    [
        ({"Sec-Fetch-Site": "cross-site", "Referer": "https://evil.example/page"}, False),
        ({"Sec-Fetch-Site": "same-site", "Referer": "https://news.example.evil.example/"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Referer": "https://news.example/today"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Referer": "https://evil.example/"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),  # which page it is stays unsaid: the policy is left to decide
    ],
)
def test_a_page_that_may_not_embed_us_gets_a_sentence_and_a_link(
    tmp_path: Path, headers: dict[str, str], framed: bool
) -> None:
    settings = replace(rag.Settings(), index=tmp_path / "index", embed=("https://news.example",), name="The <Archive>")
    answer = page(settings).get("/", headers={**headers, "Sec-Fetch-Dest": "iframe"})
    assert answer.status_code == (200 if framed else 403)
    if not framed:
        assert "The &lt;Archive&gt; cannot be shown inside this page" in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["content-security-policy"].endswith("frame-ancestors *")
        assert "script" not in answer.text


def test_where_no_page_may_embed_us_a_frame_gets_the_sentence_whoever_it_is_of(tmp_path: Path) -> None:
    client = page(replace(rag.Settings(), index=tmp_path / "index"))
    framed = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
    assert "cannot be shown inside this page" in client.get("/", headers=framed).text


@pytest.mark.parametrize(
    ("peer", "host", "said", "client"),
    [
        ("127.0.0.1", "chat.news.example", "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "chat.news.example", "2001:db8:0:1:2::3", "2001:db8:0:1::/64"),
        ("127.0.0.1", "chat.news.example", "nobody", "127.0.0.1"),
        ("127.0.0.1", "chat.news.example", "", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1:7860", "203.0.113.9", "127.0.0.1"),
        ("9.9.9.9", "chat.news.example", "203.0.113.9", "9.9.9.9"),
    ],
)
def test_a_client_is_told_by_its_address_or_by_our_own_proxy(peer: str, host: str, said: str, client: str) -> None:
    async def app(scope: dict[str, tuple[str, int]], receive: object, send: Callable[..., Awaitable[None]]) -> None:
        # By the connection's own address tries of passwords are counted: no header makes that another.
        assert scope["client"][0] == peer
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": CLIENT.get().encode()})

    guard = security.Guard(app, settings=replace(rag.Settings(), hosts=("chat.news.example",)))  # type: ignore[arg-type]
    headers = {"Host": host, "X-Forwarded-For": said}
    assert TestClient(guard, client=(peer, 1)).get("/x", headers=headers).text == client
