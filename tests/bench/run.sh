#!/bin/sh
# Measures the release build of dvoc: `sh tests/bench/run.sh [--work DIR] [N...]`. What is
# measured and which limits hold stands in bench.py. Needs a quiet machine.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"

command -v ninja >/dev/null || {
    echo "bench: ninja is missing: sh etc/packages.sh build" >&2
    exit 1
}
build release || exit 1
# samples/app.dvo finds its package there.
sh "$root/samples/my-app/build.sh" "$root/samples/packages" 1.0 1.1 || exit 1
exec "$PYTHON" "$root/tests/bench/bench.py" --dvoc "$DVO_BUILD_DIR/release/dvoc" "$@"
