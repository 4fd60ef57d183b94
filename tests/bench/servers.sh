#!/bin/sh
# Measures how fast servers are created and deleted on the genuine OpenStack of the tests:
# `sh tests/bench/servers.sh [--servers N] [ROUNDS]`. What is measured and which limits hold
# stands in servers.py. Needs a quiet machine; brings the cloud up if it does not run, and leaves
# it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib.sh"

sh "$root/etc/packages.sh" openstack
build release
# The tests have it one at a time.
cloud=${DVO_OPENSTACK_DIR:-${TMPDIR:-/tmp}/dvo-openstack}
exec 9>"$cloud.lock"
flock 9
bash "$root/tests/e2e/openstack/cloud.sh" up >/dev/null
export OS_CLIENT_CONFIG_FILE="$cloud/clouds.yaml" OS_CLIENT_SECURE_FILE="$cloud/secure.yaml"
export OS_CLOUD=demo
"$PYTHON" -B "$root/tests/bench/servers.py" --bin "$DVO_BUILD_DIR/release" "$@"
