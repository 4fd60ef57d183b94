# shellcheck shell=bash
# Common to the tests against the genuine OpenStack: the cloud, what there is in it, and the
# fault proxy. The caller has sourced tests/e2e/lib.sh, which made $root and $work.
: "${root:?}" "${work:?}" "${project:?}"
openstack=$root/tests/e2e/openstack
cloud=${DVO_OPENSTACK_DIR:-${TMPDIR:-/tmp}/dvo-openstack}
export OS_CLIENT_CONFIG_FILE=$cloud/clouds.yaml OS_CLIENT_SECURE_FILE=$cloud/secure.yaml
export OS_CLOUD=demo
proxy=
trap 'leave_cloud; clean' EXIT

# cloud_up: until the end of the script; it stays for others. One script has it at a time:
# another one's outages would be this one's.
cloud_up() {
    exec {cloud_lock}>"$cloud.lock"
    flock "$cloud_lock"
    bash "$openstack/cloud.sh" up
}
leave_cloud() {
    [ -z "$proxy" ] || proxy_stop
    things_clean || echo "things of $project are left in the cloud"
}

# use CLOUD: the entry of clouds.yaml that programs use from here on.
use() {
    mkdir -p "$work/p/etc/dvo/providers"
    grep -q ^provider: "$work/p/etc/dvo/dvo.yaml" ||
        echo "provider: zed" >>"$work/p/etc/dvo/dvo.yaml"
    cat >"$work/p/etc/dvo/providers/zed.yaml" <<EOF
driver: openstack
cloud: $1
flavors: {SMALL: m1.tiny, COMPUTE: m1.small}
images: {DEFAULT: cirros}
networks: {DEFAULT: private, EXTERNAL: public}
EOF
}

# api_call METHOD SERVICE PATH [BODY]: asks a service of the catalog as the user of $OS_CLOUD.
api_call() {
    "$PYTHON" -B "$openstack/client.py" "$OS_CLOUD" call "$@"
}

# outage SERVICE..., and its end: recovery SERVICE...
outage() {
    bash "$openstack/cloud.sh" stop "$@"
}
recovery() {
    bash "$openstack/cloud.sh" start "$@"
}

# things [KIND...]: what there is of this test's project, one JSON object a line. things_clean:
# deletes it.
things() {
    "$PYTHON" -B "$openstack/client.py" "$OS_CLOUD" list "dvo:$project" "$@"
}
things_clean() {
    "$PYTHON" -B "$openstack/client.py" "$OS_CLOUD" clean "dvo:$project"
}

# proxy_start: the fault proxy (see fault_proxy.py) between programs and the services, for
# all that follows. proxy_stop: its end.
proxy_start() {
    local ports service
    ports=$("$PYTHON" -B "$openstack/settings.py") || return
    rm -f "$work/proxy"
    # shellcheck disable=SC2086 # a list of words
    "$PYTHON" -B "$openstack/fault_proxy.py" "$work/proxy" $ports 2>"$work/proxy.log" &
    proxy=$!
    until_true [ -e "$work/proxy" ] || return
    control=$(jq -r .control "$work/proxy")
    cp "$cloud/clouds.yaml" "$work/clouds.yaml"
    for service in $ports; do
        sed -i "s|${service#*=}|$(proxied "${service%%=*}")|" "$work/clouds.yaml"
    done
    export OS_CLIENT_CONFIG_FILE=$work/clouds.yaml
}
proxy_stop() {
    kill "$proxy" && wait "$proxy"
    proxy=
    export OS_CLIENT_CONFIG_FILE=$cloud/clouds.yaml
}

# proxied SERVICE: its address behind the proxy.
proxied() {
    jq -r --arg name "$1" '.services[$name]' "$work/proxy"
}

# rule JSON: one rule more. no_rules: none, and an empty log.
rule() {
    curl -sS --fail-with-body -d "$1" "$control/rules"
}
no_rules() {
    curl -sS -X DELETE "$control/rules" && curl -sS -X DELETE "$control/log"
}

# asked JQ-CONDITION: how many requests of the log are so.
asked() {
    curl -sS "$control/log" | jq "map(select($1)) | length"
}
