"""Refuses every address but the loopback's, in the test run and in each Python process that it starts.

Python imports a module of this name at start-up; ``tests/conftest.py`` puts its folder on the path of child processes.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any


def refuse_other_hosts(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise for a connection or a look-up that would leave this machine."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if host is not None and not _is_loopback(host):
        raise PermissionError(f"A test tried to reach {host!r}.")


def _is_loopback(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in ("localhost", "", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False


sys.addaudithook(refuse_other_hosts)
