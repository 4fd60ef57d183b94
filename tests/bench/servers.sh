#!/bin/sh
# Measures making and deleting servers on the genuine OpenStack of the tests, beside what others
# do with it: `sh tests/bench/servers.sh [--servers N] [--serial N]`. What is measured and which
# limits hold stands in servers.py. Needs a quiet machine.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib.sh"

sh "$root/etc/packages.sh" build run openstack
build release
bash "$root/tests/e2e/openstack/cloud.sh" up >/dev/null
exec "$PYTHON" -B "$root/tests/bench/servers.py" --bin "$DVO_BUILD_DIR/release" "$@"
