"""Codes with which strangers join (NIP-43). The log knows their hashes."""

from membership import ADMIN, OWNER


class Invite:
    __slots__ = ("inviter", "role", "uses", "expires_at", "position", "label")


class Invites:
    def __init__(self):
        self.all = {}

    def add(self, code, inviter, role, uses, expires_at, position, label=""):
        invite = self.all[code] = Invite()
        invite.inviter, invite.role, invite.uses = inviter, role, uses
        invite.expires_at, invite.position, invite.label = expires_at, position, label

    def use(self, code):
        invite = self.all[code]
        invite.uses -= 1
        if invite.uses == 0:
            del self.all[code]

    def remove(self, code):
        return self.all.pop(code, None) is not None

    def remove_of(self, inviter):
        for code in [code for code, invite in self.all.items() if invite.inviter == inviter]:
            del self.all[code]

    def forget(self, second):
        for code in [code for code, invite in self.all.items() if invite.expires_at <= second]:
            del self.all[code]


def may_invite(setting, role):
    """Whether the policy `invites` lets somebody of that role ask for codes."""
    allowed = {"nobody": (), "owner": (OWNER,), "admin": (OWNER, ADMIN)}.get(setting)
    return role is not None and (allowed is None or role in allowed)
