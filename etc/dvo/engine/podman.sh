#!/bin/bash
# The private podman service behind the embedded provider.
#
#   podman.sh [start]   start it unless it runs; once it answers, its network "dvo" exists
#                       and the provider's ssh key is made, print where it is, as
#                       socket=PATH identity=PATH public_key=TEXT, one per line
#   podman.sh stop      stop the service; machines keep running
#   podman.sh status    say whether it runs; exit 0 if so, else 3
set -euo pipefail
# shellcheck disable=SC2034  # read by common.sh
engine=podman
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

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

# both OPTION MAXIMUM: the soft and the hard limit.
both() {
    local hard
    hard=$(limit "$1" "$2")
    echo "$hard:$hard"
}

write_configuration() {
    # Without root, these folders do not count: the command line names them again.
    cat >"$dir/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$dir/storage"
runroot = "$run/storage"
END
    # File locks: the shared memory ones belong to all podmans of a user, and the start of
    # one after a reboot frees those of the others. Proxies of this shell are no business
    # of the machines.
    cat >"$dir/containers.conf" <<END
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
default_ulimits = ["nofile=$(both -n 65536)", "nproc=$(both -u 32768)"]
http_proxy = false
log_driver = "k8s-file"
log_size_max = 4194304
pids_limit = 16384
END
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
    local scope=()
    close_descriptors
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

launch_engine() {
    command -v podman >/dev/null || die "podman is not installed"
    begin become-service answers
}

has_network() {
    api GET /networks/dvo/exists >/dev/null 2>&1
}

network_of() { # SUBNET
    printf '{"name": "dvo", "driver": "bridge", "network_interface": "%s",
        "subnets": [{"subnet": "%s"}], "dns_enabled": true}' "$bridge" "$1"
}

stop() {
    local pid
    pid=$(service_pid) || return 0
    end "$pid"
    rm -f "$socket" "$run/service.pid"
}

carry_out "$@"
