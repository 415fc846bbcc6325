"""Settings from flags, environment variables and files; a wrong one is refused with its name and what was expected."""

import json
import re

import pytest

import mesh
import nip19
from nostr_client import Key
from relay_process import free_port, run

WRONG = [
    ("listen", "nowhere", "HOST:PORT"),
    ("listen", "127.0.0.1:70000", "HOST:PORT"),
    ("owner", "somebody", "npub"),
    ("owner", "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5", "public key"),
    ("url", "http://example.com", "ws://"),
    ("dialect", "klingon", "sprout or buzz"),
]


def expect_refusal(result, name: str, expectation: str):
    assert result.returncode not in (0, -6, -11), result
    assert re.search(rf"\b{name}\b", result.stderr, re.IGNORECASE), result.stderr
    assert expectation in result.stderr, result.stderr
    assert "nsec1" not in result.stderr, "a secret was repeated"


def attempt(tmp_path, *flags, environ=None):
    listen = [] if "--listen" in flags else ["--listen", f"127.0.0.1:{free_port()}"]
    if environ and "RINGDOWN_LISTEN" in environ or "--config" in flags:
        listen = []
    return run("ringdown-relay", "run", "--data", tmp_path / "data", *listen, *flags, environ=environ)


@pytest.mark.parametrize("name, value, expectation", WRONG)
def test_a_wrong_flag(tmp_path, name, value, expectation):
    expect_refusal(attempt(tmp_path, f"--{name}", value), name, expectation)


@pytest.mark.parametrize("name, value, expectation", WRONG + [("open", "perhaps", "true or false")])
def test_a_wrong_environment_variable(tmp_path, name, value, expectation):
    expect_refusal(attempt(tmp_path, environ={f"RINGDOWN_{name.upper()}": value}), name, expectation)


@pytest.mark.parametrize("name, value, expectation", WRONG + [("open", "perhaps", "true or false")])
@pytest.mark.parametrize("form", ["toml", "json"])
def test_a_wrong_value_in_a_file(tmp_path, form, name, value, expectation):
    path = tmp_path / f"relay.{form}"
    path.write_text(f'{name} = "{value}"\n' if form == "toml" else json.dumps({name: value}))
    result = attempt(tmp_path, "--config", path)
    expect_refusal(result, name, expectation)
    assert str(path) in result.stderr


@pytest.mark.parametrize("form, text", [
    ("toml", "colour = 1"), ("json", '{"colour":1}'), ("toml", "open = = 1"), ("json", "{"), ("json", "[]"),
], ids=str)
def test_a_file_that_cannot_be_used(tmp_path, form, text):
    path = tmp_path / f"relay.{form}"
    path.write_text(text)
    result = attempt(tmp_path, "--config", path)
    assert result.returncode != 0 and str(path) in result.stderr
    assert "colour" not in text or "colour" in result.stderr


def test_a_file_that_is_not_there(tmp_path):
    result = attempt(tmp_path, "--config", tmp_path / "missing.toml")
    assert result.returncode != 0 and "missing.toml" in result.stderr


def test_unknown_flags_and_variables(tmp_path):
    assert "--colour" in attempt(tmp_path, "--colour", "red").stderr
    result = attempt(tmp_path, environ={"RINGDOWN_COLOUR": "red"})
    assert result.returncode != 0 and "RINGDOWN_COLOUR" in result.stderr


def test_a_refusal_leaves_no_directory_behind(tmp_path):
    attempt(tmp_path, "--dialect", "klingon")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("form", ["environment", "toml", "json"])
def test_settings_from_anywhere(tmp_path, make_relay, form):
    owner = Key()
    values = {"owner": owner.hex, "dialect": "buzz", "open": True}
    flags, environ = [], None
    if form == "environment":
        environ = {"RINGDOWN_OWNER": owner.hex, "RINGDOWN_DIALECT": "buzz", "RINGDOWN_OPEN": "true"}
    else:
        path = tmp_path / f"relay.{form}"
        toml = f'owner = "{owner.hex}"\ndialect = "buzz"\nopen = true\n'
        path.write_text(toml if form == "toml" else json.dumps(values))
        flags = ["--config", str(path)]
    relay = make_relay(*flags, environ=environ).start()
    relay.owner = owner
    relay.member()
    stranger = Key()
    client = relay.connect(stranger)
    client.accept(mesh.status_report(stranger, mesh.serving()))
    [note] = client.query({"kinds": [mesh.STATUS]})
    assert ["k", "buzz-mesh-status"] in note["tags"]


def test_a_flag_wins_over_the_environment_and_that_over_a_file(tmp_path, make_relay):
    path = tmp_path / "relay.json"
    first, second, third = Key(), Key(), Key()
    path.write_text(json.dumps({"owner": first.hex, "dialect": "buzz"}))
    relay = make_relay("--config", str(path), owner=third, environ={"RINGDOWN_OWNER": second.hex}).start()
    relay.member()
    client = relay.owner_client
    client.accept(mesh.status_report(third, mesh.serving()))
    [note] = client.query({"kinds": [mesh.STATUS]})
    assert ["k", "buzz-mesh-status"] in note["tags"]


def test_the_owner_may_be_given_as_npub(make_relay):
    owner = Key()
    relay = make_relay("--owner", nip19.npub(owner.hex)).start()
    relay.owner = owner
    relay.member()


def test_another_owner_for_an_existing_directory_is_refused(make_relay):
    relay = make_relay(owner=Key()).start()
    relay.stop()
    result = run("ringdown-relay", "run", "--data", relay.data, "--listen", f"127.0.0.1:{free_port()}",
                 "--owner", Key().hex)
    assert result.returncode != 0 and "owner" in result.stderr
