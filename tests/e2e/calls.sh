#!/bin/bash
# One call of each kind: works, holds, and is left alone by the second run.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

# shellcheck disable=SC2016 # a password hash
export DVO_SECRET_APP_HASH='$6$salt$never-on-disk'
cp tests/e2e/calls.dvo "$work/p"

nothing_written() {
    ! grep -rlF "$DVO_SECRET_APP_HASH" "$work/p"
}

check calls/run runs calls
check calls/unchanged unchanged calls
check calls/secret nothing_written
counted
