"""RFC 6962: the tree over the leaves, and the root over the members."""

import hashlib
import struct

EMPTY = hashlib.sha256(b"").digest()
ROLES = {"member": 1, "admin": 2, "owner": 3}


class Tree:
    """A tree that grows by leaves and keeps only the roots of its complete subtrees."""

    def __init__(self):
        self.size = 0
        self._roots = []

    def append(self, leaf):
        sha256 = hashlib.sha256
        node = sha256(b"\0" + leaf).digest()
        size = self.size
        while size & 1:
            node = sha256(b"\1" + self._roots.pop() + node).digest()
            size >>= 1
        self._roots.append(node)
        self.size += 1

    @property
    def frontier(self):
        """The roots of the complete subtrees, the largest first."""
        return tuple(self._roots)

    @property
    def root(self):
        return root_of(self._roots)


def root_of(frontier):
    """The root of the tree whose complete subtrees have these roots."""
    if not frontier:
        return EMPTY
    node = frontier[-1]
    for left in reversed(frontier[:-1]):
        node = hashlib.sha256(b"\1" + left + node).digest()
    return node


def members_root(members):
    """The root over the direct members, each key ‖ role ‖ since, sorted by key."""
    tree = Tree()
    for key in sorted(members):
        role, since = members[key]
        tree.append(bytes.fromhex(key) + struct.pack(">BQ", ROLES[role], since))
    return tree.root
