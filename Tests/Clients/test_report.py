"""`ringdown-replay report`: one page about a real relay's log, opened in a real browser."""

import json
import re
import time
from pathlib import Path

import pytest

import browser
import mesh
from nostr_client import Key
from relay_process import Relay, json_lines, run, succeed

pytestmark = pytest.mark.skipif(
    browser.PROGRAM is None, reason="no Chromium here: `apt-get install chromium` lets the report be looked at")

EVIL = "<script>document.title='evil'</script><img src=x onerror=document.title='evil'>"
NAMES = ["Ada", "Grace", "Linus", "Margaret", "Dennis", "Barbara", "Edsger", EVIL]


class Village:
    """A relay where eight members call each other for a while, one is removed, and strangers are asked for."""

    def __init__(self, relay: Relay):
        self.members = []
        for name in NAMES:
            key, client = relay.connected_member()
            client.accept(key.sign(0, json.dumps({"name": name})))
            client.accept(mesh.status_report(key, mesh.serving(model=f"Qwen3-8B {EVIL}")))
            client.subscribe("calls", mesh.calls_to(key))
            self.members.append((key, client))
        self.stranger = Key()
        calls = [(0, 1), (1, 0), (0, 2), (3, 4), (0, 1), (5, 6), (6, 0), (2, 3), (0, 1), (7, 0), (4, 7)]
        for requester, target in calls:
            self.ask(requester, self.members[target][0])
            time.sleep(0.12)
        self.ask(1, self.stranger)
        self.ask(2, self.members[2][0])
        relay.command(mesh.CHANGE_ROLE, self.members[3][0], "admin")
        time.sleep(0.4)
        relay.remove(self.members[1][0])
        time.sleep(0.3)
        self.ask(0, self.members[1][0])
        self.ask(5, self.members[1][0])
        time.sleep(0.3)

    def ask(self, requester: int, target: Key):
        key, client = self.members[requester]
        client.publish(mesh.connect_request(key, target))


@pytest.fixture(scope="module")
def village(relay) -> Village:
    return Village(relay)


@pytest.fixture(scope="module")
def page(relay, village, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    said = succeed("ringdown-replay", "report", "--data", relay.data, "--out", path)
    assert "15 attempts; the log was checked and is right" in said
    return path


@pytest.fixture(scope="module")
def chromium():
    with browser.Browser() as chromium:
        yield chromium


@pytest.fixture
def shown(chromium, page):
    chromium.problems.clear(), chromium.requests.clear()
    chromium.open(page)
    yield chromium
    assert chromium.problems == []
    assert all(url == page.resolve().as_uri() for url in chromium.requests), "it asked the network for something"


def test_it_says_first_that_the_log_was_checked(shown):
    assert shown.run("document.querySelector('main h2').textContent") == (
        "This log was checked: every decision followed the rules.")
    assert re.fullmatch("[0-9a-f]{64}", shown.run("document.querySelector('.root').textContent"))


def test_everything_that_happened_is_on_the_page(shown, relay):
    attempts = json_lines(succeed("ringdown-replay", "pairs", "--data", relay.data, "--json"))
    granted = sum(attempt["outcome"] == "granted" for attempt in attempts)
    assert (granted, len(attempts)) == (11, 15)
    totals = shown.run("[...document.querySelectorAll('.totals strong')].map(e => e.textContent)")
    assert totals[:4] == ["15", "11", "11", "4"]
    assert shown.run("document.querySelectorAll('#stories > .story').length") == 15
    assert shown.run("document.querySelectorAll('#timeline .attempt').length") == 15
    # Ada asked for Grace three times: one line, and another for the refusal.
    assert shown.run("document.querySelectorAll('#graph path.granted').length") == 9
    reasons = shown.run("document.querySelector('#refusals').textContent")
    assert "The other end was not a member of this community at that moment." in reasons
    assert "restricted: target is not a relay member" in reasons and "invalid: cannot mesh-connect to self" in reasons
    # Everybody but the one who was removed, and the owner.
    assert shown.run("document.querySelectorAll('.lane:not(.away)').length") == 8


def test_a_name_with_a_script_in_it_is_a_name(shown, page):
    assert shown.run("document.title").startswith("127.0.0.1") or "evil" not in shown.run("document.title")
    assert shown.run("document.querySelectorAll('script').length") == 1
    assert shown.run("document.querySelectorAll('img').length") == 0
    assert "<script>document" in shown.run("document.querySelector('#graph').textContent")
    assert EVIL not in page.read_text()


def test_scrubbing_changes_what_is_shown(shown):
    def state():
        return shown.run("""({later: document.querySelectorAll('.attempt.later').length,
            clock: document.querySelector('#clock').textContent, told: document.querySelector('#told').textContent,
            away: document.querySelectorAll('.lane.away').length})""")

    def scrub(value):
        shown.run(f"""(() => {{ const moment = document.querySelector('#moment'); moment.value = '{value}';
            moment.dispatchEvent(new Event('input')); }})()""")
        return state()

    end = state()
    assert end["later"] == 0 and "11 connected and 4 refused so far" in end["clock"]
    begin = scrub(0)
    assert begin["later"] == 15 and "0 connected and 0 refused so far" in begin["clock"] and begin["told"] == ""
    middle = scrub(600)
    assert 0 < middle["later"] < 15 and "asked to be connected with" in middle["told"]
    assert end["away"] != begin["away"]


def test_an_attempt_tells_its_story(shown):
    shown.run("document.querySelector('#timeline .attempt.refused').dispatchEvent(new MouseEvent('click'))")
    told = shown.run("document.querySelector('#told').textContent")
    assert "It was refused." in told and "target is a direct member: " in told
    assert "refused, the same" in told and "today’s rules are those of that day" in told
    shown.run("document.querySelector('#next').click()")
    assert shown.run("document.querySelector('#told').textContent") != told


def test_the_keyboard_is_enough(shown):
    for _ in range(40):
        shown.press("Tab")
        if shown.run("document.activeElement.classList.contains('node')"):
            break
    shown.press("Enter")
    assert shown.run("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert shown.run("document.querySelectorAll('#graph .edges > .dim').length") > 0
    shown.run("document.querySelector('#moment').focus()")
    shown.press("ArrowLeft")
    assert shown.run("document.querySelector('#moment').value") == "999"


def test_zooming_spreads_what_stood_close(shown):
    places = "[...document.querySelectorAll('#timeline .attempt')].map(e => parseFloat(e.getAttribute('x')))"
    before = shown.run(places)
    shown.run("""(() => { const zoom = document.querySelector('#zoom'); zoom.value = '40';
        zoom.dispatchEvent(new Event('input')); })()""")
    after = shown.run(places)
    assert after[-1] - after[0] > 10 * (before[-1] - before[0])


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_wider_than_the_screen(chromium, page, width):
    chromium.open(page, width=width)
    assert chromium.run("document.documentElement.scrollWidth") <= width


def test_it_looks_as_these_pictures_show(chromium, page, tmp_path):
    """The pictures are for people: RINGDOWN_PICTURES names a directory to keep them in."""
    directory = browser.pictures() or tmp_path
    directory.mkdir(parents=True, exist_ok=True)
    for name, width, dark in [("desktop", 1280, False), ("night", 1280, True), ("phone", 390, False)]:
        chromium.open(page, width=width, dark=dark)
        if name == "desktop":
            chromium.run("document.querySelector('#timeline .attempt.refused').dispatchEvent(new MouseEvent('click'))")
        chromium.screenshot(directory / f"report-{name}.png")
        assert (directory / f"report-{name}.png").stat().st_size > 20_000
    chromium.open(page)
    chromium.pdf(directory / "report.pdf")
    assert (directory / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_a_log_that_is_wrong_is_said_to_be_wrong(relay, village, chromium, tmp_path):
    lines = succeed("ringdown-replay", "export", "--data", relay.data, "--format", "jsonl").splitlines()
    # The last refusal is left out of a copy, and what came after it too.
    last = max(number for number, line in enumerate(lines) if json.loads(line).get("outcome") == "refused")
    (tmp_path / "cut.jsonl").write_text("\n".join(lines[:last]) + "\n")
    succeed("ringdown-relay", "import", "--data", tmp_path / "copy", "--entries", tmp_path / "cut.jsonl")
    page = tmp_path / "wrong.html"
    said = succeed("ringdown-replay", "report", "--data", tmp_path / "copy", "--out", page)
    assert "THE LOG IS NOT RIGHT" in said
    chromium.open(page)
    assert chromium.run("document.querySelector('main h2').textContent") == "This log is not what it has to be."
    assert f"entry {last}" in chromium.run("document.querySelector('.verdict').textContent")


def test_a_report_is_never_written_over_by_accident(relay, page):
    again = run("ringdown-replay", "report", "--data", relay.data, "--out", page)
    assert again.returncode == 74 and "is there already" in again.stderr
    succeed("ringdown-replay", "report", "--data", relay.data, "--out", page, "--force", "--no-verify")
    assert "This log was not checked." in page.read_text()
