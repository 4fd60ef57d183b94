#!/bin/bash
# The end of what runs made: dvoc destroy, run --prune, and what dvoc status says of machines
# that somebody has stopped or removed.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

# web N: a program with a list of N machines that are all alike, and one beside them.
web() {
    program app <<EOF2
web = [cloud.create(flavor=provider.FLAVOR_SMALL) for i in range($1)]
db = cloud.create(flavor=provider.FLAVOR_SMALL)
EOF2
    build_program app
}
# ask OPTION...: dvo-run's look at the build; its end is in $status.
ask() {
    again app "$@"
}
drifted() {
    [ "$status" -eq 24 ]
}

made() {
    web 3 && runs app && ask --status
    [ "$status" -eq 0 ] && says '4 same, 0 drifted, 0 not created yet, 0 left over'
}
status_events() {
    ask --status --events "$work/events"
    [ "$status" -eq 0 ] && [ "$(jq -r 'select(.event == "same").address' "$work/events" | wc -l)" -eq 4 ]
}
status_writes_nothing() {
    local before after
    before=$(find "$work/p/.dvo" | sort)
    ask --status
    after=$(find "$work/p/.dvo" | sort)
    diff <(echo "$before") <(echo "$after")
}
stopped() {
    api POST "/containers/$(machine 'web[0]')/stop?timeout=0"
    ask --status
    drifted && says 'changed         web[0]: status is exited, the state says running' &&
        says '3 same, 1 drifted'
}
removed() {
    api DELETE "/containers/$(machine 'web[1]')?force=true&timeout=0&v=true"
    ask --status
    drifted && says 'gone            web[1]' && says '2 same, 2 drifted'
}
mended() {
    runs app && ask --status
    [ "$status" -eq 0 ] && says '4 same'
}

# --- a call that is gone
left_over() {
    web 2 && runs app && says 'web[2] is left over, its call is gone: dvoc run --prune deletes it' &&
        [ "$(machines | wc -l)" -eq 4 ] || return
    ask --status
    [ "$status" -eq 0 ] && says 'left over       web[2]' && says '3 same, 0 drifted, 0 not created yet, 1 left over'
}
prune_unapproved() {
    ask --prune
    [ "$status" -eq 2 ] && says '  web[2]  Create web[2]' && says 'nobody can be asked here; --expect sha256:' &&
        [ -n "$(machine 'web[2]')" ]
}
approved() {
    ask --prune --expect "sha256:$(sha256sum <"$work/p/build/app/plan.json" | cut -d' ' -f1)"
}
prune_only() {
    ask --prune --only db
    [ "$status" -eq 2 ] && says '--prune goes with neither --only nor --except'
}
pruned() {
    approved
    [ "$status" -eq 0 ] && says 'deleted  web[2]' && says '1 deleted, 0 failed, 0 left' &&
        [ -z "$(machine 'web[2]')" ] && [ "$(machines | wc -l)" -eq 3 ] &&
        ask --status && says '3 same, 0 drifted, 0 not created yet, 0 left over'
}
# The first of a list is taken out of it: the others must not become each other.
shifted() {
    program app <<'EOF2'
web = [cloud.create(flavor=provider.FLAVOR_SMALL, tags={"n": n}) for n in ["a", "b"]]
EOF2
    again app --destroy --yes
    runs app || return
    sed -i 's/\["a", "b"\]/["b"]/' "$work/p/app.dvo"
    build_program app && approved
    [ "$status" -eq 14 ] && says 'positions have shifted: web[0] is now what web[1] was' &&
        says 'give its calls a name=, or say moved(old, new)' && [ "$(machines | wc -l)" -eq 2 ]
}
protected() {
    program app <<'EOF2'
web = [cloud.create(flavor=provider.FLAVOR_SMALL, tags={"n": n}, protect=True) for n in ["a", "b"]]
EOF2
    runs app && says 'nothing changed' || return
    again app --destroy --yes
    [ "$status" -eq 11 ] && says 'web[0]: EPERM: it is protected' && says 'web[1]: EPERM' &&
        [ "$(machines | wc -l)" -eq 2 ] || return
    sed -i 's/, protect=True//' "$work/p/app.dvo"
    build_program app
}
# Killed in the middle of it, as often as it takes.
killed() {
    web 4 && again app --destroy --yes && runs app || return
    echo 'output("nothing", "is left")' >"$work/p/app.dvo"
    build_program app
    for _ in 1 2 3; do
        start app --destroy --yes
        sleep 0.6
        kill -KILL "$runner"
        gone
    done
    again app --destroy --yes
    [ "$status" -eq 0 ] && [ -z "$(machines)" ] || return
    again app --destroy --yes
    [ "$status" -eq 0 ] && says 'nothing to destroy'
}

check destroy/made made
check destroy/status-events status_events
check destroy/status-writes-nothing status_writes_nothing
check destroy/status-stopped stopped
check destroy/status-removed removed
check destroy/mended mended
check destroy/left-over left_over
check destroy/prune-unapproved prune_unapproved
check destroy/prune-only prune_only
check destroy/pruned pruned
check destroy/shifted shifted
check destroy/protected protected
check destroy/killed killed
counted
