#!/bin/bash
# First boots: what api does on machines that nobody can log in to goes into their user data,
# and is carried out by Debian's cloud-init. The provider is that of firstboot/closed.dvo: the
# embedded one's machines, without its ways in.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/firstboot/image.sh
. "$root/tests/e2e/firstboot/image.sh"

mkdir -p "$work/p/etc/dvo/providers"
cat >"$work/p/etc/dvo/dvo.yaml" <<END
provider: closed
drivers: $root/tests/e2e/firstboot
backends: {default: api}
END
cat >"$work/p/etc/dvo/providers/closed.yaml" <<END
driver: closed
flavors: {SMALL: small}
images: {DEFAULT: debian-12-cloud}
networks: {DEFAULT: dvo}
END
make_cloud_image || exit 1

# schema NAME: cloud-init itself takes the user data of a build.
schema() {
    valid web "$(ls "$work/p/build/$1"/api/boot/*.yaml)"
}

# What OpenStack would be sent of the same program.
openstack() {
    mkdir -p "$work/zed/providers"
    echo 'provider: zed' >"$work/zed/dvo.yaml"
    sed 's/^driver: .*/driver: openstack/' "$work/p/etc/dvo/providers/closed.yaml" \
        >"$work/zed/providers/zed.yaml"
    build_program web --config "$work/zed" -o build/zed && schema zed
}

# web CALL: a program with one more call.
web() {
    program web <<END
web = cloud.create(flavor=provider.FLAVOR_SMALL)
facts = web.bootstrap()
site = web.file("/etc/motd", content="it's\n\$HOME {{ here }}\n")
web.file("/srv/seen", content="x", when=site.changed)
again = web.file("/etc/hostname", content="web\n")
web.file("/srv/unseen", content="x", when=again.changed)
web.user("ana", comment="Ana Ops", groups=["adm"])
web.run(["sh", "-c", "echo once >>/srv/log"], on=[site])
web.run(["false"], always=True, on_error="continue")
web.service("cron", running=False, restart_on=[site])
said = web.query(["printf", "two\nwörds"])
$1
output("os", facts.os)
output("said", said.stdout)
output("there", web.ip)
END
}
results() {
    says 'os = debian' && says 'said = two' && says 'wörds' &&
        says "there = $(api GET "/containers/$(machine web)/json" |
            jq -r .NetworkSettings.Networks.dvo.IPAddress)"
}
first() {
    web ''
    run web
    # The command that fails is the only failure, and the run goes on.
    [ "$status" -eq 28 ] || return 1
    for line in 'changed  web ' 'changed  web.file(/etc/motd)' 'changed  web.file(/srv/seen)' \
        'ok       web.file(/etc/hostname)' 'skipped  web.file(/srv/unseen)' \
        'changed  web.user(ana)' 'failed   web.run(false): exit status 1' \
        'changed  web.service(cron.service)' '1 failed'; do
        says "$line" || return 1
    done
    results
}
carried_out() {
    [ "$(inside web 'cat /etc/motd')" = "it's
\$HOME {{ here }}" ] &&
        inside web 'test -e /srv/seen && ! test -e /srv/unseen && id -nG ana | grep -qw adm' &&
        inside web '! systemctl -q is-active cron && grep -cx once /srv/log | grep -qx 1'
}
# Nobody has logged in.
closed() {
    inside web '! journalctl -u ssh | grep -q Accepted'
}
quiet() {
    web ''
    sed -i '/false/d' "$work/p/web.dvo"
    unchanged web && results || return 1
    # The state has all of it: the console is not read.
    [ "$(state "SELECT count(*) FROM ops WHERE
        result LIKE '%first_boot%'")" -eq 9 ]
}
# What was done in the first boot is known by what it is, whatever the program says besides.
later() {
    web 'web.file("/srv/late", content="x")'
    sed -i '/false/d' "$work/p/web.dvo"
    fails EINVAL 'this is new, or not what it was in the first boot of web' web &&
        says "--replace 'web'" && says 'web.dvo:11:1: web.file(/srv/late)' && results &&
        inside web '! test -e /srv/late'
}
forgotten() {
    web ''
    sed -i '/false/d' "$work/p/web.dvo"
    rm -f "$work/p/.dvo/$project.db"*
    runs web && says 'changed  web.file(/etc/motd)' && results && carried_out
}

# A runtime that is killed while the machine boots, and a call that fails there.
broken() {
    program broken <<END
m = cloud.create(flavor=provider.FLAVOR_SMALL)
m.bootstrap()
m.run(["sh", "-c", "echo once >>/srv/log"], always=True)
m.link("$1", to="/srv")
m.file("/etc/motd", content="m\n")
END
}
killed() {
    broken /etc
    build_program broken && start broken && until_true inside m true || return 1
    kill -KILL -- -"$runner"
    gone
    again broken
    failed_with EINVAL '/etc is a directory'
}
fails_there() {
    says 'changed  m.run(' && says 'broken.dvo:4:1: m.link(' &&
        says 'blocked  m.file(/etc/motd): needs m.link(' &&
        inside m 'grep -cx once /srv/log | grep -qx 1 && ! grep -qx m /etc/motd'
}
# It says the same again, and nothing happens.
fails_again() {
    again broken
    says 'ok       m.run(' && says 'failed   m.link(' &&
        inside m 'grep -cx once /srv/log | grep -qx 1'
}
mended() {
    broken /srv/link
    runs broken --replace m && inside m 'test -L /srv/link && grep -qx m /etc/motd' &&
        unchanged broken
}
destroyed() {
    again broken --destroy --yes
    [ "$status" -eq 0 ] && [ -z "$(machine m)" ]
}

check firstboot/first first
check firstboot/carried-out carried_out
check firstboot/closed closed
check firstboot/schema schema web
check firstboot/openstack openstack
check firstboot/unchanged quiet
check firstboot/later later
check firstboot/forgotten forgotten
check firstboot/killed killed
check firstboot/fails-there fails_there
check firstboot/fails-again fails_again
check firstboot/mended mended
check firstboot/destroyed destroyed
counted
