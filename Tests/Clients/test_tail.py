"""`ringdown-replay tail -f` beside a running relay: on a terminal, in a pipe, and through a restart."""

import json
import os
import pty
import select
import signal
import subprocess
import time

import mesh
from relay_process import Relay, binary, environment

PATIENCE_SECONDS = 20
GREEN, RED, CYAN = "\x1b[32m", "\x1b[31m", "\x1b[36m"


class Tail:
    """A running `tail -f` whose output is a terminal, or a pipe."""

    def __init__(self, relay: Relay, *arguments: str, terminal: bool = False, environ: dict | None = None):
        self.reading, writing = pty.openpty() if terminal else os.pipe()
        self.process = subprocess.Popen(
            [binary("ringdown-replay"), "tail", "-f", "--data", str(relay.data), *arguments],
            stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE, text=True,
            env=environment({"TERM": "xterm-256color", **(environ or {})}))
        os.close(writing)
        self.seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        os.close(self.reading)

    def until(self, text: str) -> str:
        """Everything that was written, once this is part of it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.seen:
            ready, _, _ = select.select([self.reading], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"{text!r} never came, only {self.seen[-2000:]!r}"
            self.seen += os.read(self.reading, 65536).decode(errors="replace")
        return self.seen


def call(relay: Relay):
    """A call that is granted, and one that is refused."""
    requester, client = relay.connected_member()
    target = relay.member()
    client.accept(mesh.connect_request(requester, target))
    client.publish(mesh.connect_request(requester, requester))


def test_a_terminal_shows_lines_in_colour(relay):
    with Tail(relay, "-n", "1", terminal=True) as tail:
        tail.until("\n")
        call(relay)
        shown = tail.until(f"{RED}decision  refused")
        assert f"{GREEN}decision  granted" in shown and f"{CYAN}signed    24622 call-me-now" in shown
        assert "invalid: cannot mesh-connect to self" in tail.until("cannot mesh-connect to self")
        # Sessions are named by who opened them.
        assert " opened by npub1" in shown


def test_no_color_is_heard(relay):
    with Tail(relay, "-n", "1", terminal=True, environ={"NO_COLOR": "1"}) as tail:
        tail.until("\n")
        call(relay)
        assert "\x1b[" not in tail.until("decision  refused")


def test_a_pipe_gets_objects(relay):
    with Tail(relay, "-n", "0", "--kind", "24621") as tail:
        time.sleep(0.5)
        call(relay)
        tail.until("cannot mesh-connect to self")
        lines = [json.loads(line) for line in tail.seen.splitlines() if line.endswith("}")]
        assert {line["kind"] for line in lines} == {24621}
        assert "granted" in [line.get("outcome") for line in lines]


def test_it_goes_on_when_the_relay_starts_again_until_ctrl_c(own_relay):
    with Tail(own_relay, "-n", "1") as tail:
        tail.until("\n")
        own_relay.restart()
        tail.until('"mark":"restart"')
        own_relay.kill()
        own_relay.start()
        call(own_relay)
        tail.until('"outcome":"granted"')
        positions = [json.loads(line)["position"] for line in tail.seen.splitlines() if line.endswith("}")]
        assert positions == list(range(positions[0], positions[0] + len(positions)))
        tail.process.send_signal(signal.SIGINT)
        assert tail.process.wait(PATIENCE_SECONDS) == 0
        assert tail.process.stderr.read() == ""


def test_a_reader_that_goes_away_ends_it(relay):
    tail = Tail(relay, "-n", "1")
    tail.until("\n")
    os.close(tail.reading)
    assert tail.process.wait(PATIENCE_SECONDS) == 0
    assert tail.process.communicate()[1] == ""
