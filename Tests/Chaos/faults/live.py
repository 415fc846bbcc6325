"""A relay at work whose disk fails for a moment: what it says meanwhile, and what is left afterwards."""

import time
from pathlib import Path

import mesh
from nostr_client import Closed, Key
from relay_process import Relay, json_lines, run, succeed

from .shim import Disk, Fault

# How long a relay may need to write again once its disk is good, and to answer anything.
RECOVERY_SECONDS = 15
SAID_ONCE = "the log cannot be written"


class Broken(AssertionError):
    """Something that was promised did not hold."""


def demand(holds: bool, what: str):
    if not holds:
        raise Broken(what)


class Patient:
    """One relay with two members and its owner, and what was acknowledged to them."""

    def __init__(self, directory: Path, *flags: str):
        directory.mkdir(parents=True, exist_ok=True)
        self.disk = Disk(directory / "data", directory / "control")
        self.disk.heals()
        self.owner = Key()
        self.relay = Relay(
            directory / "data", "--set", "disk_reserve_bytes=0", "--set", "checkpoint_seconds=3600", *flags,
            owner=self.owner, environ=self.disk.environ)
        self.caller, self.target = Key(), Key()
        self.acknowledged: list[str] = []
        self.notes: list[str] = []
        self.refusals = 0
        self.restarts = 0
        self.number = 0
        self.relay.start()
        self.relay.add(self.caller)
        self.relay.add(self.target)
        self.meet()

    def meet(self):
        self.clients = {key: self.relay.connect(key) for key in (self.owner, self.caller, self.target)}
        self.clients[self.target].subscribe("calls", mesh.calls_to(self.target))
        self.clients[self.caller].subscribe("notes", {"kinds": [1], "limit": 0})

    def note(self) -> dict:
        self.number += 1
        return self.caller.sign(1, f"note {self.number} " + "x" * (self.number * 137 % 700))

    def publish(self, key: Key, event: dict) -> bool:
        answer = self.clients[key].publish(event)
        if answer.accepted:
            self.acknowledged.append(event["id"])
            if event["kind"] == 1:
                self.notes.append(event["id"])
            return True
        self.refusals += 1
        demand(answer.message.startswith(("error:", "rate-limited:")), f"refused with {answer.message!r}")
        return False

    def session(self):
        """A note, a call, a report, a new member, notes again: what a relay writes in a quiet minute."""
        self.publish(self.caller, self.note())
        request = mesh.connect_request(self.caller, self.target)
        is_granted = self.publish(self.caller, request)
        self.publish(self.target, mesh.status_report(self.target, mesh.serving()))
        self.publish(self.owner, mesh.command(mesh.ADD_MEMBER, self.owner, Key(), "member"))
        self.publish(self.caller, self.note())
        self.calls_match(is_granted)

    def calls_match(self, is_granted: bool):
        """Who was told of a call was told after it was logged: a refused request rings nobody."""
        target = self.clients[self.target]
        if is_granted:
            target.next_event("calls")
        # What was written before this answer has arrived by now.
        target.query({"kinds": [1], "limit": 1})
        demand(not target.unread("EVENT", "calls"), "a refused request rang")

    def reads(self):
        """What was acknowledged can be read, whatever the disk does to writes."""
        last = self.notes[-1:]
        found = {event["id"] for event in self.clients[self.caller].query({"ids": last})}
        demand(found == set(last), "an acknowledged event cannot be read")

    def recovers(self):
        deadline = time.monotonic() + RECOVERY_SECONDS
        while not self.publish(self.caller, self.note()):
            demand(time.monotonic() < deadline, "the relay does not write again")
            time.sleep(0.05)

    def suffers(self, fault: Fault) -> int:
        """One case: the fault strikes during a session, then the disk is good again. Returns how many calls failed."""
        said = self.relay.said().count(SAID_ONCE)
        refused = self.refusals
        self.disk.breaks(fault)
        try:
            self.session()
            self.reads()
            _, failed = self.disk.seen
            self.disk.heals()
            self.recovers()
            self.reads()
        except Closed:
            _, failed = self.disk.seen
            self.disk.heals()
            self.starts_again()
        lines = self.relay.said().count(SAID_ONCE) - said
        demand(lines <= 1, f"the reason was said {lines} times")
        demand(lines == 1 or self.refusals == refused or self.restarts, "events were refused, and nobody was told why")
        return failed

    def starts_again(self):
        """It stopped by itself: with an exit code and a reason, and the next start goes on."""
        code = self.relay.process.wait(RECOVERY_SECONDS)
        demand(0 < code < 128, f"the relay died with {code}")
        demand("ringdown-relay:" in self.relay.said(), "the relay stopped without a reason")
        self.relay.kill()
        self.restarts += 1
        self.relay.start()
        self.meet()
        self.recovers()

    def ends(self):
        """Stops the relay, and looks whether everything that was acknowledged is there and the log is whole."""
        self.disk.heals()
        code = self.relay.stop()
        demand(code == 0, f"the relay exited with {code}: {self.relay.said()[-400:]}")
        check(self.relay.data, set(self.acknowledged))


def check(data: Path, acknowledged: set[str]):
    """The log verifies and holds what was acknowledged, once."""
    verdict = run("ringdown-replay", "verify", "--data", data)
    demand(verdict.returncode == 0, f"verify: {verdict.stdout[-300:]} {verdict.stderr[-300:]}")
    ids = [event["id"] for event in json_lines(succeed("ringdown-relay", "export", "--data", data))]
    demand(len(ids) == len(set(ids)), "an event is in the log twice")
    missing = missing_in(data, acknowledged - set(ids))
    demand(not missing, f"{len(missing)} acknowledged events are missing")


def missing_in(data: Path, names: set[str]) -> set[str]:
    """Of these, what no entry holds: commands and requests are in the log and not among the stored events."""
    if not names:
        return names
    entries = succeed("ringdown-relay", "export", "--entries", "--data", data)
    return {name for name in names if name not in entries}
