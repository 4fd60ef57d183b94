#!/bin/sh
# Measures runs on real hosts beside a playbook written by hand and a script that runs on the
# hosts themselves: `sh tests/bench/hosts.sh [--hosts N] [--work DIR]`. What is measured and
# which limits hold stands in hosts.py. Needs a quiet machine.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib.sh"

for tool in ansible-playbook podman ssh tar; do
    command -v "$tool" >/dev/null || {
        echo "hosts: $tool is missing: sh etc/packages.sh run" >&2
        exit 1
    }
done
build release
facts=$(bash "$root/etc/dvo/engine/podman.sh" start)
bash "$root/etc/dvo/engine/image.sh"
exec "$PYTHON" "$root/tests/bench/hosts.py" --dvoc "$DVO_BUILD_DIR/release/dvoc" \
    --socket "$(echo "$facts" | sed -n 's/^socket=//p')" \
    --identity "$(echo "$facts" | sed -n 's/^identity=//p')" "$@"
