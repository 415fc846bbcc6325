"""Reading: a line of an exported log becomes an entry (docs/log-format.md, "Leaf" and "Export")."""

import base64
import hashlib
import hmac
import json
import struct

LEAF = struct.Struct(">4sBBHQQI32s32s32s")
GENESIS, OPERATOR, EVENT, EFFECT, DECISION, SIGNED, SESSION, ERASURE, MARK = range(9)
OUTPUTS = (EFFECT, DECISION, SIGNED)
ERASABLE = 1
COMMITMENT = b"nrl1 payload\n"


class Broken(Exception):
    """A line that is no entry, or an entry that does not fit together."""


class Entry:
    __slots__ = ("leaf", "type", "flags", "schema", "position", "time", "rules", "commitment", "members_root",
                 "state_root", "salt", "payload", "body", "served", "indexed", "withdrawn")

    def __init__(self, line):
        try:
            record = json.loads(line)
            self.leaf = base64.b64decode(record["leaf"], validate=True)
            (magic, self.type, self.flags, self.schema, self.position, self.time, self.rules, self.commitment,
             self.members_root, self.state_root) = LEAF.unpack(self.leaf)
            salt = record.get("salt")
            payload = record.get("payload")
            self.salt = None if salt is None else bytes.fromhex(salt)
            if payload is not None:
                self.payload = payload.encode()
            else:
                payload = record.get("payload64")
                self.payload = None if payload is None else base64.b64decode(payload, validate=True)
        except (ValueError, KeyError, TypeError, struct.error, AttributeError) as error:
            raise Broken("is no entry: %s" % error) from None
        if magic != b"NRL1":
            raise Broken("begins with %r, not NRL1" % magic)
        if self.type > MARK:
            raise Broken("has the type %d, which there is not" % self.type)
        if self.flags & ~3:
            raise Broken("has flags %d, which there are not" % self.flags)
        self.served = record.get("served", False)
        self.indexed = record.get("event", False)
        self.withdrawn = record.get("withdrawn", False)
        self.body = None

    @property
    def erased(self):
        return self.payload is None

    def check_commitment(self):
        """What the leaf commits to is what is there."""
        if self.payload is None and self.salt is None:
            if not self.flags & ERASABLE:
                raise Broken("has no payload, and its leaf does not allow that")
            return
        if self.payload is None or self.salt is None or len(self.salt) != 32:
            raise Broken("has a payload without a salt, or a salt without a payload")
        digest = hashlib.sha256(COMMITMENT + self.salt + struct.pack(">I", len(self.payload)) + self.payload).digest()
        if digest != self.commitment:
            raise Broken("has a payload that its leaf does not commit to")

    def parse(self):
        """The payload as an object; empty once it is erased."""
        if self.payload is None:
            return None
        try:
            self.body = json.loads(self.payload)
        except ValueError as error:
            raise Broken("has a payload that is no JSON: %s" % error) from None
        if not isinstance(self.body, dict):
            raise Broken("has a payload that is no object")
        return self.body


def output_salt(salt, index):
    """The salt of the index-th output of an input, counting from 1."""
    return hmac.digest(salt, struct.pack(">I", index), "sha256")


def read(lines):
    """The entries of an exported log, in order, one after the other."""
    for line in lines:
        if line.strip():
            yield Entry(line)
