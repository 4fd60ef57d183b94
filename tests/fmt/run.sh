#!/bin/sh
# Formats every program of the project: `sh tests/fmt/run.sh`. What must hold stands in
# fmt.py. The compiler is $DVOC, or that of the sanitizer build.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
use_dvoc
exec "$PYTHON" "$root/tests/fmt/fmt.py"
