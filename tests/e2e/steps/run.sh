#!/bin/sh
# Every step of the step library on a real machine: `sh run.sh COMMAND...`, where COMMAND gives
# a root shell there that reads a script from its standard input (ssh, podman exec, ...). The
# machine is Debian with systemd and cron, and is not fit for anything else afterwards.
set -eu
[ $# -gt 0 ] || {
    echo "usage: run.sh COMMAND..." >&2
    exit 2
}
exec /usr/bin/python3 "$(dirname "$0")/steps.py" "$@"
