#!/bin/sh
# Checks the texts of the diagnostic codes (etc/dvo/codes) and `dvoc explain`, which shows
# them: `sh tests/codes/run.sh [--update] [CODE]...`. Their form stands in codes.py.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
use_dvoc
sh "$root/samples/my-app/build.sh" "$root/samples/packages" 1.0 1.1 || exit 1
exec "$PYTHON" "$root/tests/codes/codes.py" "$@"
