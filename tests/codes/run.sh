#!/bin/sh
# Checks the texts of the diagnostic codes (etc/dvo/codes) and `dvoc explain`, which shows
# them: `sh tests/codes/run.sh [--update] [CODE]...`. Their form stands in codes.py.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
if [ -z "${DVOC:-}" ]; then
    build asan || exit 1
    DVOC=$DVO_BUILD_DIR/asan/dvoc
fi
export DVOC
sh "$root/samples/my-app/build.sh" "$root/samples/packages" 1.0 1.1 || exit 1
exec "$PYTHON" "$root/tests/codes/codes.py" "$@"
