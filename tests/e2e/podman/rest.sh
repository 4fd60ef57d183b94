#!/bin/bash
# rest.sh [COUNT]: the life of COUNT machines (default 1) at once through the API of the
# embedded provider, as the podman driver lives it: made, found, let in by a checked host
# key, installing from its mirror, booted again, deleted, each answer compared.
set -euo pipefail
scripts=$(realpath "$(dirname "$0")/../../../etc/dvo/engine")
# shellcheck disable=SC2034  # read by common.sh
engine=podman
# shellcheck source-path=SCRIPTDIR source=../../../etc/dvo/engine/common.sh
. "$scripts/common.sh"
"$scripts/podman.sh" start >/dev/null
"$scripts/image.sh"
work=$(mktemp -d)
made=()

clean() {
    local name
    for name in "${made[@]}"; do
        call DELETE "/containers/$name?force=true&timeout=0&v=true" || true
    done
    rm -rf "$work"
}
trap clean EXIT

# call METHOD PATH [CURL-OPTION...]: sets $status and $body.
call() {
    local method=$1 path=$2 answer
    shift 2
    answer=$(curl -sS --max-time 60 --unix-socket "$socket" -X "$method" \
        -H 'Content-Type: application/json' -w '\n%{http_code}' "$@" \
        "http://podman/v4.0.0/libpod$path" | tr -d '\0')
    status=${answer##*$'\n'}
    body=${answer%$'\n'*}
}

# expect STATUS [JQ-CONDITION]: about the answer of the last call.
expect() {
    [[ $status == "$1" ]] || die "expected status $1, got $status: $body"
    [[ $# == 1 ]] || jq -e "$2" <<<"$body" >/dev/null || die "expected $2 of $body"
}

# until_true SECONDS COMMAND...
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || die "in vain: $*"
        sleep 0.1
    done
}

# Nothing but JSON: the key goes in as an environment variable of the first process, read
# by the image at the first boot. Limits on descriptors and processes are the service's.
creation() {
    jq -n --arg name "$1" --arg key "$2" --arg image "$3" \
        --arg access "$(<"$dir/ssh/id_ed25519.pub")" '{
        name: $name, hostname: "web", image: $image, command: ["/sbin/init"],
        systemd: "always", terminal: true, stop_signal: 37, restart_policy: "always",
        cap_add: ["SYS_ADMIN", "NET_ADMIN", "NET_RAW", "AUDIT_WRITE"],
        unmask: ["/proc/sys"], use_image_hosts: true,
        netns: {nsmode: "bridge"}, networks: {dvo: {}},
        portmappings: [{host_ip: "127.0.0.1", host_port: 0, container_port: 22}],
        labels: {"dvo.key": $key, "dvo.args": "{\"flavor\":\"SMALL\"}"},
        env: {DVO_AUTHORIZED_KEY: $access},
        resource_limits: {memory: {limit: 536870912}, cpu: {quota: 100000, period: 100000}}
    }'
}

# The public host key, out of the one-file archive; absent until the machine is ready.
host_key() {
    call GET "/containers/$1/archive?path=/etc/ssh/ssh_host_ed25519_key.pub"
    [[ $status == 200 ]] || { expect 404 && return 1; }
    key=$(grep -a -o 'ssh-ed25519 [A-Za-z0-9+/=]*' <<<"$body")
}

login() {
    ssh -i "$dir/ssh/id_ed25519" -o BatchMode=yes -o StrictHostKeyChecking=yes \
        -o UserKnownHostsFile="$work/$name" -o ConnectTimeout=5 -p "$port" root@127.0.0.1 "$@"
}

booted_again() {
    local now
    now=$(login cat /proc/sys/kernel/random/boot_id 2>/dev/null) && [[ $now != "$1" ]]
}

life() {
    local random name label port before id
    random=$(head -c 16 /dev/urandom | base32 | tr -d '=' | tr '[:upper:]' '[:lower:]')
    name=dvo-$random
    label=dvo:test:$random
    made=("$name")

    call POST /containers/create -d "$(creation "$name" "$label" localhost/dvo/none:latest)"
    expect 500 '.cause == "image not known"'
    call POST /containers/create \
        -d "$(creation "$name" "$label" localhost/dvo/debian-12:latest)"
    expect 201 '.Id | length == 64'
    id=$(jq -r .Id <<<"$body")
    call POST /containers/create \
        -d "$(creation "$name" "$label" localhost/dvo/debian-12:latest)"
    expect 500 '.cause == "that name is already in use"'

    call POST "/containers/$id/start"
    expect 204
    call POST "/containers/$id/start"
    expect 304
    call GET '/containers/json?all=true' -G \
        --data-urlencode "filters={\"label\":[\"dvo.key=$label\"]}"
    expect 200 "length == 1 and .[0].Id == \"$id\" and .[0].State == \"running\""
    call GET "/containers/$id/json"
    expect 200 '.State.Running and .NetworkSettings.Networks.dvo.IPAddress != ""'
    port=$(jq -r '.NetworkSettings.Ports["22/tcp"][0].HostPort' <<<"$body")

    until_true 60 host_key "$id"
    echo "[127.0.0.1]:$port $key" >"$work/$name"
    until_true 30 login true 2>/dev/null
    [[ $(login hostname) == web ]] || die 'wrong hostname'
    [[ $(login systemctl is-system-running --wait) == running ]] || die 'degraded'
    login sysctl -q -w net.ipv4.ip_forward=1
    login 'apt-get -qq update && apt-get -qq install tree' >/dev/null 2>"$work/$name.apt" ||
        die "apt-get: $(<"$work/$name.apt")"
    login 'echo newname >/etc/new && mv /etc/new /etc/hostname'

    before=$(login cat /proc/sys/kernel/random/boot_id)
    login reboot 2>/dev/null || true
    until_true 60 booted_again "$before"
    [[ $(login hostname) == newname ]] || die 'hostname forgotten'

    call DELETE "/containers/$id?force=true&timeout=0&v=true"
    expect 200
    call GET "/containers/$id/json"
    expect 404 '.cause == "no such container"'
    call DELETE "/containers/$id?force=true&timeout=0&v=true"
    expect 404
}

lives=()
for ((count = ${1:-1}; count > 0; count--)); do
    (trap clean EXIT; work=$(mktemp -d); life) &
    lives+=($!)
done
for process in "${lives[@]}"; do
    wait "$process" || die 'a machine failed'
done
echo "ok: ${1:-1} machine(s) made, used, booted again and deleted"
