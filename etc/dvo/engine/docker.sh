#!/bin/bash
# The Docker Engine behind the provider `docker`: a private one, or the system's own if
# DVO_DOCKER_SOCKET names its socket.
#
#   docker.sh [start]   start it unless it answers; once it does, its network "dvo" exists
#                       and the provider's ssh key is made, print where it is, as
#                       socket=PATH identity=PATH public_key=TEXT, one per line
#   docker.sh stop      stop the private one; machines keep running
#   docker.sh status    say whether the private one runs; exit 0 if so, else 3
set -euo pipefail
# shellcheck disable=SC2034  # read by common.sh
engine=docker
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

# Without a bridge and rules of its own: another Docker of this host has the same names for
# its chains. The machines' limits are the daemon's.
write_configuration() {
    cat >"$dir/containerd.toml" <<END
version = 2
root = "$dir/containerd"
state = "$run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$run/containerd.sock"
END
    cat >"$dir/daemon.json" <<END
{
    "data-root": "$dir/storage",
    "exec-root": "$run/docker",
    "pidfile": "$run/docker.pid",
    "containerd": "$run/containerd.sock",
    "storage-driver": "overlay2",
    "live-restore": true,
    "bridge": "none",
    "iptables": false,
    "ip6tables": false,
    "default-ulimits": {
        "nofile": {"Name": "nofile", $(both -n 65536)},
        "nproc": {"Name": "nproc", $(both -u 32768)}
    }
}
END
}

both() { # OPTION MAXIMUM
    local hard
    hard=$(limit "$1" "$2")
    echo "\"Soft\": $hard, \"Hard\": $hard"
}

# Becomes one of the two: no descriptor and no secret of the caller. PATH stays: the programs
# may be anywhere.
become() { # PIDFILE COMMAND...
    local pidfile=$1
    shift
    close_descriptors
    cd /
    echo "$BASHPID" >"$pidfile"
    exec env -i PATH="$PATH" HOME="$HOME" "$@"
}
become_containerd() {
    become "$run/containerd.pid" containerd --config "$dir/containerd.toml"
}
become_service() {
    become "$run/service.pid" dockerd --config-file "$dir/daemon.json" --host "unix://$socket"
}

containerd_pid() {
    process_of "$run/containerd.pid" "$dir/containerd.toml"
}
containerd_listens() {
    [[ -S $run/containerd.sock ]]
}

launch_engine() {
    local program
    [[ $(id -u) == 0 ]] || die "Docker Engine needs root"
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    for program in containerd dockerd iptables runc; do
        command -v "$program" >/dev/null ||
            die "$program is not installed: sh etc/packages.sh docker"
    done
    if ! containerd_pid >/dev/null; then
        rm -f "$run/containerd.sock"
        begin become-containerd containerd_listens
    fi
    begin become-service answers
}

network_of() { # SUBNET
    printf '{"Name": "dvo", "Driver": "bridge", "CheckDuplicate": true,
        "IPAM": {"Config": [{"Subnet": "%s"}]},
        "Options": {"com.docker.network.bridge.name": "%s"}}' "$1" "$bridge"
}

# With our own engine, a network is one whose machines reach the outside.
has_network() {
    local network
    network=$(api GET /networks/dvo 2>/dev/null) || return
    ! service_pid >/dev/null || open_network "$(grep -o '"Subnet":"[^"]*"' <<<"$network" |
        cut -d'"' -f4)"
}

# rule TABLE CHAIN WORD...: is there, before what a firewall of the host may say.
rule() {
    local table=$1 chain=$2
    shift 2
    iptables -w -t "$table" -C "$chain" "$@" 2>/dev/null ||
        iptables -w -t "$table" -I "$chain" "$@"
}

# The machines reach whom they want, and are answered; nobody else is let in.
open_network() { # SUBNET
    local PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    rule nat POSTROUTING -s "$1" ! -o "$bridge" -j MASQUERADE &&
        rule filter FORWARD -i "$bridge" -j ACCEPT &&
        rule filter FORWARD -o "$bridge" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
}

stop() {
    local pid
    if pid=$(service_pid); then
        end "$pid"
        rm -f "$socket" "$run/service.pid"
    fi
    if pid=$(containerd_pid); then
        end "$pid"
        rm -f "$run/containerd.sock" "$run/containerd.pid"
    fi
}

carry_out "$@"
