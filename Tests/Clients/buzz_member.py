"""Two members that are buzzkit clients, on one relay: run by test_buzz.py with a Python that buzzkit works on (3.12).

Reads one JSON object from standard input (the relay's address, secrets, events to send, the filters of mesh clients), does
what a Buzz client does, and prints one JSON object with what came of it.
"""

import asyncio
import json
import sys

from buzzkit import BuzzClient

WAIT_SECONDS = 10


async def first(events, wanted: int = 1) -> list[dict]:
    found = []
    async for event in events:
        found.append(event)
        if len(found) == wanted:
            return found
    return found


async def act(plan: dict) -> dict:
    result = {}
    alice = BuzzClient(plan["url"], plan["alice"])
    bob = BuzzClient(plan["url"], plan["bob"])
    stranger = BuzzClient(plan["url"], plan["stranger"])
    # HTTP needs no connection.
    result["posted"] = await alice.send_message("11111111-2222-3333-4444-555555555555", "hello from Buzz")
    result["profile"] = await alice.set_profile("Alice", about="serves models")
    result["queried"] = await bob.query([{"kinds": [9], "authors": [alice.pubkey_hex]}])
    try:
        await stranger.query([{"kinds": [9]}])
    except RuntimeError as error:
        result["stranger_http"] = str(error)
    try:
        await stranger.connect()
    except RuntimeError as error:
        result["stranger_ws"] = str(error)
    async with alice, bob:
        result["presence"] = await alice.publish_presence()
        result["stored"] = await first(bob.subscribe([{"kinds": [9]}], sub_id="messages"))
        # The mesh: reports over HTTP as the desktop's coordinator does, calls over WebSocket.
        result["report"] = await alice.post_event(json.dumps(plan["report"]))
        result["note"] = await first(bob.subscribe([plan["discovery"]], sub_id="discovery"))
        calls = [
            asyncio.ensure_future(first(member.subscribe([plan["calls"][name]], sub_id="calls")))
            for name, member in (("alice", alice), ("bob", bob))]
        await asyncio.sleep(0.5)
        result["request"] = await bob.post_event(json.dumps(plan["request"]))
        result["rung"] = [(await call)[0] for call in calls]
    return result


plan = json.load(sys.stdin)
print(json.dumps(asyncio.run(asyncio.wait_for(act(plan), WAIT_SECONDS * 3))))
