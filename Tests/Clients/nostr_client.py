"""A small Nostr client with cryptography of its own, to see the relay from outside.

It shares no code with the relay: events are serialised, hashed and signed here (NIP-01, BIP-340 through coincurve), and
every event that the relay sends is checked the same way. Every wait has an end: a test that would hang fails instead
and says what it was waiting for and what came.
"""

import hashlib
import json
import os
import time
from collections import deque
from typing import NamedTuple

from coincurve import PrivateKey, PublicKeyXOnly
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

TIMEOUT_SECONDS = 10.0
# NIP-01: these seven are escaped in the serialisation, everything else stands as it is.
ESCAPES = str.maketrans(
    {"\n": "\\n", '"': '\\"', "\\": "\\\\", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"})


def serialise(pubkey: str, created_at: int, kind: int, tags: list, content: str) -> bytes:
    """The canonical serialisation of NIP-01."""
    def text(value: str) -> str:
        return '"' + value.translate(ESCAPES) + '"'

    tag_list = ",".join("[" + ",".join(text(item) for item in tag) + "]" for tag in tags)
    return f'[0,"{pubkey}",{created_at},{kind},[{tag_list}],{text(content)}]'.encode()


def event_id(pubkey: str, created_at: int, kind: int, tags: list, content: str) -> str:
    return hashlib.sha256(serialise(pubkey, created_at, kind, tags, content)).hexdigest()


def is_valid(event: dict) -> bool:
    """Whether the id is the hash of the other fields and the signature is the author's."""
    fields = (event["pubkey"], event["created_at"], event["kind"], event["tags"], event["content"])
    if event["id"] != event_id(*fields):
        return False
    key = PublicKeyXOnly(bytes.fromhex(event["pubkey"]))
    return key.verify(bytes.fromhex(event["sig"]), bytes.fromhex(event["id"]))


def tag_values(event: dict, name: str) -> list[str]:
    return [tag[1] for tag in event["tags"] if tag[0] == name and len(tag) > 1]


class Key:
    """A key pair of secp256k1, with the public half as Nostr writes it: the x coordinate in hex."""

    def __init__(self, secret: bytes | None = None):
        self._private = PrivateKey(secret or os.urandom(32))
        self.hex = self._private.public_key.format(compressed=True)[1:].hex()

    @property
    def secret(self) -> bytes:
        return self._private.secret

    def sign(self, kind: int, content: str = "", tags: list | None = None, created_at: int | None = None) -> dict:
        created_at = int(time.time()) if created_at is None else created_at
        tags = tags or []
        identifier = event_id(self.hex, created_at, kind, tags, content)
        return {
            "id": identifier, "pubkey": self.hex, "created_at": created_at, "kind": kind, "tags": tags,
            "content": content, "sig": self._private.sign_schnorr(bytes.fromhex(identifier)).hex(),
        }

    def __repr__(self) -> str:
        return f"Key({self.hex[:8]}…)"


class Answer(NamedTuple):
    """What an OK says."""

    accepted: bool
    message: str


class Closed(Exception):
    """The relay closed the connection."""

    def __init__(self, code: int, reason: str):
        super().__init__(f"closed with {code} {reason!r}")
        self.code = code
        self.reason = reason


class Refused(Exception):
    """The relay answered a REQ with CLOSED."""


class Client:
    """One connection. Messages that nobody asked for yet are kept in the order in which they came.

    `greeted`: the relay sends its NIP-42 challenge before anything else, as ours does.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS, greeted: bool = True, **options):
        self.url = url
        self.timeout = timeout
        self.received: list[list] = []
        self._unread: deque[list] = deque()
        self._count = 0
        # The flag `legacy` is the name that the library has for a connection outside of a `with`.
        settings = {
            "compression": None, "proxy": None, "max_size": 2**24, "max_queue": 4096, "ping_interval": None,
            "open_timeout": timeout, "close_timeout": 2, "legacy": True,
        }
        self._socket = connect(url, **{**settings, **options})
        self.challenge = self.wait_for("AUTH")[1] if greeted else None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    # Sending

    def send(self, *message):
        self.send_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    def send_text(self, text: str):
        try:
            self._socket.send(text)
        except ConnectionClosed as error:
            raise closed(error) from None

    # Receiving

    def wait_for(self, *beginning, timeout: float | None = None, matching=None) -> list:
        """The first message not read yet that begins like this. Others stay for later."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)

        def fits(message: list) -> bool:
            return message[: len(beginning)] == list(beginning) and (matching is None or matching(message))

        for message in self._unread:
            if fits(message):
                self._unread.remove(message)
                return message
        while True:
            message = self._receive(deadline, beginning)
            if fits(message):
                return message
            self._unread.append(message)

    def _receive(self, deadline: float, wanted: tuple) -> list:
        try:
            text = self._socket.recv(timeout=max(0, deadline - time.monotonic()))
        except TimeoutError:
            waiting = json.dumps(list(self._unread))[:800]
            raise AssertionError(f"no message that begins with {list(wanted)}; unread: {waiting}") from None
        except ConnectionClosed as error:
            raise closed(error) from None
        message = json.loads(text)
        if message[0] == "EVENT":
            assert is_valid(message[2]), f"the relay sent an event that does not verify: {message[2]}"
        self.received.append(message)
        return message

    def wait_for_close(self, timeout: float | None = None) -> Closed:
        """Reads on until the relay closes the connection."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            try:
                self._unread.append(self._receive(deadline, ("a close frame",)))
            except Closed as end:
                return end

    def unread(self, *beginning) -> list[list]:
        """What came by now, without waiting."""
        return [message for message in self._unread if message[: len(beginning)] == list(beginning)]

    # NIP-42

    def auth_event(self, key: Key, *, challenge=None, relay=None, created_at=None, kind=22242) -> dict:
        self.challenge = self.challenge or self.wait_for("AUTH")[1]
        tags = [["relay", relay or self.url], ["challenge", challenge or self.challenge]]
        return key.sign(kind, tags=tags, created_at=created_at)

    def authenticate(self, key: Key, **fields) -> Answer:
        event = self.auth_event(key, **fields)
        self.send("AUTH", event)
        return self.answer(event)

    # NIP-01

    def answer(self, event: dict, timeout: float | None = None) -> Answer:
        return Answer(*self.wait_for("OK", event["id"], timeout=timeout)[2:4])

    def publish(self, event: dict) -> Answer:
        self.send("EVENT", event)
        return self.answer(event)

    def accept(self, event: dict) -> dict:
        """Publishes an event that has to be accepted."""
        answer = self.publish(event)
        assert answer.accepted, f"kind {event['kind']} was refused: {answer.message}"
        return event

    def subscribe(self, name: str, *filters: dict) -> list[dict]:
        """Opens a subscription and returns the stored events."""
        self.send("REQ", name, *filters)
        return self.stored(name)

    def stored(self, name: str) -> list[dict]:
        """Waits for EOSE and returns the stored events that came before it."""
        end = self.wait_for(matching=lambda message: message[0] in ("EOSE", "CLOSED") and message[1] == name)
        if end[0] == "CLOSED":
            raise Refused(end[2])
        events = [message[2] for message in self._unread if message[:2] == ["EVENT", name]]
        self._unread = deque(message for message in self._unread if message[:2] != ["EVENT", name])
        return events

    def query(self, *filters: dict) -> list[dict]:
        """The stored events that match now."""
        self._count += 1
        name = f"query-{self._count}"
        events = self.subscribe(name, *filters)
        self.send("CLOSE", name)
        return events

    def refusal(self, *filters: dict) -> str:
        """The text of the CLOSED that a REQ is answered with."""
        try:
            events = self.query(*filters)
        except Refused as refusal:
            return str(refusal)
        raise AssertionError(f"the REQ was answered with {len(events)} events")

    def next_event(self, name: str, timeout: float | None = None) -> dict:
        return self.wait_for("EVENT", name, timeout=timeout)[2]

    def expect_silence(self, name: str, seconds: float = 0.3):
        """Nothing arrives on a subscription: not by now, and not in a moment."""
        time.sleep(seconds)
        # Messages of a connection come in order: what was written before this answer has arrived.
        self.query({"kinds": [1], "limit": 0, "since": 1})
        events = self.unread("EVENT", name)
        assert not events, f"unexpected on {name!r}: {events}"


def closed(error: ConnectionClosed) -> Closed:
    frame = error.rcvd
    return Closed(frame.code, frame.reason) if frame else Closed(1006, "the connection was lost")
