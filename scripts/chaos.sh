#!/usr/bin/env bash
# Breaks the relay and its log on purpose, at length. The tests run a short version of each.
#   chaos.sh                 every suite, with the counts of an ordinary long run
#   chaos.sh SUITE ...       some: crash faults corruption abuse simulator fuzz soak
#   NIGHT=1 chaos.sh ...     with the counts of a night
# Builds nothing: `make chaos` does. Each suite says what it counted; the first that fails ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."

suites=(crash faults corruption abuse simulator fuzz soak)
export RINGDOWN_BIN_DIR="${RINGDOWN_BIN_DIR:-$PWD/.build/release}"
python=.venv/bin/python

die() {
    printf 'chaos: %s\n' "$*" >&2
    exit 2
}

# The first of two counts, or the second when NIGHT is set.
count() {
    if [ -n "${NIGHT:-}" ]; then echo "$2"; else echo "$1"; fi
}

# A fault on purpose, which the suite has to find.
must_fail() {
    local status=0
    "$@" >/dev/null || status=$?
    # Anything else is a suite that broke instead of judging.
    if [ "$status" -ne 1 ]; then
        printf 'chaos: a fault on purpose was not found: %s\n' "$*" >&2
        exit 1
    fi
    printf 'found, as it has to be: %s\n' "$*"
}

# kill -9 and power cuts: what was acknowledged stays, and nothing is said twice.
crash() {
    "$python" -m Tests.Chaos.kills --rounds "$(count 300 10000)"
    must_fail "$python" -m Tests.Chaos.kills --rounds 50 --control early
    "$python" -m Tests.Chaos.crash_images --images "$(count 10000 200000)"
    must_fail "$python" -m Tests.Chaos.crash_images --images 300 --no-archive --control nosync
    local status=0
    "$python" -m Tests.Chaos.power_cut --rounds "$(count 200 1000)" || status=$?
    # 3: it cannot be tried here, and has said why.
    if [ "$status" -eq 3 ]; then return; fi
    [ "$status" -eq 0 ] || return "$status"
    must_fail "$python" -m Tests.Chaos.power_cut --rounds 20 --control nosync
}

# Full disks, failing writes and syncs, clocks that jump, no descriptors, no memory.
faults() {
    "$python" -m Tests.Chaos.faults --rounds "$(count 1000 3000)"
    "$python" -m pytest -q Tests/Clients/test_chaos_faults.py
}

# Flipped bits, truncated files, old pages: found, or harmless.
corruption() {
    [ -x "$RINGDOWN_BIN_DIR/ringdown-corruption" ] || die "build it: swift build -c release --product ringdown-corruption"
    "$python" -m Tests.Chaos.corruption --rounds "$(count 20000 200000)"
}

# Floods and slow clients: memory bounded, members served.
abuse() {
    "$python" -m Tests.Chaos.abuse --seconds "$(count 8 30)"
}

# Seeds that drive clients, clock, network and crashes through the real core.
simulator() {
    .build/release/ringdown-sim --seeds "$(count 2000 100000)" --jobs 2
    # The controls: a fault that is planted on purpose has to be found.
    local plant
    for plant in check-then-emit outcome-later emit-before-commit one-end decided-twice stale-by-one old-snapshot deaf-index; do
        .build/release/ringdown-sim --seeds 2000 --plant "$plant" --json
    done
}

# Coverage-guided fuzzing of everything that reads bytes of others.
fuzz() {
    scripts/fuzz.sh --seconds "$(count 60 900)"
}

# Mixed load with churn for an hour: memory and descriptors flat, the log verifies.
soak() {
    "$python" -m Tests.Chaos.soak --seconds "$(count 3600 28800)" --rate 40
}

[ $# -gt 0 ] || set -- "${suites[@]}"
for suite in "$@"; do
    case " ${suites[*]} " in
    *" $suite "*) ;;
    *) die "there is no suite $suite; there are ${suites[*]}" ;;
    esac
done
for suite in "$@"; do
    printf '== %s\n' "$suite"
    "$suite"
done
