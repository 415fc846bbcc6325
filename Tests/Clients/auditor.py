"""The auditor's tool of contrib/, run as an auditor runs it: over an exported log, without anything of ours."""

import base64
import hashlib
import hmac
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

from relay_process import REPOSITORY, binary, environment, succeed

TOOL = REPOSITORY / "contrib" / "auditor"
SECONDS = 300
COMMITMENT, MEMBERS_ROOT, STATE_ROOT, RULES, TIME = 28, 60, 92, 24, 16


def exported(data, to: Path) -> Path:
    succeed("ringdown-replay", "export", "--data", data, "--format", "jsonl", "--out", to, "--force")
    return to


def run(log, *flags) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(TOOL), str(log), *map(str, flags)], capture_output=True, text=True,
                          timeout=SECONDS, env=environment())


def audit(log, *flags) -> dict:
    result = run(log, "--json", *flags)
    assert result.stdout, result.stderr
    report = json.loads(result.stdout)
    assert result.returncode == (0 if report["verified"] else 1)
    return report


def states(log, positions, *flags) -> list[dict]:
    """The state after each of these positions, as the auditor's rules have it."""
    result = run(log, "--no-signatures", "--state", ",".join(map(str, positions)), *flags)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def check(data, folder: Path, *flags):
    """A log is what it has to be, by the auditor's rules, and so are the states on the way."""
    log = exported(data, folder / "audited.jsonl")
    report = audit(log, *flags)
    assert report["verified"], report["differences"]
    assert report["signatures_checked"]
    size = report["entries"]
    positions = sorted({max(size * part // 4 - 1, 1) for part in (1, 2, 3, 4)})
    for position, ours in zip(positions, states(log, positions, *flags)):
        theirs = json.loads(succeed("ringdown-replay", "state", "--data", data, "--json", "--at", position))
        for note in theirs["notes"]:
            del note["reported"]
        for name, value in ours.items():
            assert value == theirs[name], f"at {position} the {name} differ: {value} and {theirs[name]}"
    return report


class Forgery:
    """An exported log in which something was changed so well that only the rules can tell."""

    def __init__(self, log: Path):
        self.lines = [json.loads(line) for line in log.read_text().splitlines()]

    def payload(self, position: int) -> dict:
        return json.loads(self.lines[position]["payload"])

    def find(self, wanted, start: int = 0) -> int:
        """The first position from `start` on whose line and payload are as wanted."""
        return next(position for position in range(start, len(self.lines))
                    if wanted(self.lines[position], self.payload(position)))

    def write_payload(self, position: int, payload: dict):
        """The payload is replaced, and the leaf commits to it."""
        line, text = self.lines[position], json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        line["payload"] = text
        committed = b"nrl1 payload\n" + bytes.fromhex(line["salt"]) + struct.pack(">I", len(text.encode()))
        self.write_leaf(position, COMMITMENT, hashlib.sha256(committed + text.encode()).digest())

    def write_leaf(self, position: int, offset: int, part: bytes):
        leaf = bytearray(base64.b64decode(self.lines[position]["leaf"]))
        leaf[offset:offset + len(part)] = part
        self.lines[position]["leaf"] = base64.b64encode(bytes(leaf)).decode()

    def write_event(self, position: int, **changes):
        """An event of the relay is another one, with the id that it then has."""
        payload = self.payload(position)
        event = payload["event"] = {**payload["event"], **changes}
        parts = [0, event["pubkey"], event["created_at"], event["kind"], event["tags"], event["content"]]
        text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
        event["id"] = hashlib.sha256(text.encode()).hexdigest()
        self.write_payload(position, payload)

    def remove(self, position: int):
        """An entry is gone, and those behind it close the gap."""
        del self.lines[position]
        self._renumber(position)

    def insert(self, position: int, line: dict):
        self.lines.insert(position, dict(line))
        self._renumber(position)

    def _renumber(self, start: int):
        cause = self.find_cause(start)
        for position in range(start, len(self.lines)):
            self.write_leaf(position, 8, struct.pack(">Q", position))
        for index, position in enumerate(range(cause + 1, len(self.lines)), 1):
            if base64.b64decode(self.lines[position]["leaf"])[4] not in (3, 4, 5):
                break
            salt = bytes.fromhex(self.lines[cause]["salt"])
            self.lines[position]["salt"] = hmac.digest(salt, struct.pack(">I", index), "sha256").hex()
            self.write_payload(position, self.payload(position))

    def find_cause(self, position: int) -> int:
        while base64.b64decode(self.lines[position - 1]["leaf"])[4] in (3, 4, 5):
            position -= 1
        return position - 1

    def save(self, to: Path) -> Path:
        to.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self.lines))
        return to


def story_logs() -> list[Path]:
    """Where the Swift tests left the logs of the stories; nothing if they did not run."""
    folder = Path(os.environ.get("RINGDOWN_STORY_LOGS") or REPOSITORY / ".build" / "story-logs")
    return sorted(path for path in folder.glob("*") if (path / "data.mdb").exists())


def make_log(data: Path, entries: int, seed: int):
    subprocess.run([binary("ringdown-bench"), "make-log", str(data), "--entries", str(entries), "--seed", str(seed)],
                   check=True, capture_output=True, timeout=SECONDS)
