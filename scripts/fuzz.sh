#!/usr/bin/env bash
# Coverage-guided fuzzing of the readers (Tests/Fuzz) with the libFuzzer of the Swift toolchain.
#   fuzz.sh [--seconds N] [TARGET ...]   each target for N seconds (60), with a control before them
# An input that breaks something stays in .build-fuzz/found/TARGET; keep it in Tests/Fuzz/Corpora/TARGET under a name that says
# what it is. What reached new code stays in .build-fuzz/corpus/TARGET and is where the next run begins.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60
if [ "${1:-}" = --seconds ]; then
    seconds=$2
    shift 2
fi
targets=(event message filters json nip98 negentropy payload packed record leaf archive-block archive-header
    checkpoint note vkey witness-policy tlog-proof tile-path input management snapshot policy)
[ $# -eq 0 ] || targets=("$@")

mkdir -p .build-fuzz
export RINGDOWN_FUZZ=1
# Only this program has libFuzzer in it, so it has a build directory of its own. libFuzzer brings `main` along, so the package
# gives a library, and the program is linked here. gold cannot link it, lld can.
{
    swift build -c release --scratch-path .build-fuzz --product ringdown-fuzz \
        -Xswiftc -sanitize=fuzzer -Xswiftc -enable-testing &&
        swiftc -sanitize=fuzzer -use-ld=lld .build-fuzz/release/libringdown-fuzz.a -lsecp256k1 -lcrypto -llmdb -lzstd \
            -o .build-fuzz/ringdown-fuzz
} >.build-fuzz/build.log 2>&1 || {
    grep error: .build-fuzz/build.log >&2
    exit 1
}
program=.build-fuzz/ringdown-fuzz
# A crash is told by its input; the trace comes from running that input again.
export SWIFT_BACKTRACE=enable=no

run() { # TARGET SECONDS
    local corpus=.build-fuzz/corpus/$1 found=.build-fuzz/found/$1
    mkdir -p "$corpus" "$found"
    [ ! -d "Tests/Fuzz/Corpora/$1" ] || cp -n "Tests/Fuzz/Corpora/$1"/* "$corpus"
    RINGDOWN_FUZZ_TARGET=$1 RINGDOWN_FUZZ_SEEDS=$corpus "$program" "$corpus" -max_total_time="$2" -max_len=8192 \
        -timeout=5 -rss_limit_mb=1024 -malloc_limit_mb=256 -print_final_stats=1 -artifact_prefix="$found/" \
        >".build-fuzz/$1.log" 2>&1
}

# The control: the planted fault lies behind five bytes that only guidance by coverage finds in this time.
rm -rf .build-fuzz/corpus/planted
if run planted 60 || ! grep -q "this fault is planted" .build-fuzz/planted.log; then
    echo "fuzz: the planted fault was not found: nothing below would mean anything" >&2
    exit 1
fi
echo "planted: found after $(awk '/number_of_executed_units/ { print $2 }' .build-fuzz/planted.log) executions"

failed=0
for target in "${targets[@]}"; do
    if ! run "$target" "$seconds"; then
        failed=1
        printf 'fuzz: %s failed: %s\n' "$target" "$(grep -m1 -E 'Fatal error|ERROR:' ".build-fuzz/$target.log")" >&2
    fi
    awk -v name="$target" '/ cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
        /number_of_executed_units/ { count = $2 }
        END { printf "%-16s %10d executions, %5d edges reached\n", name, count, edges }' ".build-fuzz/$target.log"
done
exit $failed
