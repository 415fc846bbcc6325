"""All attacks, by what they go for."""

from . import connections, doors, frames, members, strangers  # noqa: F401
