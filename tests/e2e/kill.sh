#!/bin/bash
# Killed at chosen places, with its tools and without a word, and run again: nothing happens
# twice that must not, and no restart is lost.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
sh samples/my-app/build.sh "$work/p/packages" 1.0 1.1 || exit 1
cat >>"$work/p/etc/dvo/dvo.yaml" <<'END'
repositories: [{name: ours, type: directory, path: ../../packages}]
END

head='n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
n.unit("tick.service", content="[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n")
'
# trigger VERSION: a file, something slow behind it, and those who act on its change.
trigger() {
    program trigger <<END
$head
f = n.file("/etc/tick.conf", content="$1\n")
n.run(["sh", "-c", "touch /run/slow; sleep 2; rm -f /run/slow"], always=True)
n.service("tick", restart_on=[f])
n.run(["sh", "-c", "echo $1 >>/root/acted"], on=[f])
n.run(["sh", "-c", "touch /run/last; sleep 2; rm -f /run/last"], always=True)
END
}
# The two slow commands cannot be repeated, so a run that met their kill says so, once.
program base <<END
$head
n.service("tick")
END
# shellcheck disable=SC2028 # for the program
trigger zero

started() {
    on n 'systemctl show -p InvocationID --value tick'
}

# kill_when SCRIPT: as soon as it succeeds on the machine, the runner and its tools die.
kill_when() {
    start trigger && until_true on n "$1" || return
    kill -KILL -- "-$runner"
    # The tools have groups of their own.
    pkill -KILL -s "$runner"
    gone
    until_true on n '! test -e /run/slow && ! test -e /run/last'
}

# After the file, before the service.
between_file_and_service() {
    local before
    before=$(started)
    trigger one && build_program trigger && kill_when 'test -e /run/slow' || return
    grep -q '' <(on n 'grep -x one /etc/tick.conf') && [ "$(started)" = "$before" ] || return
    again trigger
    failed_with EUNKNOWN 'an earlier run was stopped while this was at work' || return
    says 'ok       n.bootstrap()' || return
    [ "$(started)" = "$before" ] || return
    again trigger
    [ "$status" -eq 0 ] && [ "$(started)" != "$before" ] && [ "$(on n 'cat /root/acted' | xargs)" = 'one' ]
}

# After everything that acts on it: not a second time.
after_consumers() {
    local after
    trigger two && build_program trigger && kill_when 'test -e /run/last' || return
    after=$(started)
    [ "$(on n 'cat /root/acted' | xargs)" = 'one two' ] || return
    again trigger
    failed_with EUNKNOWN 'an earlier run was stopped' || return
    again trigger
    [ "$status" -eq 0 ] && [ "$(on n 'cat /root/acted' | xargs)" = 'one two' ] || return
    [ "$(started)" = "$after" ] || return
    state "SELECT count(*) FROM ops WHERE pending" | grep -qx 0
}

# At the very moment a file has changed: whoever is told of the start has it in the state.
at_the_change() {
    local version=$1 before
    before=$(started)
    trigger "$version" && build_program trigger && start trigger &&
        until_true on n "grep -qx $version /etc/tick.conf" || return
    kill -KILL -- "-$runner"
    pkill -KILL -s "$runner"
    gone
    until_true on n '! test -e /run/slow && ! test -e /run/last'
    again trigger
    [ "$status" -eq 0 ] || again trigger
    [ "$status" -eq 0 ] && [ "$(started)" != "$before" ]
}

# Between the package and its service's restart.
deploy_program() {
    program deploy <<END
$head
n.deploy(packages.find("my-app", version="$1"))
END
}
app_started() {
    on n 'systemctl show -p InvocationID --value my-app'
}
deployed() {
    deploy_program 1.0 && runs deploy
}
deploy_killed() {
    deploy_program 1.1 && build_program deploy || return
    local before
    before=$(app_started)
    # A start that takes its time, for the kill to fall between.
    on n 'mkdir -p /etc/systemd/system/my-app.service.d
        printf "[Service]\nExecStartPre=/bin/sleep 3\n" >/etc/systemd/system/my-app.service.d/slow.conf
        systemctl daemon-reload'
    start deploy && until_true on n 'test -e /var/lib/dvo/restart/my-app.service' || return
    # The machine goes down with it: the step does not come to its end.
    kill -KILL -- "-$runner"
    pkill -KILL -s "$runner"
    api POST "/containers/$(machine n)/kill?signal=KILL" >/dev/null
    gone
    until_true sh -c "curl -sS --unix-socket '$socket' \
        'http://podman/v4.0.0/libpod/containers/$(machine n)/json' | jq -e '.State.Running | not'" ||
        api POST "/containers/$(machine n)/stop?timeout=0" >/dev/null
    runs deploy && [ "$(app_started)" != "$before" ] &&
        [ "$(on n "dpkg-query -W -f '\${Version}' my-app")" = 1.1 ] &&
        on n '! test -e /var/lib/dvo/restart/my-app.service' &&
        unchanged deploy
}

# Stopped by the keyboard: once ends what runs and starts nothing more, twice ends at once.
interrupted() {
    trigger three && build_program trigger && start trigger &&
        until_true on n 'test -e /run/slow' || return
    kill -INT "$runner"
    gone
    says 'Stopping: nothing more is started' || return
    # The command at work came to its end, and no other began.
    [ "$status" -eq 26 ] && [ "$(on n 'tail -n 1 /root/acted')" != three ] || return
    again trigger
    [ "$status" -eq 0 ] || return
    [ "$(on n 'tail -n 1 /root/acted')" = three ]
}
interrupted_twice() {
    trigger four && build_program trigger && start trigger &&
        until_true on n 'test -e /run/slow' || return
    kill -INT "$runner"
    until_true says 'Stopping'
    kill -INT "$runner"
    gone
    says 'stopped at once' && [ "$status" -eq 26 ] || return
    again trigger
    failed_with EUNKNOWN 'an earlier run was stopped' || return
    again trigger
    [ "$status" -eq 0 ] && [ "$(on n 'tail -n 1 /root/acted')" = four ]
}

check kill/base runs base
check kill/first runs trigger
on n 'rm -f /root/acted'
check kill/between-file-and-service between_file_and_service
check kill/after-consumers after_consumers
for i in 1 2 3; do
    check "kill/at-the-change-$i" at_the_change "v$i"
done
on n 'printf "one\ntwo\n" >/root/acted'
check kill/interrupted interrupted
check kill/interrupted-twice interrupted_twice
check kill/deployed deployed
check kill/deploy deploy_killed
counted
