"""What a status report comes to (WIRE.md, "Projection rules")."""

import strict
from events import quoted
from hygiene import Hygiene
from membership import Refused

# Unicode's White_Space property.
WHITE_SPACE = ("\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
               "\u2028\u2029\u202f\u205f\u3000")
MAXIMUM_DIGITS = 64


def limit(why):
    return Refused("report_limit", "invalid: mesh status report %s" % why)


class Projection:
    """Everything of a note's content but its type and time."""

    def __init__(self, content, policy, exceeded=None):
        """With a set of what is `exceeded`, reading goes on behind a limit, and the set names them all."""
        self._exceeded, self._size = exceeded, 0
        try:
            report = strict.parse(content)
        except strict.NotJSON:
            raise Refused("report_not_json", "invalid: mesh status report content is not JSON (…)") from None
        if not isinstance(report, dict):
            raise Refused("report_not_json",
                          "invalid: mesh status report content is not JSON (expected an object)")
        self._policy = policy
        self._hygiene = Hygiene(policy["endpoint_relays"]) if policy["endpoint_hygiene"] else None
        self._models, self._targets = set(), {}
        mesh_id = self._name(self._text(report.get("mesh_id")))
        mesh_name = self._name(self._text(report.get("mesh_name")))
        self._node(report, ("token",), ("node_id",), "my_vram_gb")
        peers = report.get("peers")
        peers = peers if isinstance(peers, list) else []
        if len(peers) > policy["maximum_peers"]:
            self._limit("has %d peers (at most %d)" % (len(peers), policy["maximum_peers"]))
        for peer in peers:
            if isinstance(peer, dict):
                self._node(peer, ("invite_token", "endpoint_addr", "endpointAddr"), ("hostname", "id"), "vram_gb")
        self.removed = self._hygiene.removed if self._hygiene else {}
        self.is_empty = not self._targets and not self._models
        targets = ",".join([self._targets[pair] for pair in sorted(self._targets)])
        models = ",".join(['{"id":%s}' % quoted(model) for model in sorted(self._models)])
        self.rest = "%s%s\"serveTargets\":[%s],\"models\":[%s],\"peerCount\":%d}" % (
            '"meshId":%s,' % quoted(mesh_id) if mesh_id else "",
            '"meshName":%s,' % quoted(mesh_name) if mesh_name else "", targets, models, len(peers))

    def _limit(self, why):
        refusal = limit(why)
        if self._exceeded is None:
            raise refusal
        self._exceeded.add(refusal.message)

    def _text(self, value):
        """A string counts if something is left of it when it is trimmed."""
        if not isinstance(value, str) or isinstance(value, strict.Number):
            return None
        value = value.strip(WHITE_SPACE)
        size, most = len(value.encode()), self._policy["maximum_string_bytes"]
        if size > most:
            self._limit("has a string of %d bytes (at most %d)" % (size, most))
        return value or None

    def _name(self, value):
        return self._hygiene.name(value) if self._hygiene and value else value

    def _first(self, node, names):
        for name in names:
            found = self._text(node.get(name))
            if found:
                return found
        return None

    def _node(self, node, endpoints, names, vram):
        endpoint = self._first(node, endpoints)
        name = self._name(self._first(node, names))
        size = node.get(vram)
        if not isinstance(size, strict.Number):
            size = "null"
        elif len(size) > MAXIMUM_DIGITS:
            self._limit("has a number of %d digits (at most %d)" % (len(size), MAXIMUM_DIGITS))
        if self._hygiene and endpoint:
            endpoint = self._hygiene.token(endpoint)
        for field in ("hosted_models", "serving_models"):
            models = node.get(field)
            for model in models if isinstance(models, list) else ():
                model = self._name(self._text(model))
                if model:
                    self._add(model, endpoint, name, size)

    def _add(self, model, endpoint, name, size):
        self._models.add(model)
        if len(self._models) > self._policy["maximum_models"]:
            self._limit("names more than %d models" % self._policy["maximum_models"])
        if not endpoint or (model, endpoint) in self._targets:
            return
        if self._exceeded is not None:
            # Only to know how large the note would be: nothing is built that could be huge.
            self._targets[model, endpoint] = ""
            self._size += len(quoted(model).encode()) + len(quoted(endpoint).encode())
            if self._size > self._policy["maximum_projection_bytes"]:
                self._limit("makes a note of more than %d bytes" % self._policy["maximum_projection_bytes"])
        else:
            self._targets[model, endpoint] = self._target(model, endpoint, name, size)
        if len(self._targets) > self._policy["maximum_targets"]:
            self._limit("names more than %d targets" % self._policy["maximum_targets"])

    @staticmethod
    def _target(model, endpoint, name, size):
        return '{"modelId":%s,"endpointAddr":%s,%s"capacity":{"vramGb":%s}}' % (
            quoted(model), quoted(endpoint), '"nodeName":%s,' % quoted(name) if name else "", size)


def exceeded(content, policy):
    """What is said of each limit that a report exceeds. Which of several is told is for the relay to choose."""
    found = set()
    Projection(content, policy, found)
    return found


EMPTY = '"serveTargets":[],"models":[],"peerCount":0}'


def content(rest, dialect, updated_at):
    return '{"v":1,"type":"%s-mesh-status","updatedAt":%d,%s' % (dialect, updated_at, rest)
