"""What those can do who prove no key: messages that cost the relay something."""

from nostr_client import Key

from ..peer import Peer, message
from ..target import Target, attack, flood, one_address, strangers


def bad(event: dict) -> dict:
    """Right in everything but the signature, which is where checking is dear."""
    return {**event, "sig": event["sig"][:-2] + ("00" if event["sig"][-2:] != "00" else "01")}


@attack("AUTH events whose signature is bad, from many addresses", "too_many_faults", "auth_invalid",
        control={"maximum_faults": 1_000_000, "maximum_stranger_bytes": 1 << 30, "stranger_share": 100})
def auth_flood(target: Target, seconds: float):
    flood(target, seconds, strangers(), 32, lambda peer: message("AUTH", bad(peer.auth(Key()))) * 30)


@attack("AUTH events of keys that are no members, with good signatures", "too_many_faults", "not_member")
def auth_of_strangers(target: Target, seconds: float):
    flood(target, seconds, strangers(), 16, lambda peer: b"".join(message("AUTH", peer.auth(Key())) for _ in range(30)))


@attack("events before AUTH", "not_authenticated")
def events_before_auth(target: Target, seconds: float):
    chunk = message("EVENT", bad(Key().sign(1, "x" * 200))) * 50
    flood(target, seconds, strangers(), 16, lambda _: chunk)


@attack("REQ, COUNT and NEG-OPEN before AUTH", "not_authenticated")
def questions_before_auth(target: Target, seconds: float):
    chunk = (message("REQ", "x", {"kinds": [1]}) + message("COUNT", "y", {}) + message("NEG-OPEN", "z", {}, "61")) * 50
    flood(target, seconds, strangers(), 16, lambda _: chunk)


@attack("requests to join with invite codes that are guessed", "invite_invalid")
def join_flood(target: Target, seconds: float):
    def guesses(_: Peer) -> bytes:
        return b"".join(message("EVENT", Key().sign(28_934, "", [["-"], ["claim", f"{number:032x}"]])) for number in range(20))
    flood(target, seconds, strangers(), 8, guesses)


@attack("AUTH events with bad signatures on connections that come anew, all of one address", "connection_rate",
        "too_many_faults")
def auth_churn(target: Target, seconds: float):
    flood(target, seconds, one_address(), 8, lambda peer: message("AUTH", bad(peer.auth(Key()))) * 30)
