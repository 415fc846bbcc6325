"""The state as one object, in the order and under the names of `ringdown-replay state --json`."""

import json


def of(state):
    """Members, notes, sessions, invites and moderation; what the limits remember is left out."""
    moderation = state.moderation
    texts = {name: moderation.texts[name] for name in ("name", "description", "icon") if moderation.texts.get(name)}
    return {
        "position": state.position, "log": state.origin, "relay": state.relay, "rules": state.rules,
        "members_root": state.members.root.hex(), "policy_position": state.policy_position, "policy": state.policy,
        "members": [{"key": key, "role": role, "since": since}
                    for key, (role, since) in sorted(state.members.roles.items())],
        "notes": [_note(key, note) for key, note in sorted(state.discovery.notes.items())],
        "sessions": [_session(name, session) for name, session in sorted(state.sessions.all.items())],
        "invites": [_invite(invite) for invite in state.invites.all],
        "moderation": {
            "keys": _banned("key", moderation.keys),
            "events": _banned("id", moderation.events),
            "addresses": _banned("address", moderation.addresses),
            "allowed_kinds": sorted(moderation.allowed), "disallowed_kinds": sorted(moderation.disallowed), **texts,
        },
        "calls": {"granted": state.granted, "refused": state.refused},
    }


def _note(key, note):
    return {"reporter": key, "position": note.position, "created_at": note.created_at, "expires_at": note.expires_at,
            "empty": note.is_empty, "content": json.loads(note.content)}


def _session(name, session):
    return {"session": name, "keys": [_tie(key, *tie) for key, tie in session.keys.items()],
            "listening": [{"key": key, "since": since} for key, since in session.listening.items()]}


def _tie(key, since, owner):
    return {"key": key, "since": since, **({"owner": owner} if owner else {})}


def _invite(invite):
    made = {"hash": invite.code}
    if invite.inviter:
        made["inviter"] = invite.inviter
    made.update(role=invite.role, uses=invite.uses, expires_at=invite.expires_at)
    if invite.label:
        made["label"] = invite.label
    made["position"] = invite.position
    return made


def _banned(name, bans):
    """In the order in which they were made."""
    return [{name: what, **({"reason": reason} if reason else {}), "position": position}
            for what, (reason, position) in bans.items()]
