#!/bin/bash
# Machines that pull from a Chef Infra Server: a real chef-zero on the provider's network, which
# knife uploads to from here, and which the machines reach as the clients that they are.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
bash etc/dvo/engine/image.sh chef || exit 1
chef=$(sh etc/dvo/chef/install.sh) || exit 1
export DVO_CHEF_LICENSE=accept-no-persist DVO_SECRET_SHOP_TOKEN="s3cr3t-$$"
gateway=$(api GET /networks/dvo/json | jq -r '.subnets[0].gateway')
port=$((20000 + $$ % 20000))
server=
trap '[ -z "$server" ] || kill "$server"; clean' EXIT

settings="mode: server, knife: '$chef/bin/knife', knife_config: '$work/knife.rb'"
configuration() { # FOLDER SETTINGS
    mkdir -p "$1" && echo "backends: {default: chef}
chef: {$2}" >"$1/dvo.yaml"
}
configuration "$work/p/etc/dvo" "$settings"
configuration "$work/local" "mode: local"
configuration "$work/no-knife" "knife: /nowhere/knife"
configuration "$work/other-client" "client_config: /etc/chef/other.rb"
openssl genrsa -out "$work/key.pem" 2048 2>/dev/null || exit 1
cat >"$work/knife.rb" <<END
chef_server_url 'http://$gateway:$port'
node_name 'admin'
client_key '$work/key.pem'
END

knife() {
    CHEF_LICENSE=$DVO_CHEF_LICENSE "$chef/bin/knife" "$@" --config "$work/knife.rb"
}

serve() {
    "$chef/bin/chef-zero" --host "$gateway" --port "$port" >"$work/zero" 2>&1 &
    server=$!
    until_true curl -sSo /dev/null "http://$gateway:$port/"
}

# What its owner gave to a machine: who it is, its key, and where the server is.
known() { # MACHINE [URL]
    remote "$(machine "$1")" 'mkdir -p /etc/chef && umask 077 && cat >/etc/chef/client.pem' \
        <"$work/key.pem" &&
        on "$1" "cat >/etc/chef/client.rb <<END
chef_server_url '${2:-http://$gateway:$port}'
node_name '$1.example'
client_key '/etc/chef/client.pem'
http_retry_count 0
END"
}

program machines <<'END'
for name in ["a", "b"]:
    cloud.create(name=name, flavor=provider.FLAVOR_SMALL, image="debian-12-chef").bootstrap()
END
program one <<'END'
a = cloud.create(name="a", flavor=provider.FLAVOR_SMALL, image="debian-12-chef")
a.bootstrap()
a.file("/srv/one", content="1", retries=0)
END
# Values of each machine go to the other, so that one has two tool runs.
program shop <<'END'
a = cloud.create(name="a", flavor=provider.FLAVOR_SMALL, image="debian-12-chef")
b = cloud.create(name="b", flavor=provider.FLAVOR_SMALL, image="debian-12-chef")
for machine in [a, b]:
    machine.bootstrap()
host = a.query(["cat", "/etc/hostname"])
a.file("/srv/token", content=secret("shop/token"), mode="0600")
b.file("/srv/peer", content=f"{host.stdout} {a.ip}")
peer = b.query(["cat", "/srv/peer"])
a.file("/srv/back", content=f"back: {peer.stdout}")
a.group("ops")
END

cookbook="${project//-/_}_shop"
version() {
    knife cookbook show "$1" | sed -n 's/^[^ ]* *//p' | tr ' ' '\n' | grep .
}

arrived() {
    [ "$(on a 'cat /srv/token')" = "$DVO_SECRET_SHOP_TOKEN" ] &&
        [ "$(on a 'cat /srv/back')" = "back: $(on b 'cat /srv/peer')" ] &&
        [ "$(on b 'cat /srv/peer | cut -d " " -f 1')" = "$(on a 'cat /etc/hostname')" ] &&
        on a 'getent group ops'
}

# Both cookbooks in one version, frozen; every node with its own recipes and no more.
on_server() {
    local version recipes
    version=$(version "$cookbook") && version dvo | grep -xF "$version" || return
    for name in "$cookbook" dvo; do
        knife cookbook show "$name" "$version" --format json | jq -e '."frozen?"' || return
    done
    [ "$(knife node list)" = "a.example
b.example" ] || return
    for node in a b; do
        recipes=$(jq -r '[.segments[] | select(.tool == "chef")] | map(select(.machines[].host == "'$node'"))[]
            | "recipe[\(.recipe)@'"$version"']"' "$work/p/build/shop/plan.json")
        knife node show "$node.example" --format json | tee "$work/node"
        [ "$(jq -r '.run_list[]' "$work/node")" = "$recipes" ] || return
    done
}

# The secret goes to the machine by ssh, and nowhere else.
secret_kept() {
    for node in a b; do
        knife node show "$node.example" --long --format json
    done >"$work/nodes"
    [ -s "$work/nodes" ] && ! grep -rlF "$DVO_SECRET_SHOP_TOKEN" "$work" &&
        ! on a "grep -rlF '$DVO_SECRET_SHOP_TOKEN' /var/chef /etc/chef /tmp /var/log /root"
}

# Another build is another version, and what was there stays.
rebuilt() {
    local before
    before=$(version "$cookbook")
    echo 'b.file("/srv/more", content="more")' >>"$work/p/shop.dvo"
    runs shop && on b 'cat /srv/more' && [ "$(version "$cookbook" | wc -l)" -eq 2 ] &&
        version "$cookbook" | grep -xF "$before"
}

# The build's own script, with nothing of dvoc.
by_hand() {
    CHEF_LICENSE=$DVO_CHEF_LICENSE sh "$work/p/build/shop/chef/upload.sh" 1.2.3 \
        "$chef/bin/knife" --config "$work/knife.rb" && version "$cookbook" | grep -xF 1.2.3 &&
        knife cookbook show "$cookbook" 1.2.3 --format json |
        jq -e '.metadata.dependencies.dvo == "= 1.2.3"'
}

lost() {
    known a "http://$gateway:1" || return
    echo '# later' >>"$work/p/one.dvo"
    fails EUNREACH "chef-client ended" one
    local failed=$?
    known a && [ $failed -eq 0 ]
}

check chefserver/machines runs machines
check chefserver/no-knife fails ENOSYS "/nowhere/knife is not on this computer" one \
    --config "$work/no-knife"
check chefserver/no-server fails EUNREACH "knife cannot upload" one
check chefserver/serve serve
check chefserver/stranger fails ENOENT "the machine has no /etc/chef/other.rb" one \
    --config "$work/other-client"
check chefserver/known known a
check chefserver/known known b
check chefserver/run runs shop
check chefserver/arrived arrived
check chefserver/on-server on_server
check chefserver/secret secret_kept
check chefserver/unchanged unchanged shop
check chefserver/rebuilt rebuilt
check chefserver/by-hand by_hand
check chefserver/lost lost
check chefserver/local unchanged shop --config "$work/local"
counted
