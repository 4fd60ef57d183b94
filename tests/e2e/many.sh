#!/bin/bash
# Machines with the same calls share one tool run: each gets what is its own, and what goes
# wrong on one of them is no matter of the others.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

# web CALLS: the program of four machines, each with these calls.
web() {
    {
        echo 'web = [cloud.create(flavor=provider.FLAVOR_SMALL) for number in range(4)]'
        echo 'for number, m in enumerate(web):'
        echo '    m.bootstrap()'
        echo '    other = web[(number + 1) % len(web)]'
        sed 's/^/    /'
    } | program web
}

# of_tool FILTER: the segments of this run's tool, by jq.
of_tool() {
    jq -r "[.segments[] | select(.tool == \"$DVO_BACKEND\" and .file != null)] | $1" \
        "$work/p/build/web/plan.json"
}

# count CALL WORD: how many of its ops the output tells that of.
count() {
    grep -cE "^$2 +web\[[0-3]\]\.$1" "$work/out"
}

each_has_its_own() {
    web <<'END'
page = m.file("/srv/page", content=f"{number} {{{{ x }}}} {m.private_ip} {other.private_ip}\n")
m.file(f"/srv/site-{number}", content=f"'{number}'\n")
m.install("jq")
m.install("tree")
look = m.query(["cat", "/srv/page"])
m.file("/srv/copy", content=f"{look.stdout}\n", when=page.changed)
m.run(["sh", "-c", f"echo {number} >> /srv/ran"], always=True, when=page.changed)
END
    runs web && [ "$(of_tool length)" -eq 1 ] && [ "$(of_tool '.[0].machines | length')" -eq 4 ] ||
        return
    for n in 0 1 2 3; do
        next=$(((n + 1) % 4))
        on "web[$n]" "cat /srv/page /srv/copy /srv/site-* /srv/ran; command -v jq; command -v tree" >"$work/has" &&
            printf '%s {{ x }} %s %s\n' "$n" "$(ip "$n")" "$(ip $next)" >"$work/page" &&
            { cat "$work/page" "$work/page" && printf "'%s'\n%s\n/usr/bin/jq\n/usr/bin/tree\n" "$n" "$n"; } |
            diff - "$work/has" || return
    done
}

ip() {
    api GET "/containers/$(machine "web[$1]")/json" |
        jq -r '.NetworkSettings.Networks[].IPAddress'
}

nothing_again() {
    unchanged web && [ "$(on 'web[2]' 'cat /srv/ran')" = 2 ]
}

# One machine alone, and of one call all machines but one.
parts() {
    on 'web[1]' 'rm /srv/page /srv/copy' && on 'web[3]' 'rm /srv/page' || return
    again web --only 'web[1].file(/srv/page)' && [ "$status" -eq 0 ] &&
        [ "$(count 'file\(/srv/page\)' changed)" -eq 1 ] && on 'web[1]' 'test -e /srv/page' &&
        ! on 'web[3]' 'test -e /srv/page' || return
    again web --except 'web[0].install(jq)' && [ "$status" -eq 0 ] &&
        [ "$(count 'file\(/srv/page\)' changed)" -eq 1 ] && [ "$(count 'install\(jq\)' ok)" -eq 3 ] &&
        on 'web[3]' 'test -e /srv/page'
}

# What fails on one machine ends its calls; the others come to their end.
one_fails() {
    web <<'END'
m.file("/srv/first", content="x\n")
m.run(["test", "!", "-e", "/srv/stop"], always=True)
m.file("/srv/last", content="x\n")
END
    on 'web[2]' 'touch /srv/stop' && fails EUNKNOWN "exit status 1" web &&
        [ "$(count 'file\(/srv/first\)' changed)" -eq 4 ] &&
        [ "$(count 'file\(/srv/last\)' changed)" -eq 3 ] && says 'not started because of it: web[2].file(/srv/last)' &&
        ! on 'web[2]' 'test -e /srv/last' || return
    on 'web[2]' 'rm /srv/stop' && again web && [ "$status" -eq 0 ] &&
        [ "$(count 'file\(/srv/last\)' changed)" -eq 1 ]
}

# With one task for many operations, each machine still has its own.
fused() {
    web <<'END'
conf = m.file(f"/srv/conf-{number}", content=f"{number} {m.private_ip}\n")
m.directory("/srv/dir")
m.link("/srv/dir/conf", to=f"/srv/conf-{number}")
m.service("cron", restart_on=[conf])
END
    runs web -O3 && [ "$(of_tool '[.[0].tasks[] | select(.[2] == null)] | length')" -eq 1 ] ||
        return
    for n in 0 1 2 3; do
        [ "$(on "web[$n]" 'cat /srv/dir/conf')" = "$n $(ip "$n")" ] || return
    done
    on 'web[2]' 'echo other > /srv/conf-2' && again web && [ "$status" -eq 0 ] &&
        [ "$(grep -c ^changed "$work/out")" -eq 2 ] && unchanged web -O3
}

# Only the call whose time is over fails.
one_is_late() {
    web <<'END'
m.run(["sh", "-c", "test ! -e /srv/slow || sleep 60"], always=True, timeout="4s")
m.file("/srv/behind", content="x\n")
END
    on 'web[1]' 'touch /srv/slow' && fails ETIMEDOUT '' web &&
        [ "$(count 'file\(/srv/behind\)' changed)" -eq 3 ] && on 'web[1]' 'rm /srv/slow'
}

# A machine that does not answer does not keep the others waiting for ever.
one_is_gone() {
    web <<'END'
m.file("/srv/gone", content="x\n", timeout="20s")
END
    runs web && on 'web[0]' 'rm /srv/gone' && on 'web[3]' 'rm /srv/gone' || return
    local id
    id=$(machine 'web[3]')
    api POST "/containers/$id/pause" >/dev/null
    again web
    api POST "/containers/$id/unpause" >/dev/null
    [ "$status" -ne 0 ] && [ "$(count 'file\(/srv/gone\)' changed)" -eq 1 ] &&
        [ "$(count 'file\(/srv/gone\)' ok)" -eq 2 ] && again web && [ "$status" -eq 0 ] &&
        [ "$(count 'file\(/srv/gone\)' changed)" -eq 1 ]
}

# Cut off with all machines at work: nothing is lost, nothing done twice.
killed() {
    web <<'END'
m.file("/srv/before", content="x\n")
slow = m.run(["sh", "-c", f"echo {number} >> /srv/slow; sleep 5"], creates="/srv/slow")
m.file("/srv/after", content="x\n")
m.run(["sh", "-c", f"echo {number} >> /srv/woken"], always=True, when=slow.changed)
END
    build_program web && start web &&
        until_true eval "on 'web[0]' 'test -e /srv/slow' && on 'web[3]' 'test -e /srv/slow'" || return
    kill -KILL -- "-$runner"
    pkill -KILL -s "$runner"
    gone
    until_true again_succeeds || return
    for n in 0 1 2 3; do
        [ "$(on "web[$n]" 'cat /srv/before /srv/slow /srv/after /srv/woken')" = "x
$n
x
$n" ] || return
    done
}

# More than a host's usual limits let boot.
boot_thirty() {
    echo 'many = [cloud.create(flavor=provider.FLAVOR_SMALL) for number in range(30)]' |
        program thirty
    runs thirty && unchanged thirty && (cd "$work/p" && "$bin/dvoc" destroy --yes build/thirty)
}

# The port that the engine chose is somebody else's when the machine is started: it is made anew.
# Each request is delayed, so that there is time for that; sanitizers do not go with ptrace.
port_taken() {
    local thief tools=$DVO_BUILD_DIR/release
    echo 'web = [cloud.create(flavor=provider.FLAVOR_SMALL) for number in range(3)]' | program ports
    build_program ports || return
    "$PYTHON" -B tests/e2e/port_thief.py "$socket" "$project" 2 >"$work/taken" &
    thief=$!
    (cd "$work/p" && timeout 300 strace -f -qq -o /dev/null -e trace=sendto \
        -e inject=sendto:delay_enter=500000 "$tools/dvo-run" build/ports) >"$work/out" 2>&1
    status=$?
    kill "$thief"
    wait "$thief" 2>/dev/null
    cat "$work/taken" "$work/out"
    [ "$status" -eq 0 ] && says '3 changed, 0 unchanged' && [ -s "$work/taken" ] &&
        [ "$(machines | wc -l)" -eq 3 ] && (cd "$work/p" && "$bin/dvoc" destroy --yes build/ports)
}

again_succeeds() {
    again web && [ "$status" -eq 0 ]
}

check many/boot-thirty boot_thirty
check many/port-taken port_taken
check many/each-has-its-own each_has_its_own
check many/nothing-again nothing_again
check many/parts parts
check many/one-fails one_fails
[ "$DVO_BACKEND" != ansible ] || check many/fused fused
check many/one-is-late one_is_late
check many/one-is-gone one_is_gone
check many/killed killed
counted
