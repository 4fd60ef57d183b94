#!/bin/sh
# Measures how fast and in how much memory dvo-run carries out plans of HTTP calls:
# `sh tests/bench/http.sh [ROUNDS]`. What is measured and which limits hold stands in httpcalls.py.
# Needs a quiet machine, and a disk as the state will have it.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"

sh "$root/etc/packages.sh" --unpack "$DVO_BUILD_DIR/bench-http" bench-http || exit 1
build release || exit 1
bin=$DVO_BUILD_DIR/release
cmake --build "$bin" --target bench_multi >"$DVO_BUILD_DIR/bench.log" 2>&1 || {
    cat "$DVO_BUILD_DIR/bench.log" >&2
    exit 1
}
exec "$PYTHON" "$root/tests/bench/httpcalls.py" --bin "$bin" \
    --nginx "$DVO_BUILD_DIR/bench-http/usr/sbin/nginx" "$@"
