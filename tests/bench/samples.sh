#!/bin/sh
# Measures how long what the samples become takes on machines, beside playbooks written by hand:
# `sh tests/bench/samples.sh [NAME...]`. What is measured stands in samples.py. Needs a quiet
# machine.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib.sh"

build release
sh "$root/samples/my-app/build.sh" "$root/samples/packages" 1.0 1.1
bash "$root/etc/dvo/engine/podman.sh" start >/dev/null
bash "$root/etc/dvo/engine/image.sh"
exec "$PYTHON" "$root/tests/bench/samples.py" --bin "$DVO_BUILD_DIR/release" "$@"
