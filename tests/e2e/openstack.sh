#!/bin/bash
# Programs on a genuine OpenStack: every call of clouds, what is refused and why, nothing
# doubled and nothing left behind.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/openstack/lib.sh
. "$root/tests/e2e/openstack/lib.sh"
# shellcheck source=tests/e2e/firstboot/image.sh
. "$root/tests/e2e/firstboot/image.sh"

# are N KIND: so many there are, by the cloud itself. is_empty: nothing of the project is there.
are() {
    things "$2" >"$work/things" && cat "$work/things" &&
        [ "$(jq -s length "$work/things")" -eq "$1" ]
}
is_empty() {
    things >"$work/things" && cat "$work/things" && [ ! -s "$work/things" ]
}
# named KIND NAME: its id.
named() {
    things "$1" | jq -er --arg name "$2" 'select(.name == $name).id'
}

# destroys NAME [OPTION...]: what runs of the program made is deleted.
destroys() {
    (cd "$work/p" && timeout 600 "$bin/dvoc" destroy --yes "${@:2}" "build/$1")
}

program all <<'EOF'
net = cloud.network(subnets=["10.77.0.0/24"], external="public")
fw = cloud.firewall([
    allow("tcp", 22, source="10.0.0.0/8"),
    allow("tcp", "80-90", source="0.0.0.0/0"),
])
key = cloud.keypair("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKV3k4rN0yEw8gUcnCQwvXVJ3aUqLmP5S8v3oYpG1a2b me\n")
disk = cloud.volume("1GiB")
ip = cloud.address("public")
img = cloud.image("debian-12")
m = cloud.create(
    flavor=provider.FLAVOR_SMALL, image=img, networks=[net], keypair=key, firewalls=[fw],
    tags={"role": "web"},
)
m.attach(disk)
output("ip", m.ip)
EOF
program wrong <<'EOF'
a = cloud.create(flavor="m1.tyni")
b = cloud.create(flavor=provider.FLAVOR_SMALL, image="debain-12")
EOF
program huge <<'EOF'
m = cloud.create(flavor="m1.impossible")
EOF
program three <<'EOF'
web = [cloud.create(flavor=provider.FLAVOR_SMALL) for i in range(3)]
EOF
program net <<'EOF'
n = cloud.network(subnets=["10.78.0.0/24"], retries=1)
EOF
program key <<'EOF'
k = cloud.keypair(
    "no key at all")
EOF
program overlap <<'EOF'
s = cloud.subnet("private",
    "10.0.1.0/24")
EOF
program elsewhere <<'EOF'
m = cloud.create(flavor=provider.FLAVOR_SMALL,
    networks=["nowhere"])
EOF

check openstack/up cloud_up
use demo
check openstack/all runs all
for kind in servers networks subnets routers security-groups volumes keypairs floatingips; do
    check "openstack/all: $kind" are 1 "$kind"
done
check openstack/again unchanged all
mv "$work/p/.dvo" "$work/state"
check openstack/adopted unchanged all
check openstack/adopted-once are 1 servers
check openstack/adopted-stays destroys all
check openstack/adopted-is-there are 1 servers
rm -rf "$work/p/.dvo"
mv "$work/state" "$work/p/.dvo"
check openstack/destroy destroys all --with-data
check openstack/nothing-left is_empty

check openstack/wrong-flavor fails ENOENT "wrong.dvo:1:25:" wrong
check openstack/wrong-image says "wrong.dvo:2:54:"
no_room() {
    fails ENOSPC "No valid host" "$1" && says "no host of the cloud has room for this flavor" &&
        says "placement service is away"
}
no_placement() {
    outage placement && no_room three
    local result=$?
    recovery placement && return $result
}
check openstack/no-room no_room huge
check openstack/no-placement no_placement
check openstack/broken-deleted is_empty
check openstack/wrong-key fails EINVAL "key.dvo:2:5:" key
check openstack/wrong-cidr fails EINVAL "overlap.dvo:2:5:" overlap
check openstack/wrong-network fails ENOENT "elsewhere.dvo:2:14:" elsewhere
check openstack/wrong-nothing is_empty

# Deleted by others in part, and in use by others.
foreign_port() {
    local network
    network=$(things networks | jq -r .id) &&
        api_call POST network /v2.0/ports "{\"port\": {\"network_id\": \"$network\",
            \"description\": \"dvo:$project:port\"}}"
}
in_use() {
    runs net && foreign_port && ! destroys net >"$work/out" 2>&1 && cat "$work/out" && says EBUSY &&
        api_call DELETE network "/v2.0/ports/$(things ports | jq -r .id)" && destroys net &&
        is_empty
}
partly_gone() {
    runs three && api_call DELETE compute "/servers/$(things servers | jq -sr '.[1].id')" &&
        destroys three && is_empty
}
check openstack/in-use in_use
check openstack/partly-gone partly_gone

# A router of others' that shall not be: its ports go first, and nothing else of theirs.
program joined <<EOF
net = cloud.network(subnets=["10.80.0.0/24", "10.80.1.0/24"])
way = cloud.router(net.subnets, name="$project-way", external="public")
EOF
echo "gone = cloud.absent(\"router\", display=\"$project-way\")" | program parted
parted() {
    runs joined && are 1 routers && runs parted --state "$work/parted.db" && are 0 routers &&
        are 2 subnets && unchanged parted --state "$work/parted.db" && destroys joined && is_empty
}
# One that others' machines are reached through stays, and the cloud's own words say why.
program reached <<EOF
net = cloud.network(subnets=["10.81.0.0/24"])
way = cloud.router(net.subnets, name="$project-way", external="public")
m = cloud.create(flavor=provider.FLAVOR_SMALL, networks=[net], public=True)
EOF
still_used() {
    runs reached && fails EBUSY "required by one or more floating IPs" parted --state "$work/used.db" &&
        says "something still uses it" && are 1 routers && unchanged reached &&
        destroys reached && is_empty
}
# A machine that has addresses of IPv6 only.
program six <<'EOF'
net = cloud.network(subnets=["fd00:77::/64"])
m = cloud.create(flavor=provider.FLAVOR_SMALL, networks=[net], name="six")
output("inner", m.private_ip)
EOF
program seen <<'EOF'
m = cloud.find(display="six")
output("seen", m.private_ip + " " + m.ip)
EOF
six() {
    local address
    runs six && address=$(api_call GET compute "/servers/$(named servers six)" |
        jq -er '.server.addresses[][0] | select(.version == 6).addr') && [[ $address == fd00:77::* ]] &&
        says "inner = $address" && unchanged six && says "inner = $address" &&
        runs seen --state "$work/seen.db" && says "seen = $address $address" &&
        destroys six && is_empty
}
check openstack/absent-router parted
check openstack/absent-router-used still_used
check openstack/ipv6-only six

# A cloud that does not know what the driver asks for.
too_new() {
    local status
    cp -r "$root/etc/dvo/drivers" "$work/p/etc/dvo/drivers" &&
        sed -i 's/compute 2.79/compute 2.999/' "$work/p/etc/dvo/drivers/openstack.dvo" &&
        echo "drivers: drivers" >>"$work/p/etc/dvo/dvo.yaml" &&
        fails ENOSYS "this cloud is too old for it" huge
    status=$?
    sed -i '/^drivers:/d' "$work/p/etc/dvo/dvo.yaml"
    return $status
}
check openstack/too-new too_new
use tight
check openstack/quota fails EQUOTA "the quota has room for 2" three
use reader
check openstack/policy fails EPERM "the user lacks a role" net
use tls-untrusted
check openstack/unknown-authority fails EAUTH "certificate" net
use nowhere
check openstack/unknown-cloud fails ENOENT 'no cloud "nowhere"' net
use demo
sed 's/password: .*/password: mistaken/' "$OS_CLIENT_SECURE_FILE" >"$work/mistaken.yaml"
mistaken() {
    OS_CLIENT_SECURE_FILE=$work/mistaken.yaml fails EAUTH "cannot log in to cloud demo" net &&
        ! says mistaken
}
check openstack/wrong-password mistaken
check openstack/nothing-made is_empty
use tls
check openstack/tls runs net
check openstack/tls-destroy destroys net

# A cloud's name that leads to another project: what was made is neither made again there nor
# taken for gone. One project's two names are one place.
use demo
sed 's/^  demo:/  other:/; s/^  tight:/  demo:/' "$OS_CLIENT_CONFIG_FILE" >"$work/misled.yaml"
misled() {
    local OS_CLIENT_CONFIG_FILE=$work/misled.yaml option
    fails EINVAL "cloud demo now leads to project" net || return
    for option in --destroy --status; do
        again net --yes "$option"
        [ "$status" -eq 14 ] && says "the state has 1 thing in project" || return
    done
}
other_cloud() {
    use tight
    fails EINVAL "the state has it at the provider zed (driver openstack, cloud demo)" net
}
other_name() {
    use short
    unchanged net
}
check openstack/own-project runs net
check openstack/misled misled
check openstack/other-cloud other_cloud
check openstack/other-name other_name
check openstack/nothing-forgotten are 1 networks
check openstack/own-destroy destroys net
check openstack/own-nothing-left is_empty

# Deletion: what holds data stays unless that is asked for, and so does what is protected.
use demo
program kept <<'EOF'
net = cloud.network(subnets=["10.79.0.0/24"], external="public")
fw = cloud.firewall([allow("tcp", 22, source="10.0.0.0/8")])
disk = cloud.volume("1GiB", protect=True)
m = cloud.create(flavor=provider.FLAVOR_SMALL, networks=[net], firewalls=[fw], volumes=[disk])
spare = cloud.create(flavor=provider.FLAVOR_SMALL, networks=[net])
EOF
# status_of TEXT...: dvoc status says these, and its end is in $status.
status_of() {
    again kept --status
    for text; do
        says "$text" || return
    done
}
client() { # SERVICE PATH: deletes it.
    api_call DELETE "$1" "$2" >/dev/null
}
gone_by_hand() {
    client compute "/servers/$(named servers spare)" && until_true are 1 servers &&
        status_of 'gone            spare' 'same            disk' && [ "$status" -eq 24 ]
}
rule_gone() {
    local rule
    rule=$(api_call GET network "/v2.0/security-group-rules?direction=ingress&security_group_id=$(named security-groups fw)" |
        jq -er '.security_group_rules[0].id') && client network "/v2.0/security-group-rules/$rule" &&
        status_of 'changed         fw: its rule for tcp/22 from 10.0.0.0/8 is gone' && [ "$status" -eq 24 ]
}
pruned() {
    sed -i '/^spare/d' "$work/p/kept.dvo"
    runs kept && says 'spare is left over' &&
        again kept --prune --expect "sha256:$(sha256sum <"$work/p/build/kept/plan.json" | cut -d' ' -f1)" &&
        [ "$status" -eq 0 ] && says 'deleted  spare' && are 1 servers
}
protected() {
    again kept --destroy --yes --with-data
    [ "$status" -eq 11 ] && says 'disk: EPERM: it is protected' && are 1 servers
}
without_data() {
    destroys kept && are 0 servers && are 0 networks && are 1 volumes
}
with_data() {
    sed -i 's/, protect=True//' "$work/p/kept.dvo"
    build_program kept && destroys kept --with-data
}
check openstack/kept runs kept
check openstack/status-same status_of 'same            m' '5 same, 0 drifted'
check openstack/status-gone gone_by_hand
check openstack/prune pruned
check openstack/status-rule-gone rule_gone
check openstack/destroy-protected protected
check openstack/destroy-without-data without_data
check openstack/destroy-with-data with_data
check openstack/destroy-nothing-left is_empty

# Killed in the middle, whatever it is at: the next run ends what it began.
use demo
build_program three >/dev/null
for seconds in 0.5 1 1.5 2 4; do
    start three
    sleep "$seconds"
    kill -KILL "$runner"
    gone >/dev/null
done
check openstack/after-kills runs three
check openstack/killed-once are 3 servers
check openstack/killed-destroy destroys three
check openstack/killed-nothing-left is_empty

# First boots. What nova holds as user data is what was built; but its driver here boots
# nothing. So a machine of the embedded provider with a genuine cloud-init boots by what nova
# gives out, and its console answers for that of nova's, through the fault proxy.
program booted <<'EOF'
web = cloud.create(flavor=provider.FLAVOR_SMALL)
facts = web.bootstrap()
site = web.file("/etc/motd", content="it's\n$HOME {{ here }}\n")
web.run(["sh", "-c", "echo once >>/srv/log"], on=[site])
said = web.query(["printf", "two\nwörds"])
output("os", facts.os)
output("said", said.stdout)
EOF
held() {
    local server
    server=$(named servers web) && OS_CLOUD="admin" api_call GET compute "/servers/$server" |
        jq -er '.server["OS-EXT-SRV-ATTR:user_data"]' >"$work/held" && [ -s "$work/held" ]
}
# The run waits for a console that nova's driver has nothing on.
waits_for_console() {
    sed -i 's/^backends: .*/backends: {default: api}/' "$work/p/etc/dvo/dvo.yaml"
    build_program booted && no_rules && start booted && until_true held &&
        until_true console_asked
}
console_asked() {
    [ "$(asked '.method == "POST" and (.path | test("/action$")) and .status == 200')" -ge 2 ]
}
exactly() {
    base64 -d <"$work/held" | cmp - "$work/p/build/booted/api/boot/"*.yaml
}
console() {
    podman --url "unix://$socket" logs "$(machine guest)" >"$work/console" 2>&1 &&
        grep -q 'dvo-boot over [.]' "$work/console"
}
boots_so() {
    base64 -d <"$work/held" >"$work/held.yaml" &&
        make_host guest debian-12-cloud "$(cat "$work/held")" && until_true console &&
        valid guest "$work/held.yaml"
}
first_boot_reported() {
    console && rule "$(jq -n --rawfile output "$work/console" '{action: "answer", method: "POST",
        path: "/action$", times: 0, body: ({$output} | tojson)}')" && gone && [ "$status" -eq 0 ] &&
        says 'changed  web.file(/etc/motd)' && says 'os = debian' && says 'said = two' &&
        says 'wörds' && [ "$(inside guest 'cat /etc/motd /srv/log')" = "it's
\$HOME {{ here }}
once" ]
}
# The next run knows all of it, and reads no console.
known() {
    no_rules && unchanged booted && says 'said = two' && are 1 servers &&
        [ "$(asked '.path | test("/action$")')" -eq 0 ]
}
check openstack/cloud-init make_cloud_image
check openstack/proxy proxy_start
check openstack/first-boot-waits waits_for_console
check openstack/first-boot-held exactly
check openstack/first-boot-boots boots_so
check openstack/first-boot-reported first_boot_reported
check openstack/first-boot-known known
check openstack/first-boot-destroy destroys booted
check openstack/first-boot-nothing-left is_empty
counted
