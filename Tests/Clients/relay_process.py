"""Real processes of the release binaries, on loopback, in directories of their own, bounded in time."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Callable

import mesh
from nostr_client import Answer, Client, Key

REPOSITORY = Path(__file__).resolve().parents[2]
BINARIES = Path(os.environ.get("RINGDOWN_BIN_DIR") or REPOSITORY / ".build" / "release").resolve()

START_SECONDS = 20
STOP_SECONDS = 15
COMMAND_SECONDS = 60
# How much of a failed command's output is repeated.
SAID_CHARACTERS = 2_000
# How long a condition is waited for.
PATIENCE_SECONDS = 15


def binary(name: str) -> str:
    path = BINARIES / name
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist: build it with `swift build -c release`")
    return str(path)


def environment(extra: dict | None = None) -> dict:
    """The caller's environment without settings of the relay, which would be read from it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RINGDOWN_")}
    return {**inherited, **(extra or {})}


def dies_with_parent(command: list[str]) -> list[str]:
    """On Linux a relay does not outlive the tests, even if they are killed."""
    return ["setpriv", "--pdeathsig", "KILL", *command] if shutil.which("setpriv") else command


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run(name: str, *arguments, environ: dict | None = None) -> subprocess.CompletedProcess:
    """Runs a command of ours to its end, whatever its exit code."""
    return subprocess.run(
        [binary(name), *map(str, arguments)], capture_output=True, text=True, timeout=COMMAND_SECONDS,
        stdin=subprocess.DEVNULL, env=environment(environ))


def succeed(name: str, *arguments) -> str:
    result = run(name, *arguments)
    said = result.stderr + result.stdout[-SAID_CHARACTERS:]
    assert result.returncode == 0, f"{name} {arguments} exited with {result.returncode}: {said}"
    return result.stdout


def json_lines(text: str) -> list:
    return [json.loads(line) for line in text.splitlines()]


def log_entries(data: Path, *arguments: str) -> list[dict]:
    """A log, as the replay tool lists it."""
    return json_lines(succeed("ringdown-replay", "log", "--data", data, "--json", *arguments))


def until(condition: Callable, what: str, seconds: float = PATIENCE_SECONDS):
    """Waits for a condition, and returns what made it true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}, for {seconds} s"
        time.sleep(0.02)
    return value


class Relay:
    """One relay on one data directory; it can be stopped, killed and started again."""

    def __init__(self, data: Path, *flags: str, owner: Key | None = None, environ: dict | None = None):
        self.data = data
        self.owner = owner
        self.flags = [*flags, *(["--owner", owner.hex] if owner else [])]
        self.environ = environ
        self.process: subprocess.Popen | None = None
        self.output = data.with_name(data.name + ".stderr")
        self.port = 0
        self._clients: list[Client] = []
        self._owner_client: Client | None = None

    # Life

    def launch(self):
        """Starts the process and does not wait until it listens."""
        self.port = free_port()
        command = [binary("ringdown-relay"), "run", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"]
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                dies_with_parent(command + self.flags), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=environment(self.environ))

    def start(self) -> "Relay":
        self.launch()
        deadline = time.monotonic() + START_SECONDS
        while not listens(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the relay did not start: {self.said()}")
            time.sleep(0.02)
        return self

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._ended(self.process.wait(STOP_SECONDS))

    def kill(self):
        """SIGKILL: as a crash."""
        self.process.kill()
        self._ended(self.process.wait(STOP_SECONDS))

    def _ended(self, code: int) -> int:
        self.process = None
        for client in self._clients:
            client.close()
        self._clients.clear()
        self._owner_client = None
        return code

    def restart(self) -> "Relay":
        code = self.stop()
        assert code == 0, f"the relay exited with {code}: {self.said()}"
        return self.start()

    def __enter__(self) -> "Relay":
        return self.start()

    def __exit__(self, *_):
        if self.process:
            self.kill()

    def said(self) -> str:
        """Everything that it wrote to its standard output and error."""
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    # Clients

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def connect(self, *keys: Key, **options) -> Client:
        """A connection, authenticated as these keys. It is closed with the relay at the latest."""
        client = Client(self.url, **options)
        self._clients.append(client)
        for key in keys:
            answer = client.authenticate(key)
            assert answer.accepted, f"AUTH was refused: {answer.message}"
        return client

    @property
    def owner_client(self) -> Client:
        self._owner_client = self._owner_client or self.connect(self.owner)
        return self._owner_client

    def command(self, kind: int, subject: Key, role: str | None = None) -> Answer:
        """A membership command of the owner, over the wire."""
        return self.owner_client.publish(mesh.command(kind, self.owner, subject, role))

    def add(self, key: Key, role: str = "member") -> Key:
        answer = self.command(mesh.ADD_MEMBER, key, role)
        assert answer.accepted, f"adding a member was refused: {answer.message}"
        return key

    def member(self, role: str = "member") -> Key:
        """A new key that is a member from now on."""
        return self.add(Key(), role)

    def remove(self, key: Key):
        answer = self.command(mesh.REMOVE_MEMBER, key)
        assert answer.accepted, f"removing a member was refused: {answer.message}"

    def connected_member(self) -> tuple[Key, Client]:
        key = self.member()
        return key, self.connect(key)

    @property
    def key(self) -> str:
        """The relay's own public key, as the membership list is signed."""
        return self.owner_client.query({"kinds": [mesh.MEMBER_LIST]})[0]["pubkey"]
