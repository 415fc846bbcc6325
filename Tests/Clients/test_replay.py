"""`ringdown-replay`: what the log tells, from a live directory and from a copy, never writing to it."""

import hashlib
import json
import re
import shutil
import struct
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

import mesh
import nip19
from nostr_client import Key
from relay_process import Relay, binary, environment, json_lines, run, succeed

LEAF_BYTES, SALT_BYTES = 124, 32
# Entries enough for a snapshot before the story itself, and one within it.
FILLING, SNAPSHOT_INTERVAL = 130, 100


class Story:
    """A relay with a past: a grant, refusals, a removal, reports; and where each of them is told."""

    def __init__(self, relay: Relay):
        self.relay = relay
        self.began = time.time()
        for number in range(FILLING):
            relay.owner_client.accept(relay.owner.sign(1, f"note {number}"))
        self.requester, requesting = relay.connected_member()
        self.target, answering = relay.connected_member()
        self.stranger = Key()
        for key, client in ((self.requester, requesting), (self.target, answering)):
            client.subscribe("calls", mesh.calls_to(key))
            client.accept(mesh.status_report(key, mesh.serving()))
        self.granted = requesting.accept(mesh.connect_request(self.requester, self.target))
        requesting.next_event("calls"), answering.next_event("calls")
        self.refused = {}
        for reason, target in {
            "restricted: target is not a relay member": self.stranger,
            "invalid: cannot mesh-connect to self": self.requester,
        }.items():
            request = mesh.connect_request(self.requester, target)
            assert requesting.publish(request) == (False, reason)
            self.refused[reason] = request
        self.note = requesting.accept(self.requester.sign(1, "a marker in a payload: elderberry"))
        answering.close()
        time.sleep(0.3)
        self.unheard = mesh.connect_request(self.requester, self.target)
        assert requesting.publish(self.unheard).message == "info: target is not listening"
        relay.remove(self.target)
        self.late = mesh.connect_request(self.requester, self.target)
        assert not requesting.publish(self.late).accepted
        requesting.close()
        time.sleep(0.3)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    environ = {"RINGDOWN_SNAPSHOT_INTERVAL": str(SNAPSHOT_INTERVAL)}
    with Relay(tmp_path_factory.mktemp("story") / "data", owner=Key(), environ=environ) as relay:
        yield Story(relay)


@pytest.fixture(scope="module")
def at_rest(story, tmp_path_factory):
    """A copy of the story's directory: what an auditor is handed."""
    return shutil.copytree(story.relay.data, tmp_path_factory.mktemp("copy") / "log", ignore=shutil.ignore_patterns(
        "*.key", "lock.mdb", "*.lock", "*.sock"))


@pytest.fixture(params=["live", "copied"])
def directory(request, story, at_rest):
    return story.relay.data if request.param == "live" else at_rest


def replay(verb: str, directory, *arguments) -> str:
    return succeed("ringdown-replay", verb, "--data", directory, *arguments)


def objects(verb: str, directory, *arguments) -> list[dict]:
    lines = json_lines(replay(verb, directory, *arguments, "--json"))
    assert lines and all(isinstance(line, dict) for line in lines)
    return lines


def position_of(event: dict, directory) -> int:
    return next(line["position"] for line in objects("log", directory) if event["id"] in json.dumps(line))


def digest(directory) -> str:
    return hashlib.sha256((directory / "data.mdb").read_bytes()).hexdigest()


# log


def test_the_log_has_every_event_in_order(story, directory):
    lines = objects("log", directory)
    assert [line["position"] for line in lines] == list(range(len(lines)))
    for event in (story.granted, story.note, story.late, *story.refused.values()):
        assert event["id"] in json.dumps(lines)
    times = [line["time"] for line in lines]
    assert times == sorted(times)


def test_the_log_for_people_has_a_line_an_entry(directory):
    text = replay("log", directory)
    assert len(text.splitlines()) == len(objects("log", directory))
    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text)


def test_the_log_can_be_narrowed(story, directory):
    lines = objects("log", directory)
    assert objects("log", directory, "--from", 10) == lines[10:]
    calls = objects("log", directory, "--kind", mesh.CALL_ME_NOW)
    assert len(calls) == 4
    assert calls == [line for line in lines if line in calls]
    of_stranger = objects("log", directory, "--key", nip19.npub(story.stranger.hex))
    assert of_stranger and all(story.stranger.hex in json.dumps(line) for line in of_stranger)
    assert of_stranger == objects("log", directory, "--key", story.stranger.hex)


# state


def test_the_state_now_and_then(story, directory):
    def members(*at) -> set[str]:
        [state] = objects("state", directory, *at)
        return {member["key"] for member in state["members"]}

    both = {story.requester.hex, story.target.hex}
    assert both & members() == {story.requester.hex}
    assert both <= members("--at", story.granted["id"])
    assert both <= members("--at", position_of(story.granted, directory))
    assert not both & members("--at", 2)


def test_the_state_at_a_time(story, directory):
    moment = datetime.fromtimestamp(story.began - 60, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    later = datetime.fromtimestamp(time.time() + 60, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert replay("state", directory, "--json", "--at", later) == replay("state", directory, "--json")
    result = run("ringdown-replay", "state", "--data", directory, "--json", "--at", moment)
    assert story.requester.hex not in result.stdout


def test_one_log_gives_one_state(story, at_rest, tmp_path):
    states = [replay("state", at_rest, "--json") for _ in range(2)]
    states.append(replay("state", shutil.copytree(at_rest, tmp_path / "copy"), "--json"))
    states.append(replay("state", story.relay.data, "--json"))
    states.append(replay("state", at_rest, "--json", "--no-snapshot"))
    assert len(set(states)) == 1


@pytest.mark.parametrize("build", ["release", "debug"])
@pytest.mark.parametrize("seed", ["random", "deterministic"])
def test_every_build_and_every_hash_seed_give_the_same_state(at_rest, build, seed):
    """Swift seeds its hashing for each process; nothing of that may reach the state."""
    tool = Path(binary("ringdown-replay")).parents[1] / build / "ringdown-replay"
    if build == "release":
        tool = Path(binary("ringdown-replay"))
    elif not tool.exists():
        pytest.skip("there is no debug build beside the release build: swift build")
    environ = {"SWIFT_DETERMINISTIC_HASHING": "1"} if seed == "deterministic" else {}
    command = [str(tool), "state", "--data", str(at_rest), "--json", "--no-snapshot"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment(environ))
    assert result.returncode == 0, result.stderr
    assert result.stdout == replay("state", at_rest, "--json")


def test_a_snapshot_changes_nothing(at_rest):
    assert any(line["type"] == "snapshot" for line in objects("log", at_rest)), "there is no snapshot to begin from"
    last = objects("log", at_rest)[-1]["position"]
    for position in range(0, last + 1, 13):
        at = ("--at", position)
        assert replay("state", at_rest, "--json", *at) == replay("state", at_rest, "--json", "--no-snapshot", *at)


# pairs


def test_pairs_tell_every_attempt(story, directory):
    lines = objects("pairs", directory)
    assert len(lines) == 5
    attempts = {line["event"]: line for line in lines}
    granted, unheard = attempts[story.granted["id"]], attempts[story.unheard["id"]]
    for line in (granted, unheard):
        assert line["outcome"] == "granted"
        assert (line["requester"]["key"], line["target"]["key"]) == (story.requester.hex, story.target.hex)
        assert line["requester"]["listening"] and line["requester"]["rung"]
    assert granted["target"]["listening"] is True and granted["target"]["rung"] is True
    assert unheard["target"]["listening"] is False and unheard["target"]["rung"] is False
    for reason, event in story.refused.items():
        assert attempts[event["id"]]["outcome"] == "refused" and attempts[event["id"]]["message"] == reason
    assert attempts[story.late["id"]]["message"] == "restricted: target is not a relay member"


def test_pairs_for_people(story, directory):
    text = replay("pairs", directory)
    assert "target is not a relay member" in text
    assert nip19.npub(story.requester.hex)[:10] in text


def test_pairs_can_be_narrowed(story, directory):
    assert len(objects("pairs", directory, "--key", story.stranger.hex)) == 1
    tomorrow = datetime.fromtimestamp(time.time() + 86_400, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert replay("pairs", directory, "--json", "--since", tomorrow) == ""
    assert len(objects("pairs", directory, "--until", tomorrow)) == 5


# why


def test_why_a_grant(story, directory):
    text = replay("why", directory, story.granted["id"])
    assert "granted" in text.lower()
    for key in (story.requester, story.target):
        assert nip19.npub(key.hex)[:10] in text
    assert "member" in text


@pytest.mark.parametrize("index", [0, 1])
def test_why_a_refusal(story, directory, index):
    reason, event = list(story.refused.items())[index]
    assert reason in replay("why", directory, event["id"])


def test_why_after_a_removal_names_the_entry_that_removed(story, directory):
    removal = next(line["position"] for line in objects("log", directory, "--kind", mesh.REMOVE_MEMBER))
    text = replay("why", directory, story.late["id"])
    numbers = {int(number) for number in re.findall(r"\d+", text)}
    assert numbers & set(range(removal, removal + 4)), text


def test_why_something_that_is_not_there(directory):
    result = run("ringdown-replay", "why", "--data", directory, "ab" * 32)
    assert result.returncode != 0 and "ab" * 32 in result.stderr


# verify, and what must not happen


def test_verify_passes(directory):
    replay("verify", directory)


def test_replay_never_writes(story, at_rest):
    before = digest(at_rest)
    for verb in ("log", "state", "pairs", "verify"):
        replay(verb, at_rest)
    replay("why", at_rest, story.granted["id"])
    assert digest(at_rest) == before
    assert {path.name for path in at_rest.iterdir()} <= {"data.mdb", "lock.mdb"}


def test_replay_follows_a_live_relay(story):
    before = len(objects("log", story.relay.data))
    key = story.relay.member()
    assert key.hex in json.dumps(objects("log", story.relay.data)[before:])
    replay("verify", story.relay.data)


def test_directories_without_a_log(tmp_path):
    for directory in (tmp_path, tmp_path / "missing"):
        for verb in ("log", "state", "pairs", "verify"):
            result = run("ringdown-replay", verb, "--data", directory)
            assert result.returncode not in (0, -6, -11) and str(directory) in result.stderr
    assert list(tmp_path.iterdir()) == []


# Damage: every byte of a payload or a header that is not what it was is named


def occurrences(data: bytes, record: bytes) -> list[int]:
    """Where a record stands, in pages that are in use and in ones that LMDB has freed."""
    return [match.start() for match in re.finditer(re.escape(record), data)]


def expect_divergence(directory, copy, record: bytes, offset: int, position: int):
    """Flips a bit of one byte of a record wherever it stands; `verify` has to name the entry."""
    data = bytearray((directory / "data.mdb").read_bytes())
    places = occurrences(bytes(data), record)
    assert places
    for place in places:
        data[place + offset] ^= 0x10
    copy.mkdir()
    (copy / "data.mdb").write_bytes(data)
    result = run("ringdown-replay", "verify", "--data", copy)
    said = result.stdout + result.stderr
    assert result.returncode == 1, f"byte {offset} of entry {position}: {result.returncode} {said}"
    assert re.search(rf"\bentry {position}\b", said), f"byte {offset} of entry {position}: {said}"


def test_a_flipped_byte_of_a_payload_is_named(story, at_rest, tmp_path):
    position = position_of(story.note, at_rest)
    for number, offset in enumerate((0, 10, 31)):
        expect_divergence(at_rest, tmp_path / f"{number}", b"a marker in a payload: elderberry", offset, position)


@pytest.mark.parametrize("offset", [0, 4, 5, 7, 15, 20, 27, 28, 59, 60, 91, 92, 123, 124, 155])
def test_a_flipped_byte_of_a_header_or_a_salt_is_named(story, at_rest, tmp_path, offset):
    position = position_of(story.granted, at_rest)
    data = (at_rest / "data.mdb").read_bytes()
    start = next(match.start() for match in re.finditer(b"NRL1", data)
                 if struct.unpack_from(">Q", data, match.start() + 8)[0] == position)
    record = data[start : start + LEAF_BYTES + SALT_BYTES]
    expect_divergence(at_rest, tmp_path / "copy", record, offset, position)
