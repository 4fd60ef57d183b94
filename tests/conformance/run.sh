#!/bin/sh
# Runs public Starlark suites through `dvoc eval`: `sh tests/conformance/run.sh [PATH]...`,
# all of them or those whose path contains a PATH. What is compared stands in
# conformance.py. The compiler is $DVOC, or that of the sanitizer build.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
use_dvoc
exec "$PYTHON" "$root/tests/conformance/conformance.py" "$@"
