"""All attacks, by what they go for."""

from ..target import ATTACKS
from . import connections, doors, frames, members, strangers

__all__ = ["ATTACKS", "connections", "doors", "frames", "members", "strangers"]
