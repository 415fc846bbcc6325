"""The auditor's own reducer comes to the same on every story, on generated logs and on those of real relays; and it finds
what was changed, where it was changed."""

import json
import shutil
import subprocess
import sys

import pytest

import auditor
import mesh
from auditor import MEMBERS_ROOT, RULES, STATE_ROOT, TIME, Forgery
from http_client import manage, post
from nostr_client import Key
from relay_process import REPOSITORY, succeed

ENTRIES = 20_000
STORIES = auditor.story_logs()
# Each story as it stands in the repository, so that none is left out.
WRITTEN = sorted(path.stem for path in (REPOSITORY / "Snapshots").glob("*.txt"))


@pytest.mark.parametrize("story", WRITTEN)
def test_a_story(story, tmp_path):
    found = next((path for path in STORIES if path.name == story), None)
    if found is None:
        pytest.skip("`make test-swift` writes the stories' logs")
    # A story has no log key: its genesis and its checkpoints are not signed.
    report = auditor.check(found, tmp_path, "--no-notes")
    assert report["entries"] > 10


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixed")
    auditor.make_log(folder / "data", ENTRIES, seed=5)
    return folder / "data"


def test_generated_entries(mixed, tmp_path):
    report = auditor.check(mixed, tmp_path)
    assert report["entries"] == ENTRIES
    assert min(report[count] for count in ("granted", "applied", "unchanged", "refused", "relay_events")) > 20


def test_the_root_is_that_of_the_log(mixed, tmp_path):
    log = auditor.exported(mixed, tmp_path / "log.jsonl")
    verified = json.loads(succeed("ringdown-replay", "verify", "--data", mixed, "--json"))
    flags = ["--no-signatures", "--root", verified["root"], "--size", ENTRIES]
    assert auditor.audit(log, *flags)["root"] == verified["root"]
    shorter = tmp_path / "shorter.jsonl"
    shorter.write_text("".join(log.read_text().splitlines(keepends=True)[:-1]))
    report = auditor.audit(shorter, *flags)
    assert report["differences"][0]["aspect"] == "tree", "a log that was cut off has not the root of its checkpoint"


def test_a_real_log(make_relay, tmp_path):
    """Members, calls, refusals, reports, invites, management and HTTP, over real sockets."""
    relay = make_relay(owner=Key()).start()
    alice, a = relay.connected_member()
    bob, b = relay.connected_member()
    b.subscribe("calls", mesh.calls_to(bob))
    for _ in range(3):
        assert a.publish(mesh.connect_request(alice, bob)).accepted
    assert not a.publish(mesh.connect_request(alice, Key())).accepted
    assert not a.publish(mesh.connect_request(alice, alice)).accepted
    assert a.publish(mesh.status_report(alice, mesh.serving())).accepted
    assert b.publish(mesh.status_report(bob, mesh.serving())).accepted
    a.accept(alice.sign(1, 'Control \x01 characters, "quotes", a line\nbreak and 名前'))
    assert post(relay, "/events", bob.sign(1, "over HTTP"), bob).status == 200
    for method, *params in (
        ("banpubkey", bob.hex, "spam"), ("unbanpubkey", bob.hex), ("allowkind", 1), ("disallowkind", 1), ("nonsense",),
        ("changerelayname", "Switchboard"), ("listbannedpubkeys",), ("blockip", "203.0.113.0/24", "scans"),
    ):
        assert manage(relay, relay.owner, method, *params).status == 200
    code = succeed("ringdown-relay", "invite", "create", "--data", relay.data, "--json")
    assert code
    assert not a.publish(mesh.connect_request(alice, bob)).accepted
    relay.stop()
    report = auditor.check(relay.data, tmp_path)
    assert report["granted"] == 3 and report["refused"] >= 3


# What was changed is found and named, at its place.

@pytest.fixture
def forgery(tmp_path, small) -> Forgery:
    return Forgery(small)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    auditor.make_log(folder / "data", 3_000, seed=3)
    return auditor.exported(folder / "data", folder / "log.jsonl")


def first_difference(forgery: Forgery, tmp_path, *flags) -> dict:
    report = auditor.audit(forgery.save(tmp_path / "forged.jsonl"), "--no-notes", *(flags or ["--no-signatures"]))
    assert not report["verified"], "nobody noticed"
    return report["differences"][0]


def expect(forgery, tmp_path, position, aspect, *said):
    difference = first_difference(forgery, tmp_path)
    assert (difference["position"], difference["aspect"]) == (position, aspect), difference
    for words in said:
        assert words in difference["expected"] + difference["found"], difference


def is_refused(line, payload):
    return payload.get("outcome") == "refused" and payload.get("kind") == 24621


def is_call(line, payload):
    return line["type"] == "signed" and payload["event"]["kind"] == 24622


def test_nothing_is_found_where_nothing_was_changed(forgery, tmp_path):
    assert auditor.audit(forgery.save(tmp_path / "same.jsonl"))["verified"]


def test_an_altered_refusal(forgery, tmp_path):
    position = forgery.find(is_refused)
    decision = forgery.payload(position)
    forgery.write_payload(position, {**decision, "code": "target_rate"})
    expect(forgery, tmp_path, position, "decision", decision["code"], "target_rate")


def test_a_refusal_that_became_a_grant(forgery, tmp_path):
    position = forgery.find(is_refused)
    decision = forgery.payload(position)
    forgery.write_payload(position, {**decision, "outcome": "granted", "code": "granted", "expires_at": 1})
    expect(forgery, tmp_path, position, "decision", "refused", "granted")


@pytest.mark.parametrize("change", [
    {"message": "restricted: no"}, {"rules": 2}, {"basis": {"policy": 0}}, {"author": "0" * 64}, {"more": 1}])
def test_a_decision_that_says_something_else(forgery, tmp_path, change):
    position = forgery.find(is_refused)
    forgery.write_payload(position, {**forgery.payload(position), **change})
    expect(forgery, tmp_path, position, "decision")


def test_an_expiry_of_another_time(forgery, tmp_path):
    position = forgery.find(lambda line, payload: payload.get("outcome") == "granted")
    decision = forgery.payload(position)
    forgery.write_payload(position, {**decision, "expires_at": decision["expires_at"] + 1})
    expect(forgery, tmp_path, position, "decision", str(decision["expires_at"] + 1))


def test_swapped_recipients(forgery, tmp_path):
    position = forgery.find(is_call)
    tags = [forgery.payload(position + index)["event"]["tags"] for index in (0, 1)]
    for index in (0, 1):
        forgery.write_event(position + index, tags=tags[1 - index])
    expect(forgery, tmp_path, position, "event", tags[0][0][1], tags[1][0][1])


@pytest.mark.parametrize("change", ["address", "peer_pubkey", "kind", "created_at"])
def test_a_call_that_says_something_else(forgery, tmp_path, change):
    position = forgery.find(is_call)
    event = forgery.payload(position)["event"]
    content = json.loads(event["content"])
    changed = {
        "address": {"content": event["content"].replace(content["peer_endpoint_addr"], "elsewhere")},
        "peer_pubkey": {"content": event["content"].replace(content["peer_pubkey"], "0" * 64)},
        "kind": {"kind": 24623}, "created_at": {"created_at": event["created_at"] - 1},
    }[change]
    forgery.write_event(position, **changed)
    expect(forgery, tmp_path, position, "event")


def test_only_one_end_is_rung(forgery, tmp_path):
    position = forgery.find(is_call) + 1
    forgery.remove(position)
    expect(forgery, tmp_path, position, "output", "24622")


def test_a_call_that_nothing_granted(forgery, tmp_path):
    call = forgery.find(is_call)
    refused = forgery.find(is_refused, call)
    line = dict(forgery.lines[call])
    payload = {**forgery.payload(call), "cause": refused - 1}
    forgery.insert(refused + 1, line)
    forgery.write_payload(refused + 1, payload)
    forgery.write_leaf(refused + 1, TIME, forgery.lines[refused]["time"].to_bytes(8, "big"))
    expect(forgery, tmp_path, refused + 1, "output", "nothing more that follows", "24622")


def test_a_member_in_the_root_who_is_none(forgery, tmp_path):
    position = forgery.find(is_call)
    forgery.write_leaf(position, MEMBERS_ROOT, bytes(32))
    expect(forgery, tmp_path, position, "members_root", "0" * 64)


def test_a_role_that_nobody_gave(forgery, tmp_path):
    position = forgery.find(lambda line, payload: payload.get("role") == "member" and "add" in payload)
    forgery.write_payload(position, {**forgery.payload(position), "role": "admin"})
    expect(forgery, tmp_path, position, "effect", "admin")


def test_a_removal_that_members_are_not_told_of(forgery, tmp_path):
    position = forgery.find(lambda line, payload: line["type"] == "signed" and payload["event"]["kind"] == 8001)
    forgery.remove(position)
    expect(forgery, tmp_path, position, "output", "8001")


def test_a_list_that_names_another(forgery, tmp_path):
    position = forgery.find(lambda line, payload: line["type"] == "signed" and payload["event"]["kind"] == 13534)
    tags = forgery.payload(position)["event"]["tags"]
    forgery.write_event(position, tags=[*tags, ["member", "f" * 64, "member"]])
    expect(forgery, tmp_path, position, "event", "f" * 64)


def test_a_note_that_offers_something_else(forgery, tmp_path):
    position = forgery.find(lambda line, payload: line["type"] == "signed" and payload["event"]["kind"] == 30621)
    content = forgery.payload(position)["event"]["content"]
    forgery.write_event(position, content=content.replace("token-of", "token-by"))
    expect(forgery, tmp_path, position, "event", "token-by")


def test_a_note_that_is_missing(forgery, tmp_path):
    position = forgery.find(lambda line, payload: line["type"] == "signed" and payload["event"]["kind"] == 30621)
    forgery.remove(position)
    expect(forgery, tmp_path, position, "output", "30621")


def test_a_member_who_never_asked(forgery, tmp_path):
    """The command that removed somebody is gone, with everything that followed: the root of the members tells."""
    command = forgery.find(lambda line, payload: line["type"] == "signed" and payload["event"]["kind"] == 8001)
    cause = forgery.find_cause(command)
    while forgery.lines[cause]["type"] != "event":
        cause -= 1
    while len(forgery.lines) > cause and (forgery.lines[cause]["type"] in ("decision", "effect", "signed")
                                          or forgery.payload(cause).get("event", {}).get("kind") == 9031):
        forgery.remove(cause)
    expect(forgery, tmp_path, cause, "members_root")


def test_other_rules_than_those_in_force(forgery, tmp_path):
    position = forgery.find(is_call)
    forgery.write_leaf(position, RULES, (0).to_bytes(4, "big"))
    expect(forgery, tmp_path, position, "rules")


def test_a_state_that_changes_between_marks(forgery, tmp_path):
    position = forgery.find(is_call)
    forgery.write_leaf(position, STATE_ROOT, bytes(32))
    expect(forgery, tmp_path, position, "state_root")


def test_a_time_that_goes_back(forgery, tmp_path):
    position = forgery.find(lambda line, payload: line["type"] == "event")
    forgery.write_leaf(position, TIME, (1).to_bytes(8, "big"))
    expect(forgery, tmp_path, position, "header", "time 1")


def test_entries_that_changed_places(forgery, tmp_path):
    position = forgery.find(lambda line, payload: line["type"] == "event")
    lines = forgery.lines
    lines[position], lines[position - 1] = lines[position - 1], lines[position]
    expect(forgery, tmp_path, position - 1, "header", f"position {position}")


def test_a_payload_that_its_leaf_does_not_commit_to(forgery, tmp_path):
    position = forgery.find(is_refused)
    forgery.lines[position]["payload"] = forgery.lines[position]["payload"].replace("refused", "granted")
    expect(forgery, tmp_path, position, "payload")


def test_a_payload_that_is_missing_without_the_mark(forgery, tmp_path):
    position = forgery.find(is_refused)
    for name in ("payload", "salt", "document"):
        forgery.lines[position].pop(name, None)
    expect(forgery, tmp_path, position, "payload", "its leaf does not allow that")


def test_a_salt_of_its_own(forgery, tmp_path):
    position = forgery.find(is_refused)
    forgery.lines[position]["salt"] = "11" * 32
    forgery.write_payload(position, forgery.payload(position))
    expect(forgery, tmp_path, position, "salt")


def test_an_event_that_nobody_signed(forgery, tmp_path):
    position = forgery.find(lambda line, payload: line.get("kind") == 1)
    event = forgery.payload(position)["event"]
    forgery.write_event(position, content="something else")
    difference = first_difference(forgery, tmp_path, "--all")
    assert (difference["position"], difference["aspect"]) == (position, "signature"), difference
    assert event["pubkey"] in difference["expected"]


def test_an_event_with_another_id(forgery, tmp_path):
    position = forgery.find(lambda line, payload: line.get("kind") == 1)
    payload = forgery.payload(position)
    payload["event"]["id"] = "0" * 64
    forgery.write_payload(position, payload)
    expect(forgery, tmp_path, position, "signature", "0" * 64)


@pytest.fixture(scope="module")
def rate(tmp_path_factory):
    """The story in which the 21st request of a window is refused."""
    found = next((path for path in STORIES if path.name == "03-rate"), None)
    if found is None:
        pytest.skip("`make test-swift` writes the stories' logs")
    return auditor.exported(found, tmp_path_factory.mktemp("rate") / "log.jsonl")


def test_a_rate_window_off_by_one(rate, tmp_path):
    forgery = Forgery(rate)
    policy = forgery.payload(1)
    policy["policy"]["requests_per_second"] = 21
    forgery.write_payload(1, policy)
    expect(forgery, tmp_path, 94, "decision", "granted", "request_rate")
    forgery = Forgery(rate)
    policy["policy"]["requests_per_second"] = 19
    forgery.write_payload(1, policy)
    position = forgery.find(lambda line, payload: payload.get("outcome") == "granted")
    twentieth = position + 19 * 4
    expect(forgery, tmp_path, twentieth, "decision", "request_rate", "granted")


def test_a_window_of_a_second_and_not_more(rate, tmp_path):
    """The request that opens the second window comes a microsecond earlier: then it is still one of the first."""
    forgery = Forgery(rate)
    granted = forgery.find(lambda line, payload:
                           payload.get("outcome") == "granted" and line["time"] >= forgery.lines[2]["time"] + 1_000_000)
    for position in range(granted - 1, granted + 3):
        forgery.write_leaf(position, TIME, (forgery.lines[position]["time"] - 1).to_bytes(8, "big"))
    expect(forgery, tmp_path, granted, "decision", "request_rate", "granted")


def test_every_difference_is_told_where_all_are_wanted(forgery, tmp_path):
    positions = []
    for _ in range(3):
        positions.append(forgery.find(is_refused, positions[-1] + 1 if positions else 0))
        forgery.write_payload(positions[-1], {**forgery.payload(positions[-1]), "code": "other"})
    report = auditor.audit(forgery.save(tmp_path / "forged.jsonl"), "--all", "--no-signatures")
    assert [difference["position"] for difference in report["differences"]] == positions


def test_it_reads_a_pipe_and_says_what_it_found(small, forgery, tmp_path):
    with small.open() as lines:
        result = subprocess.run([sys.executable, str(auditor.TOOL)], stdin=lines, capture_output=True, text=True,
                                timeout=60)
    assert result.returncode == 0 and result.stdout.startswith("the same: 3000 entries"), result
    position = forgery.find(is_refused)
    forgery.write_payload(position, {**forgery.payload(position), "code": "other"})
    result = auditor.run(forgery.save(tmp_path / "forged.jsonl"))
    assert result.returncode == 1 and f"DIFFERS at entry {position} (decision)" in result.stdout


@pytest.mark.parametrize("line", ["", "{}", "no json", '{"leaf":"AAAA"}', '{"leaf":7}', "[]", '{"leaf":"%s"}' % ("A" * 168)])
def test_lines_that_are_no_entries(small, tmp_path, line):
    lines = small.read_text().splitlines()
    lines[7] = line
    broken = tmp_path / "broken.jsonl"
    broken.write_text("\n".join(lines))
    report = auditor.audit(broken, "--no-signatures")
    assert report["differences"][0]["position"] == 7


@pytest.mark.skipif(not shutil.which("python3"), reason="there is no other Python")
def test_it_needs_nothing_but_python(small):
    result = subprocess.run(["python3", "-I", "-S", str(auditor.TOOL), str(small)], capture_output=True, text=True,
                            timeout=60)
    assert result.returncode == 0 and "NOT CHECKED" in result.stdout, result
