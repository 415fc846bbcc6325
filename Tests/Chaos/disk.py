"""A disk with a cache that forgets: what is on it after a cut, at any point of a recording.

Pessimistic where file systems differ. Of what was written to a file and not synced any part can be there, by sectors; of
the names that a directory was given and not synced any beginning; nothing is durable because something else is.
"""

import random
from typing import NamedTuple

from .recording import Record

SECTOR_SIZES = {"sectors 512": 512, "sectors 4096": 4096}
# What can become of the unsynced.
WAYS = ["none", "all", "prefix", *SECTOR_SIZES, "torn"]
DIRECTORY = -1


class Write(NamedTuple):
    offset: int
    payload: bytes


class Truncation(NamedTuple):
    length: int


class File:
    """A file's durable bytes, and what was done to it since."""

    def __init__(self):
        self.durable = bytearray()
        self.pending: list[Write | Truncation] = []

    def write(self, offset: int, payload: bytes):
        self.pending.append(Write(offset, payload))

    def take(self, last: bool = False) -> list[Write | Truncation]:
        """What becomes durable: everything, or the last write alone, which was when it returned (O_DSYNC, FUA)."""
        taken = [self.pending.pop()] if last else self.pending
        if not last:
            self.pending = []
        return taken

    def sync(self, last: bool = False):
        for operation in self.take(last):
            perform(operation, self.durable)

    def complete(self) -> bytes:
        """As a program sees it."""
        content = bytearray(self.durable)
        for operation in self.pending:
            perform(operation, content)
        return bytes(content)

    def surviving(self, way: str, dice: random.Random) -> list[Write | Truncation]:
        """What was not synced and is there all the same."""
        pending = self.pending if way != "none" else []
        if way == "prefix":
            pending = pending[: dice.randrange(len(pending) + 1)]
        if way == "torn" and pending:
            # Everything but the last write, of which some bytes.
            *pending, last = pending
            if isinstance(last, Write):
                pending.append(Write(last.offset, last.payload[: dice.randrange(len(last.payload) + 1)]))
        if way in SECTOR_SIZES:
            size, share = SECTOR_SIZES[way], dice.choice([0.05, 0.3, 0.5, 0.7, 0.95])
            pending = [part for operation in pending for part in sectors(operation, size) if dice.random() < share]
        return pending

    def after_cut(self, way: str, dice: random.Random) -> bytes:
        content = bytearray(self.durable)
        if not self.pending or way == "none":
            return bytes(content)
        for operation in self.surviving(way, dice):
            perform(operation, content)
        if dice.random() < 0.3:
            # The length can be durable where the bytes are not.
            length = max([len(content), *(op.offset + len(op.payload) for op in self.pending if isinstance(op, Write))])
            content.extend(bytes(length - len(content)))
        return bytes(content)


def perform(operation: Write | Truncation, content: bytearray):
    length = operation.length if isinstance(operation, Truncation) else operation.offset
    if len(content) < length:
        content.extend(bytes(length - len(content)))
    if isinstance(operation, Truncation):
        del content[length:]
    else:
        content[length : length + len(operation.payload)] = operation.payload


def sectors(operation: Write | Truncation, size: int) -> list[Write | Truncation]:
    """A write as the sectors that it touches, each of which is written whole or not at all."""
    if isinstance(operation, Truncation):
        return [operation]
    parts, place, end = [], operation.offset, operation.offset + len(operation.payload)
    while place < end:
        stop = min(end, (place // size + 1) * size)
        parts.append(Write(place, operation.payload[place - operation.offset : stop - operation.offset]))
        place = stop
    return parts


class Naming(NamedTuple):
    """A change of names that waits for its directory to be synced."""

    directory: str
    removed: str | None
    added: str | None
    inode: int


class Disk:
    """All files of a directory."""

    def __init__(self):
        self.files: dict[int, File] = {}
        self.names: dict[str, int] = {}
        self.durable_names: dict[str, int] = {}
        self.pending: list[Naming] = []

    def apply(self, record: Record, honest: bool = True):
        """Goes on by one record. A disk that is not `honest` forgets syncs: a control."""
        if record.kind == "W":
            self.file(record.inode).write(record.offset, record.payload)
        elif record.kind == "T":
            self.file(record.inode).pending.append(Truncation(record.offset))
        elif record.kind == "C":
            self.files[record.inode] = File()
            self._rename(None, record.name, record.inode)
        elif record.kind == "K" and record.name:
            self._rename(None, record.name, DIRECTORY)
        elif record.kind == "R":
            old, new = record.names
            self._rename(old, new, self.names.get(old, 0))
        elif record.kind == "L":
            old, new = record.names
            self._rename(None, new, self.names.get(old, 0))
        elif record.kind == "U" and record.name in self.names:
            self._rename(record.name, None, 0)
        elif record.kind == "S" and honest:
            self.file(record.inode).sync()
        elif record.kind == "D" and honest:
            self.file(record.inode).sync(last=True)
        elif record.kind == "Y" and honest:
            self._sync_directory(record.name)

    def file(self, inode: int) -> File:
        return self.files.setdefault(inode, File())

    def _rename(self, old: str | None, new: str | None, inode: int):
        naming = Naming(directory(new or old or ""), old, new, inode)
        self.pending.append(naming)
        change(self.names, naming)

    def _sync_directory(self, name: str):
        for naming in [naming for naming in self.pending if naming.directory == name]:
            change(self.durable_names, naming)
            self.pending.remove(naming)

    def after_cut(self, way: str, dice: random.Random) -> tuple[dict[str, int], dict[str, bytes]]:
        """The files as they could be after a cut now: their numbers and their contents, by name."""
        names = dict(self.durable_names)
        waiting = {naming.directory for naming in self.pending}
        for place in sorted(waiting):
            namings = [naming for naming in self.pending if naming.directory == place]
            count = {"none": 0, "all": len(namings)}.get(way, dice.randrange(len(namings) + 1))
            for naming in namings[:count]:
                change(names, naming)
        reachable = {
            name: inode for name, inode in names.items()
            if inode != DIRECTORY and (directory(name) == "" or names.get(directory(name)) == DIRECTORY)}
        return reachable, {name: self.file(inode).after_cut(way, dice) for name, inode in reachable.items()}


def directory(name: str) -> str:
    return name.rpartition("/")[0]


def change(names: dict[str, int], naming: Naming):
    if naming.removed is not None:
        names.pop(naming.removed, None)
    if naming.added is not None:
        names[naming.added] = naming.inode
