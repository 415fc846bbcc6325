"""What `shim/recorder.c` and the block device of `power_cut` write down: every write and sync, and who was told what."""

import os
import struct
from pathlib import Path
from typing import Iterator, NamedTuple

HEADER = struct.Struct("=B7xQQQ")
# Written by the harness: a client was told of this event.
MARK = "A"


class Record(NamedTuple):
    """See `shim/recorder.c` for the kinds."""

    kind: str
    inode: int
    offset: int
    payload: bytes

    @property
    def name(self) -> str:
        return self.payload.decode()

    @property
    def names(self) -> list[str]:
        return self.name.split("\0")


class Marker:
    """Notes in a recording what a client was told, behind everything that had to be durable for it."""

    def __init__(self, path: Path):
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __call__(self, name: str):
        text = name.encode()
        os.write(self._descriptor, HEADER.pack(ord(MARK), 0, 0, len(text)) + text)

    def close(self):
        os.close(self._descriptor)


def records(path: Path) -> Iterator[Record]:
    bytes_ = path.read_bytes()
    place = 0
    while place < len(bytes_):
        kind, inode, offset, length = HEADER.unpack_from(bytes_, place)
        place += HEADER.size
        yield Record(chr(kind), inode, offset, bytes_[place : place + length])
        place += length
