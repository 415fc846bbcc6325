"""Judges of our notes, proofs and tiles: programs of other people (Tests/Outside), and our own checker beside them.

All of them answer the same questions, one JSON object a line: `do` is checkpoint, inclusion, consistency or tiles. An
answer tells whether it was accepted, and the statement that is then known to be true of the log.
"""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

from relay_process import REPOSITORY, binary, succeed

OUTSIDE = REPOSITORY / "Tests" / "Outside"
VENV = REPOSITORY / ".venv-outside"
GO_PATH = "/usr/share/gocode"

# Which of them can check what; each row needs two of other people (the issue of proofs asks for it).
CHECKS = {
    "checkpoint": ["go", "aics-tlog", "metamorphic-log"],
    "inclusion": ["go", "aics-tlog", "metamorphic-log", "pymerkle"],
    "consistency": ["go", "aics-tlog", "metamorphic-log"],
    "tiles": ["go", "aics-tlog"],
    "cosignature": ["go", "aics-tlog"],
}
NEEDED = 2


def build_go(directory: Path) -> str | None:
    """The Go program, built; or why there is none."""
    if not shutil.which("go") or not Path(GO_PATH, "src/golang.org/x/mod/sumdb/tlog").is_dir():
        return None
    # Only this one file, with the packages that Debian brings: nothing is fetched.
    environment = {
        **os.environ, "GOPATH": GO_PATH, "GO111MODULE": "off", "GOCACHE": str(directory / "cache"), "GOFLAGS": ""}
    program = str(directory / "judge")
    subprocess.run(["go", "build", "-o", program, str(OUTSIDE / "main.go")], env=environment, check=True, timeout=300)
    return program


class Judges:
    """The processes. Each question goes to all of them."""

    def __init__(self, directory: Path):
        self.missing: list[str] = []
        commands = [[binary("ringdown-bench"), "judge"]]
        if program := build_go(directory):
            commands.append([program])
        else:
            self.missing.append("Go with golang.org/x/mod (Debian: golang-go, golang-golang-x-mod-dev)")
        if (VENV / "bin" / "python").exists():
            commands.append([str(VENV / "bin" / "python"), str(OUTSIDE / "verify.py")])
        else:
            self.missing.append("the packages of Tests/Clients/requirements-outside.txt in .venv-outside")
        self.processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for command in commands
        ]

    def ask(self, do: str, vkey: str, text: bytes, **more) -> dict:
        """What each judge says that can check this: its name, and an answer."""
        question = {"do": do, "vkey": vkey, "text": text, **more}
        for name, value in question.items():
            if isinstance(value, bytes):
                question[name] = base64.b64encode(value).decode()
        line = json.dumps({name: value for name, value in question.items() if value is not None}) + "\n"
        for process in self.processes:
            process.stdin.write(line)
            process.stdin.flush()
        answers = {}
        for process in self.processes:
            answers.update(json.loads(process.stdout.readline()))
        if do == "tiles":
            answers.pop("ringdown", None)
        return answers

    def believed(self, do: str, vkey: str, text: bytes, **more) -> str:
        """The statement that all of them accept, alike; two of other people at least."""
        answers = self.ask(do, vkey, text, **more)
        refusals = {name: answer["why"] for name, answer in answers.items() if not answer["accepted"]}
        assert not refusals, f"refused as {do}: {refusals}"
        assert len(answers.keys() - {"ringdown"}) >= NEEDED, f"too few verifiers for {do}: {sorted(answers)}"
        statements = {answer["statement"] for answer in answers.values()}
        assert len(statements) == 1, f"they understand different things: {answers}"
        return statements.pop()

    def close(self):
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            process.wait(10)


class PublicLog:
    """A log's files as anybody can have them: checkpoint, tiles, proofs."""

    def __init__(self, data: Path, directory: Path, indexes: list[int], olds: list[int]):
        self.data = data
        self.directory = directory
        self.indexes = indexes
        self.olds = olds
        arguments = [argument for index in indexes for argument in ("--index", index)]
        arguments += [argument for old in olds for argument in ("--old", old)]
        succeed("ringdown-bench", "proof-files", data, directory, *arguments)
        self.vkey = (directory / "vkey").read_text().strip()
        self.note = (directory / "checkpoint").read_bytes()

    @property
    def origin(self) -> str:
        return self.vkey.split("+")[0]

    @property
    def size(self) -> int:
        return int(self.note.split(b"\n")[1])

    @property
    def root(self) -> str:
        return base64.b64decode(self.note.split(b"\n")[2]).hex()

    def inclusion(self, index: int) -> bytes:
        return (self.directory / "proof" / f"{index}.tlog-proof").read_bytes()

    def consistency(self, old: int) -> bytes:
        return (self.directory / "consistency" / str(old)).read_bytes()


def prefix(log: Path, lines: list[str], size: int, directory: Path) -> Path:
    """A log that ends after its first `size` entries, with the same key."""
    directory.mkdir()
    shutil.copy(log / "log.key", directory / "log.key")
    exported = directory.with_suffix(".jsonl")
    exported.write_text("".join(lines[:size]))
    succeed("ringdown-relay", "import", "--data", directory, "--entries", exported)
    exported.unlink()
    return directory
