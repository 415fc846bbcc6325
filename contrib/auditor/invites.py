"""Codes with which strangers join (NIP-43). The log knows their hashes."""

from membership import ADMIN, OWNER

# How long an expired code is still known as such: who comes late learns why.
MEMORY_SECONDS = 86_400


class Invite:
    __slots__ = ("code", "inviter", "role", "uses", "expires_at", "position", "label")


class Invites:
    def __init__(self):
        self.all = []
        """In the order in which they were made."""

    def add(self, code, inviter, role, uses, expires_at, position, label=""):
        invite = Invite()
        invite.code, invite.inviter, invite.role, invite.uses = code, inviter, role, uses
        invite.expires_at, invite.position, invite.label = expires_at, position, label
        self.all.append(invite)

    def find(self, code):
        return next((invite for invite in self.all if invite.code == code), None)

    def use(self, invite):
        invite.uses -= 1
        if invite.uses == 0:
            self.all.remove(invite)

    def _keep(self, condition):
        kept = [invite for invite in self.all if condition(invite)]
        changed = len(kept) != len(self.all)
        self.all = kept
        return changed

    def revoke(self, code):
        return self._keep(lambda invite: invite.code != code)

    def revoke_of(self, inviter):
        return self._keep(lambda invite: invite.inviter != inviter)

    def forget(self, second):
        return self._keep(lambda invite: invite.expires_at + MEMORY_SECONDS > second)


def may_invite(setting, role):
    """Whether the policy `invites` lets somebody of that role ask for codes."""
    allowed = {"nobody": (), "owner": (OWNER,), "admin": (OWNER, ADMIN)}.get(setting)
    return role is not None and (allowed is None or role in allowed)
