"""A PostgreSQL server of the tests' own, on a port of this machine; its programs come from the system."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

OWNER, PASSWORD = "postgres", "p@ss/word"


@contextmanager
def server() -> Iterator[Callable[[], str]]:
    """Start a server while the block runs; gives what makes a new database and returns its address."""
    psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    found = [shutil.which("pg_ctl"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), reverse=True)]
    programs = next((Path(path).parent for path in found if path), None)
    if programs is None:
        pytest.skip("the programs of PostgreSQL are not installed")
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        data, secret = Path(folder, "data"), Path(folder, "password")
        secret.write_text(PASSWORD, encoding="ascii")
        as_owner: list[str] = []
        if os.geteuid() == 0:  # which the server refuses to be
            as_owner = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups"]
            for path in (folder, secret):
                shutil.chown(path, OWNER, OWNER)

        def run(program: str, *arguments: str) -> None:
            command = [*as_owner, str(programs / program), "-D", str(data), *arguments]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
            assert done.returncode == 0, done.stdout

        run("initdb", "-U", OWNER, "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        run("pg_ctl", "-w", "-l", str(Path(folder, "log")), "-o", options, "start")
        numbers, written = count(), PASSWORD.replace("@", "%40").replace("/", "%2F")

        def database() -> str:
            address = f"postgresql://{OWNER}:{written}@127.0.0.1:{port}"
            name = f"kept{next(numbers)}"
            with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            return f"{address}/{name}"

        try:
            yield database
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
