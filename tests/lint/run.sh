#!/bin/sh
# Checks of the source tree that need no build: what they are stands in lint.py. `--fix`
# writes what clang-format wants.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
cd "$root" || exit 1
exec "$PYTHON" tests/lint/lint.py "$@"
