"""/metrics in Prometheus' text format, read by Prometheus' own parser; and the answers of a relay that is well or not."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

import mesh
from http_client import post, request
from nostr_client import Key


def figures(relay) -> dict[tuple, float]:
    reply = request(relay, "GET", "/metrics")
    assert reply.status == 200 and reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {}
    for family in text_string_to_metric_families(reply.body.decode()):
        assert family.documentation and family.type != "unknown", family.name
        for sample in family.samples:
            name = (sample.name, *sorted(sample.labels.items()))
            assert name not in found, f"{name} is there twice"
            found[name] = sample.value
    return found


def total(found: dict, name: str, **labels) -> float:
    return sum(value for key, value in found.items() if key[0] == name and set(labels.items()) <= set(key[1:]))


def test_what_happened_is_counted(own_relay):
    before = figures(own_relay)
    (alice, client), (bob, _) = own_relay.connected_member(), own_relay.connected_member()
    client.subscribe("calls", mesh.calls_to(alice))
    client.accept(mesh.connect_request(alice, bob))
    client.publish(mesh.connect_request(alice, alice))
    client.accept(alice.sign(1, "x"))
    client.accept(mesh.status_report(alice, mesh.serving()))
    client.publish(alice.sign(mesh.STATUS, "x", [["d", "x"]]))
    assert post(own_relay, "/query", [{"kinds": [1]}], alice).status == 200
    own_relay.connect().authenticate(Key())
    post(own_relay, "/query", [], None)
    now = figures(own_relay)

    def rise(name, **labels):
        return total(now, name, **labels) - total(before, name, **labels)

    assert rise("ringdown_decisions_total", kind="24621", outcome="granted") == 1
    assert rise("ringdown_decisions_total", kind="24621", outcome="refused", code="request_to_self") == 1
    assert rise("ringdown_decisions_total", kind="9030", outcome="applied") == 2
    assert rise("ringdown_events_total", outcome="accepted", code="served") == 1
    assert rise("ringdown_events_total", outcome="accepted", code="recorded") == 1
    assert rise("ringdown_events_total", outcome="refused", code="relay_only_kind") == 1
    assert rise("ringdown_query_seconds_count") == 2
    assert rise("ringdown_log_appended_entries_total", **{"class": "decision"}) == 4
    assert rise("ringdown_log_appended_entries_total") == rise("ringdown_log_entries")
    assert rise("ringdown_log_appended_bytes_total", **{"class": "client_event"}) > 1_000
    assert rise("ringdown_dropped_total", reason="not_member") == 1
    assert rise("ringdown_dropped_total", reason="http_unauthorized") == 1
    assert rise("ringdown_http_requests_total", path="/query", status="401") == 1
    assert rise("ringdown_deliveries_total") >= 1
    assert rise("ringdown_commit_seconds_count") > 0
    assert now[("ringdown_ready",)] == 1
    assert now[("ringdown_subscriptions",)] == 1
    assert now[("ringdown_members",)] == 3
    assert now[("ringdown_sessions",)] == 3
    assert now[("ringdown_log_entries",)] > before[("ringdown_log_entries",)]
    assert 0 < now[("process_open_fds",)] < 1_000 and now[("ringdown_queue_depth",)] <= 1
    assert now[("ringdown_log_bytes",)] > 0 and now[("process_resident_memory_bytes",)] > 1e6


def test_histograms_are_sound(own_relay):
    """Buckets rise, the last one is the count, and what was observed lies where it should."""
    own_relay.member()
    found = figures(own_relay)
    for name in ("ringdown_commit_seconds", "ringdown_commit_batch_entries", "ringdown_query_seconds"):
        buckets = sorted((float(dict(key[1:])["le"]), value) for key, value in found.items() if key[0] == f"{name}_bucket")
        counts = [count for _, count in buckets]
        assert len(counts) > 5 and counts == sorted(counts) and buckets[-1][0] == float("inf")
        assert counts[-1] == found[(f"{name}_count",)]
    assert 0 < found[("ringdown_commit_seconds_sum",)] < 10


def test_labels_do_not_grow_with_what_strangers_ask_for(own_relay):
    def size():
        return len(figures(own_relay))

    request(own_relay, "GET", "/nowhere"), request(own_relay, "BREW", "/nowhere"), figures(own_relay)
    before = size()
    for number in range(50):
        request(own_relay, "GET", f"/nowhere-{number}?{number}")
        request(own_relay, "BREW", f'/"{number}')
    assert size() == before


def test_gauges_fall_again(own_relay):
    _, client = own_relay.connected_member()
    client.subscribe("a", {"kinds": [1]})
    assert figures(own_relay)[("ringdown_subscriptions",)] == 1
    client.send("CLOSE", "a")
    client.query({"kinds": [1]})
    assert figures(own_relay)[("ringdown_subscriptions",)] == 0


@pytest.mark.parametrize("setting, plain, forwarded", [("local", 200, 403), ("all", 200, 200), ("off", 404, 404)])
def test_who_may_read(make_relay, setting, plain, forwarded):
    relay = make_relay("--set", f"metrics={setting}", "--set", "trusted_proxies=127.0.0.1", owner=Key()).start()
    assert request(relay, "GET", "/metrics").status == plain
    assert request(relay, "GET", "/metrics", headers={"X-Forwarded-For": "198.51.100.7"}).status == forwarded
