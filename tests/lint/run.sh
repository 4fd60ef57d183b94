#!/bin/sh
# Checks of the source tree: what they are stands in lint.py. `--fix` writes what
# clang-format wants. The compiler, for the samples' style, is $DVOC, or that of the
# sanitizer build.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
use_dvoc
cd "$root" || exit 1
exec "$PYTHON" tests/lint/lint.py "$@"
