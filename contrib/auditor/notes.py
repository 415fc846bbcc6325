"""What the log's own key signed: the genesis, and the checkpoints that the relay published (C2SP signed-note)."""

import base64
import hashlib

import ed25519
import events

STATEMENT = '{"origin":%s,"relay":"%s","log":%s%s}'
CONTINUES = ',"continues":{"checkpoint":%s,"entries":%d}'


class Bad(Exception):
    """Why a note is not good."""


def key_of(text):
    """The name and the key in a verifier key, `NAME+ID+KEY`."""
    try:
        name, key_id, data = text.split("+", 2)
        data = base64.b64decode(data, validate=True)
    except ValueError:
        raise Bad("the log's key is none: %s" % text) from None
    if len(data) != 33 or data[0] != 1 or hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8] != key_id:
        raise Bad("the log's key is none: %s" % text)
    return name, bytes.fromhex(key_id), data[1:]


def check_genesis(body):
    """Both keys signed which log this is."""
    genesis = body["genesis"]
    name, _, key = key_of(genesis["log"])
    if name != genesis["origin"]:
        raise Bad("the log's key is that of %s" % name)
    # A log that goes on from one that lost what it had signed quotes that one's last checkpoint.
    before = genesis.get("continues")
    continues = CONTINUES % (events.quoted(before["checkpoint"]), before["entries"]) if before else ""
    statement = STATEMENT % (
        events.quoted(genesis["origin"]), genesis["relay"], events.quoted(genesis["log"]), continues)
    digest = hashlib.sha256(b"nrl1 genesis\n" + statement.encode()).digest()
    if not ed25519.verify(key, digest, bytes.fromhex(body["log_signature"])):
        raise Bad("the log's key did not sign it")
    if events.signed(genesis["relay"], digest, body["relay_signature"]) is False:
        raise Bad("the relay's key did not sign it")


def checkpoint(note, verifier_key):
    """The size and the root in a checkpoint that this log's key signed."""
    name, key_id, key = key_of(verifier_key)
    text, found, signatures = note.rpartition("\n\n")
    lines = text.split("\n")
    if not found or len(lines) < 3 or lines[0] != name or not (lines[1].isascii() and lines[1].isdigit()):
        raise Bad("it is no checkpoint of %s" % name)
    for line in signatures.splitlines():
        begin = "— %s " % name
        if not line.startswith(begin):
            continue
        try:
            data = base64.b64decode(line[len(begin):], validate=True)
        except ValueError:
            continue
        if data[:4] == key_id:
            if not ed25519.verify(key, text.encode() + b"\n", data[4:]):
                raise Bad("its signature is not good")
            return int(lines[1]), base64.b64decode(lines[2]).hex()
    raise Bad("the log's key did not sign it")
