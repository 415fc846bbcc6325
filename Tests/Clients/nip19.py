"""Keys as people copy them: npub and nsec (NIP-19, BIP-173)."""

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def checksum(values: list[int]) -> int:
    state = 1
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(GENERATORS):
            state ^= generator if top >> bit & 1 else 0
    return state


def expand(prefix: str) -> list[int]:
    return [ord(character) >> 5 for character in prefix] + [0] + [ord(character) & 31 for character in prefix]


def regroup(values: list[int], width: int, new_width: int, pad: bool) -> list[int]:
    collected = bits = 0
    groups = []
    for value in values:
        collected = collected << width | value
        bits += width
        while bits >= new_width:
            bits -= new_width
            groups.append(collected >> bits & (1 << new_width) - 1)
    if pad and bits:
        groups.append(collected << new_width - bits & (1 << new_width) - 1)
    return groups


def encode(prefix: str, key: bytes) -> str:
    data = regroup(list(key), 8, 5, pad=True)
    residue = checksum(expand(prefix) + data + [0] * 6) ^ 1
    return prefix + "1" + "".join(ALPHABET[value] for value in data + [residue >> 5 * (5 - i) & 31 for i in range(6)])


def decode(text: str) -> bytes:
    prefix, _, data = text.rpartition("1")
    values = [ALPHABET.index(character) for character in data]
    if checksum(expand(prefix) + values) != 1:
        raise ValueError(f"the checksum of {text} is wrong")
    return bytes(regroup(values[:-6], 5, 8, pad=False))


def npub(public_key_hex: str) -> str:
    return encode("npub", bytes.fromhex(public_key_hex))
