"""Commands: of the operator, of owner and admins over the wire, and of the management API (NIP-43, NIP-86).

Each function returns the effects and the other events that a command comes to, or raises `Refused` or `Unchanged`.
"""

import hashlib
import ipaddress

import events
import membership
import strict
from membership import Refused, Unchanged

METHODS = ("banpubkey", "unbanpubkey", "allowpubkey", "unallowpubkey", "assignrole", "unassignrole", "banevent",
           "allowkind", "disallowkind", "blockip", "unblockip", "changerelayname", "changerelaydescription",
           "changerelayicon")
QUESTIONS = ("supportedmethods", "listbannedpubkeys", "listallowedpubkeys", "listbannedevents", "listallowedkinds",
             "listdisallowedkinds", "listblockedips")


class Command:
    """What somebody asks for, whoever asks and however it was put."""

    def __init__(self, name, **fields):
        self.name = name
        self.key = self.role = None
        self.__dict__.update(fields)


def malformed(why):
    return Refused("command_malformed", "invalid: malformed membership command (%s)" % why)


def of_event(event):
    """9030, 9031 and 9032."""
    kind, tags = event["kind"], event["tags"]
    text = events.value(tags, "p")
    if text is None:
        raise malformed("missing p tag")
    key = events.key(text)
    if key is None:
        raise malformed("the p tag is not a public key of 64 hex characters")
    if kind == events.REMOVE_MEMBER:
        return Command("remove", key=key)
    role = events.value(tags, "role")
    if role is None:
        if kind == events.CHANGE_ROLE:
            raise malformed("missing role tag")
        role = membership.MEMBER
    if role not in (membership.ADMIN, membership.MEMBER):
        raise malformed("role must be admin or member")
    return Command("add" if kind == events.ADD_MEMBER else "role", key=key, role=role)


def of_operator(body):
    return Command(body["command"], **{name: value for name, value in body.items() if name != "command"})


def _call_malformed():
    return Refused("management_malformed", "invalid: malformed call (…)")


def of_call(text):
    """A call of the management API; nothing if it is a question."""
    try:
        call = strict.parse(text)
    except strict.NotJSON:
        raise _call_malformed() from None
    method = call.get("method") if isinstance(call, dict) else None
    if not isinstance(method, str) or isinstance(method, strict.Number):
        raise _call_malformed()
    if method in QUESTIONS:
        return None
    if method not in METHODS:
        raise Refused("management_unknown", "unsupported: method %s is not offered; see supportedmethods" % method)
    params = call.get("params", [])
    if not isinstance(params, list):
        raise _call_malformed()

    def text_at(index, optional=False):
        if index >= len(params) and optional:
            return ""
        value = params[index] if index < len(params) else None
        if not isinstance(value, str) or isinstance(value, strict.Number):
            raise _call_malformed()
        return value

    if method.endswith("pubkey") or method.endswith("role"):
        key = events.key(text_at(0))
        if key is None:
            raise _call_malformed()
        if method == "banpubkey":
            return Command("ban", key=key, reason=text_at(1, True))
        if method == "unbanpubkey":
            return Command("unban", key=key)
        if method == "allowpubkey":
            return Command("add", key=key, role=membership.MEMBER)
        if method == "unallowpubkey":
            return Command("remove", key=key)
        if method == "unassignrole":
            return Command("role", key=key, role=membership.MEMBER)
        role = text_at(1)
        if role not in (membership.ADMIN, membership.MEMBER):
            raise _call_malformed()
        return Command("role", key=key, role=role)
    if method == "banevent":
        event_id = events.key(text_at(0))
        if event_id is None:
            raise _call_malformed()
        return Command("ban_event", id=event_id, reason=text_at(1, True))
    if method.endswith("kind"):
        kind = params[0] if params else None
        if not isinstance(kind, strict.Number) or not kind.isdigit() or int(kind) > 65535:
            raise _call_malformed()
        return Command("allow_kind" if method == "allowkind" else "disallow_kind", kind=int(kind))
    if method == "blockip":
        address = text_at(0)
        try:
            ipaddress.ip_network(address, strict=False)
        except ValueError:
            raise _call_malformed() from None
        return Command("block_address", address=address, reason=text_at(1, True))
    if method == "unblockip":
        return Command("unblock_address", address=text_at(0))
    return Command("describe", property=method[len("changerelay"):], text=text_at(0))


def carry_out(state, command, by, position, second):
    """Effects, events that come after them, and an answer. `by` is nobody for the operator."""
    members, moderation, name = state.members, state.moderation, command.name
    banned = moderation.keys
    if name == "owner":
        owner = next((key for key, (role, _) in members.roles.items() if role == membership.OWNER), None)
        if owner == command.key:
            raise Unchanged("info: already the owner")
        if owner is not None:
            raise Refused(*membership.OWNER_EXISTS)
        if command.key in banned:
            raise Refused(*membership.BANNED_SUBJECT)
        verb = "change" if command.key in members.roles else "add"
        return [{verb: command.key, "role": membership.OWNER}], [], ""
    if name == "add":
        if command.key in banned:
            raise Refused(*membership.BANNED_SUBJECT)
        if by is not None:
            membership.may_add(members, by, command.role)
        return [membership.add(members, banned, command.key, command.role)], [], ""
    if name == "add_members":
        return _add_many(state, command.members)
    if name == "remove":
        membership.may_remove(members, by, command.key)
        return [membership.remove(members, command.key)], [], ""
    if name == "role":
        membership.may_change(members, by, command.key)
        return [membership.change(members, command.key, command.role)], [], ""
    if name == "ban":
        if members.role(command.key) == membership.OWNER:
            raise Refused(*membership.OWNER_STAYS)
        membership.may_remove(members, by, command.key)
        if command.key in banned:
            raise Unchanged("info: this key is banned already")
        banned[command.key] = (command.reason, position)
        return [{"remove": command.key}] if command.key in members.roles else [], [], ""
    if name == "unban":
        if command.key not in banned:
            raise Unchanged("info: this key is not banned")
        del banned[command.key]
    elif name == "ban_event":
        if command.id in moderation.events:
            raise Unchanged("info: this event is banned already")
        moderation.events[command.id] = (command.reason, position)
        return [], [(events.DELETION, second, [["e", command.id]], command.reason)], ""
    elif name == "block_address":
        if command.address in moderation.addresses:
            raise Unchanged("info: this address is blocked already")
        moderation.addresses[command.address] = (command.reason, position)
    elif name == "unblock_address":
        if command.address not in moderation.addresses:
            raise Unchanged("info: this address is not blocked")
        del moderation.addresses[command.address]
    elif name == "allow_kind":
        if command.kind in moderation.disallowed:
            moderation.disallowed.discard(command.kind)
        elif command.kind in moderation.allowed:
            raise Unchanged("info: this kind is on the list")
        else:
            moderation.allowed.add(command.kind)
    elif name == "disallow_kind":
        if command.kind in moderation.allowed:
            moderation.allowed.discard(command.kind)
        elif command.kind in moderation.disallowed:
            raise Unchanged("info: this kind is not taken already")
        else:
            moderation.disallowed.add(command.kind)
    elif name == "describe":
        if moderation.texts.get(command.property) == command.text:
            raise Unchanged("info: it is so already")
        moderation.texts[command.property] = command.text
    elif name == "invite":
        state.invites.add(command.hash, None, command.role, command.uses, second + command.lifetime_seconds, position,
                          command.label)
    elif name == "revoke_invite":
        if not state.invites.revoke(command.hash):
            raise Unchanged("info: there is no such invite code")
    else:
        raise KeyError(name)
    return [], [], ""


def _add_many(state, members):
    effects, added, known = [], set(), 0
    for key, role in members:
        if key in added or key in state.members.roles:
            known += 1
            continue
        effects.append(membership.add(state.members, state.moderation.keys, key, role))
        added.add(key)
    if not effects:
        raise Unchanged("info: all of them are members already")
    return effects, [], "info: %d added, %d already members" % (len(effects), known)


def code_hash(code):
    return hashlib.sha256(code.encode()).hexdigest()
