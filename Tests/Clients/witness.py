"""A witness (C2SP tlog-witness) and the parts of notes and trees that it takes to check a log, sharing no code with the relay."""

import base64
import hashlib
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG_KEY, COSIGNATURE_KEY = b"\x01", b"\x04"


def key_id(name: str, algorithm: bytes, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + algorithm + public).digest()[:4]


def vkey(name: str, algorithm: bytes, public: bytes) -> str:
    data = base64.b64encode(algorithm + public).decode()
    return f"{name}+{key_id(name, algorithm, public).hex()}+{data}"


class Note:
    """A signed note: its text, and its signatures as (name, key id, bytes)."""

    def __init__(self, text: str):
        self.text = text
        body, lines = text.rsplit("\n\n", 1)
        self.body = body + "\n"
        self.signatures = []
        for line in lines.splitlines():
            mark, name, data = line.split(" ")
            assert mark == "\u2014"
            raw = base64.b64decode(data, validate=True)
            self.signatures.append((name, raw[:4], raw[4:]))
        origin, size, root = self.body.splitlines()[:3]
        self.origin, self.size, self.root = origin, int(size), base64.b64decode(root, validate=True)

    def verify(self, log_vkey: str):
        """Raises unless the log signed it."""
        name, _, data = log_vkey.split("+", 2)
        raw = base64.b64decode(data)
        assert raw[:1] == LOG_KEY and name == self.origin
        wanted = key_id(name, LOG_KEY, raw[1:])
        found = [signature for other, id, signature in self.signatures if (other, id) == (name, wanted)]
        assert found, "the log did not sign this note"
        Ed25519PublicKey.from_public_bytes(raw[1:]).verify(found[0], self.body.encode())


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: list[bytes]) -> bytes:
    """The RFC 6962 root over leaf hashes."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    stack = []
    for index, value in enumerate(hashes):
        while index & 1:
            value = node(stack.pop(), value)
            index >>= 1
        stack.append(value)
    value = stack.pop()
    while stack:
        value = node(stack.pop(), value)
    return value


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2."""
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof and old & (old - 1):
        return False
    path = ([old_root] if old & (old - 1) == 0 else []) + proof
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for value in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(value, fr), node(value, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, value)
        fn, sn = fn >> 1, sn >> 1
    return fr == old_root and sr == new_root and sn == 0


class Witness:
    """Cosigns what grows, and refuses the rest. `behave` makes it misbehave: slow, refuse, lie."""

    def __init__(self, log_vkey: str, name: str = "witness.example/w1"):
        self.name = name
        self.log_vkey = log_vkey
        self.key = Ed25519PrivateKey.generate()
        self.held = (0, root_of([]))
        self.asked: list[tuple[int, int]] = []
        self.behave = "well"
        witness = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                status, answer, type = witness.add_checkpoint(body) if self.path == "/add-checkpoint" else (404, "", "")
                self.send_response(status)
                self.send_header("content-type", type or "text/plain")
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    @property
    def vkey(self) -> str:
        return vkey(self.name, COSIGNATURE_KEY, self.key.public_key().public_bytes_raw())

    def add_checkpoint(self, body: str):
        if self.behave == "refuse":
            return 403, "not today", ""
        if self.behave == "slow":
            time.sleep(3)
        head, text = body.split("\n\n", 1)
        lines = head.split("\n")
        old = int(lines[0].removeprefix("old "))
        proof = [base64.b64decode(line, validate=True) for line in lines[1:]]
        note = Note(text)
        try:
            note.verify(self.log_vkey)
        except (AssertionError, InvalidSignature):
            return 403, "unknown key", ""
        self.asked.append((old, note.size))
        size, root = self.held
        if old > note.size:
            return 400, "old is larger than the checkpoint", ""
        if old != size:
            return 409, f"{size}\n", "text/x.tlog.size"
        if size and not is_consistent(size, root, note.size, note.root, proof):
            return 422, "not consistent", ""
        self.held = (note.size, note.root)
        return 200, self.cosign(note), ""

    def cosign(self, note: Note) -> str:
        now = int(time.time())
        message = f"cosignature/v1\ntime {now}\n{note.body}"
        key = Ed25519PrivateKey.generate() if self.behave == "lie" else self.key
        public = self.key.public_key().public_bytes_raw()
        data = key_id(self.name, COSIGNATURE_KEY, public) + struct.pack(">Q", now) + key.sign(message.encode())
        return f"\u2014 {self.name} {base64.b64encode(data).decode()}\n"
