"""Who belongs, with which role and since which entry; what a command may do (WIRE.md, "Membership")."""

import merkle

OWNER, ADMIN, MEMBER = "owner", "admin", "member"


class Refused(Exception):
    """A refusal: a stable code, and what the author is told."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message


class Members:
    def __init__(self):
        self.roles = {}
        self._root = merkle.EMPTY

    @property
    def root(self):
        if self._root is None:
            self._root = merkle.members_root(self.roles)
        return self._root

    def role(self, key):
        found = self.roles.get(key)
        return found[0] if found else None

    def since(self, key):
        found = self.roles.get(key)
        return found[1] if found else None

    def manages(self, key):
        return self.role(key) in (OWNER, ADMIN)

    def apply(self, effect, position):
        """Carries out an effect that stands at that position."""
        if "add" in effect:
            self.roles[effect["add"]] = (effect["role"], position)
        elif "change" in effect:
            self.roles[effect["change"]] = (effect["role"], position)
        else:
            self.roles.pop(effect["remove"], None)
        self._root = None


ADDS_BY_ADMIN = ("add_needs_admin", "restricted: only the owner or an admin can add members")
ADMINS_FROM_OWNER = ("admin_needs_owner", "restricted: only the owner can grant admin")
REMOVES_BY_ADMIN = ("remove_needs_admin", "restricted: only the owner or an admin can remove members")
REMOVE_SELF = ("remove_self", "restricted: you cannot remove yourself")
OWNER_STAYS = ("owner_stays", "restricted: the owner cannot be removed or demoted")
ADMINS_BY_OWNER = ("admins_by_owner", "restricted: only the owner can remove an admin")
ROLES_BY_OWNER = ("role_needs_owner", "restricted: only the owner can change roles")
ROLE_OF_SELF = ("role_of_self", "restricted: you cannot change your own role")
NOT_MEMBER = ("subject_not_member", "invalid: target is not a relay member")
BANNED_SUBJECT = ("subject_banned", "restricted: this key is banned; lift the ban first")
OWNER_EXISTS = ("owner_exists", "restricted: the relay already has an owner")


class Unchanged(Exception):
    """What was asked for is so already."""


def may_add(members, by, role):
    if not members.manages(by):
        raise Refused(*ADDS_BY_ADMIN)
    if role == ADMIN and members.role(by) != OWNER:
        raise Refused(*ADMINS_FROM_OWNER)


def may_remove(members, by, key):
    """`by` is nobody for the operator, who may remove anyone but the owner."""
    if by is not None:
        if not members.manages(by):
            raise Refused(*REMOVES_BY_ADMIN)
        if key == by:
            raise Refused(*REMOVE_SELF)
    if members.role(key) == OWNER:
        raise Refused(*OWNER_STAYS)
    if by is not None and members.role(key) == ADMIN and members.role(by) != OWNER:
        raise Refused(*ADMINS_BY_OWNER)


def may_change(members, by, key):
    if by is not None:
        if members.role(by) != OWNER:
            raise Refused(*ROLES_BY_OWNER)
        if key == by:
            raise Refused(*ROLE_OF_SELF)


def add(members, banned, key, role):
    """The effect of an addition."""
    if key in banned:
        raise Refused(*BANNED_SUBJECT)
    if key in members.roles:
        raise Unchanged("info: already a member")
    return {"add": key, "role": role}


def remove(members, key):
    if key not in members.roles:
        raise Refused(*NOT_MEMBER)
    if members.role(key) == OWNER:
        raise Refused(*OWNER_STAYS)
    return {"remove": key}


def change(members, key, role):
    old = members.role(key)
    if old is None:
        raise Refused(*NOT_MEMBER)
    if old == OWNER:
        raise Refused(*OWNER_STAYS)
    if old == role:
        raise Unchanged("info: already %s" % role)
    return {"change": key, "role": role}
