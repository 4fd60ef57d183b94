#!/bin/bash
# What the glossary says of each call, where the tools behind it would do something else; and
# how a failure is told: typed, located, in the tool's own words, with what it kept from running.
# shellcheck disable=SC2016 # for the machine
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

head='n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()'
# call TEXT: the program that makes this call only.
call() {
    program call <<END
$head
$1
END
}
works() {
    call "$1" && runs call
}
holds() { # CALL SCRIPT
    works "$1" && on n "$2"
}
stays() {
    call "$1" && unchanged call
}
refused() { # ERROR TEXT CALL
    call "$3" && fails "$1" "$2" call && says "$(printf '     3 | %s' "$3")" &&
        grep -q '^ *| ^~*$' "$work/out" && says 'What is done stays done.'
}

# --- packages
# A package of the test's own, in two versions with a configuration file.
packages() {
    on n 'set -e
        rm -rf /srv/debs; mkdir -p /srv/debs; cd /srv/debs
        for v in 1 2; do
            mkdir -p p/DEBIAN p/etc
            printf "Package: confy\nVersion: $v\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n" >p/DEBIAN/control
            echo /etc/confy.conf >p/DEBIAN/conffiles
            echo "shipped with $v" >p/etc/confy.conf
            dpkg-deb --root-owner-group -b p confy_$v.deb >/dev/null
        done
        rm -r p
        for f in *.deb; do
            dpkg-deb -f $f; printf "Filename: ./$f\nSize: %s\nSHA256: %s\n\n" $(stat -c %s $f) $(sha256sum $f | cut -d" " -f1)
        done >Packages
        echo "deb [trusted=yes] file:/srv/debs ./" >/etc/apt/sources.list.d/confy.list
        apt-get -qq update'
}
has() {
    [ "$(on n "dpkg-query -W -f '\${Version}' confy")" = "$1" ]
}
conffile_kept() {
    works 'n.install("confy=1")' && has 1 || return
    on n 'echo mine >/etc/confy.conf'
    works 'n.install("confy", upgrade=True)' && has 2 && on n 'grep -qx mine /etc/confy.conf'
}
downgraded() {
    works 'n.install("confy=1")' && has 1 && stays 'n.install("confy=1")'
}
# Another holder of the package lock is waited for.
lock_held() {
    on n 'nohup python3 -c "
import fcntl, time
files = [open(p, \"w\") for p in (\"/var/lib/dpkg/lock-frontend\", \"/var/lib/dpkg/lock\")]
for f in files: fcntl.lockf(f, fcntl.LOCK_EX)
open(\"/run/dpkg-held\", \"w\").close()
time.sleep(20)" >/dev/null 2>&1 &'
    until_true on n 'test -e /run/dpkg-held'
    works 'n.install("confy=2")' && has 2
}
# dpkg was killed in the middle: the next install repairs it first.
dpkg_interrupted() {
    works 'n.install("confy=1")' || return
    on n 'dpkg --unpack /srv/debs/confy_2.deb >/dev/null 2>&1; touch /var/lib/dpkg/updates/0000'
    works 'n.install("confy=2")' && has 2
}
on_hold() {
    works 'n.install("confy=1")' && on n 'apt-mark hold confy' || return
    refused EPERM 'eld packages' 'n.install("confy", upgrade=True)'
    local result=$?
    on n 'apt-mark unhold confy'
    return $result
}

# --- services
units() {
    on n 'set -e; cd /etc/systemd/system
        printf "[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/sh -c \"echo reload >>/run/acts\"\nExecStartPost=/bin/sh -c \"echo start >>/run/acts\"\n[Install]\nWantedBy=multi-user.target\n" >acts.service
        printf "[Service]\nExecStart=/bin/sleep infinity\n" >static.service
        printf "[Service]\nExecStart=/bin/true\nRemainAfterExit=yes\nType=oneshot\n[Install]\nWantedBy=multi-user.target\n" >whole.service
        printf "[Unit]\nPartOf=whole.service\n[Service]\nExecStart=/bin/sh -c \"test -e /run/part-may && sleep infinity\"\n" >part.service
        ln -sf /dev/null veiled.service
        systemctl daemon-reload; rm -f /run/acts'
}
acts() { # WHAT...
    [ "$(on n 'xargs </run/acts')" = "$*" ]
}
# Two files; the service is to restart for the one and to reload for the other.
both() { # A B
    works "a = n.file('/etc/acts.a', content='$1')
b = n.file('/etc/acts.b', content='$2')
n.service('acts', restart_on=[a], reload_on=[b])"
}
started_only() {
    both 1 1 && acts start
}
restart_wins() {
    both 2 2 && acts start start
}
reload_alone() {
    both 2 3 && acts start start reload && both 2 3 && acts start start reload
}
daemon_reloaded() {
    on n 'printf "Environment=A=1\n" >>/etc/systemd/system/static.service
        sed -i "s/^\[Service\]/[Service]\nNice=3/" /etc/systemd/system/static.service'
    holds 'n.service("static")' '[ "$(systemctl show -p NeedDaemonReload --value static)" = no ]'
}
part_failed() {
    on n 'systemctl start whole; systemctl start part; sleep 0.5; systemctl is-failed part' || return
    refused EPOSTCOND 'part.service' 'n.service("whole")' || return
    on n 'touch /run/part-may'
    holds 'n.service("whole")' 'systemctl is-active part'
}

# --- people
group_busy() {
    on n 'useradd -m owned; useradd -m running'
    refused EBUSY 'primary group' 'n.group("owned", present=False)'
}
user_running() {
    remote "$(machine n)" 'setsid setpriv --reuid running --regid running --init-groups sleep 300 >/dev/null 2>&1 </dev/null &'
    sleep 0.5
    refused EBUSY 'running processes' 'n.user("running", present=False)' || return
    on n 'pkill -KILL -u running; sleep 0.5'
    holds 'n.user("running", present=False)' 'test -d /home/running && ! getent passwd running'
}

# --- how it is told
both_machines() {
    program two <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
o = cloud.create(flavor=provider.FLAVOR_SMALL)
o.bootstrap()
n.file("/etc/before", content="b")
bad = n.file("/usr", content="x")
late = n.file("/etc/late", content="l")
q = n.query(["echo", "x"])
o.file("/root/uses", content=q.stdout)
o.file("/root/free", content="f")
END
    fails EINVAL '/usr is a directory, not a file' two || return
    says 'two.dvo:6:7: n.file(/usr): EINVAL' && says 'not started because of it: n.file(/etc/late) (later on that machine)' &&
        says 'o.file(/root/uses)' && on n 'test -e /etc/before && ! test -e /etc/late' &&
        on o '! test -e /root/uses'
}
independent() {
    program two <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
o = cloud.create(flavor=provider.FLAVOR_SMALL)
o.bootstrap()
n.file("/etc", content="x")
o.file("/root/free", content="f")
END
    fails EINVAL 'is a directory' two && on o 'test -e /root/free'
}
goes_on() {
    program continued <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
bad = n.query(["sh", "-c", "echo out; exit 4"], on_error="continue")
n.file("/root/after", content="a")
n.file("/root/uses", content=bad.stdout)
slow = n.run(["sleep", "60"], always=True, timeout="2s", on_error="continue")
n.file("/root/behind", content="b")
END
    fails EUNKNOWN 'exit status 4' continued || return
    says 'ETIMEDOUT' && on n 'test -e /root/after && test -e /root/behind && ! test -e /root/uses' &&
        says 'skipped  n.file(/root/uses)'
}
skipped() {
    program skipped <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
q = n.query(["echo", "no"])
s = n.query(["echo", "never"], when=q.stdout == "yes")
n.file("/root/skipped", content=s.stdout)
n.run(["touch", "/root/ran"], on=[s])
n.file("/root/always", content="a", when=not_(s.changed))
END
    runs skipped && says 'skipped  n.query(echo,never)' && says 'skipped  n.file(/root/skipped)' &&
        on n 'test -e /root/always && ! test -e /root/skipped && ! test -e /root/ran'
}
retried() {
    on n 'rm -f /root/tries'
    works 'n.run(["sh", "-c", "echo x >>/root/tries; [ $(wc -l </root/tries) -ge 2 ] || { echo Resource temporarily unavailable: ould not get lock >&2; exit 126; }; touch /root/tried"], creates="/root/tried", retries=3)'
}

check errors/base works ''
check errors/packages packages
check errors/conffile-kept conffile_kept
check errors/downgrade downgraded
check errors/package-lock-held lock_held
check errors/dpkg-interrupted dpkg_interrupted
check errors/on-hold on_hold
check errors/no-package refused ENOENT 'no-such-package' 'n.install("no-such-package")'
check errors/remove holds 'n.remove("confy", purge=True)' '! test -e /etc/confy.conf'
check errors/units units
check errors/masked refused EINVAL 'is masked' 'n.service("veiled")'
check errors/no-unit refused ENOENT 'there is no unit' 'n.service("nobody")'
check errors/static works 'n.service("static", enabled=True)'
check errors/static-disable refused EINVAL 'cannot be disabled' 'n.service("static", enabled=False)'
check errors/started-only started_only
check errors/restart-wins restart_wins
check errors/reload-alone reload_alone
check errors/daemon-reload daemon_reloaded
check errors/part-of part_failed
check errors/gid-taken refused EEXIST "GID '4' already exists" 'n.group("mine", gid=4)'
check errors/group-busy group_busy
check errors/user-running user_running
check errors/link-over-file refused EINVAL 'not a link' 'n.link("/etc/hostname", to="x")'
check errors/full-directory refused EINVAL 'not empty' 'n.directory("/etc/apt", present=False)'
check errors/no-command refused ENOENT 'no-such-command' 'n.run(["no-such-command"], always=True)'
check errors/both-machines both_machines
check errors/independent independent
check errors/continue goes_on
check errors/skipped skipped
check errors/retried retried
counted
