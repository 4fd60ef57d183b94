#!/bin/bash
# system.sh BACKEND...: system.dvo through each backend, twice on a machine of its own; the
# second run finds nothing to change.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${DVO_BUILD_DIR:-$root/.build}/asan
work=$(mktemp -d)

# destroy: whatever a run has made.
destroy() {
    for folder in "$work"/*/; do
        (cd "$folder" && "$bin/dvoc" destroy --yes build/system)
    done
    rm -rf "$work"
}
trap destroy EXIT

run() {
    (cd "$work/$1" && timeout 600 "$bin/dvoc" run --project "system-$$-$1" system.dvo)
}

for backend; do
    mkdir -p "$work/$backend/etc/dvo"
    echo "backends: {default: $backend}" >"$work/$backend/etc/dvo/dvo.yaml"
    cp "$root/tests/e2e/system.dvo" "$work/$backend"
    run "$backend" || exit 1
    run "$backend" >"$work/again" || exit 1
    grep -q '^nothing changed' "$work/again" || {
        cat "$work/again"
        exit 1
    }
done
