"""nostr-sdk, the Rust client that many applications use, as a member: it sends first, reads `auth-required:`,
authenticates and sends again by itself."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta

import nostr_sdk
from nostr_sdk import EventBuilder, Filter, Keys, Kind, RelayUrl, ReqTarget, Tag

import mesh
from nostr_client import Key, is_valid
from projection import project

WAIT_SECONDS = 10


class Member:
    """One client with its key and the events that its subscriptions bring."""

    def __init__(self, keys: Keys, client: nostr_sdk.Client):
        self.keys = keys
        self.client = client
        self.key = Key(bytes.fromhex(keys.secret_key().to_hex()))

    async def send(self, event: nostr_sdk.Event) -> nostr_sdk.SendEventOutput:
        return await self.client.send_event(event, ok_timeout=timedelta(seconds=WAIT_SECONDS))

    async def publish(self, kind: int, content: str, *tags: list[str]) -> dict:
        builder = EventBuilder(Kind(kind), content).tags([Tag.parse(tag) for tag in tags])
        event = builder.finalize(self.keys)
        output = await self.send(event)
        assert output.success and not output.failed, output
        return json.loads(event.as_json())

    async def fetch(self, filters: dict) -> list[dict]:
        target = ReqTarget.auto([Filter.from_json(json.dumps(filters))])
        events = await self.client.fetch_events(target, timeout=timedelta(seconds=WAIT_SECONDS))
        return [json.loads(event.as_json()) for event in events]

    async def listen(self, name: str, filters: dict):
        """Subscribes and waits for EOSE."""
        self.stream = self.client.notifications()
        target = ReqTarget.auto([Filter.from_json(json.dumps(filters))])
        output = await self.client.subscribe(target, id=name)
        assert output.success and not output.failed, output
        await self._next(lambda message: message[:2] == ["EOSE", name])

    async def next_event(self, name: str) -> dict:
        return (await self._next(lambda message: message[:2] == ["EVENT", name]))[2]

    async def _next(self, fits) -> list:
        deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
        while True:
            task = asyncio.ensure_future(self.stream.next())
            left = deadline - asyncio.get_running_loop().time()
            done, _ = await asyncio.wait({task}, timeout=max(0, left))
            if not done:
                # A call into the library cannot be cancelled; shutting down ends it.
                await self.client.shutdown()
                await task
                raise AssertionError(f"nothing came for {self.key}")
            notification = task.result()
            assert notification is not None and not notification.is_shutdown()
            if notification.is_message():
                message = json.loads(notification.message.as_json())
                if fits(message):
                    return message


@asynccontextmanager
async def member_of(url: str, keys: Keys | None = None, database: nostr_sdk.NostrDatabase | None = None):
    keys = keys or Keys.generate()
    builder = nostr_sdk.ClientBuilder().authenticator(nostr_sdk.SignerAuthenticator(keys))
    if database:
        builder = builder.database(database)
    client = builder.build()
    try:
        await client.add_relay(RelayUrl.parse(url))
        output = await client.try_connect(timedelta(seconds=WAIT_SECONDS))
        assert output.success and not output.failed, output
        yield Member(keys, client)
    finally:
        await client.shutdown()


def converse(conversation):
    """Runs a conversation to its end within a bounded time."""
    async def main():
        nostr_sdk.uniffi_set_event_loop(asyncio.get_running_loop())
        await conversation()

    asyncio.run(main())


def new_member(relay) -> Keys:
    keys = Keys.generate()
    relay.add(Key(bytes.fromhex(keys.secret_key().to_hex())))
    return keys


def test_publish_and_query(relay):
    keys = new_member(relay)

    async def conversation():
        async with member_of(relay.url, keys) as member:
            # The first thing it sends is an event; the relay has not heard of its key yet.
            event = await member.publish(1, "hello 🦤\n\u2028", ["t", "greeting"])
            assert is_valid(event)
            assert await member.fetch({"authors": [member.key.hex]}) == [event]
            assert await member.fetch({"#t": ["greeting"], "authors": [member.key.hex]}) == [event]
            assert relay.connect(relay.member()).query({"ids": [event["id"]]}) == [event]

    converse(conversation)


def test_query_first(relay):
    keys = new_member(relay)
    key, client = relay.connected_member()
    event = client.accept(key.sign(1, "was here before"))

    async def conversation():
        async with member_of(relay.url, keys) as member:
            assert await member.fetch({"ids": [event["id"]]}) == [event]

    converse(conversation)


def test_live_events(relay):
    keys = new_member(relay)
    key, client = relay.connected_member()

    async def conversation():
        async with member_of(relay.url, keys) as member:
            await member.listen("live", {"authors": [key.hex], "limit": 0})
            event = await asyncio.to_thread(client.accept, key.sign(1, "now"))
            assert await member.next_event("live") == event

    converse(conversation)


def test_two_of_them_pair(relay):
    requester_keys, target_keys = new_member(relay), new_member(relay)
    status = mesh.serving("Qwen3-8B", token="where-the-target-is")

    async def conversation():
        async with member_of(relay.url, requester_keys) as requester, member_of(relay.url, target_keys) as target:
            await target.publish(mesh.STATUS_REPORT, json.dumps(status))
            await requester.listen("calls", mesh.calls_to(requester.key))
            await target.listen("calls", mesh.calls_to(target.key))

            notes = await requester.fetch(mesh.DISCOVERY)
            [note] = [note for note in notes if ["d", f"sprout-relay-mesh:{target.key.hex}"] in note["tags"]]
            [offer] = json.loads(note["content"])["serveTargets"]
            assert offer == project(status)["serveTargets"][0]

            content = mesh.request_content(peer_endpoint_addr=offer["endpointAddr"])
            await requester.publish(mesh.CONNECT_REQUEST, json.dumps(content), ["p", target.key.hex])
            calls = [await member.next_event("calls") for member in (requester, target)]
            assert all(is_valid(call) and call["pubkey"] == note["pubkey"] for call in calls)
            first, second = (json.loads(call["content"]) for call in calls)
            assert first["attempt_id"] == second["attempt_id"] == content["attempt_id"]
            assert first["peer_endpoint_addr"] == "where-the-target-is"
            assert second["peer_endpoint_addr"] == content["self_endpoint_addr"]

    converse(conversation)


def test_a_stranger_is_told_and_does_not_try_for_ever(relay):
    async def conversation():
        async with member_of(relay.url) as stranger:
            output = await stranger.send(EventBuilder(Kind(1), "let me in").finalize(stranger.keys))
            assert not output.success
            [reason] = output.failed.values()
            assert reason
            try:
                assert await stranger.fetch({"kinds": [1]}) == []
            except nostr_sdk.NostrSdkError:
                pass  # The library may report the refusal or an empty answer.

    converse(conversation)


def test_a_refusal_is_reported(relay):
    keys = new_member(relay)

    async def conversation():
        async with member_of(relay.url, keys) as member:
            tags = [Tag.parse(["p", Keys.generate().public_key().to_hex()])]
            content = json.dumps(mesh.request_content())
            output = await member.send(EventBuilder(Kind(mesh.CONNECT_REQUEST), content).tags(tags).finalize(keys))
            assert list(output.failed.values()) == ["restricted: target is not a relay member"]

    converse(conversation)
