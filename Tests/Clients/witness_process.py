"""A real witness (PyPI aics-witness) on loopback: C2SP tlog-witness, as somebody else would run it."""

import hashlib
import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from outside import VENV
from relay_process import START_SECONDS, STOP_SECONDS, dies_with_parent, environment, free_port, listens

PROGRAM = VENV / "bin" / "aics-witness"
NAME = "witness.example.org/w1"
ANSWER_SECONDS = 10


class Witness:
    """One witness with a key and a database of its own; it can be stopped and started again."""

    def __init__(self, directory: Path, name: str = NAME):
        directory.mkdir()
        self.name = name
        self.config = directory / "witness.json"
        self.process: subprocess.Popen | None = None
        self.port = 0
        said = self.command("init", "--name", name)
        self.vkey = next(word for word in said.split() if word.startswith(f"{name}+"))

    def command(self, verb: str, *arguments: str) -> str:
        result = subprocess.run(
            [PROGRAM, verb, "--config", self.config, *arguments], capture_output=True, text=True, timeout=30,
            env=environment())
        assert result.returncode == 0, f"aics-witness {verb}: {result.stderr}"
        return result.stdout + result.stderr

    def trust(self, vkey: str):
        self.command("add-log", "--origin", vkey.split("+")[0], "--vkey", vkey)

    def start(self) -> "Witness":
        self.port = free_port()
        command = [str(PROGRAM), "serve", "--config", str(self.config), "--listen", f"127.0.0.1:{self.port}"]
        with open(self.config.with_suffix(".log"), "ab") as output:
            self.process = subprocess.Popen(
                dies_with_parent(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment())
        deadline = time.monotonic() + START_SECONDS
        while not listens(self.port):
            assert self.process.poll() is None and time.monotonic() < deadline, "the witness did not start"
            time.sleep(0.02)
        return self

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(STOP_SECONDS)
            self.process = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add_checkpoint(self, old: int, proof: bytes, note: bytes) -> tuple[int, str]:
        """Asks for a cosignature: the status, and the cosignature or what else is said."""
        body = b"old %d\n" % old + proof + b"\n" + note
        request = urllib.request.Request(f"{self.url}/add-checkpoint", data=body, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def latest(self, origin: str) -> str:
        """The checkpoint that it cosigned last, as it shows it to anybody."""
        place = hashlib.sha256(origin.encode()).hexdigest()
        with urllib.request.urlopen(f"{self.url}/{place}/checkpoint", timeout=ANSWER_SECONDS) as answer:
            return answer.read().decode()

    def evidence(self) -> list:
        """The requests that it kept because they show that a log lied."""
        said = json.loads(self.command("evidence"))
        return said if isinstance(said, list) else said.get("evidence", [])
