"""wss:// without a proxy, in a build with the package trait TLS; and what a build without it says."""

import http.client
import shutil
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from http_client import authorization, header
from nostr_client import Client, Key
from relay_process import free_port, run
from wire import Ended, Wire

RELOAD_SECONDS = 15


def is_built_with_tls() -> bool:
    result = run("ringdown-relay", "run", "--data", "/nonexistent/data", "--set", "tls_certificate=/nonexistent/certificate",
                 "--set", "tls_key=/nonexistent/key")
    assert result.returncode != 0
    return "--traits TLS" not in result.stderr


needs_tls = pytest.mark.skipif(
    not is_built_with_tls(), reason="this build cannot encrypt: `swift build -c release --traits TLS` makes one that can")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is needed to make certificates")


def make_certificate(directory: Path, name: str = "one") -> tuple[Path, Path]:
    """A self-signed certificate for this machine, and its key."""
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return certificate, key


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def settings(certificate: Path, key: Path) -> list[str]:
    return ["--set", f"tls_certificate={certificate}", "--set", f"tls_key={key}"]


@pytest.fixture
def secured(make_relay, tmp_path):
    """An open relay that speaks wss://, and a certificate that its clients trust."""
    certificate, key = make_certificate(tmp_path)
    return make_relay("--open", *settings(certificate, key), owner=Key()).start(), certificate, key


def connect(relay, certificate: Path, *keys: Key, **options) -> Client:
    client = Client(f"wss://127.0.0.1:{relay.port}", ssl=trusting(certificate), **options)
    for key in keys:
        assert client.authenticate(key).accepted
    return client


def peer_certificate(relay) -> bytes:
    """What the relay shows to who connects now."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", relay.port), 5) as raw, context.wrap_socket(raw) as secure:
        return secure.getpeercert(binary_form=True)


def der(certificate: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.read_text())


def wait_for_certificate(relay, certificate: Path):
    deadline = time.monotonic() + RELOAD_SECONDS
    while peer_certificate(relay) != der(certificate):
        assert time.monotonic() < deadline, f"the new certificate is not used: {relay.said()}"
        time.sleep(0.2)


# Speaking


@needs_tls
@needs_openssl
def test_clients_speak_over_wss(secured):
    relay, certificate, _ = secured
    alice, bob = Key(), Key()
    with connect(relay, certificate, alice) as sender, connect(relay, certificate, bob) as reader:
        reader.subscribe("live", {"authors": [alice.hex]})
        # Larger than a TLS record, both ways.
        events = [sender.accept(alice.sign(1, f"{number} " + "x" * 200_000)) for number in range(5)]
        assert [reader.next_event("live") for _ in events] == events
        assert {event["id"] for event in reader.query({"authors": [alice.hex]})} == {event["id"] for event in events}


@needs_tls
@needs_openssl
def test_https_has_the_same_doors(secured):
    relay, certificate, _ = secured
    key = Key()
    connection = http.client.HTTPSConnection("127.0.0.1", relay.port, timeout=5, context=trusting(certificate))
    connection.request("GET", "/health")
    assert connection.getresponse().read() == b"ok\n"
    url = f"https://127.0.0.1:{relay.port}/query"
    connection.request("POST", "/query", b"[]", {"Authorization": header(authorization(key, url, body=b"[]"))})
    assert connection.getresponse().read() == b"[]"
    connection.request("GET", "/", headers={"Host": "relay.example.com"})
    assert b"wss://relay.example.com" in connection.getresponse().read()
    # A refused body is answered over TLS, too, and the answer arrives.
    connection.request("POST", "/query", b" " * 1_000_000)
    assert connection.getresponse().status == 413


@needs_tls
@needs_openssl
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_versions_of_tls_are_refused(secured):
    relay, certificate, _ = secured
    for version, works in ((ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_1, False)):
        context = trusting(certificate)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, version
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", relay.port), 5) as raw:
            try:
                with context.wrap_socket(raw, server_hostname="localhost") as secure:
                    assert works and secure.selected_alpn_protocol() == "http/1.1"
            except ssl.SSLError:
                assert not works


@needs_tls
@needs_openssl
def test_a_certificate_that_is_not_trusted_is_not_accepted_by_clients(secured, tmp_path):
    relay, _, _ = secured
    other, _ = make_certificate(tmp_path, "other")
    with pytest.raises(ssl.SSLError):
        connect(relay, other)


@needs_tls
@needs_openssl
@pytest.mark.parametrize("beginning", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\0" * 100, b""])
def test_who_does_not_speak_tls_is_closed(make_relay, tmp_path, beginning):
    certificate, key = make_certificate(tmp_path)
    relay = make_relay("--open", "--set", "http_seconds=1", *settings(certificate, key), owner=Key()).start()
    with Wire(relay.port) as wire:
        try:
            wire.send(beginning)
        except Ended:
            pass
        assert wire.seconds_until_end() < 5
        assert b"HTTP/1.1 200" not in wire.buffer
    with connect(relay, certificate, Key()):
        pass


@needs_tls
@needs_openssl
def test_a_shutdown_closes_with_1012(secured):
    relay, certificate, _ = secured
    with connect(relay, certificate, Key()) as client:
        relay.process.terminate()
        assert client.wait_for_close().code == 1012
    assert relay.process.wait(15) == 0


# Renewing


@needs_tls
@needs_openssl
def test_a_renewed_certificate_is_taken_up(secured, tmp_path):
    relay, certificate, key = secured
    author = Key()
    with connect(relay, certificate, author) as before:
        assert peer_certificate(relay) == der(certificate)
        fresh, fresh_key = make_certificate(tmp_path, "two")
        # One after the other, as renewing tools do it: between the two they do not belong together.
        shutil.copy(fresh, certificate)
        time.sleep(0.3)
        shutil.copy(fresh_key, key)
        wait_for_certificate(relay, fresh)
        before.accept(author.sign(1, "connections go on"))
    with connect(relay, fresh, author) as after:
        after.accept(author.sign(1, "and new ones begin"))


@needs_tls
@needs_openssl
def test_sighup_takes_a_renewed_certificate_up_at_once(secured, tmp_path):
    relay, certificate, key = secured
    fresh, fresh_key = make_certificate(tmp_path, "two")
    shutil.copy(fresh, certificate)
    shutil.copy(fresh_key, key)
    relay.process.send_signal(signal.SIGHUP)
    # Sooner than the relay looks by itself.
    time.sleep(0.7)
    assert peer_certificate(relay) == der(fresh), relay.said()


@needs_tls
@needs_openssl
def test_files_that_are_not_good_change_nothing(secured, tmp_path):
    relay, certificate, key = secured
    original = tmp_path / "original.pem"
    shutil.copy(certificate, original)
    certificate.write_text("no certificate")
    deadline = time.monotonic() + RELOAD_SECONDS
    while "the certificate stays as it was" not in relay.said():
        assert time.monotonic() < deadline, relay.said()
        time.sleep(0.2)
    assert peer_certificate(relay) == der(original)
    certificate.unlink()
    fresh, fresh_key = make_certificate(tmp_path, "three")
    time.sleep(3)
    assert peer_certificate(relay) == der(original)
    # Renamed into place.
    fresh_key.rename(key)
    shutil.copy(fresh, tmp_path / "temporary")
    (tmp_path / "temporary").rename(certificate)
    wait_for_certificate(relay, fresh)
    assert relay.said().count("the certificate stays as it was") <= 2


# Settings


def refusal(data: Path, *flags: str) -> str:
    result = run("ringdown-relay", "run", "--data", data, "--listen", f"127.0.0.1:{free_port()}", *flags)
    assert result.returncode != 0
    assert not data.exists(), "nothing is made when the settings are wrong"
    return result.stderr


@pytest.mark.parametrize("given, missing", [("tls_certificate", "tls_key"), ("tls_key", "tls_certificate")])
def test_one_without_the_other(tmp_path, given, missing):
    said = refusal(tmp_path / "data", "--set", f"{given}={tmp_path}/x")
    assert f"{given} is set without {missing}" in said


@needs_tls
@needs_openssl
def test_files_that_cannot_be_used(tmp_path):
    certificate, key = make_certificate(tmp_path)
    _, other_key = make_certificate(tmp_path, "two")
    empty = tmp_path / "empty"
    empty.write_text("")
    for files, name in (
        ((tmp_path / "missing", key), "tls_certificate"), ((certificate, tmp_path / "missing"), "tls_key"),
        ((empty, key), "tls_certificate"), ((certificate, empty), "tls_key"), ((key, key), "tls_certificate"),
        ((certificate, other_key), "tls_key"),
    ):
        said = refusal(tmp_path / "data", *settings(*files))
        assert name in said and str(files[0 if name == "tls_certificate" else 1]) in said
        assert "PRIVATE KEY" not in said


@pytest.mark.skipif(is_built_with_tls(), reason="this build can encrypt")
def test_a_build_that_cannot_encrypt_says_how_to_make_one_that_can(tmp_path):
    said = refusal(tmp_path / "data", "--set", f"tls_certificate={tmp_path}/x", "--set", f"tls_key={tmp_path}/y")
    assert "swift build -c release --traits TLS" in said
