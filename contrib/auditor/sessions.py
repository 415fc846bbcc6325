"""Who is connected, as whom, and who listens for calls (WIRE.md, "Sessions")."""


class Session:
    __slots__ = ("keys", "listening")

    def __init__(self):
        self.keys = {}
        """Each key, with the position that proved it and whose delegate it is."""
        self.listening = {}
        """Each key for whose calls it listens, with the position since which it does."""


class Sessions:
    def __init__(self):
        self.all = {}
        self._of = {}
        """The sessions in which a key, or a delegate of it, has a part."""

    def authenticate(self, position, session, key, owner):
        if session is None:
            session = position
            self.all[session] = Session()
        found = self.all.get(session)
        if found is None:
            return False
        if key not in found.keys:
            found.keys[key] = (position, owner)
            for part in (key, owner):
                if part is not None:
                    self._of.setdefault(part, set()).add(session)
        return True

    def listen(self, position, session, keys):
        found = self.all.get(session)
        if found is not None:
            found.listening = {key: found.listening.get(key, position) for key in keys if key in found.keys}

    def listening(self, key):
        """Since which position somebody listens for calls to a key: whoever began first."""
        since = [self.all[name].listening[key] for name in self._of.get(key, ()) if key in self.all[name].listening]
        return min(since) if since else None

    def close(self, session):
        found = self.all.pop(session, None)
        if found is None:
            return
        for key, (_, owner) in found.keys.items():
            for part in (key, owner):
                if part in self._of:
                    self._of[part].discard(session)
                    if not self._of[part]:
                        del self._of[part]

    def close_key(self, key):
        """Ends every session of a key and of its delegates."""
        for session in list(self._of.get(key, ())):
            self.close(session)

    def close_all(self):
        self.all = {}
        self._of = {}
