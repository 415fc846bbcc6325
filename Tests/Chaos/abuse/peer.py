"""One raw connection of an attacker: bytes as they are on the wire, nothing that a library would refuse to send."""

import base64
import json
import os
import socket
import struct

from nostr_client import Key

HANDSHAKE_SECONDS = 5
TEXT, BINARY, CONTINUATION, PING = 1, 2, 0, 9
UPGRADE = (
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Forwarded-For: {address}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n")


def frame(payload: bytes, opcode: int = TEXT, final: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """A client's frame; the mask is zero, so that what is sent can be made once and sent often."""
    head = bytes([(0x80 if final else 0) | reserved << 4 | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65_536:
        head += bytes([bit | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", len(payload))
    return head + (b"\0\0\0\0" if masked else b"") + payload


def message(*parts) -> bytes:
    return frame(json.dumps(parts, separators=(",", ":")).encode())


class Peer:
    """A TCP connection that came, as the relay believes, from `address`; a WebSocket if wanted."""

    def __init__(self, port: int, address: str, websocket: bool = True):
        self.port, self.address = port, address
        self.challenge = ""
        self.socket = socket.create_connection(("127.0.0.1", port), HANDSHAKE_SECONDS)
        self.unsent = b""
        try:
            if websocket:
                self._upgrade()
        except BaseException:
            self.socket.close()
            raise
        self.socket.setblocking(False)

    def _upgrade(self):
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(UPGRADE.format(port=self.port, address=self.address, key=key).encode())
        received = self._until(b"\r\n\r\n", b"")
        if b" 101 " not in received.split(b"\r\n", 1)[0]:
            raise ConnectionRefusedError(received[:200])
        rest = self._until(b'"]', received.partition(b"\r\n\r\n")[2])
        self.challenge = json.loads(rest[rest.index(b"["):rest.index(b"]") + 1])[1]

    def _until(self, wanted: bytes, received: bytes) -> bytes:
        while wanted not in received:
            data = self.socket.recv(4096)
            if not data:
                raise ConnectionResetError("closed")
            received += data
        return received

    def auth(self, key: Key, **fields) -> dict:
        tags = [["relay", f"ws://127.0.0.1:{self.port}"], ["challenge", self.challenge]]
        return {**key.sign(22_242, tags=tags), **fields}

    def login(self, key: Key) -> "Peer":
        self.socket.settimeout(HANDSHAKE_SECONDS)
        self.socket.sendall(message("AUTH", self.auth(key)))
        answer = self._until(b"]", b"")
        if b",true," not in answer:
            raise ConnectionRefusedError(answer)
        self.socket.setblocking(False)
        return self

    def push(self, data: bytes) -> int:
        """Sends what the socket takes now; what it leaves is sent first the next time. Raises when the relay has closed."""
        wanted = self.unsent or data
        try:
            sent = self.socket.send(wanted)
        except BlockingIOError:
            sent = 0
        self.unsent = wanted[sent:]
        return sent

    def skim(self) -> int:
        """Reads what has come and throws it away. Raises when the relay has closed."""
        count = 0
        try:
            while data := self.socket.recv(262_144):
                count += len(data)
        except BlockingIOError:
            return count
        raise ConnectionResetError("closed")

    def close(self):
        self.socket.close()
