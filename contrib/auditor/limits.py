"""Rates, freshness, and what was decided before (WIRE.md, checks 4 of 24621 and "Beyond")."""

from collections import deque

SECOND = 1_000_000
DAY = 86_400 * SECOND
# A freshness window has at most an hour: no id can be fresh for longer than twice that.
MEMORY = (2 * 3600 + 1) * SECOND


class Windows:
    """A fixed window for each key, opened by its first attempt. Every attempt counts."""

    def __init__(self, length=SECOND):
        self.length = length
        self._open = {}
        self._order = deque()

    def count(self, key, time):
        """Counts an attempt and says which it is in its window."""
        self._forget(time)
        window = self._open.get(key)
        if window is None:
            window = self._open[key] = [time, 0]
            self._order.append((time, key))
        window[1] += 1
        return window[1]

    def peek(self, key, time):
        self._forget(time)
        window = self._open.get(key)
        return window[1] if window else 0

    def _forget(self, time):
        order = self._order
        while order and time - order[0][0] >= self.length:
            opened, key = order.popleft()
            window = self._open.get(key)
            if window and window[0] == opened:
                del self._open[key]


class Decided:
    """Ids that were decided before. Nothing is forgotten that any policy could take for fresh again."""

    def __init__(self):
        self._ids = {}

    def see(self, event_id, time):
        """Whether it was seen before."""
        ids = self._ids
        while ids:
            oldest = next(iter(ids))
            if time - ids[oldest] <= MEMORY:
                break
            del ids[oldest]
        if event_id in ids:
            return True
        ids[event_id] = time
        return False


class Freshness:
    """How old a signed request may be. A longer window makes nothing fresh that was too old before it."""

    def __init__(self):
        self.window = None
        self._floor = 0

    def change(self, window, second):
        if self.window is not None and window > self.window:
            self._floor = max(self._floor, second - self.window)
        self.window = window

    def admits(self, created_at, second):
        return abs(created_at - second) <= self.window and created_at >= self._floor
