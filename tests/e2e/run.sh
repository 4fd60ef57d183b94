#!/bin/sh
# The end-to-end group: the whole way on the embedded provider, with real systemd, real ssh,
# real ansible-playbook, real Chef. `sh tests/e2e/run.sh THEME...` runs some of the scripts
# only; THEME:BACKEND carries the calls on machines through that backend.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
cd "$root/tests/e2e" || exit 1
# The long ones first; those that share the cloud far from each other.
[ $# -gt 0 ] || set -- openstackcloud backends samples chefinstall naughty openstack \
    firstboot chefplain mixed chefserver many openstackfaults errors errors:chef errors:api \
    fuse kill kill:chef kill:api lock lock:chef lock:api runs moved calls docker destroy \
    calls:api networks secrets secrets:chef secrets:api hosts split access rootless repository \
    chefclient

# What all need is made once.
bash "$root/etc/dvo/engine/podman.sh" start >/dev/null || exit 1
bash "$root/etc/dvo/engine/image.sh" chef || exit 1
# The first theme that needs the cloud brings it up. One that ran before stays.
cloud=
case " $*" in
*" openstack"*)
    sh "$root/etc/packages.sh" openstack || exit 1
    bash openstack/cloud.sh status | grep ': runs' >/dev/null || cloud=ours
    ;;
esac

work=$(mktemp -d)
cloud_down() {
    [ -z "$cloud" ] || bash openstack/cloud.sh down >/dev/null
}
trap 'rm -rf "$work"; cloud_down' EXIT
# What runs in the background ignores this; a theme is a process group of its own.
trap 'kill 0' INT
running=

# carry THEME: runs it, and tells at once what came of it.
carry() {
    case $1 in
    *:*) DVO_BACKEND=${1#*:} ;;
    *) DVO_BACKEND=ansible ;;
    esac
    export DVO_BACKEND
    begin=$(date +%s)
    # What hangs must not take the time of the others.
    timeout -k 60 1200 bash "${1%:*}.sh" >"$work/$1/log" 2>&1 &
    running=$!
    wait "$running"
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$work/$1/log" | tail -n 1)
    if [ -z "$counts" ]; then
        echo "FAILED e2e/$1 came to no end" >>"$work/$1/log"
        counts='0 passed, 1 failed'
    fi
    echo "$counts" >"$work/$1/counts"
    {
        grep -vE '^[0-9]+ passed, [0-9]+ failed$' "$work/$1/log"
        echo "$1: $counts ($(($(date +%s) - begin)) s)"
    } >"$work/$1/report"
    cat "$work/$1/report"
}

# Three at a time, each a project of its own: while some wait, two processors have work. Whoever
# makes the folder of a theme has it.
lane() {
    trap '[ -z "$running" ] || kill "$running"; exit 130' TERM
    for theme; do
        if mkdir "$work/$theme" 2>/dev/null; then
            carry "$theme"
        fi
    done
}
lane "$@" &
lane "$@" &
lane "$@"
wait

passed=0
failed=0
for theme; do
    counts=$(cat "$work/$theme/counts")
    passed=$((passed + ${counts%% *}))
    counts=${counts#*, }
    failed=$((failed + ${counts%% *}))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
