#!/bin/sh
# Measures emission, loading and scheduling: `sh tests/bench/stages.sh`. What is measured
# and which limits hold stands in stages.py. The machine need not be quiet: only CPU time is
# compared.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"

build release || exit 1
bin=$DVO_BUILD_DIR/release
cmake --build "$bin" --target bench_stages >"$DVO_BUILD_DIR/bench.log" 2>&1 || {
    cat "$DVO_BUILD_DIR/bench.log" >&2
    exit 1
}
exec "$PYTHON" "$root/tests/bench/stages.py" --dvoc "$bin/dvoc" \
    --stages "$bin/tests/bench/bench_stages"
