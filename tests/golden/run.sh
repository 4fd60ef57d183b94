#!/bin/sh
# Runs the golden cases: `sh tests/golden/run.sh [--update] [AREA|AREA/CASE]...`. What a
# case is stands in golden.py. The compiler is $DVOC, or that of the sanitizer build.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
use_dvoc
exec "$PYTHON" "$root/tests/golden/golden.py" "$@"
