#!/bin/sh
# Measures how long operations on one machine take through each backend, the first time and
# when all is as wanted already: `sh tests/bench/converge.sh [N...]`. What is measured and which
# limits hold stands in converge.py. Needs a quiet machine.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib.sh"

build release
bash "$root/etc/dvo/engine/podman.sh" start >/dev/null
bash "$root/etc/dvo/engine/image.sh"
bash "$root/etc/dvo/engine/image.sh" chef
exec "$PYTHON" "$root/tests/bench/converge.py" --bin "$DVO_BUILD_DIR/release" "$@"
