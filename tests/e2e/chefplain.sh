#!/bin/bash
# What the compiler writes for Chef, without dvoc: the recipes of the golden cases and of the
# samples, read by Cookstyle, run by chef-client from the folder as it is, and again from what
# chef-cli makes of the Policyfile. Only values.example.json is filled in, by hand.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
bash etc/dvo/engine/image.sh chef || exit 1
chef=$(sh etc/dvo/chef/install.sh) || exit 1
DVO_CHEF_LICENSE=accept-no-persist
sh samples/my-app/build.sh samples/packages 1.0 1.1 || exit 1
mkdir "$work/conf"
echo 'backends: {default: chef}' >"$work/conf/dvo.yaml"

# compiles NAME PROGRAM: with all calls that can move moved to Chef, into $work/NAME.
compiles() {
    cp -r "$(dirname "$2")" "$work/$1.in" && (cd "$work/$1.in" &&
        "$bin/dvoc" build --project "$project" --config "$work/conf" -o "$work/$1.build" \
            "$(basename "$2")") &&
        mv "$work/$1.build/chef" "$work/$1"
}

# No offence, and none that a comment hides.
cookstyle() {
    (cd "$work/$1" && "$chef/bin/cookstyle" --no-color --ignore-disable-comments .)
}

# The policy as a folder that chef-client runs from, without any server or registry.
exported() {
    cp -r "$work/$1" "$work/$1.policy" && (cd "$work/$1.policy" &&
        CHEF_LICENSE=$DVO_CHEF_LICENSE "$chef/bin/chef-cli" install Policyfile.rb &&
        CHEF_LICENSE=$DVO_CHEF_LICENSE "$chef/bin/chef-cli" export Policyfile.rb \
            "$work/$1.export")
}

# filled NAME JQ: the values file, from the example.
filled() {
    jq "$2" "$work/$1/values.example.json" >"$work/$1/values.json"
}

send() { # BOX NAME
    tar -C "$work" -cf - "$2" "$2.export" | remote "$(machine "$1")" tar -C /root -xf -
}

# client BOX NAME FOLDER ARGUMENT...: the summary of one run is left in $work/out.
client() {
    local box=$1 values=/root/$2/values.json folder=$3
    shift 3
    on "$box" "cd /root/$folder && DVO_VALUES=$values chef-client --local-mode --no-color \\
        --chef-license $DVO_CHEF_LICENSE $*" >"$work/out" 2>&1
    status=$?
    cat "$work/out"
    [ "$status" -eq 0 ]
}

# What there is on the machine, without what chef-client keeps for itself.
seen() {
    on "$1" 'find /etc /srv /home /root /usr/local /opt /usr/lib/systemd /var/lib/dpkg -xdev \
        -printf "%p %y %m %u %g %s %T@ %l\n" | grep -vE "^/root/[^ ]*\.export|^/root/\.chef|/accepted_licenses" | sort;
        systemctl list-units --all --plain --no-legend --type=service | grep -vE "session|systemd-hostnamed"'
}

# why_run BOX NAME: nothing is touched.
why_run() {
    seen "$1" >"$work/before"
    for node in "$work/$2"/nodes/*.json; do
        client "$1" "$2" "$2" -c client.rb -j "nodes/$(basename "$node")" -W || return
    done
    seen "$1" >"$work/after"
    diff "$work/before" "$work/after"
}

# converges BOX NAME [COUNT]: from the folder; with COUNT so many resources are updated.
converges() {
    local updated=0
    for node in "$work/$2"/nodes/*.json; do
        client "$1" "$2" "$2" -c client.rb -j "nodes/$(basename "$node")" || return
        updated=$((updated + $(updated)))
    done
    [ $# -lt 3 ] || [ "$updated" -eq "$3" ]
}
updated() {
    sed -n 's/^Infra Phase complete, \([0-9]*\)\/.*/\1/p' "$work/out"
}

# policy BOX NAME COUNT: the same from the exported policy.
policy() {
    local updated=0
    for node in "$work/$2"/nodes/*.json; do
        client "$1" "$2" "$2.export" -n "$(basename "$node" .json)" || return
        updated=$((updated + $(updated)))
    done
    [ "$updated" -eq "$3" ]
}

# reads NAME PROGRAM: what needs no machine.
reads() {
    check "chefplain/$1/build" compiles "$1" "$2"
    check "chefplain/$1/cookstyle" cookstyle "$1"
    check "chefplain/$1/export" exported "$1"
}

# holds BOX NAME PROGRAM JQ COUNT [LATER]: all of it; COUNT resources do something in the
# second run, and LATER in the third, as the program says.
holds() {
    reads "$2" "$3"
    check "chefplain/$2/values" filled "$2" "$4"
    check "chefplain/$2/send" send "$1" "$2"
    check "chefplain/$2/why-run" why_run "$1" "$2"
    check "chefplain/$2/converge" converges "$1" "$2"
    check "chefplain/$2/again" converges "$1" "$2" "$5"
    check "chefplain/$2/policy" policy "$1" "$2" "${6:-$5}"
}

# What the programs of the golden cases expect to be there.
prepare() {
    # shellcheck disable=SC2016 # for the shell of the machine
    on box 'set -e
        cat >/usr/local/bin/shopctl <<"EOF"
#!/bin/sh
case $1 in
current) test -e /run/current ;;
upgrade) touch /run/current ;;
esac
echo "shop $1"
EOF
        printf "#!/bin/sh\ntouch /srv/once\n" >/usr/local/bin/once
        printf "#!/bin/sh\ntouch /srv/init\n" >/usr/local/bin/init
        printf "#!/bin/sh\nexec sleep infinity\n" >/usr/bin/shop
        printf "#!/bin/sh\ntest -s \"\$2\"\n" >/usr/local/bin/visudo
        ln -s /bin/true /usr/local/bin/maybe
        chmod +x /usr/local/bin/* /usr/bin/shop
        useradd -r postgres
        mkdir -p /etc/nginx/sites-enabled /etc/sudoers.d
        chown postgres /srv
        for unit in nginx shop apache2 cron postgresql; do
            printf "[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/true\n[Install]\nWantedBy=multi-user.target\n" \
                >/usr/lib/systemd/system/$unit.service
        done
        systemctl daemon-reload
        systemd-run --quiet ruby -rsocket -e "TCPServer.new(8080); sleep"
        echo key >/etc/key.pub'
}

program plain <<'END'
for name in ["box", "shop"]:
    machine = cloud.create(name=name, flavor=provider.FLAVOR_SMALL, image="debian-12-chef")
    machine.bootstrap(via="api")
END

check chefplain/machines runs plain
check chefplain/prepare prepare
golden=tests/golden/chef
# Its /etc/h waits for a run in which a group was there already.
holds box conditions $golden/conditions/input.dvo '.hosts_db_ip = "192.0.2.20"' 1 0
holds box files $golden/files/input.dvo . 0
holds box handle-values $golden/handle-values/input.dvo '
    .hosts_db_ip = "192.0.2.20" | .hosts_db_query_cat_etc_key_pub_stdout = "key" |
    .hosts_db_run_init_changed = false | .hosts_shop_query_shopctl_version_status = 1' 0
holds box hostile $golden/hostile/input.dvo . 0
# Its group has the number of an earlier one.
check chefplain/people/ready on box 'groupdel ops'
hash=$(openssl passwd -6 -salt saltsalt x)
holds box people $golden/people/input.dvo ".dvo.secrets[\"ana/hash\"] = \"$hash\"" 0
# It logs in each time, and restarts the service.
holds box secrets $golden/secrets/input.dvo '.dvo.secrets["shop/token"] = "a #{token}"' 2
holds box services $golden/services/input.dvo . 0
holds box units-and-jobs $golden/units-and-jobs/input.dvo . 0
# Needs a disk and a reboot.
reads system $golden/system/input.dvo
holds shop app samples/app.dvo . 0
holds shop hosts samples/hosts.dvo . 0
holds shop web samples/web.dvo '.shop_ip = "127.0.0.1"' 0
reads param samples/param.dvo
counted
