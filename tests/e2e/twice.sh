#!/bin/bash
# twice.sh PROGRAM BACKEND...: PROGRAM.dvo through each backend, twice on machines of its own; the
# second run finds nothing to change, and no secret is in anything that was written.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${DVO_BUILD_DIR:-$root/.build}/asan
program=$1
shift
work=$(mktemp -d)
# As a URL would not carry it, and no shell leave it alone.
export DVO_SECRET_DB_PASSWORD="it's:a@b/c %41 \\ \$HOME"

# destroy: whatever a run has made.
destroy() {
    for folder in "$work"/*/; do
        (cd "$folder" && "$bin/dvoc" destroy --yes "build/$program")
    done
    rm -rf "$work"
}
trap destroy EXIT

run() {
    (cd "$work/$1" && timeout 600 "$bin/dvoc" run --project "$program-$$-$1" "$program.dvo")
}

for backend; do
    mkdir -p "$work/$backend/etc/dvo"
    echo "backends: {default: $backend}" >"$work/$backend/etc/dvo/dvo.yaml"
    cp "$root/tests/e2e/$program.dvo" "$work/$backend"
    run "$backend" || exit 1
    run "$backend" >"$work/again" || exit 1
    grep -q '^nothing changed' "$work/again" || {
        cat "$work/again"
        exit 1
    }
    ! grep -rlF -e "$DVO_SECRET_DB_PASSWORD" -e 'it%27s%3Aa' "$work" || exit 1
done
