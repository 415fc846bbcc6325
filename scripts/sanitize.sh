#!/usr/bin/env bash
# The tests under a sanitizer of the toolchain.
#   sanitize.sh [thread|address] [ARGUMENTS OF swift test]
#   sanitize.sh relay [ARGUMENTS OF pytest]   outside clients against a relay under ThreadSanitizer
# The first run builds everything once more (.build-tsan, .build-asan); later ones only what changed.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-thread}
[ $# -eq 0 ] || shift
suppressions=$PWD/Tests/Fuzz/sanitizers
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
export TSAN_OPTIONS="halt_on_error=0 exitcode=66 log_path=$reports/thread suppressions=$suppressions/thread.txt"
# Swift's runtime keeps what it never frees reachable; what is lost is reported.
export ASAN_OPTIONS="detect_leaks=1 log_path=$reports/address"
export LSAN_OPTIONS="suppressions=$suppressions/leak.txt print_suppressions=0"

status=0
case $kind in
thread) swift test --sanitize=thread --scratch-path .build-tsan "$@" || status=$? ;;
address) swift test --sanitize=address --scratch-path .build-asan "$@" || status=$? ;;
relay)
    for product in ringdown-relay ringdown-replay; do
        swift build --sanitize=thread --scratch-path .build-tsan --product "$product"
    done
    [ $# -gt 0 ] || set -- Tests/Clients/test_{pairing,membership,sessions,negentropy,server,management,checkpoints}.py
    RINGDOWN_BIN_DIR=$PWD/.build-tsan/debug .venv/bin/python -m pytest -q "$@" || status=$?
    ;;
*)
    echo "usage: sanitize.sh [thread|address|relay] [ARGUMENTS]" >&2
    exit 2
    ;;
esac
# A process of a test can end in a report without its test failing.
if compgen -G "$reports/*" >/dev/null; then
    cat "$reports"/*
    status=66
fi
exit "$status"
