"""The tests see the relay from outside: release binaries, real sockets, clients that share no code with it."""

import os

import pytest

import auditor
from nostr_client import Key
from outside import Judges
from relay_process import Relay, binary


@pytest.fixture(scope="session", autouse=True)
def binaries(request):
    """Without the binaries nothing here can be told; that is a failure, not a reason to skip."""
    needs_binaries = any(item.path.name != "test_client.py" for item in request.session.items)
    if needs_binaries:
        try:
            binary("ringdown-relay")
            binary("ringdown-replay")
        except FileNotFoundError as error:
            pytest.exit(str(error), returncode=1)


@pytest.fixture
def make_relay(tmp_path):
    """Makes relays that end with the test. They are not started yet."""
    relays = []

    def make(*flags: str, name: str = "data", owner: Key | None = None, environ: dict | None = None) -> Relay:
        relays.append(Relay(tmp_path / name, *flags, owner=owner, environ=environ))
        return relays[-1]

    yield make
    for relay in relays:
        relay.__exit__()
        if os.environ.get("RINGDOWN_AUDIT_LOGS"):
            auditor.check(relay.data, tmp_path)


@pytest.fixture
def own_relay(make_relay) -> Relay:
    """A running relay with an owner, for this test alone."""
    return make_relay(owner=Key()).start()


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    """A running relay with an owner, shared by the tests of a file: each brings keys of its own."""
    with Relay(tmp_path_factory.mktemp("relay") / "data", owner=Key()) as relay:
        yield relay
        assert relay.process.poll() is None, f"the relay ended during the tests: {relay.said()}"
    auditor.check(relay.data, relay.data.parent)


@pytest.fixture(scope="session")
def judges(tmp_path_factory):
    """Verifiers of proofs that other people wrote. Where none can be had their tests are skipped, but not in CI."""
    judges = Judges(tmp_path_factory.mktemp("judges"))
    if judges.missing and not os.environ.get("CI"):
        judges.close()
        pytest.skip(f"a verifier is not installed (scripts/setup.sh clients): {'; '.join(judges.missing)}")
    yield judges
    judges.close()
