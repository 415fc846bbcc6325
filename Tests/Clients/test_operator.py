"""The operator's commands, beside a running relay and without one."""

import json
import os
import signal
import time

import pytest

import mesh
from http_client import request
from nostr_client import Key
from relay_process import json_lines, log_entries, run, succeed, until



def command(relay, *arguments, **options):
    return run("ringdown-relay", *arguments[:1], *arguments[1:], "--data", relay.data, **options)


def done(relay, *arguments) -> str:
    result = command(relay, *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def state(relay) -> dict:
    return json.loads(succeed("ringdown-replay", "state", "--data", relay.data, "--json"))


@pytest.fixture(params=["running", "stopped"])
def either(request, make_relay):
    """A relay that runs, or one that was stopped."""
    relay = make_relay(owner=Key()).start()
    relay.added = [relay.member(), relay.member("admin")]
    if request.param == "stopped":
        relay.stop()
    yield relay


# config


def test_config_shows_every_setting_with_its_source(tmp_path):
    file = tmp_path / "ringdown.toml"
    file.write_text('name = "From a file"\nopen = true\n')
    output = json_lines(run(
        "ringdown-relay", "config", "--json", "--config", file, "--set", "requests_per_second=7",
        environ={"RINGDOWN_LOG_LEVEL": "error"}).stdout)
    settings = {line["name"]: line for line in output}
    assert (settings["name"]["value"], settings["name"]["source"]) == ("From a file", str(file))
    assert (settings["open"]["value"], settings["open"]["source"]) == ("true", str(file))
    assert (settings["requests_per_second"]["value"], settings["requests_per_second"]["source"]) == ("7", "command line")
    assert settings["log_level"]["source"] == "environment"
    assert settings["listen"] == {**settings["listen"], "source": "default", "value": "127.0.0.1:7447"}
    assert all(line["summary"] and line["expected"] for line in output) and len(settings) == len(output) > 40
    people = run("ringdown-relay", "config", "--config", file).stdout
    assert f"name = From a file  [{file}]" in people and "listen = 127.0.0.1:7447  [default]" in people


def test_config_as_a_file_comes_back(tmp_path):
    file = tmp_path / "ringdown.toml"
    file.write_text(run("ringdown-relay", "config", "--toml", "--set", "requests_per_second=7", "--set", 'name=a "b"').stdout)
    settings = {line["name"]: line for line in json_lines(
        run("ringdown-relay", "config", "--json", "--config", file).stdout)}
    assert settings["requests_per_second"]["value"] == "7" and settings["name"]["value"] == 'a "b"'
    assert [name for name, line in settings.items() if line["source"] != "default"] == ["name", "requests_per_second"]


def test_config_checks(tmp_path):
    result = run("ringdown-relay", "config", "--set", "requests_per_second=lots")
    assert result.returncode == 64 and "requests_per_second" in result.stderr and result.stdout == ""


# policy


def test_policy_set_is_in_force_at_once_and_in_the_log(either):
    output = done(either, "policy", "set", "requests_per_second=1", "invites=member", "endpoint_relays=relay.example.org")
    assert "requests_per_second: 20 → 1" in output and "invites: admin → member" in output
    now = state(either)["policy"]
    assert (now["requests_per_second"], now["invites"], now["endpoint_relays"]) == (1, "member", ["relay.example.org"])
    shown = json.loads(done(either, "policy", "show", "--json"))
    assert shown["requests_per_second"] == "1" and shown["dialect"] == "sprout"
    assert "in force already" in done(either, "policy", "set", "requests_per_second=1")


def test_policy_of_the_time_is_shown(own_relay):
    before = state(own_relay)["position"]
    done(own_relay, "policy", "set", "requests_per_second=1")
    at = json.loads(succeed("ringdown-replay", "state", "--data", own_relay.data, "--json", "--at", before))
    assert at["policy"]["requests_per_second"] == 20 and state(own_relay)["policy"]["requests_per_second"] == 1


def test_policy_set_decides_the_next_request(own_relay):
    (alice, client), (bob, _) = own_relay.connected_member(), own_relay.connected_member()
    done(own_relay, "policy", "set", "maximum_attempt_bytes=16")
    refused = mesh.connect_request(alice, bob, mesh.request_content(attempt_id="x" * 17))
    assert client.publish(refused).message.startswith("invalid: malformed")
    done(own_relay, "policy", "set", "maximum_attempt_bytes=17")
    assert client.publish(mesh.connect_request(alice, bob, mesh.request_content(attempt_id="y" * 17))).accepted


@pytest.mark.parametrize("values", [
    ["requests_per_second=0"], ["requests_per_second"], ["nonsense=1"], ["listen=127.0.0.1:1"], ["dialect=klingon"],
    ["note_lifetime_seconds=10"], ["requests_per_second=5", "invites=everybody"]])
def test_a_policy_that_cannot_be(own_relay, values):
    result = command(own_relay, "policy", "set", *values)
    assert result.returncode == 64 and values[-1].split("=")[0] in result.stderr
    assert state(own_relay)["policy"]["requests_per_second"] == 20


def test_closing_an_open_relay_ends_the_sessions_of_strangers(make_relay):
    relay = make_relay("--open", owner=Key()).start()
    stranger, member = relay.connect(Key()), relay.connect(relay.member())
    done(relay, "policy", "set", "open=false")
    assert stranger.wait_for_close().code == 1008
    assert member.query({"kinds": [1]}) == []


def test_a_control_socket_that_cannot_be_made_ends_the_start_and_is_named(make_relay):
    relay = make_relay(owner=Key()).start()
    relay.stop()
    # Nobody's socket, but in its place.
    (relay.data / "control.sock" / "in the way").mkdir(parents=True)
    relay.launch()
    assert relay.process.wait(15) == 64
    assert f"cannot listen for the operator's commands at {relay.data}/control.sock: Address already in use" in relay.said()


# SIGHUP


def test_a_reload_takes_up_what_can_change(make_relay, tmp_path):
    file = tmp_path / "ringdown.toml"
    file.write_text('name = "Before"\nrequests_per_second = 5\n')
    relay = make_relay("--config", str(file), owner=Key()).start()
    client = relay.connect(relay.member())
    file.write_text('name = "After"\nrequests_per_second = 6\nmaximum_filters = 3\n')
    relay.process.send_signal(signal.SIGHUP)
    until(lambda: request(relay, "GET", "/info").json["name"] == "After", "the old name")
    until(lambda: state(relay)["policy"]["requests_per_second"] == 6, "the old policy")
    assert "maximum_filters" in relay.said() and "need a restart" in relay.said()
    assert client.query({"kinds": [1]}) == [], "connections live on"


def test_a_broken_file_changes_nothing(make_relay, tmp_path):
    file = tmp_path / "ringdown.toml"
    file.write_text("requests_per_second = 5\n")
    relay = make_relay("--config", str(file), owner=Key()).start()
    for number, text in enumerate(("requests_per_second = \n", "requests_per_second = 0\n", "unknown = 1\n"), 1):
        file.write_text(text)
        relay.process.send_signal(signal.SIGHUP)
        until(lambda: relay.said().count("the old ones stay in force") == number, "it is not said")
    assert state(relay)["policy"]["requests_per_second"] == 5
    assert relay.connect(relay.member()).query({"kinds": [1]}) == []


# member import


def test_members_from_a_table(either, tmp_path):
    keys = [Key() for _ in range(600)]
    file = tmp_path / "members.csv"
    file.write_text("pubkey,role\n" + f"{keys[0].hex},admin\n" + "\n".join(key.hex for key in keys[1:]) + "\n\n")
    assert done(either, "member", "import", file) == "600 added, 0 were members already\n"
    members = {member["key"]: member["role"] for member in state(either)["members"]}
    assert members[keys[0].hex] == "admin" and all(members[key.hex] == "member" for key in keys[1:])
    assert json.loads(done(either, "member", "import", file, "--json")) == {"added": 0, "already": 600}
    signed = [line for line in log_entries(either.data)
              if line.get("kind") == mesh.MEMBER_LIST]
    assert len(signed) <= 3 + 2, "a list for each command, not for each member"


def test_members_from_a_list_of_another_relay(relay, own_relay, tmp_path):
    admin, member = relay.member("admin"), relay.member()
    [roster] = relay.owner_client.query({"kinds": [mesh.MEMBER_LIST]})
    file = tmp_path / "roster.json"
    file.write_text(json.dumps(roster))
    done(own_relay, "member", "import", file)
    members = {entry["key"]: entry["role"] for entry in state(own_relay)["members"]}
    assert members[admin.hex] == "admin" and members[member.hex] == "member"
    assert members[relay.owner.hex] == "admin" and members[own_relay.owner.hex] == "owner"


@pytest.mark.parametrize("text, complaint", [
    ("KEY\nnonsense\n", "line 2"), ("KEY,king\n", "king"), ("KEY\n" * 3 + "x,member", "line 4"), ("{}", "no signed event"),
    ('{"id":1}', "no signed event")])
def test_a_wrong_line_adds_nobody(own_relay, tmp_path, text, complaint):
    file = tmp_path / "members.csv"
    file.write_text(text.replace("KEY", Key().hex))
    result = command(own_relay, "member", "import", file)
    assert result.returncode == 64 and complaint in result.stderr
    assert len(state(own_relay)["members"]) == 1


# invites


def test_invites_by_the_operator(own_relay):
    from test_invites import join

    made = json.loads(done(own_relay, "invite", "create", "--uses", 2, "--lifetime", "1h", "--label", "spring", "--json"))
    assert made["uses"] == 2 and len(made["code"]) == 32
    [listed] = json_lines(done(own_relay, "invite", "list", "--json"))
    assert listed["label"] == "spring" and listed["hash"] == made["hash"] and made["code"] not in str(listed)
    assert made["code"] not in succeed("ringdown-replay", "log", "--data", own_relay.data, "--json")
    assert own_relay.connect().publish(join(Key(), made["code"])).accepted
    [listed] = json_lines(done(own_relay, "invite", "list", "--json"))
    assert listed["uses"] == 1
    done(own_relay, "invite", "revoke", made["code"])
    assert not own_relay.connect().publish(join(Key(), made["code"])).accepted
    assert done(own_relay, "invite", "list") == "no codes are good now\n"


def test_an_invite_made_without_a_relay(either):
    code = done(either, "invite", "create", "--role", "admin").strip()
    [listed] = json_lines(done(either, "invite", "list", "--json"))
    assert listed["role"] == "admin"
    done(either, "invite", "revoke", listed["hash"][:12])
    assert command(either, "invite", "revoke", code).returncode == 1


# export, import, backup


def test_events_move_from_one_relay_to_another(relay, either, tmp_path):
    key, client = relay.connected_member()
    events = [client.accept(key.sign(1, f"number {n}", created_at=1_700_000_000 + n)) for n in range(700)]
    file = tmp_path / "events.jsonl"
    done(relay, "export", "--filter", json.dumps({"authors": [key.hex]}), "--output", file)
    assert [json.loads(line) for line in file.read_text().splitlines()] == events
    tampered = dict(events[0], content="changed")
    with open(file, "a") as more:
        more.write(f"{json.dumps(tampered)}\nnonsense\n\n{json.dumps(relay.owner_client.query({'kinds': [13534]})[0])}\n")
    result = command(either, "import", file)
    assert result.returncode == 1 and result.stdout == "700 taken in, 0 were there, 3 refused\n"
    assert "line 701" in result.stderr and "line 702" in result.stderr and "line 704" in result.stderr
    assert json.loads(command(either, "import", file, "--json").stdout) == {"accepted": 0, "duplicates": 700, "refused": 3}
    if not either.process:
        either.start()
    reader = either.connect(either.added[0])
    assert reader.query({"authors": [key.hex]}) == list(reversed(events))
    either.stop()
    assert "verified" in succeed("ringdown-replay", "verify", "--data", either.data)


def test_an_import_can_be_strict(own_relay, tmp_path):
    key = Key()
    file = tmp_path / "events.jsonl"
    file.write_text("nonsense\n" + json.dumps(key.sign(1, "x")) + "\n")
    assert command(own_relay, "import", "--strict", file).returncode == 1
    assert own_relay.owner_client.query({"authors": [key.hex]}) == []


def test_a_whole_log_moves(either, tmp_path):
    lines = done(either, "export", "--entries")
    copy = tmp_path / "copy"
    result = json.loads(succeed("ringdown-relay", "import", "--data", copy, "--entries", "--json", _file(tmp_path, lines)))
    assert result["entries"] == len(lines.splitlines())
    verified = json.loads(succeed("ringdown-replay", "verify", "--data", copy, "--json"))
    assert verified["root"] == result["root"]
    assert run("ringdown-relay", "import", "--data", copy, "--entries", _file(tmp_path, lines)).returncode == 64
    changed = lines.splitlines()
    changed[5] = changed[5].replace("payload\":\"{", "payload\":\"{ ", 1)
    broken = run("ringdown-relay", "import", "--data", tmp_path / "broken", "--entries", _file(tmp_path, "\n".join(changed)))
    assert broken.returncode == 64 and "line 6" in broken.stderr


def _file(directory, text: str):
    path = directory / f"lines-{time.monotonic_ns()}.jsonl"
    path.write_text(text)
    return path


def test_a_backup_is_a_log_of_its_own(either, tmp_path):
    copy = tmp_path / "backup"
    made = json.loads(done(either, "backup", "--to", copy, "--json"))
    verified = json.loads(succeed("ringdown-replay", "verify", "--data", copy, "--json"))
    assert verified["verified"] and verified["root"] == made["root"] and verified["entries"] == made["entries"]
    assert not (copy / "relay.key").exists()
    assert command(either, "backup", "--to", copy).returncode == 73
    done(either, "backup", "--to", tmp_path / "keys", "--with-keys")
    assert oct(os.stat(tmp_path / "keys" / "relay.key").st_mode & 0o777) == "0o600"


def test_a_backup_with_keys_goes_on(own_relay, make_relay, tmp_path):
    key, client = own_relay.connected_member()
    event = client.accept(key.sign(1, "kept"))
    done(own_relay, "backup", "--to", tmp_path / "second", "--with-keys")
    own_relay.stop()
    second = make_relay(name="second", owner=own_relay.owner).start()
    assert second.connect(key).query({"ids": [event["id"]]}) == [event]


# status


def test_status_of_a_running_relay(own_relay):
    own_relay.connected_member()
    status = json.loads(done(own_relay, "status", "--json"))
    assert status["members"] == 2 and status["sessions"] == 2 and status["entries"] > 5
    assert status["address"] == f"127.0.0.1:{own_relay.port}"
    assert "members        2" in done(own_relay, "status")
    own_relay.stop()
    result = command(own_relay, "status")
    assert result.returncode == 1 and "no relay runs" in result.stderr


# erase


def test_what_is_too_young_is_not_erased(own_relay):
    key, client = own_relay.connected_member()
    event = client.accept(key.sign(1, "secret words"))
    assert json.loads(done(own_relay, "erase", "--event", event["id"], "--yes", "--json")) == {"found": 0, "erased": 0}
    assert client.query({"ids": [event["id"]]}) == [event]
    for wrong in (["erase"], ["erase", "--event", "x"], ["erase", "--pubkey", key.hex, "--event", event["id"]]):
        assert command(own_relay, *wrong).returncode == 64


@pytest.mark.parametrize("runs", [True, False])
def test_a_person_is_forgotten_and_the_log_still_verifies(make_relay, runs):
    relay = make_relay(
        *(f"--set={name}={value}" for name, value in (
            ("staleness_seconds", 1), ("note_lifetime_seconds", 2), ("request_freshness_seconds", 2),
            ("command_freshness_seconds", 2))), owner=Key()).start()
    (alice, client), (bob, other) = relay.connected_member(), relay.connected_member()
    marker = "203.0.113.77-is-where-alice-lives"
    kept = other.accept(bob.sign(1, "bob's own words"))
    words = client.accept(alice.sign(1, f"I live at {marker}"))
    client.accept(mesh.status_report(alice, mesh.serving(token=marker * 20)))
    client.accept(mesh.connect_request(alice, bob, mesh.request_content(self_endpoint_addr=marker)))
    other.accept(mesh.connect_request(bob, alice, mesh.request_content(peer_endpoint_addr=marker)))
    assert marker in succeed("ringdown-replay", "log", "--data", relay.data, "--json")
    time.sleep(8)
    if not runs:
        relay.stop()
    found = json.loads(done(relay, "erase", "--pubkey", alice.hex, "--dry-run", "--json"))["found"]
    assert found >= 8
    assert json.loads(done(relay, "erase", "--pubkey", alice.hex, "--yes", "--json")) == {"found": found, "erased": found}
    log = succeed("ringdown-replay", "log", "--data", relay.data, "--json")
    assert marker not in log and "203.0.113.77" not in log and "bob's own words" in log
    verified = json.loads(succeed("ringdown-replay", "verify", "--data", relay.data, "--json"))
    assert verified["verified"] and verified["erased"] == found
    pairs = json_lines(succeed("ringdown-replay", "pairs", "--data", relay.data, "--json"))
    assert [pair["outcome"] for pair in pairs] == ["granted", "granted"], "what was decided stays"
    if runs:
        assert client.query({"ids": [words["id"]]}) == [] and client.query({"ids": [kept["id"]]}) == [kept]
        client.accept(alice.sign(1, "still a member"))
        relay.restart()
    else:
        assert marker.encode() not in (relay.data / "data.mdb").read_bytes()
        relay.start()
    reader = relay.connect(alice)
    assert reader.query({"ids": [words["id"]]}) == [] and reader.query({"ids": [kept["id"]]}) == [kept]
    relay.stop()
    assert "verified" in succeed("ringdown-replay", "verify", "--data", relay.data)
