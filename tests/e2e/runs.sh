#!/bin/bash
# The run as its operator knows it: parts of a plan, approval, events, parallel and repeated
# runs, states and machines that somebody has broken.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

program base <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL, tags={"e2e": "runs"})
n.bootstrap()
n.file("/root/a", content="a")
q = n.query(["hostname"])
o = cloud.create(flavor=provider.FLAVOR_SMALL)
o.bootstrap()
o.file("/root/peer", content=f"{n.ip} {q.stdout}\n")
output("peer", n.ip)
output("cpus", o.cpus)
expect(o.cpus >= 1, "it has a processor")
expect(n.memory > 1000, "it has memory")
END

values() {
    runs base && says "peer = $(api GET "/containers/$(machine n)/json" | jq -r .NetworkSettings.Networks.dvo.IPAddress)" &&
        grep -Eqx 'cpus = [0-9]+' "$work/out" && on o 'grep -q " n$" /root/peer' && unchanged base
}

# --- parts
only() {
    again base --only o --only 'o.bootstrap()' --only 'o.file(/root/peer)'
    [ "$status" -eq 0 ] && says '0 changed, 3 unchanged'
}
only_one() {
    again base --only 'n.file(/root/a)'
    [ "$status" -eq 0 ] && says '0 changed, 1 unchanged' || return
    on n 'rm /root/a'
    again base --only 'n.file(/root/a)'
    [ "$status" -eq 0 ] && says '1 changed, 0 unchanged' && on n 'test -e /root/a'
}
# A part of a tool run, with a value and a change from the state.
only_part() {
    program part <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL, tags={"e2e": "runs"})
n.bootstrap()
q = n.query(["echo", "of the state"])
s = n.query(["sh", "-c", "echo $A"], env={"A": secret("part/secret")})
n.file("/root/part", content=q.stdout)
n.file("/root/secret", content=s.stdout)
n.file("/root/other", content="o")
END
    export DVO_SECRET_PART_SECRET=part-of-a-secret
    build_program part
    again part --only 'n.file(/root/part)'
    [ "$status" -eq 12 ] && says "add --only 'n.query(echo,\"of the state\")'" || return
    runs part && on n 'rm /root/part /root/other' || return
    again part --only 'n.file(/root/part)'
    [ "$status" -eq 0 ] && on n 'grep -qx "of the state" /root/part && ! test -e /root/other' || return
    again part --only 'n.file(/root/secret)'
    [ "$status" -eq 12 ] && says 'keeps no text that a secret went into: add --only' || return
    again part --except 'n.file(/root/secret)'
    [ "$status" -eq 0 ] && on n 'test -e /root/other'
}
only_unknown() {
    again base --only 'o.fil(/root/peer)'
    [ "$status" -eq 2 ] && says 'did you mean o.file(/root/peer)?'
}
except() {
    again base --except 'output(peer)'
    [ "$status" -eq 0 ] && ! says 'peer = '
}
expected() {
    local digest
    digest=sha256:$(sha256sum <"$work/p/build/base/plan.json" | cut -d' ' -f1)
    again base --expect "$digest"
    [ "$status" -eq 0 ] || return
    again base --expect "sha256:$(printf '0%.0s' {1..64})"
    [ "$status" -eq 1 ] && says 'digest'
}
edited() { # FILE
    cp "$work/p/build/base/$1" "$work/kept"
    printf ' ' >>"$work/p/build/base/$1"
    again base --expect "$2"
    cp "$work/kept" "$work/p/build/base/$1"
    [ "$status" -eq 1 ] && says "$3"
}
events() {
    again base --events "$work/events"
    [ "$status" -eq 0 ] && jq -es 'all(.[]; type == "object")' "$work/events" &&
        [ "$(jq -r '.event' "$work/events" | sort | uniq -c | sort -n | tail -n 1 | awk '{print $1}')" -ge 8 ]
}
one_job() {
    again base --jobs 1
    [ "$status" -eq 0 ]
}
fail_fast() {
    program failing <<'END'
expect(1 == 1, "known")
n = cloud.find(tags={"e2e": "nobody"})
http.expect("http://127.0.0.1:1/", within="1s", name="port")
END
    fails ENOENT 'no such thing' failing --fail-fast
}

# --- batches
# rollout MAX_FAILURES FAILED [ON_ERROR]: as many machines fail, of three that go one by one.
rollout() {
    program rollout <<END
machines = [cloud.create(name="r%d" % i, flavor=provider.FLAVOR_SMALL) for i in range(3)]
for m in rollout(machines, max_failures=$1):
    http.expect(f"http://{m.ip}:1/", within="1s", on_error="${3:-stop}")
END
    fails EUNREACH "$2 failed, $((3 - $2)) skipped" rollout &&
        { [ "$2" = 3 ] || says 'an earlier batch of its rollout failed: http://{r0.ip}:1/'; }
}

# --- states
locked_state() {
    program wait <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL, tags={"e2e": "runs"})
n.bootstrap()
n.wait(path="/run/go", within="40s")
END
    build_program wait && start wait && until_true test -s "$work/out" || return
    local first=$runner
    (cd "$work/p" && "$bin/dvo-run" build/base) >"$work/second" 2>&1
    local second=$?
    on n 'touch /run/go'
    runner=$first
    gone
    cat "$work/second"
    [ "$status" -eq 0 ] && [ $second -eq 17 ] && grep -q "process $first on $(hostname) has been working" "$work/second"
}
broken_state() {
    cp "$work/p/.dvo/$project.db" "$work/db"
    echo 'this is no database, whatever its name says' >"$work/broken.db"
    again base --state "$work/broken.db"
    [ "$status" -ne 0 ] && says 'broken.db' && says 'not a database' &&
        [ "$(cat "$work/broken.db")" = 'this is no database, whatever its name says' ]
}
other_project() {
    "$bin/dvoc" build --project "$project-other" -o "$work/other" "$work/p/base.dvo" &&
        (cd "$work/p" && "$bin/dvo-run" --state ".dvo/$project.db" "$work/other") >"$work/out" 2>&1
    status=$?
    cat "$work/out"
    says 'belongs to the project'
}
# No room for the state: nothing is done that cannot be written down.
full_disk() {
    mkdir "$work/small" && mount -t tmpfs -o size=256k none "$work/small" || return
    mkdir -p "$work/small/p"
    cp "$work/p/.dvo/$project.db" "$work/small/p/s.db"
    head -c 1M /dev/zero >"$work/small/fill" 2>/dev/null
    program small <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL, tags={"e2e": "runs"})
n.bootstrap()
n.run(["touch", "/root/small"], always=True)
END
    build_program small
    again small --state "$work/small/p/s.db"
    umount "$work/small"
    [ "$status" -ne 0 ] && says 'small/' && on n '! test -e /root/small'
}

# --- machines
deleted() {
    local before
    before=$(machine n)
    api DELETE "/containers/$before?force=true&timeout=0&v=true"
    runs base && says 'changed  n ' && [ "$(machine n)" != "$before" ] && on n 'grep -qx a /root/a' &&
        on o "grep -qF '$(api GET "/containers/$(machine n)/json" | jq -r .NetworkSettings.Networks.dvo.IPAddress) ' /root/peer"
}
stopped() {
    local before
    before=$(machine n)
    api POST "/containers/$before/stop?timeout=0"
    runs base && [ "$(machine n)" = "$before" ]
}
found() {
    program finder <<END
f = cloud.find(tags={"e2e": "runs"}, id="$(machine n)")
f.bootstrap()
f.file("/root/found", content="f")
END
    runs finder && on n 'test -e /root/found'
}
one_twice() {
    program twice <<END
n = cloud.create(flavor=provider.FLAVOR_SMALL, tags={"e2e": "runs"})
m = cloud.find(id="$(machine n)")
n.bootstrap()
m.bootstrap()
END
    fails EINVAL 'are one machine' twice
}
other_arguments() {
    program bigger <<'END'
n = cloud.create(flavor=provider.FLAVOR_COMPUTE, tags={"e2e": "runs"})
END
    fails EEXIST 'the program says' bigger
}
# --- HTTP
web() {
    mkdir -p "$work/www" && echo hello >"$work/www/index.html"
    python3 -c '
import http.server, functools, sys, time, threading
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print(server.server_port, flush=True)
server.serve_forever()' "$work/www" >"$work/port" 2>/dev/null &
    www=$!
    until_true test -s "$work/port"
    program web <<END
r = http.request("GET", "http://127.0.0.1:$(cat "$work/port")/")
http.expect("http://127.0.0.1:$(cat "$work/port")/late", body="la", within="20s", name="late")
output("body", r.body)
output("type", r.header("content-type"))
END
    build_program web && start web && sleep 2 && echo late >"$work/www/late"
    gone
    [ "$status" -eq 0 ] && says 'body = hello' && says 'type = text/html' || return
    program web <<END
http.expect("http://127.0.0.1:$(cat "$work/port")/never", within="1s", name="never")
END
    fails EPOSTCOND 'answers with status 404' web
    local result=$?
    kill $www
    return $result
}

check runs/values values
check runs/only only
check runs/only-one only_one
check runs/only-unknown only_unknown
check runs/only-part only_part
check runs/except except
check runs/expect expected
check runs/edited-plan edited plan.json "sha256:$(sha256sum <"$work/p/build/base/plan.json" | cut -d' ' -f1)" digest
check runs/edited-playbook edited ansible/segment-1.yml "sha256:$(sha256sum <"$work/p/build/base/plan.json" | cut -d' ' -f1)" segment-1.yml
check runs/events events
check runs/one-job one_job
check runs/fail-fast fail_fast
check runs/rollout rollout 0 1
check runs/rollout-max-failures rollout 1 2
check runs/rollout-enough rollout 2 3
check runs/rollout-continue rollout 0 3 continue
check runs/locked-state locked_state
check runs/broken-state broken_state
check runs/other-project other_project
check runs/full-disk full_disk
check runs/found found
check runs/one-twice one_twice
check runs/other-arguments other_arguments
check runs/stopped stopped
check runs/deleted deleted
check runs/web web
counted
