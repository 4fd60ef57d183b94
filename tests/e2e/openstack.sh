#!/bin/bash
# A genuine OpenStack on loopback: the same program as on the embedded provider, every
# cloud call, what is refused and why, and nothing doubled or left behind.
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
cd "$root" || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh
bin=$DVO_BUILD_DIR/asan
work=$(mktemp -d)
log=$work/log
project=e2e-$$
folder=${DVO_OPENSTACK_DIR:-${TMPDIR:-/tmp}/dvo-openstack}
cloud=$root/tests/e2e/openstack/cloud.sh
trap clean EXIT

clean() {
    bash "$cloud" down >/dev/null
    rm -rf "$work"
}

# check NAME COMMAND...: one case.
check() {
    local name=$1
    shift
    if "$@" >"$log" 2>&1; then
        ok
    else
        not_ok "e2e/openstack: $name" "$log"
    fi
}

export OS_CLIENT_CONFIG_FILE=$folder/clouds.yaml OS_CLIENT_SECURE_FILE=$folder/secure.yaml
mkdir -p "$work/p/etc/dvo/providers"
cd "$work/p" || exit 1
printf 'project: %s\nprovider: zed\n' "$project" >etc/dvo/dvo.yaml

# use CLOUD: the programs' cloud from here on.
use() {
    cat >etc/dvo/providers/zed.yaml <<EOF
driver: openstack
cloud: $1
flavors: {SMALL: m1.tiny, COMPUTE: m1.small}
images: {DEFAULT: cirros}
networks: {DEFAULT: private, EXTERNAL: public}
EOF
}

# run NAME [OPTION...]: builds and runs a program; what it says goes to "said".
run() {
    local name=$1
    shift
    timeout -k 5 300 "$bin/dvoc" run "$name.dvo" "$@" >said 2>&1 || {
        local status=$?
        echo "exit status $status"
        cat said
        return "$status"
    }
}

# gone NAME: what runs of the program made is deleted.
gone() {
    timeout -k 5 300 "$bin/dvoc" destroy --yes "build/$1"
}

# says WORDS COMMAND...: the command fails, and says these words.
says() {
    local words=$1
    shift
    ! "$@" >/dev/null && cat said && grep -qF -- "$words" said
}

# there KIND: how many things of the program there are, by the cloud itself.
there() {
    /usr/bin/python3 - "$project" "$1" <<'EOF'
import sys
import openstack

project, kind = sys.argv[1:]
cloud = openstack.connect(cloud="demo")
mark = f"dvo:{project}:"
lists = {
    "server": lambda: [s for s in cloud.compute.servers() if any(t.startswith(mark) for t in s.tags or [])],
    "network": lambda: [n for n in cloud.network.networks() if (n.description or "").startswith(mark)],
    "subnet": lambda: [n for n in cloud.network.subnets() if (n.description or "").startswith(mark)],
    "router": lambda: [n for n in cloud.network.routers() if (n.description or "").startswith(mark)],
    "firewall": lambda: [n for n in cloud.network.security_groups() if (n.description or "").startswith(mark)],
    "address": lambda: [n for n in cloud.network.ips() if (n.description or "").startswith(mark)],
    "volume": lambda: [v for v in cloud.block_storage.volumes() if v.metadata.get("dvo.key", "").startswith(mark)],
    "keypair": lambda: [k for k in cloud.compute.keypairs() if k.name.startswith(mark.replace(":", "-"))],
}
print(len(lists[kind]()))
EOF
}

# are N KIND: so many there are.
are() {
    local n
    cat said
    n=$(there "$2") && echo "$n of $2, not $1" && [ "$n" = "$1" ]
}

cat >all.dvo <<'EOF'
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
cat >wrong.dvo <<'EOF'
a = cloud.create(flavor="m1.tyni")
b = cloud.create(flavor=provider.FLAVOR_SMALL, image="debain-12")
EOF
cat >three.dvo <<'EOF'
web = [cloud.create(flavor=provider.FLAVOR_SMALL) for i in range(3)]
EOF
cat >net.dvo <<'EOF'
n = cloud.network(subnets=["10.78.0.0/24"])
EOF

check "the cloud comes up" timeout -k 5 900 bash "$cloud" up
use demo
check "every call makes its thing" run all
check "one machine" are 1 server
check "one network" are 1 network
check "one subnet" are 1 subnet
check "one router" are 1 router
check "one firewall" are 1 firewall
check "one volume" are 1 volume
check "one key pair" are 1 keypair
check "one address" are 1 address
check "again: nothing is changed" run all
check "and says so" grep -q "^nothing changed" said
mv .dvo kept
check "with a lost state its things are adopted" run all
check "and nothing is made twice" are 1 server
check "what was adopted is not deleted" gone all
check "but left" are 1 server
rm -rf .dvo
mv kept .dvo
check "all of it goes" gone all
for kind in server network subnet router firewall volume keypair address; do
    check "no $kind is left" are 0 "$kind"
done

check "wrong names are ENOENT" says ENOENT run wrong
check "both at once" grep -q "^wrong.dvo:2:.*ENOENT" said
check "the wrong flavor is pointed at" grep -q "^wrong.dvo:1:" said
check "nothing was made" are 0 server

use tight
check "a quota is seen before anything is made" says EQUOTA run three
check "and nothing is made" are 0 server
use reader
check "who may only read is EPERM" says EPERM run net
use tls
check "TLS with the cloud's own authority" run net
check "and back" gone net
use tls-untrusted
check "an unknown authority is EAUTH" says EAUTH run net
use nowhere
check "a cloud that clouds.yaml does not have is ENOENT" says 'no cloud "nowhere"' run net
use demo
sed 's/password: .*/password: wrong/' "$OS_CLIENT_SECURE_FILE" >wrong.yaml
with_secrets() {
    OS_CLIENT_SECURE_FILE=$1 run "$2"
}
check "a wrong password is EAUTH" says EAUTH with_secrets wrong.yaml net

# Killed in the middle, whatever it is at: the next run ends what it began.
"$bin/dvoc" build three.dvo
for seconds in 0.5 1 1.5 2 4; do
    "$bin/dvo-run" build/three >said 2>&1 &
    sleep "$seconds"
    kill -KILL $! 2>/dev/null
    wait $! 2>/dev/null
done
check "a run after kills" run three
check "has made nothing twice" are 3 server
check "and can be undone" gone three
check "to nothing" are 0 server

counted
