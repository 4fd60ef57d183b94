#!/bin/bash
# The genuine OpenStack of the tests and the fault proxy are what other themes take them for.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/openstack/lib.sh
. "$root/tests/e2e/openstack/lib.sh"

# The cases of Python's unittest count each for itself.
fault_proxy() {
    "$PYTHON" -B "$openstack/fault_proxy_test.py"
}
check openstackcloud/fault-proxy fault_proxy
check openstackcloud/up cloud_up

# as CLOUD COMMAND...: as the user of another entry of clouds.yaml.
as() {
    local OS_CLOUD=$1
    shift
    "$@"
}
catalog() {
    "$PYTHON" -B "$openstack/client.py" "$OS_CLOUD" catalog
}

# Every service of the catalog answers at its address.
services() { # CLOUD [CURL-OPTION...]
    local kind url status cloud=$1
    shift
    as "$cloud" catalog >"$work/catalog" || return
    for kind in compute identity image network volumev3; do
        url=$(jq -r --arg kind "$kind" '.[$kind]' "$work/catalog")
        status=$(curl -sS -o /dev/null -w '%{http_code}' "$@" "$url") || return
        echo "$kind $url $status"
        [[ $status =~ ^(200|300|401)$ ]] || return
    done
}
tls() { # CURL-STATUS [CURL-OPTION...] URL
    local expected=$1
    shift
    curl -sS -o /dev/null "$@"
    [ $? -eq "$expected" ]
}
secure=https://127.0.0.1:25000/v3
check openstackcloud/services services demo
check openstackcloud/tls tls 0 --cacert "$cloud/etc/tls/ca.pem" "$secure"
check openstackcloud/tls-untrusted tls 60 "$secure"
check openstackcloud/tls-misnamed tls 60 --cacert "$cloud/etc/tls/ca.pem" \
    "${secure/127.0.0.1/localhost}"

# Things that bear a key are found by it, and those of other keys are not; all go.
id_of() { # SERVICE PATH LIST NAME
    api_call GET "$1" "$2" | jq -er --arg name "$4" ".$3[] | select(.name == \$name).id"
}
boot() { # NAME FLAVOR
    local flavor image network
    flavor=$(id_of compute /flavors flavors "$2") &&
        image=$(id_of image /v2/images images cirros) &&
        network=$(id_of network /v2.0/networks networks private) &&
        api_call POST compute /servers "{\"server\": {\"name\": \"$1\",
            \"tags\": [\"dvo:$project:$1\"], \"flavorRef\": \"$flavor\",
            \"imageRef\": \"$image\", \"networks\": [{\"uuid\": \"$network\"}]}}"
}
became() { # NAME STATUS
    things servers |
        jq -es --arg name "$1" --arg status "$2" 'any(.name == $name and .status == $status)'
}
boots() {
    boot web m1.tiny && until_true became web ACTIVE
}
fails_to_boot() {
    boot huge m1.impossible && until_true became huge ERROR
}
many_kinds() {
    api_call POST network /v2.0/networks "{\"network\": {\"name\": \"net\",
            \"description\": \"dvo:$project:net\"}}" &&
        api_call POST volumev3 /volumes "{\"volume\": {\"size\": 1,
            \"metadata\": {\"dvo.key\": \"dvo:$project:data\"}}}" &&
        api_call POST compute /os-keypairs "{\"keypair\": {\"name\": \"dvo-$project-ops\"}}" &&
        [ "$(things | jq -r .kind | sort | xargs)" = \
            "keypairs networks servers servers volumes" ]
}
others() {
    local project=e2e-other
    [ -z "$(things)" ]
}
cleans() {
    things_clean && [ -z "$(things)" ]
}
check openstackcloud/boots boots
check openstackcloud/fails-to-boot fails_to_boot
check openstackcloud/kinds many_kinds
check openstackcloud/others others
check openstackcloud/cleans cleans

# What a user may not, and what does not fit: by the services themselves.
refused() { # CLOUD STATUS COMMAND...
    local cloud=$1 status=$2
    shift 2
    ! as "$cloud" "$@" 2>"$work/refused" && cat "$work/refused" &&
        grep -q ": $status " "$work/refused"
}
volume='{"volume": {"size": 3}}'
check openstackcloud/reader-servers refused reader 403 boot web m1.tiny
check openstackcloud/reader-volumes refused reader 403 api_call POST volumev3 /volumes "$volume"
check openstackcloud/reader-networks refused reader 403 \
    api_call POST network /v2.0/networks '{"network": {}}'
check openstackcloud/quota-servers refused tight 403 boot web m1.medium
check openstackcloud/quota-volumes refused tight 413 api_call POST volumev3 /volumes "$volume"
check openstackcloud/quota-networks refused tight 409 \
    api_call POST network /v2.0/networks '{"network": {}}'

# A token of `short` is soon none.
expires() {
    local token
    token=$("$PYTHON" -B "$openstack/client.py" short token) || return
    lives() {
        [ "$(curl -sS -o /dev/null -w '%{http_code}' -H "X-Auth-Token: $token" \
            "$(jq -r .compute "$work/catalog")/servers")" -eq "$1" ]
    }
    lives 200 && until_true lives 401
}
check openstackcloud/expires expires

# Through the proxy, by the catalog's addresses.
through() {
    no_rules >/dev/null && things networks &&
        [ "$(asked '.service == "keystone" and .method == "POST" and .status == 201')" -eq 1 ] &&
        [ "$(asked '.service == "neutron-server" and .status == 200')" -eq 1 ] &&
        ! curl -sS "$control/log" | grep -qF "$(cat "$cloud/password")"
}
faulty() {
    rule '{"action": "answer", "status": 503, "service": "neutron-server"}' &&
        ! things networks && things networks
}
unreachable() {
    outage neutron-server && ! things networks && recovery neutron-server && things networks
}
check openstackcloud/proxy-start proxy_start
check openstackcloud/proxy through
check openstackcloud/proxy-fault faulty
check openstackcloud/outage unreachable
check openstackcloud/proxy-stop proxy_stop
counted
