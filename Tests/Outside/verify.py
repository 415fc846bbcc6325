"""Judges Ringdown's notes, proofs and tiles with Python packages that other people wrote.

Questions come as JSON objects, one a line, and answers go the same way (Tests/Clients/outside.py puts them). Each
package answers for itself, and only for what it can check; none of Ringdown's code is in here.
"""

import base64
import hashlib
import json
import sys

try:
    import aics_tlog
except ImportError:
    aics_tlog = None
try:
    import metamorphic_log
except ImportError:
    metamorphic_log = None
try:
    import pymerkle
    from pymerkle.core import _inclusion_path_layout
except ImportError:
    pymerkle = None


class Refused(Exception):
    """What is read here, because no package reads it, and is not well formed."""


def exact_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused(f"no base64: {error}") from error
    if base64.b64encode(data).decode() != text:
        raise Refused("base64 in another spelling than its own")
    return data


def hash_of(line: str) -> bytes:
    data = exact_base64(line)
    if len(data) != 32:
        raise Refused("a hash has 32 bytes")
    return data


def read_inclusion(text: str):
    """tlog-proof v1 with the leaf as extra data: the leaf, its index, the hashes and the note."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or len(lines) < 3 or lines[0] != "c2sp.org/tlog-proof@v1":
        raise Refused("no tlog-proof")
    if not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise Refused("no leaf, or no index")
    index = lines[2].removeprefix("index ")
    if not (index.isascii() and index.isdigit() and str(int(index)) == index):
        raise Refused("the index is no number")
    return exact_base64(lines[1].removeprefix("extra ")), int(index), [hash_of(line) for line in lines[3:]], note


def read_hashes(text: str) -> list[bytes]:
    *lines, last = text.split("\n")
    if last:
        raise Refused("the last line is cut")
    return [hash_of(line) for line in lines]


def head(checkpoint) -> str:
    return f"{checkpoint.origin} {checkpoint.size} {checkpoint.root.hex()}"


def require(holds, why: str):
    if not holds:
        raise Refused(why)


class Aics:
    """aics-tlog: everything."""

    def checkpoint(self, note: str, vkey: str, witness: str | None = None):
        parsed = aics_tlog.parse_note(note)
        key = aics_tlog.parse_vkey(vkey)
        witnesses = [aics_tlog.parse_vkey(witness)] if witness else []
        result = aics_tlog.verify_checkpoint(
            parsed, key, witnesses, quorum=len(witnesses), expected_origin=key.name)
        require(result.ok, result.error)
        return aics_tlog.parse_checkpoint(parsed.text)

    def inclusion(self, leaf, index, hashes, checkpoint):
        holds = aics_tlog.verify_leaf_inclusion(leaf, index, checkpoint.size, hashes, checkpoint.root)
        require(holds, "the hashes do not lead to the root")

    def consistency(self, old, new, hashes):
        require(aics_tlog.verify_consistency(old.size, new.size, old.root, new.root, hashes), "the log was rewritten")

    def tiles(self, directory: str, checkpoint, indexes: list[int], olds: list[int]) -> str:
        reader = aics_tlog.FileSystemTileReader(directory)
        aics_tlog.audit_tiles(reader, checkpoint.size, checkpoint.root)
        verified = aics_tlog.VerifiedTileReader(reader, checkpoint.size, checkpoint.root)
        words = [head(checkpoint)]
        for index in indexes:
            words += ["leaf", str(index), verified.leaf_hash(index).hex()]
            words += [h.hex() for h in aics_tlog.inclusion_proof_from_tiles(verified, index, checkpoint.size)]
        for old in olds:
            words += ["old", str(old), aics_tlog.tree_root_from_tiles(verified, old, checkpoint.size).hex()]
            words += [h.hex() for h in aics_tlog.consistency_proof_from_tiles(verified, old, checkpoint.size)]
        return " ".join(words)


class Metamorphic:
    """metamorphic-log: notes, inclusion, consistency."""

    def checkpoint(self, note: str, vkey: str, witness: str | None = None):
        checkpoint = metamorphic_log.checkpoint_verify(note, [vkey])
        # The package leaves it to its user which log a key may sign for.
        require(checkpoint.origin == vkey.split("+")[0], "a checkpoint of another log")
        return checkpoint

    def inclusion(self, leaf, index, hashes, checkpoint):
        metamorphic_log.verify_inclusion(index, checkpoint.size, leaf_hash(leaf), hashes, checkpoint.root)

    def consistency(self, old, new, hashes):
        metamorphic_log.verify_consistency(old.size, new.size, hashes, old.root, new.root)


class PyMerkle:
    """pymerkle: inclusion. It has the order of the hashing beside the hashes; the order follows from index and size,
    and it checks that it does. Its consistency proofs are of other subtrees than those of RFC 6962."""

    def inclusion(self, leaf, index, hashes, checkpoint):
        base = leaf_hash(leaf)
        require(index < checkpoint.size, "no such leaf")
        rule, _ = _inclusion_path_layout(index + 1, checkpoint.size)
        proof = pymerkle.InclusionProof("sha256", True, checkpoint.size, index + 1, rule, [base, *hashes])
        pymerkle.verify_inclusion(base, checkpoint.root, proof, index + 1, checkpoint.size, "sha256")


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


TOOLS = {
    name: tool
    for name, module, tool in [
        ("aics-tlog", aics_tlog, Aics()),
        ("metamorphic-log", metamorphic_log, Metamorphic()),
        ("pymerkle", pymerkle, PyMerkle()),
    ]
    if module
}


def statement(tool, question: dict) -> str:
    """What is known once `tool` has accepted; raises if it refuses."""
    # A tool that cannot read notes is given what one that can has found in them.
    notes = tool if hasattr(tool, "checkpoint") else TOOLS["aics-tlog"]
    vkey = question["vkey"]
    text = question["text"].decode("utf-8")
    match question["do"]:
        case "checkpoint":
            return head(notes.checkpoint(text, vkey, question.get("witness")))
        case "inclusion":
            leaf, index, hashes, note = read_inclusion(text)
            checkpoint = notes.checkpoint(note, vkey, question.get("witness"))
            tool.inclusion(leaf, index, hashes, checkpoint)
            return f"{head(checkpoint)} {index} {leaf_hash(leaf).hex()}"
        case "consistency":
            new = notes.checkpoint(text, vkey)
            old = notes.checkpoint(question["old"].decode("utf-8"), vkey)
            tool.consistency(old, new, read_hashes(question["proof"].decode("utf-8")))
            return f"{head(old)} {head(new)}"
        case "tiles":
            return tool.tiles(question["tiles"], notes.checkpoint(text, vkey), question["indexes"], question["olds"])


def answer(tool, question: dict) -> dict:
    try:
        return {"accepted": True, "statement": statement(tool, question)}
    except Exception as error:  # Each package has exceptions of its own; whichever it is, it did not accept.
        return {"accepted": False, "why": f"{type(error).__name__}: {error}"}


def can(tool, question: dict) -> bool:
    if question.get("witness") and not isinstance(tool, Aics):
        return False
    return hasattr(tool, question["do"])


def main():
    for line in sys.stdin:
        question = json.loads(line)
        for field in ("text", "old", "proof"):
            if question.get(field) is not None:
                question[field] = base64.b64decode(question[field])
        answers = {name: answer(tool, question) for name, tool in TOOLS.items() if can(tool, question)}
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    main()
