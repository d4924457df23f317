"""Outlook messages for the tests: the compound file that they are (MS-CFB, version 3), made by hand."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

Tree: TypeAlias = "Mapping[str, bytes | Tree]"
"""Name → a stream, or a folder of them."""

SECTOR, SMALL, CUTOFF = 512, 64, 4096
FREE, END, FAT, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def make_msg(said: Mapping[int, str | bytes | int | datetime], **more: Tree) -> bytes:
    """Return a message with these properties, number → value; ``more``: attachments and recipients."""
    return compound(properties(said, head=32) | more)


def properties(said: Mapping[int, str | bytes | int | datetime | Tree], *, head: int) -> dict[str, bytes | Tree]:
    """Return the streams of these properties; ``head``: the bytes before the list of them."""
    streams: dict[str, bytes | Tree] = {}
    listed = b"\0" * head
    for number, value in said.items():
        fixed = 0
        if isinstance(value, str):
            kind, streams[f"__substg1.0_{number:04X}001F"] = 0x1F, value.encode("utf-16-le", "surrogatepass")
        elif isinstance(value, bytes):
            kind, streams[f"__substg1.0_{number:04X}0102"] = 0x102, value
        elif isinstance(value, datetime):
            kind, fixed = 0x40, int((value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
        elif isinstance(value, int):
            kind, fixed = 0x3, value
        else:
            kind, streams[f"__substg1.0_{number:04X}000D"] = 0xD, value
        listed += struct.pack("<HHIQ", kind, number, 6, fixed)
    return streams | {"__properties_version1.0": listed}


def compound(tree: Tree) -> bytes:
    """Return a compound file of these streams and folders."""
    entries: list[list[object]] = [["Root Entry", 5, NONE, b""]]  # name, kind, child, content
    siblings: dict[int, int] = {}

    def add(folder: Tree, parent: int) -> None:
        before = None
        for name in sorted(folder, key=lambda name: (len(name), name.upper())):
            number, value = len(entries), folder[name]
            entries.append([name, 2, NONE, value] if isinstance(value, bytes) else [name, 1, NONE, b""])
            if before is None:
                entries[parent][2] = number
            else:
                siblings[before] = number
            before = number
            if not isinstance(value, bytes):
                add(value, number)

    add(tree, 0)
    small, chain, starts = b"", [], {}
    for number, (_, _, _, content) in enumerate(entries):
        assert isinstance(content, bytes)
        if content and len(content) < CUTOFF:
            count = -(-len(content) // SMALL)
            starts[number] = len(chain)
            chain += [*range(len(chain) + 1, len(chain) + count), END]
            small += content.ljust(count * SMALL, b"\0")
    sectors, table = [], []

    def put(content: bytes) -> int:
        first, count = len(sectors), -(-len(content) // SECTOR)
        sectors.extend(content[at : at + SECTOR].ljust(SECTOR, b"\0") for at in range(0, len(content), SECTOR))
        table.extend([*range(first + 1, first + count), END][:count])
        return first if count else END

    for number, (_, _, _, content) in enumerate(entries):
        if isinstance(content, bytes) and len(content) >= CUTOFF:
            starts[number] = put(content)
    entries[0][3] = small
    starts[0] = put(small)
    small_table = put(struct.pack(f"<{len(chain)}I", *chain).ljust(-(-len(chain) * 4 // SECTOR) * SECTOR, b"\xff"))
    listed = b""
    for number, (name, kind, child, content) in enumerate(entries):
        assert isinstance(name, str)
        assert isinstance(content, bytes)
        wide = name.encode("utf-16-le") + b"\0\0"
        listed += wide.ljust(64, b"\0") + struct.pack(
            "<HBBIII16sIQQIQ", len(wide), kind, 1, NONE, siblings.get(number, NONE), child, b"", 0, 0, 0,
            starts.get(number, END if kind == 5 else 0), len(content),
        )  # fmt: skip
    directory = put(listed + struct.pack("<64xHBBIII36xQ", 0, 0, 1, NONE, NONE, NONE, 0) * (-len(entries) % 4))
    fats = 1
    while (len(table) + fats) > fats * SECTOR // 4:
        fats += 1
    first_fat = len(sectors)
    whole = [*table, *[FAT] * fats]
    fat = struct.pack(f"<{len(whole)}I", *whole).ljust(fats * SECTOR, b"\xff")
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, fats, directory, 0, CUTOFF, small_table, -(-len(chain) * 4 // SECTOR), END, 0,
    )  # fmt: skip
    places = struct.pack(f"<{fats}I", *range(first_fat, first_fat + fats)).ljust(109 * 4, b"\xff")
    return header + places + b"".join(sectors) + fat
