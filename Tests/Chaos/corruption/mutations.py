"""What is done to a file: each mutation gives the patches that make it, so that it can be taken back."""

import random
from dataclasses import dataclass, field

PAGE = 4096


@dataclass
class Mutation:
    """Bytes to be written over others, and where the file is cut off."""
    name: str
    what: str
    patches: list[tuple[int, bytes]] = field(default_factory=list)
    length: int | None = None


def page(data: bytes, number: int) -> bytes:
    return data[number * PAGE:(number + 1) * PAGE]


def bit(rng: random.Random, data: bytes, _: bytes) -> Mutation:
    at, mask = rng.randrange(len(data)), 1 << rng.randrange(8)
    return Mutation("bit", f"byte {at} ^ {mask:#x}", [(at, bytes([data[at] ^ mask]))])


def byte(rng: random.Random, data: bytes, _: bytes) -> Mutation:
    at, mask = rng.randrange(len(data)), rng.randrange(1, 256)
    return Mutation("byte", f"byte {at} ^ {mask:#x}", [(at, bytes([data[at] ^ mask]))])


def header(rng: random.Random, data: bytes, _: bytes) -> Mutation:
    """A byte where LMDB keeps what it believes: page headers, and the places of the items behind them."""
    at = rng.randrange(len(data) // PAGE) * PAGE + rng.randrange(64)
    mask = rng.randrange(1, 256)
    return Mutation("header", f"byte {at} ^ {mask:#x}", [(at, bytes([data[at] ^ mask]))])


def meta(rng: random.Random, data: bytes, _: bytes) -> Mutation:
    """A byte of the two pages that the file begins with."""
    at, mask = rng.randrange(2) * PAGE + rng.randrange(152), rng.randrange(1, 256)
    return Mutation("meta", f"byte {at} ^ {mask:#x}", [(at, bytes([data[at] ^ mask]))])


def run(rng: random.Random, data: bytes, _: bytes) -> Mutation:
    """A run of random bytes, as a bad block gives."""
    at, count = rng.randrange(len(data) - 512) & ~0xff, rng.choice((16, 64, 512))
    return Mutation("run", f"{count} bytes at {at}", [(at, rng.randbytes(count))])


def zeroed(rng: random.Random, data: bytes, _: bytes) -> Mutation:
    number = rng.randrange(len(data) // PAGE)
    return Mutation("zeroed page", f"page {number}", [(number * PAGE, bytes(PAGE))])


def swapped(rng: random.Random, data: bytes, _: bytes) -> Mutation:
    one, other = rng.sample(range(len(data) // PAGE), 2)
    return Mutation(
        "swapped pages", f"pages {one} and {other}", [(one * PAGE, page(data, other)), (other * PAGE, page(data, one))])


def old(rng: random.Random, data: bytes, older: bytes) -> Mutation:
    """A page as it was earlier: a write that never reached the disk."""
    number = rng.randrange(min(len(data), len(older)) // PAGE)
    return Mutation("old page", f"page {number}", [(number * PAGE, page(older, number))])


def truncated(rng: random.Random, data: bytes, _: bytes) -> Mutation:
    length = rng.randrange(len(data) // PAGE) * PAGE
    return Mutation("truncation", f"to {length} bytes", length=length)


KINDS = (bit, bit, bit, byte, byte, byte, header, meta, run, zeroed, swapped, old, truncated)


def mutations(seed: int, data: bytes, older: bytes, rounds: int):
    """So many mutations, the same ones for the same seed."""
    rng = random.Random(seed)
    for number in range(rounds):
        kind = KINDS[number % len(KINDS)]
        mutation = kind(rng, data, older)
        while mutation.length is None and all(data[at:at + len(new)] == new for at, new in mutation.patches):
            mutation = kind(rng, data, older)
        yield mutation
