"""Notes and proofs with one thing wrong, drawn from a seed."""

import random
import re
from dataclasses import dataclass

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(frozen=True)
class Proof:
    """What is put to the judges: the text of a note or proof, and what a consistency proof has beside it."""

    do: str
    vkey: str
    text: bytes
    old: bytes | None = None
    proof: bytes | None = None

    @property
    def question(self) -> dict:
        return {name: value for name, value in vars(self).items() if value is not None}


def unused_bits(chance: random.Random, text: bytes) -> bytes:
    """The same bytes in base64 whose last digit has bits set that stand for nothing."""
    places = [match.start() for match in re.finditer(rb"[A-Za-z0-9+/](?==)", text)]
    if not places:
        return text
    place = chance.choice(places)
    digit = ALPHABET.index(text[place:place + 1])
    spare = 4 if text[place + 2:place + 3] == b"=" else 2
    return text[:place] + ALPHABET[(digit ^ chance.randrange(1, 1 << spare)):][:1] + text[place + 1:]


def other_number(chance: random.Random, number: bytes) -> bytes:
    value = int(number)
    return chance.choice([
        b"%d" % (value + 1), b"%d" % max(0, value - 1), b"%d" % (value * 2 + 1), b"0" + number, b"+" + number,
        b"-" + number, b"", b"0x1", number + b".0", b" " + number, b"%d" % (2 ** 64 + value), b"%d" % (2 ** 63 + value),
        number + b"\xd9\xa0"])


def lines_of(text: bytes) -> list[bytes]:
    return text.split(b"\n")


def joined(lines: list[bytes]) -> bytes:
    return b"\n".join(lines)


class Anywhere:
    """What can go wrong with any text."""

    @staticmethod
    def a_bit_flips(chance, text):
        place = chance.randrange(len(text))
        return text[:place] + bytes([text[place] ^ 1 << chance.randrange(8)]) + text[place + 1:]

    @staticmethod
    def a_byte_is_lost(chance, text):
        place = chance.randrange(len(text))
        return text[:place] + text[place + 1:]

    @staticmethod
    def a_byte_comes_in(chance, text):
        place = chance.randrange(len(text))
        return text[:place] + bytes([chance.randrange(256)]) + text[place:]

    @staticmethod
    def it_is_cut(chance, text):
        return text[:chance.randrange(len(text))]

    @staticmethod
    def something_stands_behind_it(chance, text):
        return text + chance.choice([b"\n", b" ", b"\0", b"x", b"x\n", b"\n\n", b"\xe2\x80\x94 x\n", b"\r\n"])

    @staticmethod
    def something_stands_before_it(chance, text):
        return chance.choice([b"\n", b" ", b"\0", b"\xef\xbb\xbf", b"x\n"]) + text

    @staticmethod
    def a_line_is_lost(chance, text):
        lines = lines_of(text)
        del lines[chance.randrange(len(lines) - 1)]
        return joined(lines)

    @staticmethod
    def two_lines_change_places(chance, text):
        lines = lines_of(text)
        if len(lines) < 3:
            return text
        a, b = chance.sample(range(len(lines) - 1), 2)
        lines[a], lines[b] = lines[b], lines[a]
        return joined(lines)

    @staticmethod
    def base64_has_another_alphabet(chance, text):
        return text.replace(b"+", b"-").replace(b"/", b"_")


class OfNotes:
    """What can go wrong with a note: here the last lines of every text."""

    @staticmethod
    def parts(text):
        start = text.rfind(b"\n\n", 0, text.rfind(b"\n\n")) + 2 if text.count(b"\n\n") > 1 else 0
        body, signature = text[start:].split(b"\n\n")
        return text[:start], body.split(b"\n"), signature

    @classmethod
    def another_origin(cls, chance, text):
        before, lines, signature = cls.parts(text)
        name = chance.choice([b"evil.example.com/mesh/1", lines[0] + b"0", lines[0].upper(), lines[0][:-1], b""])
        if chance.random() < 0.5:
            signature = signature.replace(lines[0], name, 1)
        if chance.random() < 0.7 or lines[0] in signature:
            lines[0] = name
        return before + joined(lines) + b"\n\n" + signature

    @classmethod
    def another_size(cls, chance, text):
        before, lines, signature = cls.parts(text)
        lines[1] = other_number(chance, lines[1])
        return before + joined(lines) + b"\n\n" + signature

    @classmethod
    def a_line_more(cls, chance, text):
        before, lines, signature = cls.parts(text)
        lines.insert(chance.randrange(len(lines) + 1), chance.choice([b"extension", b"0", b" ", lines[0], lines[2]]))
        return before + joined(lines) + b"\n\n" + signature

    @classmethod
    def no_signature(cls, chance, text):
        before, lines, _ = cls.parts(text)
        return before + joined(lines) + chance.choice([b"\n", b"\n\n", b"\n\n\n", b""])

    @classmethod
    def another_key_id(cls, chance, text):
        before, lines, signature = cls.parts(text)
        place = signature.rindex(b" ") + 1 + chance.randrange(5)
        digit = chance.choice([c for c in ALPHABET if c != signature[place]])
        return before + joined(lines) + b"\n\n" + signature[:place] + bytes([digit]) + signature[place + 1:]

    @classmethod
    def another_signature(cls, chance, text):
        before, lines, signature = cls.parts(text)
        place = signature.rindex(b" ") + 7 + chance.randrange(80)
        digit = chance.choice([c for c in ALPHABET if c != signature[place]])
        return before + joined(lines) + b"\n\n" + signature[:place] + bytes([digit]) + signature[place + 1:]

    @classmethod
    def a_bad_signature_by_the_same_key_beside_the_good_one(cls, chance, text):
        wrong = cls.parts(cls.another_signature(chance, text))[2]
        before, lines, signature = cls.parts(text)
        return before + joined(lines) + b"\n\n" + wrong + signature


class Spellings:
    """The same thing written in another way than its own, which some readers do not notice."""

    @staticmethod
    def its_lines_end_as_elsewhere(chance, text):
        count = text.count(b"\n")
        return text.replace(b"\n", b"\r\n") if chance.random() < 0.5 else text.replace(
            b"\n", b"\r\n", chance.randrange(1, count + 1))

    @staticmethod
    def base64_has_spare_bits_set(chance, text):
        return unused_bits(chance, text)

    @staticmethod
    def base64_is_padded_otherwise(chance, text):
        places = [match.start() for match in re.finditer(b"=", text)]
        if not places:
            return text
        place = chance.choice(places)
        return text[:place] + chance.choice([b"", b"==", b"=A", b"= ", b"=\n"]) + text[place + 1:]

    @staticmethod
    def the_signature_comes_twice(chance, text):
        before, lines, signature = OfNotes.parts(text)
        return before + joined(lines) + b"\n\n" + signature * chance.randrange(2, 60)


class OfInclusion:
    """What can go wrong with a tlog-proof."""

    @staticmethod
    def another_index(chance, text):
        lines = lines_of(text)
        lines[2] = b"index " + other_number(chance, lines[2][6:])
        return joined(lines)

    @staticmethod
    def another_header(chance, text):
        return text.replace(b"@v1", chance.choice([b"@v2", b"", b"@v1 ", b"@V1"]), 1)

    @staticmethod
    def another_leaf(chance, text):
        lines = lines_of(text)
        place = 6 + chance.randrange(160)
        digit = chance.choice([c for c in ALPHABET if c != lines[1][place]])
        lines[1] = lines[1][:place] + bytes([digit]) + lines[1][place + 1:]
        return joined(lines)

    @staticmethod
    def no_leaf(chance, text):
        lines = lines_of(text)
        lines[1] = chance.choice([b"extra ", b"extra", b"extra AA==", b"Extra" + lines[1][5:]])
        return joined(lines)


class OfHashes:
    """What can go wrong with a list of hashes, one a line, from line `first` on."""

    def __init__(self, first: int):
        self.first = first

    def parts(self, text):
        lines = lines_of(text)
        end = lines.index(b"", self.first)
        return lines[:self.first], lines[self.first:end], lines[end:]

    def two_hashes_change_places(self, chance, text):
        before, hashes, after = self.parts(text)
        if len(hashes) > 1:
            a, b = chance.sample(range(len(hashes)), 2)
            hashes[a], hashes[b] = hashes[b], hashes[a]
        return joined(before + hashes + after)

    def a_hash_is_lost(self, chance, text):
        before, hashes, after = self.parts(text)
        if hashes:
            del hashes[chance.randrange(len(hashes))]
        return joined(before + hashes + after)

    def a_hash_comes_twice(self, chance, text):
        before, hashes, after = self.parts(text)
        if hashes:
            place = chance.randrange(len(hashes))
            hashes.insert(place, hashes[place])
        return joined(before + hashes + after)

    def a_hash_more(self, chance, text):
        before, hashes, after = self.parts(text)
        hashes.insert(chance.randrange(len(hashes) + 1), b"A" * 43 + b"=")
        return joined(before + hashes + after)

    def a_hash_is_another(self, chance, text):
        before, hashes, after = self.parts(text)
        if hashes:
            place = chance.randrange(len(hashes))
            digit = chance.choice([c for c in ALPHABET if c != hashes[place][0]])
            hashes[place] = bytes([digit]) + hashes[place][1:]
        return joined(before + hashes + after)

    def a_hash_is_shorter(self, chance, text):
        before, hashes, after = self.parts(text)
        if hashes:
            place = chance.randrange(len(hashes))
            hashes[place] = hashes[place][4:]
        return joined(before + hashes + after)


def ways(*owners) -> list:
    return [
        getattr(owner, name) for owner in owners for name in dir(owner)
        if not name.startswith("_") and name not in ("parts", "first")]


WAYS = {
    ("checkpoint", "text"): ways(Anywhere, OfNotes),
    ("inclusion", "text"): ways(Anywhere, OfNotes, OfInclusion, OfHashes(3)),
    ("consistency", "text"): ways(OfNotes),
    ("consistency", "old"): ways(OfNotes),
    ("consistency", "proof"): ways(Anywhere, OfHashes(0)),
}


SPELLINGS = {
    (do, part): ways(Spellings) if part != "proof" else [
        Spellings.its_lines_end_as_elsewhere, Spellings.base64_has_spare_bits_set,
        Spellings.base64_is_padded_otherwise]
    for do, part in WAYS
}


def mutations(seed: int, proofs: list[Proof], count: int, ways: dict = WAYS):
    """`count` proofs that are all different from all of these, each with the name of what is wrong and its origin."""
    chance = random.Random(seed)
    seen = set(proofs)
    tasks = [(proof, part, way) for proof in proofs for part in ("text", "old", "proof")
             for way in ways.get((proof.do, part), [])]
    made = 0
    while made < count:
        proof, part, way = chance.choice(tasks)
        mutated = Proof(**{**vars(proof), part: way(chance, getattr(proof, part))})
        # Some ways have nothing to change in some texts, and few have a thousand outcomes.
        if mutated in seen:
            continue
        seen.add(mutated)
        made += 1
        yield way.__name__, proof, mutated
