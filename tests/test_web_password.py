from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from apart import apart
from starlette.testclient import TestClient
from web_library import page

import rag
from rag.interfaces.web import password as module

PASSWORD = "pässwörd & more"
T = TypeVar("T")


@pytest.fixture
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    index = tmp_path_factory.mktemp("password") / "index"
    with page(replace(rag.Settings(), index=index, password=PASSWORD)) as client:
        yield client


def enter(client: TestClient, given: str, *, target: str = "/") -> object:
    return client.post(f"/login?next={target}", data={"password": given})


@pytest.mark.parametrize("path", ["/api/documents", "/own/chat.js", "/config", "/gradio_api/info", "/embed.js"])
def test_nothing_is_given_away_without_it(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 401
    assert response.json()["error"].startswith("A password is needed")
    assert client.post("/api/ask", json={"question": "harbour"}).status_code == 401


def test_a_browser_is_led_to_the_form_and_back(client: TestClient) -> None:
    response = client.get("/demo?x=1", headers={"Accept": "text/html"})
    assert (response.status_code, response.headers["location"]) == (303, "/login?next=%2Fdemo%3Fx%3D1")
    form = client.get("/login?next=%2Fdemo%3Fx%3D1")
    assert 'action="/login?next=%2Fdemo%3Fx%3D1"' in form.text
    entered = enter(client, PASSWORD, target="%2Fdemo%3Fx%3D1")
    back = entered.headers["location"]  # type: ignore[attr-defined]
    assert (entered.status_code, back) == (303, "/login?next=%2Fdemo%3Fx%3D1&entered=1")  # type: ignore[attr-defined]
    led = client.get(back)
    assert (led.status_code, led.headers["location"]) == (303, "/demo?x=1")
    assert client.get("/demo").status_code == 200
    # A browser that keeps no cookie in a frame is told so, and not asked again without a word.
    client.cookies.clear()
    assert "this browser does not remember it" in client.get(back).text
    assert "this browser does not remember it" not in form.text


def test_the_cookie_is_for_this_server_alone(client: TestClient) -> None:
    cookie = enter(client, PASSWORD).headers["set-cookie"]  # type: ignore[attr-defined]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert PASSWORD not in cookie


def test_a_wrong_password_is_said_so(client: TestClient) -> None:
    response = enter(client, "wrong")
    assert response.status_code == 401  # type: ignore[attr-defined]
    assert "That is not the password" in response.text  # type: ignore[attr-defined]
    assert client.get("/api/documents").status_code == 401


def test_programs_send_it_as_a_bearer(client: TestClient) -> None:
    header = {"Authorization": f"Bearer {PASSWORD}".encode()}
    assert client.get("/api/documents", headers=header).status_code == 200
    assert client.get("/api/documents", headers={"Authorization": "Bearer x"}).status_code == 401
    assert client.get("/api/documents", headers={"Authorization": f"Basic {'x' * 9}"}).status_code == 401


def test_many_wrong_ones_do_not_lock_the_right_one_out(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(module, "sleep", wait)
    for _ in range(module.TRIES + 2):
        enter(client, "wrong")
    assert waited == [module.DELAY] * 2
    assert enter(client, PASSWORD).status_code == 303  # type: ignore[attr-defined]
    assert waited == [module.DELAY] * 3
    enter(client, "wrong")
    assert waited == [module.DELAY] * 3


def braked(*addresses: str) -> module.Brake:
    brake = module.Brake()
    for address in addresses:
        for _ in range(module.TRIES):
            brake.tried(address, right=False)
    return brake


def test_strangers_brake_nobody_but_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(module, "sleep", wait)
    brake = braked("203.0.113.1", "2001:db8::1")
    for address, times in (("203.0.113.2", 0), ("2001:db8:0:1::1", 0), ("203.0.113.1", 1), ("2001:db8::ffff", 2)):
        apart(asyncio.run, brake.wait(address))
        assert len(waited) == times


def test_of_one_address_only_so_many_wait_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def many() -> list[object]:
        brake = braked("203.0.113.1")
        results = await asyncio.gather(
            *(brake.wait("203.0.113.1") for _ in range(module.AT_ONCE + 2)), return_exceptions=True
        )
        assert brake._waiting == {}
        return results

    monkeypatch.setattr(module, "DELAY", 0.0)
    results = apart(asyncio.run, many())
    assert [type(result) for result in results] == [type(None)] * module.AT_ONCE + [module.TooManyTries] * 2


def test_the_brake_loosens_and_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    monkeypatch.setattr(module, "DELAY", 3_600.0)
    monkeypatch.setattr(module, "ADDRESSES", 2)
    brake = braked("a", "b", "c")
    assert list(brake._wrong) == ["b", "c"]
    now += module.PERIOD
    apart(asyncio.run, brake.wait("c"))


@pytest.mark.parametrize(
    "body",
    [b"a=1&b=2&c=3&d=4&password=x", b"password=" + b"x" * 5_000, b"password=\xff", b"password=%ff", b"=&" * 9],
)
def test_a_form_that_is_not_ours_is_refused(client: TestClient, body: bytes) -> None:
    response = client.post("/login", content=body)
    assert response.status_code == 400
    assert "That is not what this form sends." in response.text


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "/a%0d%0aSet-Cookie:x"]
)
def test_nobody_is_led_elsewhere(client: TestClient, target: str) -> None:
    back = enter(client, PASSWORD, target=target).headers["location"]  # type: ignore[attr-defined]
    assert back == "/login?next=%2F&entered=1"
    assert client.get(f"/login?next={target}&entered=1").headers["location"] == "/"


def test_health_and_the_form_s_own_style_are_open(client: TestClient) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/own/page.css").status_code == 200


def test_who_was_let_in_is_known_to_every_server_with_that_password_for_a_while(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(client, PASSWORD)
    kept = {"Cookie": f"{module.COOKIE}={client.cookies[module.COOKIE]}"}
    for password, status in ((PASSWORD, 200), (f"{PASSWORD}!", 401)):
        with page(replace(rag.Settings(), index=tmp_path / "index", password=password)) as other:
            assert other.get("/api/documents", headers=kept).status_code == status
    real = module.time.time
    monkeypatch.setattr(module.time, "time", lambda: real() + module.LASTS - 60)
    assert client.get("/api/documents").status_code == 200
    monkeypatch.setattr(module.time, "time", lambda: real() + module.LASTS + 60)
    assert client.get("/api/documents").status_code == 401


def test_a_made_up_cookie_opens_nothing(client: TestClient) -> None:
    enter(client, PASSWORD)
    moment, _, signature = client.cookies.pop(module.COOKIE).partition(".")
    later = f"{int(moment) + 1}.{signature}"
    far = "9" * 400
    for value in (
        later,
        moment,
        f"{moment}.",
        f"{moment}.ä",
        f".{signature}",
        f"-{moment}.x",
        f"{far}.x",
        "x",
        '"',
        "",
    ):
        cookie = f"{module.COOKIE}={value}".encode()
        assert client.get("/api/documents", headers={"Cookie": cookie}).status_code == 401  # type: ignore[dict-item]
    for cookie in (f"{module.COOKIE}=x", f'{module.COOKIE}="', "a=b"):
        assert client.get("/api/documents", headers={"Cookie": cookie}).status_code == 401


@pytest.mark.parametrize(
    ("scheme", "embed", "kept"),
    [
        ("http", ("https://news.example",), "SameSite=lax"),
        ("https", ("https://news.example",), "SameSite=none; Partitioned; Secure"),
        ("https", (), "SameSite=lax; Secure"),
    ],
)
def test_a_page_of_another_site_has_a_cookie_of_its_own_over_https(
    tmp_path: Path, scheme: str, embed: tuple[str, ...], kept: str
) -> None:
    settings = rag.Settings(index=tmp_path / "index", password="open sesame", embed=embed, hosts=("chat.example",))
    with page(settings) as client:
        headers = {"Host": "chat.example", "X-Forwarded-Proto": scheme, "Origin": f"{scheme}://chat.example"}
        answered = client.post("/login", content="password=open+sesame", headers=headers)
        assert answered.headers["set-cookie"].endswith(f"; Path=/; HttpOnly; {kept}")
        told = client.get("/own/conversations", headers={**headers, "Authorization": "Bearer open sesame"})
        assert f"; HttpOnly; {kept}; Max-Age=" in told.headers["set-cookie"]
