#!/bin/sh
# Measures dvoc beside jsonnet, Ansible and Puppet: `sh tests/bench/peers.sh`. What is
# measured and which limits hold stands in peers.py. The machine need not be quiet: only
# CPU time is compared.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"

sh "$root/etc/packages.sh" peers || exit 1
build release || exit 1
exec "$PYTHON" "$root/tests/bench/peers.py" --dvoc "$DVO_BUILD_DIR/release/dvoc" "$@"
