#!/bin/bash
# Many operations in one go: transactions of packages, and tasks for a run of operations
# (-O3): twenty operations on one machine, again, in check mode, one of them wrong, some of
# them only.
# shellcheck disable=SC2016 # for the machine
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

# Whatever is between them, each of these is an operation of its own.
body=$(
    cat <<'END'
m = cloud.create(flavor=provider.FLAVOR_SMALL, tags={"e2e": "fuse"})
m.bootstrap()
m.group("app", gid=900)
m.user("app", group="app", system=True)
d = m.directory("/srv/app", owner="app")
conf = m.file("/etc/app.conf", content=f"ip = {m.ip}\nx = {{{{ no }}}}\n")
m.file("/srv/app/it's", content="", owner="app")
m.line("/etc/issue", "y = 1", match="^y =")
m.block("/etc/motd", "app", "hello")
m.link("/srv/current", "/srv/app")
m.permissions("/srv/app", mode="0750")
unit = m.unit("app.service", content="[Service]\nExecStart=/bin/sleep 1000000\n[Install]\nWantedBy=multi-user.target\n")
m.service("app", restart_on=[conf, unit])
m.sysctl("vm.swappiness", "11")
m.timezone("Europe/Vienna")
m.hostname("fused")
r = m.run(["sh", "-c", "echo $A >> /srv/count"], env={"A": "a"}, creates="/srv/never", when=conf.changed)
m.run(["touch", "/srv/done"], creates="/srv/done")
q = m.query(["cat", "/proc/sys/vm/swappiness"])
m.file("/etc/swappiness", content=q.stdout + "\n")
m.hold("bash")
m.hold(["tar", "bash"])
m.hold("gzip")
output("swappiness", q.stdout)
END
)
program fused <<<"$body"

tasks() { # NAME: how many the first playbook with more than one has
    grep -hc '^    - name:' "$work/p/build/$1/ansible/segment-"*.yml | sort -n | tail -n 1
}
fresh() {
    build_program fused -O3 && [ "$(tasks fused)" -le 8 ] && runs fused -O3 && says 'swappiness = 11' &&
        on m 'set -e; test "$(stat -c %U%a /srv/app)" = app750; grep -qx "x = {{ no }}" /etc/app.conf
            systemctl is-active app; test "$(cat /srv/count)" = a; grep -qx 11 /etc/swappiness
            test "$(apt-mark showhold | tr "\n" " ")" = "bash gzip tar "'
}
# Each operation has a row of its own, with its own result.
rows() {
    [ "$(state "SELECT count(*) FROM ops WHERE status = 2")" -eq 24 ] &&
        [ "$(state "SELECT count(*) FROM ops WHERE pending = 1")" -eq 0 ]
}
unchanged_after() {
    unchanged fused -O3
}
# Another level finds nothing to do either, and the other way round.
levels() {
    unchanged fused -O2 && unchanged fused -O0 && unchanged fused -O3
}
events() {
    on m 'systemctl stop app; rm /srv/done; apt-mark unhold tar; echo other >/etc/app.conf; : >/etc/issue'
    build_program fused -O3 && again fused --events "$work/events" && [ "$status" -eq 0 ] || return
    jq -r 'select(.event == "done" and .changed) | .address' "$work/events" | sort >"$work/changed"
    printf '%s\n' 'm.file(/etc/app.conf)' 'm.hold(bash,tar)' 'm.line(/etc/issue,"^y =")' \
        'm.run(sh,-c,"echo $A >> /srv/count")' 'm.run(touch,/srv/done)' 'm.service(app.service)' |
        sort | diff - "$work/changed"
}

# plain OPTION...: without dvoc, every operation by hand.
plain() {
    local id port key
    id=$(machine m)
    port=$(door "$id")
    key=$(on m 'cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub')
    echo "[127.0.0.1]:$port $key" >"$work/known_hosts"
    jq -n --arg port "$port" --arg identity "$identity" --arg known "$work/known_hosts" --arg ip "$(
        api GET "/containers/$id/json" | jq -r .NetworkSettings.Networks.dvo.IPAddress)" '
        {machines: {m: {address: "127.0.0.1", port: ($port | tonumber), user: "root",
         identity: $identity, known_hosts: $known}}, changed_before: [], secrets: {}, m_ip: $ip}' \
        >"$work/values.json"
    (cd "$work/p/build/fused/ansible" && ansible-playbook site.yml -e "@$work/values.json" "$@") |
        tee "$work/plain"
}
plain_again() {
    plain --check --diff && grep -q 'changed=0 .*unreachable=0 .*failed=0' "$work/plain"
}
plain_check() {
    on m 'rm /etc/motd; echo z >/etc/app.conf'
    plain --check --diff && grep -q 'unreachable=0 .*failed=0' "$work/plain" &&
        grep -qx '+x = {{ no }}' "$work/plain" && on m 'grep -qx z /etc/app.conf && ! test -e /etc/motd'
}
plain_run() {
    plain && grep -q 'unreachable=0 .*failed=0' "$work/plain" && on m 'test -e /etc/motd' && unchanged fused -O3
}

lint() {
    (cd "$work/p/build/fused/ansible" && ansible-lint --nocolor --profile production)
}

# Some of the operations of a task.
only() {
    on m 'rm /srv/done /etc/motd; apt-mark unhold gzip bash tar'
    again fused --only 'm.run(touch,/srv/done)' --only 'm.hold(bash,tar)'
    [ "$status" -eq 0 ] && says '2 changed, 0 unchanged' &&
        on m 'test -e /srv/done && ! test -e /etc/motd && test "$(apt-mark showhold | tr "\n" " ")" = "bash tar "' ||
        return
    again fused --except 'm.hold(gzip)' && [ "$status" -eq 0 ] && says '1 changed' &&
        on m 'test -e /etc/motd && test "$(apt-mark showhold | tr "\n" " ")" = "bash tar "'
}
# The same without a tool.
only_api() {
    on m 'apt-mark unhold gzip bash tar'
    echo 'backends: {default: api}' >"$work/p/etc/dvo/dvo.yaml"
    runs fused && says '3 changed' && on m 'apt-mark unhold gzip bash tar' || return
    again fused --only 'm.hold(bash,tar)'
    [ "$status" -eq 0 ] && says '1 changed, 0 unchanged' &&
        on m 'test "$(apt-mark showhold | tr "\n" " ")" = "bash tar "' || return
    runs fused && says '1 changed'
    local found=$?
    echo 'backends: {default: ansible}' >"$work/p/etc/dvo/dvo.yaml"
    return $found
}

# And through Chef.
only_chef() {
    program chef <<'END'
c = cloud.create(flavor=provider.FLAVOR_SMALL, tags={"e2e": "fuse"})
c.bootstrap()
c.hold("bash")
c.hold(["tar", "bash"])
c.hold("gzip")
END
    bash "$root/etc/dvo/engine/image.sh" chef || return
    export DVO_CHEF_LICENSE=accept-no-persist
    echo 'backends: {default: chef}' >"$work/p/etc/dvo/dvo.yaml"
    runs chef && unchanged chef && on c 'apt-mark unhold gzip bash tar' &&
        again chef --only 'c.hold(bash,tar)' && [ "$status" -eq 0 ] && says '1 changed, 0 unchanged' &&
        on c 'test "$(apt-mark showhold | tr "\n" " ")" = "bash tar "' &&
        runs chef && says '1 changed'
    local found=$?
    echo 'backends: {default: ansible}' >"$work/p/etc/dvo/dvo.yaml"
    return $found
}

# One in the middle fails: what stands before it is done, what stands behind it never was.
wrong() {
    program wrong <<<"${body/'m.link("/srv/current", "/srv/app")'/m.file(\"/srv/new\", content=\"\")
m.link(\"/etc/debian_version\", \"/srv/app\")
m.file(\"/srv/behind\", content=\"\")}"
    fails EINVAL 'm.link(/etc/debian_version)' wrong -O3 && says 'wrong.dvo:11' || return
    on m 'test -e /srv/new && ! test -e /srv/behind' &&
        [ "$(state "SELECT count(*) FROM ops WHERE address = 'm.file(/srv/behind)'")" -eq 0 ] &&
        [ "$(state "SELECT status FROM ops WHERE address = 'm.sysctl(vm.swappiness)'")" -eq 2 ] &&
        [ "$(state "SELECT status FROM ops WHERE address = 'm.file(/srv/new)'")" -eq 2 ]
}
# A transaction fails as a whole, in the words of its tool.
no_package() {
    program nopackage <<'END'
m = cloud.create(flavor=provider.FLAVOR_SMALL, tags={"e2e": "fuse"})
m.bootstrap()
m.hold("bash")
m.hold("no-such-package")
m.file("/srv/after", content="")
END
    fails ENOENT 'no-such-package is not installed' nopackage && says '2 failed, 1 skipped' &&
        says 'nopackage.dvo:3' && says 'nopackage.dvo:4'
}
# A run is killed within a task: what the machine was sent comes to its end, and all of it
# counts as changed.
killed() {
    program killed <<'END'
m = cloud.create(flavor=provider.FLAVOR_SMALL, tags={"e2e": "fuse"})
m.bootstrap()
a = m.file("/srv/first", content="1")
m.run(["sh", "-c", "touch /srv/at; sleep 5"], creates="/srv/slept")
m.run(["sh", "-c", "echo x >>/srv/seen"], creates="/srv/never", when=a.changed)
END
    build_program killed -O3 && start killed && until_true on m 'test -e /srv/at' || return
    kill -9 "-$runner"
    gone
    again killed && [ "$status" -eq 0 ] && on m 'grep -qx x /srv/seen && cp /srv/seen /srv/kept' &&
        again killed && [ "$status" -eq 0 ] && on m 'cmp /srv/seen /srv/kept'
}

check fuse/fresh fresh
check fuse/rows rows
check fuse/again unchanged_after
check fuse/levels levels
check fuse/events events
check fuse/plain-again plain_again
check fuse/plain-check plain_check
check fuse/plain-run plain_run
check fuse/lint lint
check fuse/only only
check fuse/only-api only_api
check fuse/only-chef only_chef
check fuse/wrong wrong
check fuse/no-package no_package
check fuse/killed killed
counted
