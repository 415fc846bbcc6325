#!/usr/bin/env bash
# Installs what is missing, and says nothing when nothing is.
#   setup.sh build     Debian packages with the C libraries that the relay links
#   setup.sh chaos     what the suites that break things need besides: a C compiler, disks of nbdkit, file systems, spin
#   setup.sh clients   Python with the packages of the client tests, in .venv, and in .venv-buzz where there is Python 3.12; Chromium;
#                     and what other people wrote to check logs with: Go's, and Python packages in .venv-outside
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=Tests/Clients/requirements.txt
buzz_requirements=Tests/Clients/requirements-buzz.txt
outside_requirements=Tests/Clients/requirements-outside.txt

die() {
    printf 'ringdown: %s\n' "$*" >&2
    exit 1
}

# Installs Debian packages, as root or through sudo.
install() {
    command -v apt-get >/dev/null || die "please install what Debian calls: $*"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "please run as root: apt-get install $*"
        as_root=(sudo)
    fi
    printf 'ringdown: installing %s\n' "$*" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get -qq -y install --no-install-recommends "$@" </dev/null >&2 ||
        die "apt-get could not install them; please run as root: apt-get install $*"
}

has_library() {
    pkg-config --exists "$1" 2>/dev/null
}

setup_build() {
    command -v swift >/dev/null ||
        die "there is no Swift toolchain on the PATH; get 6.2 or later from https://www.swift.org/install"
    local missing=()
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    has_library lmdb || missing+=(liblmdb-dev)
    has_library libcrypto || missing+=(libssl-dev)
    has_library libzstd || missing+=(libzstd-dev)
    has_library libsecp256k1 || missing+=(libsecp256k1-dev)
    has_library sqlite3 || missing+=(libsqlite3-dev)
    # Foundation's HTTP client in the toolchain is linked with it.
    ldconfig -p 2>/dev/null | grep -q 'libcurl\.so\.4' || missing+=(libcurl4)
    [ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
}

# A Python that buzzkit works on: 3.12 or later, from the PATH or from pyenv. Debian 12 has none of its own.
python_for_buzz() {
    local candidate
    for candidate in python3.14 python3.13 python3.12 python3 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python3; do
        "$candidate" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null || continue
        command -v "$candidate"
        return
    done
}

setup_buzz() {
    cmp -s "$buzz_requirements" .venv-buzz/requirements.txt && [ -x .venv-buzz/bin/python ] && return
    local python
    python=$(python_for_buzz)
    if [ -z "$python" ]; then
        printf 'ringdown: no Python 3.12 or later: the test with the Buzz client is skipped\n' >&2
        return
    fi
    rm -rf .venv-buzz
    "$python" -m venv .venv-buzz
    if ! .venv-buzz/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r "$buzz_requirements"; then
        printf 'ringdown: the Buzz client cannot be installed here: the test with it is skipped\n' >&2
        rm -rf .venv-buzz
        return
    fi
    cp "$buzz_requirements" .venv-buzz/requirements.txt
}

# Reports are looked at in a real browser; where there is none, those tests are skipped.
setup_browser() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null && return
    (install chromium) || printf 'ringdown: no Chromium: the tests that look at reports are skipped\n' >&2
}

# Verifiers of logs that other people wrote. Each one that cannot be had here is missed by the tests, which say so, and
# which need two.
setup_outside() {
    if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then
        (install golang-go golang-golang-x-mod-dev) ||
            printf 'ringdown: no Go with golang.org/x/mod: its checks of our proofs are skipped\n' >&2
    fi
    cmp -s "$outside_requirements" .venv-outside/requirements.txt && [ -x .venv-outside/bin/python ] && return
    rm -rf .venv-outside
    python3 -m venv .venv-outside
    # aics-tlog declares a later Python than Debian 12 has, and works on that.
    if ! .venv-outside/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --ignore-requires-python -r "$outside_requirements"; then
        printf 'ringdown: the verifiers from PyPI cannot be installed here: their checks of our proofs are skipped\n' >&2
        rm -rf .venv-outside
        return
    fi
    cp "$outside_requirements" .venv-outside/requirements.txt
}

setup_clients() {
    # Some tests make small libraries that stand between the relay and the disk.
    command -v cc >/dev/null || install gcc libc6-dev
    setup_buzz
    setup_browser
    python3 -c 'import ensurepip, venv' 2>/dev/null || install python3 python3-venv
    setup_outside
    # The copy in .venv is made last: it stands for a complete installation of exactly these versions.
    cmp -s "$requirements" .venv/requirements.txt && [ -x .venv/bin/python ] && return
    printf 'ringdown: making .venv for the client tests\n' >&2
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r "$requirements"
    cp "$requirements" .venv/requirements.txt
}

# Each suite that needs more says so and goes without where it cannot be had.
setup_chaos() {
    local missing=()
    command -v spin >/dev/null || missing+=(spin)
    [ -d /usr/share/doc/nbdkit-plugin-python ] || missing+=(nbdkit nbdkit-plugin-python)
    command -v nbdfuse >/dev/null || missing+=(libnbd-bin)
    command -v fusermount3 >/dev/null || missing+=(fuse3)
    command -v mkfs.xfs >/dev/null || missing+=(xfsprogs)
    command -v mkfs.ext4 >/dev/null || missing+=(e2fsprogs)
    [ ${#missing[@]} -eq 0 ] || (install "${missing[@]}") ||
        printf 'ringdown: not to be had here: %s: what needs them is skipped\n' "${missing[*]}" >&2
}

case "${1:-}" in
build) setup_build ;;
clients) setup_clients ;;
chaos) setup_chaos ;;
*) die "usage: scripts/setup.sh build|clients|chaos" ;;
esac
