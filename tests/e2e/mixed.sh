#!/bin/bash
# One program, three tools: the provider makes the machine, Ansible sets up its base, Chef its
# application, and the step library the rest; values, restarts and failures cross between them.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
bash etc/dvo/engine/image.sh chef || exit 1

# Whoever runs the tests has the licence of Chef accepted for them.
export DVO_CHEF_LICENSE=accept-no-persist
export DVO_SECRET_SHOP_TOKEN="s3cr3t-$$"

# What no `via=` says, patterns say: the longest one that fits, or the name itself.
cat >"$work/p/etc/dvo/dvo.yaml" <<END
backends: {default: ansible, "machine.*": ansible, machine.query: api, machine.deploy: chef}
repositories: [{name: ours, type: directory, path: $root/samples/packages}]
END

# The essay's machine, "created with Ansible, but configured via Chef", and the other way round.
shop() { # GREETING
    cat <<END
def base(machine):
    machine.bootstrap()
    machine.group("ops")
    machine.user("ana", groups=["ops"])

def site(machine, host):
    folder = machine.directory("/srv/www", owner="ana", via="chef")
    page = machine.file("/srv/www/index.html", content=f"$1 {host.stdout} {secret('shop/token')}\n",
                        owner="ana", mode="0640", via="chef")
    return [folder, page]

shop = cloud.create(flavor=provider.FLAVOR_SMALL)
base(shop)
host = shop.query(["cat", "/etc/hostname"])
app = packages.find("my-app", version="1.1")
deployed = shop.deploy(app, env={"PORT": "8080"})
pages = site(shop, host)
unit = shop.unit("pages.service", content="""[Service]
User=ana
ExecStart=/usr/bin/python3 -m http.server --directory /srv/www 8081
[Install]
WantedBy=multi-user.target
""", via="chef")
shop.service("pages", restart_on=[unit] + pages)
served = shop.query(["systemctl", "show", "-P", "ExecMainStartTimestampMonotonic", "pages"])
shop.file("/srv/seen", content=f"{served.stdout} {deployed.version}", via="ansible", name="seen")
shop.wait(port=8081, via="api")
http.expect(f"http://{shop.ip}:8080/", body="my-app 1.1", within="20s")
http.expect(f"http://{shop.ip}:8081/", body=f"$1 {host.stdout}", within="20s")
END
}
shop Hello | program shop

# Which tool carries an op is in the plan.
carried() { # ADDRESS: its backend
    jq -r --arg op "$1" '.ops[] | select(.address == $op).backend' "$work/p/build/shop/plan.json"
}
patterns() {
    build_program shop || return
    local pair
    for pair in shop=api 'shop.user(ana)=ansible' 'shop.query(cat,/etc/hostname)=api' \
        'shop.deploy(my-app)=chef' 'shop.directory(/srv/www)=chef' seen=ansible; do
        [ "$(carried "${pair%=*}")" = "${pair##*=}" ] || echo "${pair%=*} is carried otherwise"
    done >"$work/out"
    cat "$work/out"
    [ ! -s "$work/out" ]
}
arrived() {
    on shop "set -e
        [ \"\$(cat /srv/www/index.html)\" = \"Hello shop $DVO_SECRET_SHOP_TOKEN\" ]
        [ \"\$(stat -c '%U %a' /srv/www/index.html)\" = 'ana 640' ]
        grep -q ' 1\\.1\$' /srv/seen
        id -nG ana | grep -qw ops"
}
started() {
    on shop 'systemctl show -P ExecMainStartTimestampMonotonic pages'
}
# A change that Chef makes restarts what Ansible keeps running, once.
restarts() {
    local before
    before=$(started)
    shop Welcome | program shop
    runs shop && [ "$(started)" != "$before" ] || return
    before=$(started)
    unchanged shop && [ "$(started)" = "$before" ]
}
nothing_written() {
    ! grep -rlF "$DVO_SECRET_SHOP_TOKEN" "$work/p"
}

# What fails in Chef is told by its place in the program; what needs it is not begun in any tool.
broken() {
    program broken <<'END'
m = cloud.create(flavor=provider.FLAVOR_SMALL)
m.bootstrap()
m.file("/srv/one", content="1")
two = m.file("/srv/two", content="2", validate=["grep", "-q", "three", "%s"], via="chef")
m.file("/srv/three", content="3", after=[two])
m.service("cron", restart_on=[two], after=[two], via="api", running=False)
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
n.file("/srv/other", content="4", via="chef")
END
    fails EINVAL 'validate refused the content: it ended with status 1' broken && says 'broken.dvo:4:' &&
        says 'What is done stays done.' && says '1 failed, 2 skipped' &&
        on m 'test -e /srv/one && ! test -e /srv/two && ! test -e /srv/three' &&
        on n 'test -e /srv/other'
}
mended() {
    sed -i 's/"three"/"2"/' "$work/p/broken.dvo"
    runs broken && says '3 changed' && on m 'test -e /srv/two && test -e /srv/three' &&
        unchanged broken
}

check mixed/patterns patterns
check mixed/run runs shop
check mixed/arrived arrived
check mixed/unchanged unchanged shop
check mixed/restarts restarts
check mixed/secret nothing_written
check mixed/broken broken
check mixed/mended mended
counted
