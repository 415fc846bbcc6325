"""The tests' own tools agree with the published vectors, with another implementation, and with the samples."""

import asyncio
import json
from pathlib import Path

import nostr_sdk
import pytest

import nip19
from nostr_client import Client, Key, is_valid
from projection import project
from relay_process import free_port

SAMPLES = sorted(Path(__file__).parents[1].glob("Fixtures/samples/*.projection.json"))
CONTENTS = [
    "", "plain", 'quotes " and \\ backslashes', "lines\nand\ttabs\r\b\f", "emoji 👩‍👩‍👧‍👦 🦤",
    "\u2028\u2029 separators",
    "é e\u0301", "/ slash \u007f delete", "x" * 65_536,
]


def test_bip340_vector_0():
    key = Key(bytes(31) + b"\x03")
    assert key.hex == "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"
    signature = key._private.sign_schnorr(bytes(32), bytes(32))
    assert signature.hex() == (
        "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215"
        "25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0")


def test_nip19_examples():
    key = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e"
    assert nip19.npub(key) == "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg"
    secret = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa"
    assert nip19.decode("nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5").hex() == secret
    with pytest.raises(ValueError):
        nip19.decode(nip19.npub(key)[:-1] + "h")


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_events_made_here_verify_there_and_the_other_way_round(content):
    tags = [["t", content[:100]], ["empty"], ["p", "ab" * 32, "", "x"]]
    ours = Key().sign(1, content, tags)
    assert nostr_sdk.Event.from_json(json.dumps(ours)).verify()
    theirs = nostr_sdk.EventBuilder(nostr_sdk.Kind(1), content).finalize(nostr_sdk.Keys.generate())
    assert is_valid(json.loads(theirs.as_json()))


def test_changed_events_do_not_verify():
    event = Key().sign(1, "true")
    assert is_valid(event)
    assert not is_valid({**event, "content": "false"})
    assert not is_valid({**event, "sig": Key().sign(1, "true")["sig"]})


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_our_projection_of_the_samples(path):
    expected = json.loads(path.read_text())
    expected.pop("updatedAt")
    report = json.loads(Path(str(path).replace(".projection", "")).read_text())
    assert project(report, dialect="buzz") == expected


def test_our_client_speaks_with_another_relay():
    """Against the relay inside nostr-sdk: AUTH, publishing, queries and live events."""
    key = Key()

    def converse(url: str):
        with Client(url, greeted=False) as reader, Client(url, greeted=False) as writer:
            note = key.sign(1, "too early")
            assert writer.publish(note).message.startswith("auth-required:")
            assert reader.refusal({"kinds": [1]}).startswith("auth-required:")
            assert reader.authenticate(key).accepted and writer.authenticate(key).accepted
            first = writer.accept(key.sign(1, "first"))
            assert reader.subscribe("live", {"kinds": [1]}) == [first]
            second = writer.accept(key.sign(1, "second"))
            assert reader.next_event("live") == second
            assert {event["id"] for event in writer.query({"authors": [key.hex]})} == {first["id"], second["id"]}
            reader.expect_silence("live")

    async def serve():
        mode = nostr_sdk.LocalRelayBuilderNip42Mode.BOTH
        nip42 = nostr_sdk.LocalRelayBuilderNip42(mode=mode)
        relay = nostr_sdk.LocalRelayBuilder().addr("127.0.0.1").port(free_port()).nip42(nip42).build()
        await relay.run()
        try:
            await asyncio.wait_for(asyncio.to_thread(converse, str(await relay.url())), 30)
        finally:
            relay.shutdown()

    asyncio.run(serve())
