"""24621 and 24622: what a connect request has to be, and the two calls that it comes to (WIRE.md)."""

import events
import strict
from membership import Refused

LIFETIME = 60


class Request:
    """The content of a connect request, checked."""

    def __init__(self, content, policy):
        try:
            found = strict.parse(content)
        except strict.NotJSON:
            raise malformed("content is not JSON: …") from None
        if not isinstance(found, dict):
            raise malformed("content is not a JSON object")
        longest = policy["maximum_string_bytes"]
        self.self_address = _field(found, "self_endpoint_addr", longest)
        self.peer_address = _field(found, "peer_endpoint_addr", longest)
        self.attempt = _field(found, "attempt_id", policy["maximum_attempt_bytes"])
        self.self_id = _field(found, "self_endpoint_id", longest, optional=True)
        self.peer_id = _field(found, "peer_endpoint_id", longest, optional=True)


def malformed(why):
    return Refused("request_malformed", "invalid: malformed mesh connect request (%s)" % why)


def _field(found, name, most, optional=False):
    value = found.get(name)
    if value is None and (optional or name not in found):
        if optional:
            return None
        raise malformed("missing %s" % name)
    if not isinstance(value, str) or isinstance(value, strict.Number):
        raise malformed("%s is not a string" % name)
    if not value:
        raise malformed("%s is empty" % name)
    size = len(value.encode())
    if size > most:
        raise malformed("%s has %d bytes, at most %d" % (name, size, most))
    return value


def calls(request, requester, target, second, dialect):
    """Both halves: the requester's first, then the target's."""
    expires_at = second + LIFETIME
    return [
        _half(requester, target, request.peer_address, request.peer_id, request.attempt, expires_at, second, dialect),
        _half(target, requester, request.self_address, request.self_id, request.attempt, expires_at, second, dialect),
    ]


def _half(recipient, peer, address, peer_id, attempt, expires_at, second, dialect):
    quoted = events.quoted
    content = ('{"v":1,"type":"%s-iroh-call-me-now","peer_endpoint_addr":%s,%s"attempt_id":%s,"expires_at":%d,'
               '"peer_pubkey":"%s"}') % (
        dialect, quoted(address), '"peer_endpoint_id":%s,' % quoted(peer_id) if peer_id else "", quoted(attempt),
        expires_at, peer)
    return events.CALL_ME_NOW, second, [["p", recipient]], content
