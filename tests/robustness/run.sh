#!/bin/sh
# Runs what is too large, too deep or no text through `dvoc eval`: see robustness.py. The
# compiler is $DVOC, or that of the sanitizer build.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
use_dvoc
exec "$PYTHON" "$root/tests/robustness/robustness.py" "$@"
