#!/bin/sh
# The end-to-end group: the whole way on the embedded provider, with real systemd, real ssh,
# real ansible-playbook. `sh tests/e2e/run.sh THEME...` runs some of the scripts only;
# THEME:BACKEND carries the calls on machines through that backend.
set -u
cd "$(dirname "$0")" || exit 1
[ $# -gt 0 ] || set -- samples calls hosts rootless secrets lock kill errors runs \
    repository calls:api secrets:api lock:api kill:api errors:api chefclient \
    chefplain chefserver backends
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0
for theme; do
    case $theme in
    *:*) DVO_BACKEND=${theme#*:} ;;
    *) DVO_BACKEND=ansible ;;
    esac
    export DVO_BACKEND
    bash "${theme%:*}.sh" 2>&1 | tee "$log" | grep -vE '^[0-9]+ passed, [0-9]+ failed$'
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
    if [ -z "$counts" ]; then
        echo "FAILED e2e/$theme came to no end"
        failed=$((failed + 1))
        continue
    fi
    echo "$theme: $counts"
    passed=$((passed + ${counts%% *}))
    counts=${counts#*, }
    failed=$((failed + ${counts%% *}))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
