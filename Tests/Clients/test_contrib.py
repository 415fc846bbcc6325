"""The examples in contrib/ are what they say."""

import shutil
import subprocess
import time

import pytest

import mesh
from http_client import authorization, post, request
from nostr_client import Key
from relay_process import REPOSITORY, free_port, listens, run

CONTRIB = REPOSITORY / "contrib"


def test_the_settings_file_lists_every_setting_with_its_default():
    text = (CONTRIB / "ringdown.toml").read_text()
    assert text.split("\n\n", 1)[1] == run("ringdown-relay", "config", "--toml").stdout
    assert run("ringdown-relay", "config", "--config", CONTRIB / "ringdown.toml").returncode == 0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_unit_is_one(tmp_path):
    unit = tmp_path / "ringdown-relay.service"
    text = (CONTRIB / "ringdown-relay.service").read_text()
    unit.write_text(text.replace("/usr/local/bin/ringdown-relay", "/bin/true"))
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60)
    assert "ringdown-relay.service:" not in result.stderr, result.stderr


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_nginx_in_front(make_relay, tmp_path):
    relay = make_relay(
        "--url", "wss://relay.example.com", "--set", "trusted_proxies=127.0.0.1", owner=Key()).start()
    port = free_port()
    text = (CONTRIB / "nginx.conf").read_text()
    secure = text[text.rindex("server {"):]
    for old, new in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"), ("listen [::]:443 ssl;", ""), ("ssl_", "# ssl_"),
    ):
        secure = secure.replace(old, new)
    server = text[text.index("map "):text.index("server {\n    listen 80")].replace("7447", str(relay.port)) + secure
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"pid {tmp_path}/pid; error_log stderr; daemon off; worker_processes 1; events {{}} http {{ access_log off;"
        + "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        + server + "}")
    nginx = subprocess.Popen(["nginx", "-c", config, "-p", tmp_path], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 10
        while not listens(port):
            assert nginx.poll() is None and time.monotonic() < deadline, nginx.stderr.read()
            time.sleep(0.05)
        (alice, _), (bob, _) = relay.connected_member(), relay.connected_member()
        behind, relay.port = relay.port, port
        name = "wss://relay.example.com"
        client = relay.connect()
        assert client.authenticate(alice, relay=name).accepted
        other = relay.connect()
        assert other.authenticate(bob, relay=name).accepted
        other.subscribe("calls", mesh.calls_to(bob))
        client.accept(mesh.connect_request(alice, bob))
        assert other.next_event("calls")["kind"] == mesh.CALL_ME_NOW
        event = authorization(alice, "https://relay.example.com/query", body=b"[]")
        assert post(relay, "/query", [], None, event, Host="relay.example.com").status == 200
        assert request(relay, "GET", "/metrics").status == 404
        assert request(relay, "GET", "/info").json["name"] == "Ringdown"
        relay.port = behind
        assert request(relay, "GET", "/metrics").status == 200
    finally:
        nginx.terminate()
        nginx.wait(10)
