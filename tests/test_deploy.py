"""The files in ``deploy/``: each held against its own tool's rules, and nginx run before two pages."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import yaml
from until import until
from web_library import NEWS, FakeLibrary, document, served

from rag.interfaces.web import security
from rag.settings import Settings
from rag.types import Answer, Reply

DEPLOY = Path(__file__).parent.parent / "deploy"
NAME = "chat.news.example"


def validated(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_files_for_kubernetes_are_taken_by_its_schemas(tmp_path: Path) -> None:
    pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    done = validated("kubernetes_validate", "--strict", DEPLOY / "kubernetes" / "chat.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = "configmap persistentvolumeclaim cronjob deployment service ingress".split()
    assert [kind for kind in kinds if f"passed for resource {kind}/" not in done.stdout + done.stderr] == []
    # A RayJob is no kind of Kubernetes' own: its pods are held against the schema, its other fields are not.
    job = yaml.safe_load((DEPLOY / "kubernetes" / "ray-build.yaml").read_text(encoding="utf-8"))
    cluster = job["spec"]["rayClusterSpec"]
    groups = (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])
    pods = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "ray"}, **group["template"]} for group in groups]
    (tmp_path / "pods.yaml").write_text(yaml.safe_dump_all(pods), encoding="utf-8")
    done = validated("kubernetes_validate", "--strict", tmp_path / "pods.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "pods.yaml").write_text(yaml.safe_dump({**pods[0], "specs": {}}), encoding="utf-8")
    assert validated("kubernetes_validate", "--strict", tmp_path / "pods.yaml").returncode == 1


def test_the_file_for_compose_is_taken_by_its_schema(tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    schema = ("check_jsonschema", "--builtin-schema", "vendor.compose-spec")
    done = validated(*schema, DEPLOY / "compose.yaml")
    assert done.returncode == 0, done.stdout
    wrong = (DEPLOY / "compose.yaml").read_text(encoding="utf-8").replace("healthcheck:", "healthchecks:")
    (tmp_path / "compose.yaml").write_text(wrong, encoding="utf-8")
    assert validated(*schema, tmp_path / "compose.yaml").returncode == 1


def test_every_setting_that_is_given_is_one() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*.yaml"))
    named = set(re.findall(r"\bRAG_([A-Z_]+)", said))
    assert len(named) >= 4
    assert named - {name.upper() for name in Settings.__slots__} == set()


class Writing(FakeLibrary):
    """Writes a text when it is let to."""

    def __init__(self) -> None:
        super().__init__([document("a/news.txt", NEWS)])
        self.go_on = threading.Event()

    def write(self, reply: Reply) -> Iterator[Reply]:
        assert self.go_on.wait(60)
        yield reply


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that nobody vouches for, its key beside it."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl is not installed: no certificate can be made")
    path = tmp_path / "certificate.pem"
    made = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={NAME}".split()
    subprocess.run([openssl, *made, "-keyout", path.with_suffix(".key"), "-out", path], check=True, capture_output=True)
    return path


def listens(port: int) -> bool:
    with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def test_nginx_takes_its_file_and_passes_on_what_it_should(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (nginx := shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")):
        pytest.skip("nginx is not installed")
    heard: list[str] = []
    real = security.client_of

    def told(address: str, *, forwarded: str = "") -> str:
        heard.append(forwarded)
        return real(address, forwarded=forwarded)

    monkeypatch.setattr(security, "client_of", told)
    settings = replace(Settings(), hosts=(NAME,), index=tmp_path / "index", llm="http://127.0.0.1:9/v1")
    libraries = Writing(), Writing()
    with ExitStack() as first, ExitStack() as running:
        addresses = [
            stack.enter_context(served(settings, library)).removeprefix("http://")
            for stack, library in zip((first, running), libraries, strict=True)
        ]
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        for said, here in (
            ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
            ("/etc/nginx/", f"{tmp_path}/"),
            ("127.0.0.1:7861", addresses[0]),
            ("127.0.0.1:7862", addresses[1]),
        ):
            assert said in site
            site = site.replace(said, here)
        (tmp_path / "site.conf").write_text(site, encoding="utf-8")
        kept = "client_body proxy fastcgi uwsgi scgi".split()
        paths = "".join(f"{name}_temp_path {tmp_path}/{name};" for name in kept)
        user = "user root;" if shutil.which("id") and Path("/proc/self").owner() == "root" else ""
        whole = f"{user} daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
        whole += f"http {{ access_log off; {paths} include {tmp_path}/site.conf; }}\n"
        (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
        command = [nginx, "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")]
        tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert tested.returncode == 0, tested.stderr
        process = running.enter_context(subprocess.Popen(command))
        running.callback(process.terminate)
        until(lambda: listens(port))
        at = f"https://127.0.0.1:{port}"
        client = running.enter_context(httpx.Client(base_url=at, headers={"Host": NAME}, verify=False, timeout=60))
        running.callback(lambda: [library.go_on.set() for library in libraries])

        answered = client.post("/own/ask", json={"question": "harbour", "request": "the first"})
        assert answered.status_code == 200
        assert "Secure" in answered.headers["set-cookie"]
        assert client.post("/own/ask", json={"question": "Tuesday", "request": "the second"}).status_code == 200
        assert sorted([question for question, *_ in library.asked[1:]] for library in libraries) == [
            [],
            ["harbour", "Tuesday"],
        ]
        client.post("/own/ask", json={"question": "x", "request": "the third"}, headers={"X-Forwarded-For": "9.9.9.9"})
        assert set(heard) == {"127.0.0.1"}

        with client.stream("POST", "/api/ask/stream", json={"question": "harbour"}) as response:
            lines = response.iter_lines()
            assert next(lines) == "event: reply"  # while the text is not yet written
            for library in libraries:
                library.go_on.set()
            assert "event: done" in list(lines)

        first.close()
        again = client.post("/own/ask", json={"question": "minister", "request": "the fourth"})
        assert again.status_code == 200
        assert isinstance(libraries[1].ask("harbour"), Answer)
