#!/bin/bash
# The private podman service behind the embedded provider.
#
#   service.sh [start]   start it unless it runs; once it answers, its network "dvo" exists
#                        and the provider's ssh key is made, print where it is, as
#                        socket=PATH identity=PATH public_key=TEXT, one per line
#   service.sh stop      stop the service; machines keep running
#   service.sh status    say whether it runs; exit 0 if so, else 3
#
#   DVO_PODMAN_DIR, DVO_PODMAN_SOCKET   see common.sh
#   DVO_PODMAN_SUBNET                   subnet of the network, when it is first made
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

ready() {
    [[ -S $socket && -f $dir/ssh/id_ed25519.pub ]] &&
        api GET /networks/dvo/exists >/dev/null 2>&1
}

# The service's process id, if the recorded process is still that service.
service_pid() {
    local pid
    read -r pid 2>/dev/null <"$run/service.pid" &&
        tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -q '^unix://' &&
        printf '%s\n' "$pid"
}

make_folders() {
    # The fallback of the run folder is below /tmp, where somebody else may be first.
    (umask 077 && mkdir -p "$dir" "$run" "$(dirname "$socket")")
    [[ -O $dir && -O $run ]] || die "$dir and $run must belong to $(id -un)"
    ((${#socket} < 108)) || die "$socket is too long for a socket; set DVO_PODMAN_SOCKET"
}

make_key() {
    [[ -f $dir/ssh/id_ed25519.pub ]] && return
    rm -rf "$dir/ssh.new"
    mkdir -m 0700 "$dir/ssh.new"
    ssh-keygen -q -t ed25519 -N '' -C dvo -f "$dir/ssh.new/id_ed25519"
    mv -T "$dir/ssh.new" "$dir/ssh"
}

is_cgroup2() {
    [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]]
}

# crun refuses a hybrid cgroup hierarchy, and cannot lift the limit on locked memory
# without CAP_SYS_RESOURCE (bit 24); runc needs neither, but is less at home rootless.
oci_runtime() {
    local effective
    effective=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
    if ! is_cgroup2; then
        echo runc
    elif [[ $(id -u) == 0 ]] && ! ((0x$effective >> 24 & 1)); then
        echo runc
    else
        echo crun
    fi
}

# limit NAME OPTION MAXIMUM: no higher than our own, as raising it needs CAP_SYS_RESOURCE.
limit() {
    local hard
    hard=$(ulimit -H "$2")
    if [[ $hard == unlimited ]] || ((hard > $3)); then hard=$3; fi
    echo "$1=$hard:$hard"
}

write_configuration() {
    # Without root, these folders do not count: the command line names them again.
    cat >"$dir/storage.conf" <<EOF
[storage]
driver = "overlay"
graphroot = "$dir/storage"
runroot = "$run/storage"
EOF
    # File locks: the shared memory ones belong to all podmans of a user, and the start of
    # one after a reboot frees those of the others. Proxies of this shell are no business
    # of the machines.
    cat >"$dir/containers.conf" <<EOF
[engine]
runtime = "$(oci_runtime)"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "$run/libpod"
[network]
network_backend = "netavark"
network_config_dir = "$dir/networks"
[containers]
default_ulimits = ["$(limit nofile -n 65536)", "$(limit nproc -u 32768)"]
http_proxy = false
log_driver = "k8s-file"
log_size_max = 4194304
pids_limit = 16384
EOF
}

# On cgroup2, podman moves every process of the cgroup it was started in to a child of it.
# So it is started in a cgroup of its own, which also outlives the caller's session.
enter_own_cgroup() {
    local parent=/sys/fs/cgroup
    is_cgroup2 || return 0
    [[ $(id -u) == 0 ]] || parent+=$(sed -n 's/^0:://p' /proc/self/cgroup)
    [[ -w $parent ]] || return 0
    mkdir -p "$parent/dvo-podman"
    echo "$BASHPID" >"$parent/dvo-podman/cgroup.procs"
}

# Becomes the service: own session, no descriptor and no secret of the caller. Where the
# user's cgroup is not his to divide, his systemd gives a scope that is.
become_service() {
    local fd scope=()
    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        ((fd <= 2)) || eval "exec $fd>&-"
    done
    if [[ $(id -u) != 0 && ! -w /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup) &&
        -S ${XDG_RUNTIME_DIR:-}/systemd/private ]]; then
        scope=(systemd-run --user --scope --quiet -p Delegate=yes --)
    else
        enter_own_cgroup
    fi
    cd /
    echo "$BASHPID" >"$run/service.pid"
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME="$HOME" XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$run}" \
        CONTAINERS_CONF="$dir/containers.conf" \
        CONTAINERS_STORAGE_CONF="$dir/storage.conf" \
        "${scope[@]}" podman --root "$dir/storage" --runroot "$run/storage" \
        system service -t 0 "unix://$socket"
}

launch() {
    local pid attempt
    if pid=$(service_pid); then
        die "the service of $dir runs as process $pid, but does not answer at $socket"
    fi
    write_configuration
    rm -f "$socket"
    : >"$dir/service.log"
    setsid "$BASH" "$0" become-service </dev/null >>"$dir/service.log" 2>&1 &
    for ((attempt = 0; attempt < 600; attempt++)); do
        [[ -S $socket ]] && api GET /_ping >/dev/null 2>&1 && return
        kill -0 $! 2>/dev/null || break
        sleep 0.05
    done
    cat "$dir/service.log" >&2
    die "podman system service did not start"
}

# The network and its bridge are named after nothing a user has; the subnet is one of 1024
# below 10.192.0.0/10, picked by the folder so that two providers on one host differ.
make_network() {
    local seed subnet answer attempt bridge=dvo0
    api GET /networks/dvo/exists >/dev/null 2>&1 && return
    seed=$(printf '%s' "$dir" | cksum | cut -d' ' -f1)
    [[ $dir == "$default_dir" ]] || bridge=dvo$seed
    for ((attempt = 0; attempt < 8; attempt++, seed++)); do
        subnet=10.$((192 + seed / 16 % 64)).$((seed % 16 * 16)).0/20
        subnet=${DVO_PODMAN_SUBNET:-$subnet}
        [[ $subnet =~ ^[0-9.]+/[0-9]+$ ]] || die "$subnet is not an IPv4 subnet"
        answer=$(api POST /networks/create -H 'Content-Type: application/json' -d '{
            "name": "dvo", "driver": "bridge", "network_interface": "'"$bridge"'",
            "subnets": [{"subnet": "'"$subnet"'"}], "dns_enabled": true}' 2>&1) && return
        [[ -z ${DVO_PODMAN_SUBNET:-} ]] || break
    done
    die "no network on $subnet: $answer; choose another by DVO_PODMAN_SUBNET"
}

start() {
    ready && return
    command -v podman >/dev/null || die "podman is not installed"
    make_folders
    exec {lock}>"$dir/service.lock"
    flock -w 120 "$lock" || die "another start of the service does not finish"
    ready && return
    make_key
    api GET /_ping >/dev/null 2>&1 || launch
    make_network
}

stop() {
    local pid attempt
    pid=$(service_pid) || return 0
    kill "$pid"
    for ((attempt = 0; attempt < 200; attempt++)); do
        if ! kill -0 "$pid" 2>/dev/null; then
            rm -f "$socket" "$run/service.pid"
            return
        fi
        sleep 0.05
    done
    die "process $pid does not stop"
}

facts() {
    printf 'socket=%s\nidentity=%s\npublic_key=%s\n' \
        "$socket" "$dir/ssh/id_ed25519" "$(<"$dir/ssh/id_ed25519.pub")"
}

case ${1:-start} in
start)
    start
    facts
    ;;
stop) stop ;;
status)
    if pid=$(service_pid) && ready; then
        echo "running as process $pid at $socket"
    else
        echo "not running"
        exit 3
    fi
    ;;
become-service) become_service ;;
*) die "usage: service.sh [start|stop|status]" ;;
esac
