"""Forges logs as somebody could who holds the relay's machine: on exported entries, with everything recomputed that can
be computed without the signing keys."""

import base64
import hashlib
import json
import struct
from pathlib import Path

from relay_process import run, succeed

SEQ, COMMITMENT = slice(8, 16), slice(28, 60)
TYPE, FLAGS = 4, 5
DECISION, RELAY_EVENT = 4, 5


class Entries(list):
    """A log's entries as `export --entries` writes them."""

    @classmethod
    def of(cls, data: Path) -> "Entries":
        return cls(json.loads(line) for line in succeed(
            "ringdown-relay", "export", "--data", data, "--entries").splitlines())

    def copy(self) -> "Entries":
        return Entries(dict(entry) for entry in self)

    def write(self, data: Path):
        """Makes a log of them; what can be imported has a tree and commitments that are in order."""
        lines = data.with_suffix(".jsonl")
        lines.write_text("".join(json.dumps(entry) + "\n" for entry in self))
        data.mkdir()
        return run("ringdown-relay", "import", "--data", data, "--entries", lines)

    def log(self, data: Path) -> Path:
        result = self.write(data)
        assert result.returncode == 0, result.stderr
        return data

    def type(self, index: int) -> int:
        return base64.b64decode(self[index]["leaf"])[TYPE]

    def positions(self, kind: int) -> list[int]:
        return [index for index in range(len(self)) if self.type(index) == kind]

    def change(self, index: int, old: str, new: str):
        """Another payload, with the commitment to it in the leaf."""
        payload = self[index]["payload"]
        assert old in payload, f"nothing to forge in {payload}"
        self.put(index, payload.replace(old, new, 1))

    def put(self, index: int, payload: str):
        entry = self[index]
        entry["payload"] = payload
        # What was known of the old payload's parts.
        for name in ("document", "shared", "event", "served"):
            entry.pop(name, None)
        data = payload.encode()
        commitment = hashlib.sha256(
            b"nrl1 payload\n" + bytes.fromhex(entry["salt"]) + struct.pack(">I", len(data)) + data).digest()
        self.set_leaf(index, COMMITMENT, commitment)

    def set_leaf(self, index: int, part: slice, value: bytes):
        leaf = bytearray(base64.b64decode(self[index]["leaf"]))
        leaf[part] = value
        self[index]["leaf"] = base64.b64encode(leaf).decode()

    def swap(self, first: int, second: int):
        """Two entries in each other's place, numbered as if they belonged there."""
        self[first], self[second] = self[second], self[first]
        for index in (first, second):
            self.set_leaf(index, SEQ, struct.pack(">Q", index))

    def lose_payload(self, index: int):
        for name in [name for name in self[index] if name != "leaf"]:
            del self[index][name]
