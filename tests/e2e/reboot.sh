#!/bin/bash
# reboot.sh: a reboot between two tool runs, a second run without one, and runs that are killed
# at some moment of it: the next goes on, and the machine has gone down once.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${DVO_BUILD_DIR:-$root/.build}/asan
work=$(mktemp -d)
cp "$root/tests/e2e/reboot.dvo" "$work"

destroy() {
    (cd "$work" && "$bin/dvoc" destroy --yes build/reboot)
    rm -rf "$work/.dvo"
}
trap 'destroy; rm -rf "$work"' EXIT

run() {
    (cd "$work" && timeout 600 "$bin/dvoc" run --project "reboot-$$" reboot.dvo)
}

run || exit 1
if ! run >"$work/again" || ! grep -q '^nothing changed' "$work/again"; then
    cat "$work/again"
    exit 1
fi
for seconds in 0 0.1 0.3 0.6; do
    destroy
    rm -f "$work/events"
    (cd "$work" && exec "$bin/dvo-run" --events "$work/events" build/reboot) &
    runner=$!
    until grep -q '"start".*m.reboot(1)' "$work/events" 2>/dev/null; do
        kill -0 $runner || exit 1
        sleep 0.02
    done
    sleep "$seconds"
    kill -KILL $runner
    wait $runner 2>/dev/null
    run || exit 1
done
