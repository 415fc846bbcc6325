"""Negentropy, version 1 (NIP-77, appendix), as a client needs it, written from the specification.

It shares no code and no way of doing things with the relay: ranges are plain lists, fingerprints are computed anew each
time, and a message is taken apart completely before anything is done about it.
"""

import hashlib
from typing import NamedTuple

VERSION = 0x61
SKIP, FINGERPRINT, ID_LIST = 0, 1, 2
INFINITY = 2**64 - 1
END = (INFINITY, b"")
BUCKETS = 16


class Range(NamedTuple):
    """One range of a message: its exclusive upper bound (time, prefix of an id), its mode, and what came with it."""

    bound: tuple[int, bytes]
    mode: int
    payload: object


def varint(value: int) -> bytes:
    digits = [value & 127]
    while value := value >> 7:
        digits.append(value & 127 | 128)
    return bytes(reversed(digits))


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    while True:
        value = value << 7 | data[at] & 127
        at += 1
        if data[at - 1] < 128:
            return value, at


def fingerprint(items: list[tuple[int, bytes]]) -> bytes:
    total = sum(int.from_bytes(identifier, "little") for _, identifier in items) % 2**256
    return hashlib.sha256(total.to_bytes(32, "little") + varint(len(items))).digest()[:16]


def encode(ranges: list[Range]) -> bytes:
    message, last = bytes([VERSION]), 0
    for (time, prefix), mode, payload in ranges:
        message += varint(0 if time == INFINITY else 1 + time - last) + varint(len(prefix)) + prefix + varint(mode)
        last = time
        if mode == FINGERPRINT:
            message += payload
        elif mode == ID_LIST:
            message += varint(len(payload)) + b"".join(payload)
    return message


def decode(message: bytes) -> list[Range]:
    assert message[0] == VERSION, message[:1].hex()
    ranges, at, last = [], 1, 0
    while at < len(message):
        time, at = read_varint(message, at)
        time = INFINITY if time == 0 else last + time - 1
        last = time
        length, at = read_varint(message, at)
        assert length <= 32 and at + length <= len(message)
        prefix, at = message[at : at + length], at + length
        mode, at = read_varint(message, at)
        payload: object = None
        if mode == FINGERPRINT:
            payload, at = message[at : at + 16], at + 16
        elif mode == ID_LIST:
            count, at = read_varint(message, at)
            payload = [message[at + 32 * index : at + 32 * (index + 1)] for index in range(count)]
            at += 32 * count
        else:
            assert mode == SKIP, mode
        ranges.append(Range((time, prefix), mode, payload))
    assert at == len(message), "the message ends in the middle of a range"
    bounds = [(time, prefix.ljust(32, b"\0")) for (time, prefix), _, _ in ranges]
    assert bounds == sorted(bounds), "ranges are in order"
    return ranges


def split(items: list[tuple[int, bytes]], end: tuple[int, bytes]) -> list[Range]:
    """How a side presents its items of one range: few as they are, many as fingerprints of parts."""
    if len(items) < 2 * BUCKETS:
        return [Range(end, ID_LIST, [identifier for _, identifier in items])]
    cuts = [len(items) * index // BUCKETS for index in range(BUCKETS + 1)]
    # Whole ids in bounds are allowed, only longer than they have to be.
    bounds = [items[cut] for cut in cuts[1:-1]] + [end]
    return [
        Range(bound, FINGERPRINT, fingerprint(items[low:high]))
        for bound, low, high in zip(bounds, cuts, cuts[1:])
    ]


class Initiator:
    """Learns what another side has and lacks, from its answers."""

    def __init__(self, items: set[tuple[int, bytes]]):
        self.items = sorted(items)
        self.have: list[bytes] = []
        self.need: list[bytes] = []

    def first(self) -> bytes:
        return encode(split(self.items, END))

    def next(self, message: bytes) -> bytes | None:
        """What to send next; `None` when everything is known."""
        asked, low, is_done = [], (0, bytes(32)), True
        for bound, mode, payload in decode(message):
            high = (bound[0], bound[1].ljust(32, b"\0"))
            mine = [item for item in self.items if low <= item < high]
            low = high
            if mode == ID_LIST:
                theirs = set(payload)
                assert len(theirs) == len(payload), "an id is listed twice"
                self.have += [identifier for _, identifier in mine if identifier not in theirs]
                self.need += theirs - {identifier for _, identifier in mine}
            if mode == FINGERPRINT and payload != fingerprint(mine):
                asked += split(mine, bound)
                is_done = False
            else:
                asked.append(Range(bound, SKIP, None))
        return None if is_done else encode(asked)
