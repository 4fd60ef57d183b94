#!/bin/sh
# Moves the code of programs about and compares the addresses: see addresses.py. The compiler
# is $DVOC, or that of the sanitizer build.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
use_dvoc
exec "$PYTHON" "$root/tests/addresses/addresses.py" "$@"
