#!/bin/sh
# Checks that the manuals show what dvoc really prints: `sh tests/docs/run.sh`, with
# `--update` it writes that into them. How a block is marked stands in docs.py.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
use_dvoc
cd "$root" || exit 1
sh samples/my-app/build.sh samples/packages 1.0 1.1 || exit 1
exec "$PYTHON" tests/docs/docs.py "$@"
