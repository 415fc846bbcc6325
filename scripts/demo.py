"""A story in one screen: a call that is granted, three that are refused, a crash, and what the log says afterwards."""

import argparse
import json
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests" / "Clients"))

import mesh
import nip19
from nostr_client import Client, Key
from relay_process import Relay, succeed

WIDTH = 100
PEOPLE = {"Owner": Key(), "Anna": Key(), "Ben": Key(), "Zoe": Key()}


def say(text: str = ""):
    print(text, flush=True)


def short(key: Key) -> str:
    """A key as our tools print it."""
    npub = nip19.npub(key.hex)
    return f"{npub[:12]}…{npub[-4:]}"


def join(relay: Relay, key: Key) -> Client:
    """Connects and waits for calls, as a machine of the mesh does."""
    client = relay.connect(key)
    client.subscribe("calls", mesh.calls_to(key))
    return client


def ask(client: Client, caller: str, target: str, whom: str, granted: bool = False) -> dict:
    """A machine asks the relay to be connected with another one."""
    content = mesh.request_content(
        self_endpoint_addr=f"{caller.lower()}:4001", peer_endpoint_addr=f"{target.lower()}:4001",
        self_endpoint_id=None, peer_endpoint_id=None)
    request = mesh.connect_request(PEOPLE[caller], PEOPLE[target], content)
    answer = client.publish(request)
    assert answer.accepted == granted, f"{caller} calls {whom}: {answer}"
    say(f"  {caller} calls {whom:<28}" + ("granted" if answer.accepted else f'refused: "{answer.message}"'))
    return request


def live(relay: Relay) -> dict:
    """What happens while the relay runs. Returns the call that the log is asked about."""
    say("A relay introduces the machines of its members to each other. Anna and Ben are members, Zoe is not.")
    for name in ("Anna", "Ben"):
        succeed("ringdown-relay", "member", "add", "--data", relay.data, "--pubkey", PEOPLE[name].hex)
    anna, ben = join(relay, PEOPLE["Anna"]), join(relay, PEOPLE["Ben"])

    ben.accept(mesh.status_report(PEOPLE["Ben"], mesh.serving("Qwen3-8B", token="ben:4001")))
    [note] = anna.query(mesh.DISCOVERY)
    [offer] = json.loads(note["content"])["serveTargets"]
    say(f"  Ben's machine reports what it serves; Anna looks around and finds {offer['modelId']} there.")

    ask(anna, "Anna", "Ben", "Ben", granted=True)
    dial = {name: json.loads(client.next_event("calls")["content"])["peer_endpoint_addr"]
            for name, client in (("Anna", anna), ("Ben", ben))}
    say(f"    both are rung at once: Anna is told to dial {dial['Anna']}, Ben to dial {dial['Ben']}")
    ask(anna, "Anna", "Zoe", "Zoe, who is no member")
    ask(anna, "Anna", "Anna", "herself")
    succeed("ringdown-relay", "member", "remove", "--data", relay.data, "--pubkey", PEOPLE["Ben"].hex)
    ben.wait_for_close()
    return ask(anna, "Anna", "Ben", "Ben, removed a moment ago")


def with_names(text: str) -> str:
    for name, key in PEOPLE.items():
        text = text.replace(short(key), name)
    return text


def tell(directory: Path, *arguments: str, shows=lambda line: True, left_out: str = ""):
    """Runs the replay tool and shows the command with what it says, fitted to the screen."""
    say(f"$ ringdown-replay {' '.join(arguments)}{left_out and f'   ({left_out})'}")
    output = succeed("ringdown-replay", *(str(directory) if argument == directory.name else argument
                                          for argument in arguments))
    for line in with_names(output).splitlines():
        if line.strip() and shows(line):
            indent = " " * (len(line) - len(line.lstrip()))
            say(textwrap.fill(line.strip(), WIDTH, initial_indent=indent, subsequent_indent=indent))


class FailedChecks:
    """Of what `why` prints, the checks that failed, with what it says below them, the decision and the advice."""

    LEFT_OUT = ("both ends", "the same outside")

    def __init__(self):
        self.hides = False

    def __call__(self, line: str) -> bool:
        if not line.startswith(" "):
            self.hides = line.startswith(self.LEFT_OUT)
        elif not line.startswith(" " * 4) and line.lstrip()[:1] in "✓✗":
            self.hides = line.startswith("  ✓")
        return not self.hides


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", metavar="DIR", type=Path, help="an empty directory for the log, to look around later")
    with tempfile.TemporaryDirectory(prefix="ringdown-demo-") as temporary:
        home = parser.parse_args().keep or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        with Relay(home / "mesh", owner=PEOPLE["Owner"]) as relay:
            last = live(relay)
            relay.kill()
        log = ("--data", relay.data.name)
        say("\nThe relay is killed. What is left is its log. Whoever holds it can ask (names stand for keys here):\n")
        tell(relay.data, "pairs", *log)
        tell(relay.data, "why", *log, last["id"][:12], shows=FailedChecks(), left_out="the checks that failed")
        tell(relay.data, "verify", *log)


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, FileNotFoundError, subprocess.SubprocessError) as error:
        sys.exit(f"demo: {error}")
