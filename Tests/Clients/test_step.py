"""The debugger of the replay tool at a real terminal, and through a pipe."""

import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from relay_process import binary

PROMPT = rb"\[\d+/\d+ \d\d:\d\d:\d\d\.\d{3}\] $"


class Terminal:
    """A process that believes to be at a terminal."""

    def __init__(self, *arguments: str):
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.execv(str(binary("ringdown-replay")), ["ringdown-replay", *arguments])
        self.said = b""

    def read(self, seconds: float) -> bool:
        """Reads what there is; False at the end."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return True
        try:
            chunk = os.read(self.descriptor, 65536)
        except OSError:
            return False
        self.said += chunk
        return bool(chunk)

    def until(self, pattern: bytes, seconds: float = 20) -> str:
        """Everything up to the pattern, which has to come."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.said):
            assert self.read(0.1) and time.monotonic() < end, f"{pattern!r} never came, but {self.said!r}"
        said, self.said = self.said, b""
        return said.decode()

    def type(self, keys: bytes) -> None:
        os.write(self.descriptor, keys)

    def ended(self, seconds: float = 10) -> int:
        """The exit status; it has to end by itself."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        pytest.fail("it did not end")


@pytest.fixture
def log(own_relay):
    """The data directory of a relay whose log has a policy, an owner and more."""
    return str(own_relay.data)


@pytest.fixture
def terminal(log):
    terminal = Terminal("step", "--data", log)
    terminal.until(PROMPT)
    yield terminal
    os.close(terminal.descriptor)


def test_it_steps_at_a_terminal(terminal):
    terminal.type(b"n\n")
    said = terminal.until(PROMPT)
    assert "policy" in said
    assert re.search(r"\[1/\d+ ", said)
    terminal.type(b"\n")  # An empty line repeats.
    assert re.search(r"\[2/\d+ ", terminal.until(PROMPT))
    terminal.type(b"b\n")
    assert re.search(r"\[1/\d+ ", terminal.until(PROMPT))
    terminal.type(b"fly\n")
    assert "there is no command fly" in terminal.until(PROMPT)
    terminal.type(b"q\n")
    assert terminal.ended() == 0


def test_decisions_are_coloured_at_a_terminal(terminal):
    terminal.type(b"s\n")
    assert "\x1b[32m" in terminal.until(PROMPT)
    terminal.type(b"q\n")
    assert terminal.ended() == 0


@pytest.mark.parametrize("keys", [b"\x03", b"\x04"], ids=["ctrl-c", "ctrl-d"])
def test_it_leaves_cleanly(terminal, keys):
    terminal.type(keys)
    assert terminal.ended() == 0


def test_a_pipe_gets_no_prompt_and_no_colours(log):
    done = subprocess.run(
        [str(binary("ringdown-replay")), "step", "--data", log],
        input="s\nfly\nn\n", capture_output=True, text=True, timeout=30,
    )
    assert done.returncode == 1
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "error: there is no command fly" in done.stdout
    assert "decision" in done.stdout
