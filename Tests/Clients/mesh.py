"""The mesh's events as its clients make them (WIRE: kinds 24620, 30621, 24621, 24622)."""

import itertools
import json
import time

from nostr_client import Key

STATUS_REPORT, STATUS, CONNECT_REQUEST, CALL_ME_NOW = 24620, 30621, 24621, 24622
ADD_MEMBER, REMOVE_MEMBER, CHANGE_ROLE = 9030, 9031, 9032
MEMBER_LIST, MEMBER_ADDED, MEMBER_REMOVED = 13534, 8000, 8001
RELAY_ONLY_KINDS = [STATUS, CALL_ME_NOW, MEMBER_LIST, MEMBER_ADDED, MEMBER_REMOVED]

DISCOVERY = {"kinds": [STATUS], "#k": ["sprout-mesh-status"], "limit": 100}
STOPPED = {"token": "", "hosted_models": [], "serving_models": [], "peers": []}

_number = itertools.count(1)


def serving(model: str = "Qwen3-8B", token: str = "address-of-this-node") -> dict:
    """A node's status as it serves one model."""
    return {
        "node_id": "node-1", "token": token, "hosted_models": [model], "serving_models": [], "my_vram_gb": 24.5,
        "peers": [],
    }


def status_report(key: Key, status: dict | str, **fields) -> dict:
    return key.sign(STATUS_REPORT, status if isinstance(status, str) else json.dumps(status), **fields)


def request_content(**fields) -> dict:
    """The content of a connect request; a field given as None is left out."""
    content = {
        "self_endpoint_addr": "address-of-the-requester", "peer_endpoint_addr": "address-of-the-target",
        "attempt_id": f"attempt-{next(_number)}", "self_endpoint_id": "id-of-the-requester",
        "peer_endpoint_id": "id-of-the-target", "v": 1, **fields,
    }
    return {name: value for name, value in content.items() if value is not None}


def connect_request(key: Key, target: Key | str | None, content: dict | str | None = None, **fields) -> dict:
    content = request_content() if content is None else content
    target = target.hex if isinstance(target, Key) else target
    tags = fields.pop("tags", [["p", target]] if target else [])
    return key.sign(CONNECT_REQUEST, content if isinstance(content, str) else json.dumps(content), tags, **fields)


def calls_to(key: Key) -> dict:
    """The filter with which clients listen for calls."""
    return {"kinds": [CALL_ME_NOW], "#p": [key.hex], "limit": 0, "since": int(time.time()) - 5}


def command(kind: int, author: Key, subject: Key | str, role: str | None = None, **fields) -> dict:
    """A membership command. Its last tag tells it from the same command given a moment before."""
    subject = subject.hex if isinstance(subject, Key) else subject
    tags = [["p", subject]] + ([["role", role]] if role else []) + [["nonce", str(next(_number))]]
    return author.sign(kind, tags=tags, **fields)
