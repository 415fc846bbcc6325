"""A small log with everything in it: calls, notes, people, deletions, shared contents, checkpoints, erased payloads."""

import shutil
import time
from pathlib import Path

import mesh
from nostr_client import Key
from relay_process import Relay, succeed

NOTES = 300
SETTINGS = ("--set", "snapshot_interval=100")


class Sample:
    """The files of a log, and those of the same log earlier."""

    def __init__(self, place: Path):
        self.data = place / "sample"
        self.backup = place / "backup"
        self.older = b""
        self._make()
        self.newest = (self.data / "data.mdb").read_bytes()

    def _make(self):
        relay = Relay(self.data, *SETTINGS, owner=Key())
        with relay:
            people = [relay.connected_member() for _ in range(3)]
            self._talk(people, range(NOTES // 2))
            relay.stop()
            self.older = (self.data / "data.mdb").read_bytes()
            succeed("ringdown-relay", "checkpoint", "--data", self.data)
            relay.start()
            people = [(key, relay.connect(key)) for key, _ in people]
            self._talk(people, range(NOTES // 2, NOTES))
            relay.remove(people[2][0])
            relay.stop()
        succeed("ringdown-relay", "erase", "--data", self.data, "--pubkey", people[2][0].hex)
        succeed("ringdown-relay", "checkpoint", "--data", self.data)
        succeed("ringdown-relay", "backup", "--data", self.data, "--to", self.backup)

    @staticmethod
    def _talk(people: list, numbers: range):
        requester, client = people[0]
        for number in numbers:
            key, own = people[number % len(people)]
            kind = (1, 30_078, 10_002, 1)[number % 4]
            tags = [["d", str(number % 7)], ["t", f"tag{number % 5}"]]
            own.accept(key.sign(kind, f"note {number} " + "x" * (number * 37 % 3000), tags))
        note = requester.sign(1, "to be deleted")
        assert client.publish(note).accepted
        assert client.publish(requester.sign(5, "", [["e", note["id"]]])).accepted
        for key, own in people:
            own.publish(mesh.status_report(key, mesh.serving()))
        time.sleep(0.05)
        client.publish(mesh.connect_request(requester, people[1][0]))

    def copy(self, to: Path) -> Path:
        """A copy of the directory for one mutation after the other."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.data, to, ignore=shutil.ignore_patterns("*.sock", "control*"))
        return to
