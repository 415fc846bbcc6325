"""HTTP requests that are signed for (NIP-98), with a client that shares no code with the relay."""

import base64
import hashlib
import http.client
import json
import time
from typing import NamedTuple

from nostr_client import Key

MANAGEMENT = "application/nostr+json+rpc"


class Reply(NamedTuple):
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def authorization(key: Key, url: str, method: str = "POST", body: bytes | None = b"", **fields) -> dict:
    """The signed event. `body=None` leaves the payload tag out."""
    tags = fields.pop("tags", None)
    if tags is None:
        tags = [["u", url], ["method", method]]
        if body is not None:
            tags.append(["payload", hashlib.sha256(body).hexdigest()])
        # Two requests of one second are two events.
        tags.append(["nonce", str(time.monotonic_ns())])
    return key.sign(fields.pop("kind", 27235), tags=tags, **fields)


def header(event: dict) -> str:
    return "Nostr " + base64.b64encode(json.dumps(event).encode()).decode()


def request(relay, method: str, path: str, body: bytes = b"", headers: dict | None = None) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=10)
    try:
        connection.request(method, path, body=body or None, headers=headers or {})
        response = connection.getresponse()
        return Reply(response.status, dict((k.lower(), v) for k, v in response.getheaders()), response.read())
    finally:
        connection.close()


def url(relay, path: str) -> str:
    return f"http://127.0.0.1:{relay.port}{path}"


def post(relay, path: str, value, key: Key | None, event: dict | None = None, **headers) -> Reply:
    """Posts JSON, signed for by the key or authorized by the given event."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    if key:
        event = event or authorization(key, url(relay, path), body=body)
    signed = {"Authorization": header(event)} if event else {}
    return request(relay, "POST", path, body, {"Content-Type": "application/json", **signed, **headers})


def manage(relay, key: Key, method: str, *params, **headers) -> Reply:
    """A call of the management API (NIP-86)."""
    return post(relay, "/", {"method": method, "params": list(params)}, key, **{"Content-Type": MANAGEMENT, **headers})
