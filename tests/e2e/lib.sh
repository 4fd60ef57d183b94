# shellcheck shell=bash
# Common to the end-to-end scripts: the provider, machines under a project of the test's own
# (so that a user's machines are not touched), programs, runs and what came of them. The
# caller has set `root`, and calls `counted` last; where `engine` is docker, so is the
# provider; `engine_path` says where its programs are.
: "${root:?}"
: "${engine:=podman}"
cd "$root" || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin${engine_path:+:$engine_path}
bin=$DVO_BUILD_DIR/asan
project=e2e-$$
work=$(mktemp -d)
log=$work/log
mkdir -p "$work/p/etc/dvo"
# What carries the calls on machines.
: "${DVO_BACKEND:=ansible}"
# Whoever runs the tests has the licence of Chef accepted for them.
[ "$DVO_BACKEND" != chef ] || export DVO_CHEF_LICENSE=accept-no-persist
echo "backends: {default: $DVO_BACKEND}" >"$work/p/etc/dvo/dvo.yaml"
[ "$engine" = podman ] || echo "provider: $engine" >>"$work/p/etc/dvo/dvo.yaml"

facts=$(bash "etc/dvo/engine/$engine.sh" start) || exit 1
socket=$(sed -n 's/^socket=//p' <<<"$facts")
identity=$(sed -n 's/^identity=//p' <<<"$facts")
case $engine in
podman)
    bash etc/dvo/engine/image.sh || exit 1
    api_base=http://podman/v4.0.0/libpod
    ;;
docker)
    bash etc/dvo/engine/image.sh --docker || exit 1
    api_base=http://docker
    ;;
esac
trap clean EXIT

# api METHOD PATH [CURL-OPTION...]
api() {
    local method=$1 path=$2
    shift 2
    curl -sS --max-time 60 --unix-socket "$socket" -X "$method" "$@" \
        "$api_base$path"
}

# The containers of this test's projects, one id a line.
machines() {
    api GET '/containers/json?all=true' |
        jq -r ".[] | select(.Labels[\"dvo.key\"] // \"\" | test(\"^dvo:${project}[:-]\")) | .Id"
}

# machine NAME: the id of the one that the programs call so.
machine() {
    api GET '/containers/json?all=true' |
        jq -r --arg name "$1" ".[] | select(.Labels[\"dvo.name\"] == \$name and
            (.Labels[\"dvo.key\"] | test(\"^dvo:${project}[:-]\"))) | .Id"
}

clean() {
    for id in $(machines); do
        api DELETE "/containers/$id?force=true&timeout=0&v=true" >/dev/null
    done
    rm -rf "$work"
}

# check NAME COMMAND...: one case.
check() {
    local name=$1
    shift
    if "$@" >"$log" 2>&1; then
        ok
    else
        not_ok "e2e/$name" "$log"
    fi
}

# door ID: the port of this computer that leads to the sshd of a machine of Podman.
door() {
    api GET "/containers/$1/json" | jq -r '.NetworkSettings.Ports["22/tcp"][0].HostPort'
}

# remote ID [COMMAND...]: a root shell on the machine, reading standard input.
remote() {
    local id=$1 address=127.0.0.1 port=22
    shift
    case $engine in
    podman) port=$(door "$id") ;;
    docker)
        address=$(api GET "/containers/$id/json" |
            jq -r '.NetworkSettings.Networks[].IPAddress' | head -n 1)
        ;;
    esac
    ssh -i "$identity" -p "$port" -o BatchMode=yes -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@$address" "$@"
}

# on NAME SCRIPT: that shell script on the machine of this name.
on() {
    remote "$(machine "$1")" "sh -s" <<<"$2"
}

# make_host NAME [IMAGE [USER_DATA]]: a machine that dvo knows nothing of; clean() finds it by
# its label. The image of firstboot/image.sh takes user data, in base64.
make_host() {
    local id
    id=$(jq -n --arg name "$project-$1" --arg host "$1" --arg key "$(cat "$identity.pub")" \
        --arg mark "dvo:$project:$1" --arg image "${2-debian-12}" --arg data "${3-}" '
        {name: $name, hostname: $host, image: "localhost/dvo/\($image):latest",
         command: ["/sbin/init"], systemd: "always", terminal: true, stop_signal: 37,
         cap_add: ["SYS_ADMIN", "NET_ADMIN", "NET_RAW", "AUDIT_WRITE"],
         unmask: ["/proc/sys"], use_image_hosts: true, netns: {nsmode: "bridge"},
         networks: {dvo: {}}, labels: {"dvo.key": $mark, "dvo.name": $host},
         portmappings: [{host_ip: "127.0.0.1", host_port: 0, container_port: 22}],
         env: {DVO_AUTHORIZED_KEY: $key, USER_DATA: $data}}' |
        api POST /containers/create -H 'Content-Type: application/json' -d @- |
        jq -r .Id) &&
        api POST "/containers/$id/start" >/dev/null && until_true host_key "$1" >/dev/null
}

host_ip() {
    api GET "/containers/$project-$1/json" | jq -r .NetworkSettings.Networks.dvo.IPAddress
}

host_key() {
    local key
    key=$(api GET "/containers/$project-$1/archive?path=/etc/ssh/ssh_host_ed25519_key.pub" |
        tar -xO 2>/dev/null | cut -d' ' -f1,2) && [ -n "$key" ] && printf '%s\n' "$key"
}

# host NAME [FACTS]: a line of the inventory.
inventory=$work/p/etc/dvo/inventory.yaml
host() {
    [ -e "$inventory" ] || echo "hosts:" >"$inventory"
    printf '  %s: {address: %s, identity: %s, host_key: "%s", %s}\n' "$1" "$(host_ip "$1")" \
        "$identity" "$(host_key "$1")" "${2-}" >>"$inventory"
}

# program NAME: standard input becomes a program. All share a folder, and with it the state.
program() {
    cat >"$work/p/$1.dvo"
}

# build NAME [OPTION...], run NAME [OPTION...], again NAME [OPTION...]: the last two leave
# $status and $work/out; `again` does not compile anew.
build_program() {
    local name=$1
    shift
    (cd "$work/p" && "$bin/dvoc" build --project "$project" "$name.dvo" "$@")
}
run() {
    local name=$1
    shift
    (cd "$work/p" && timeout 600 "$bin/dvoc" run --project "$project" "$name.dvo" "$@") \
        >"$work/out" 2>&1
    status=$?
    cat "$work/out"
    [ "$status" -ne "$SANITIZER_STATUS" ] || exit 1
}
again() {
    local name=$1
    shift
    (cd "$work/p" && timeout 600 "$bin/dvo-run" "$@" "build/$name") >"$work/out" 2>&1
    status=$?
    cat "$work/out"
    [ "$status" -ne "$SANITIZER_STATUS" ] || exit 1
}

# runs NAME [OPTION...], unchanged NAME: it succeeds; and changes nothing.
runs() {
    run "$@"
    [ "$status" -eq 0 ]
}
unchanged() {
    runs "$@" && grep -q '^nothing changed' "$work/out"
}

# fails ERROR TEXT NAME [OPTION...]: the run ends with that error and says that text.
fails() {
    local error=$1 text=$2
    shift 2
    run "$@"
    failed_with "$error" "$text"
}
failed_with() { # ERROR TEXT
    [ "$status" -eq "$("$bin/dvoc" --help | sed -n "s/^ *\([0-9]*\)  $1 .*/\1/p")" ] &&
        says ": $1: " && says "$2"
}
says() {
    grep -qF -- "$1" "$work/out"
}

# start NAME [OPTION...]: runs the build in the background, as a process group of its own
# whose leader is $runner. gone: waits for its end, which leaves $status and $work/out.
start() {
    local name=$1
    shift
    : >"$work/out"
    (cd "$work/p" && exec setsid "$bin/dvo-run" "$@" "build/$name") >"$work/out" 2>&1 &
    runner=$!
}
gone() {
    wait "$runner" 2>/dev/null
    status=$?
    cat "$work/out"
    [ "$status" -ne "$SANITIZER_STATUS" ] || exit 1
}

# until COMMAND...: waits for it to succeed, a minute at most.
until_true() {
    local tries=0
    until "$@"; do
        [ $((tries += 1)) -lt 600 ] || return 1
        sleep 0.1
    done
}

# state SQL: asks the state of this test's project.
state() {
    sqlite3 "$work/p/.dvo/$project.db" "$1"
}
