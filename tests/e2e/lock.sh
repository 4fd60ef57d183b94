#!/bin/bash
# The machine's lock: held for a tool run as a whole, by whom, and given back however a run
# ends; what a killed run had sent is waited for.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

program base <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
END
program held <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
n.file("/root/a", content="a")
n.run(["sleep", "2"], always=True)
n.file("/root/b", content="b")
END
program busy <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap(retries=0)
END
program once <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
n.run(["sh", "-c", "echo begin >>/root/once; sleep 5; echo end >>/root/once; touch /root/done"],
      creates="/root/done")
END
program cut <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
n.run(["sh", "-c", "touch /root/cut; sleep 6"], creates="/root/never", retries=0)
END

free() {
    on n 'flock -n /run/lock/dvo true'
}

# From its first task to its last, and with the holder's name in it.
held_throughout() {
    build_program held && start held && until_true on n 'test -e /root/a' || return
    on n 'while [ ! -e /root/b ]; do
        ! flock -n /run/lock/dvo true || [ -e /root/b ] || echo open
    done' >"$work/open"
    on n 'head -n 1 /run/lock/dvo' >"$work/who"
    gone
    grep -qx "project $project (process [0-9]* on $(hostname))" "$work/who" &&
        [ "$status" -eq 0 ] && [ ! -s "$work/open" ] && until_true free
}

# two NAME: a project of its own that finds the same machine.
two() {
    mkdir "$work/$1"
    cat >"$work/$1/two.dvo" <<END
n = cloud.find(id="$(machine n)")
n.bootstrap()
for i in range(3):
    n.run(["sh", "-c", "echo $1 >>/root/order; sleep 0.7; echo $1 >>/root/order", str(i)], always=True)
END
    (cd "$work/$1" && "$bin/dvoc" run --project "$project-$1" two.dvo) >"$work/$1/out" 2>&1
}

not_interleaved() {
    two a &
    local a=$!
    two b &
    wait $! || cat "$work/b/out"
    wait $a || cat "$work/a/out"
    on n 'cat /root/order' | uniq -c
    [ "$(on n 'cat /root/order' | wc -l)" -eq 12 ] && [ "$(on n 'uniq /root/order' | wc -l)" -eq 2 ]
}

# Somebody else works for longer than anybody waits.
somebody_else() {
    on n 'echo "project other (process 1 on elsewhere)" >/run/lock/dvo
        flock /run/lock/dvo sleep 100 >/dev/null 2>&1 &'
    fails EBUSY 'project other (process 1 on elsewhere) is at work on this machine' busy
    local result=$?
    on n 'fuser -k /run/lock/dvo || pkill -x sleep' >/dev/null
    return $result
}

killed() {
    build_program once && start once && until_true on n 'test -e /root/once' || return
    kill -KILL "$runner"
    gone
    until_true free || return
    again once
    [ "$status" -eq 0 ] && [ "$(on n 'cat /root/once' | xargs)" = 'begin end' ]
}

# The connection that holds the lock breaks: the tool is stopped, the op has failed.
holder_lost() {
    build_program cut && start cut && until_true on n 'test -e /root/cut' || return
    # shellcheck disable=SC2016 # for the machine
    on n 'for p in /proc/[0-9]*; do
        [ "$(readlink $p/fd/9)" != /run/lock/dvo ] || kill "${p#/proc/}"
    done'
    gone
    failed_with ECONN 'the connection that held the machine'
}

check lock/base runs base
check lock/held-throughout held_throughout
check lock/not-interleaved not_interleaved
check lock/somebody-else somebody_else
check lock/killed killed
check lock/holder-lost holder_lost
check lock/after-all-that runs base
counted
