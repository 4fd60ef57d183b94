#!/bin/sh
# Every step of the step library on a real machine: `sh run.sh COMMAND...`, where COMMAND gives
# a root shell there that reads a script from its standard input (ssh, podman exec, ...). The
# machine is Debian with systemd and cron, and is not fit for anything else afterwards. Without
# COMMAND only the Ansible collection is tested, on this computer.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
output=$(mktemp)
trap 'rm -f "$output"' EXIT
parts=1
sh "$here/collection.sh" >"$output" 2>&1
if [ $# -gt 0 ]; then
    parts=3
    sh "$here/protocol.sh" "$@" >>"$output" 2>&1
    /usr/bin/python3 "$here/steps.py" "$@" >>"$output" 2>&1
fi
summary='^[0-9]* passed, [0-9]* failed$'
grep -v "$summary" "$output"
grep "$summary" "$output" | awk -v parts="$parts" '
    { passed += $1; failed += $3 }
    END { if (NR != parts) failed++; print passed + 0 " passed, " failed + 0 " failed"; exit failed || !passed }'
