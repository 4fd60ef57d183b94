# shellcheck shell=bash
# What the services of both container engines have in common: where they live, how their
# scripts talk to them, how one is started and stopped. Sourced, never run; the caller has
# set `engine` to podman or docker.
#
#   DVO_PODMAN_DIR, DVO_DOCKER_DIR        storage, configuration, key and log of the engine
#   DVO_PODMAN_SOCKET, DVO_DOCKER_SOCKET  where its API listens
#   DVO_PODMAN_SUBNET, DVO_DOCKER_SUBNET  subnet of the network "dvo", when it is first made

: "${engine:?}"
declare -A api_base=(
    [podman]=http://podman/v4.0.0/libpod
    [docker]=http://docker
)

# setting NAME: the text of DVO_ENGINE_NAME, empty if there is none.
setting() {
    local variable=DVO_${engine^^}_$1
    printf '%s' "${!variable:-}"
}

if [[ $(id -u) == 0 ]]; then
    default_dir=/var/lib/dvo/$engine
    default_run=/run/dvo/$engine
else
    default_dir=${XDG_STATE_HOME:-$HOME/.local/state}/dvo/$engine
    default_run=${XDG_RUNTIME_DIR:-/tmp/dvo-$(id -u)}/dvo/$engine
fi
dir=$(setting DIR)
dir=${dir:-$default_dir}
# What must vanish at a reboot of the host lives apart: an engine learns of the reboot by that.
if [[ $dir == "$default_dir" ]]; then run=$default_run; else run=$dir/run; fi
socket=$(setting SOCKET)
socket=${socket:-$run/api.sock}

# api METHOD PATH [CURL-OPTION...]: one call; prints the body, fails on statuses >= 400.
api() {
    local method=$1 path=$2
    shift 2
    curl -sS --fail-with-body --max-time 300 --unix-socket "$socket" -X "$method" \
        "$@" "${api_base[$engine]}$path"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

answers() {
    [[ -S $socket ]] && api GET /_ping >/dev/null 2>&1
}

# The process id in a file, if that process is still the one: COMMAND has WORD in its words.
process_of() { # FILE WORD
    local pid
    read -r pid 2>/dev/null <"$1" &&
        tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$2" &&
        printf '%s\n' "$pid"
}

service_pid() {
    process_of "$run/service.pid" "unix://$socket"
}

make_folders() {
    # The fallback of the run folder is below /tmp, where somebody else may be first.
    (umask 077 && mkdir -p "$dir" "$run" "$(dirname "$socket")")
    [[ -O $dir && -O $run ]] || die "$dir and $run must belong to $(id -un)"
    ((${#socket} < 108)) ||
        die "$socket is too long for a socket; set DVO_${engine^^}_SOCKET"
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

# limit OPTION MAXIMUM: no higher than our own, as raising it needs CAP_SYS_RESOURCE.
limit() {
    local hard
    hard=$(ulimit -H "$1")
    if [[ $hard == unlimited ]] || ((hard > $2)); then hard=$2; fi
    echo "$hard"
}

# The caller's descriptors are none of a service's business.
close_descriptors() {
    local fd
    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        ((fd <= 2)) || eval "exec $fd>&-"
    done
}

# begin WORD CONDITION...: this script, started as `SCRIPT WORD` in a session of its own,
# becomes a service whose condition holds soon.
begin() {
    local word=$1 attempt
    shift
    setsid "$BASH" "$0" "$word" </dev/null >>"$dir/service.log" 2>&1 &
    for ((attempt = 0; attempt < 600; attempt++)); do
        "$@" && return
        kill -0 $! 2>/dev/null || break
        sleep 0.05
    done
    cat "$dir/service.log" >&2
    die "the service of $engine did not start"
}

# end PID: and wait until it has.
end() {
    local attempt
    kill "$1"
    for ((attempt = 0; attempt < 400; attempt++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.05
    done
    die "process $1 does not stop"
}

# A machine's systemd holds 6 of them, its user's 3, and what boots without one hangs. Most hosts
# allow a user 128.
allow_machines() {
    local limit=/proc/sys/fs/inotify/max_user_instances
    [[ $(id -u) != 0 ]] || (($(<$limit) >= 8192)) || echo 8192 2>/dev/null >$limit || :
}

launch() {
    local pid
    if pid=$(service_pid); then
        die "the service of $dir runs as process $pid, but does not answer at $socket"
    fi
    allow_machines
    write_configuration
    rm -f "$socket"
    : >"$dir/service.log"
    launch_engine
}

# The network and its bridge are named after nothing a user has; the subnet is one of 1024
# below 10.192.0.0/10, picked by the folder so that two providers on one host differ.
# shellcheck disable=SC2034  # used by the scripts that source this file
bridge=dvo0
[[ $engine == podman ]] || bridge=dvo1
# shellcheck disable=SC2034  # as before
[[ $dir == "$default_dir" ]] || bridge=dvo$(printf '%s' "$dir" | cksum | cut -d' ' -f1)

make_network() {
    local seed subnet answer attempt wanted
    has_network && return
    seed=$(printf '%s' "$dir" | cksum | cut -d' ' -f1)
    wanted=$(setting SUBNET)
    for ((attempt = 0; attempt < 8; attempt++, seed++)); do
        subnet=10.$((192 + seed / 16 % 64)).$((seed % 16 * 16)).0/20
        subnet=${wanted:-$subnet}
        [[ $subnet =~ ^[0-9.]+/[0-9]+$ ]] || die "$subnet is not an IPv4 subnet"
        answer=$(api POST /networks/create -H 'Content-Type: application/json' \
            -d "$(network_of "$subnet")" 2>&1) && return
        [[ -z $wanted ]] || break
    done
    die "no network on $subnet: $answer; choose another by DVO_${engine^^}_SUBNET"
}

ready() {
    [[ -S $socket && -f $dir/ssh/id_ed25519.pub ]] && has_network
}

start() {
    ready && return
    make_folders
    exec {lock}>"$dir/service.lock"
    flock -w 120 "$lock" || die "another start of the service does not finish"
    ready && return
    make_key
    answers || launch
    make_network
}

facts() {
    printf 'socket=%s\nidentity=%s\npublic_key=%s\n' \
        "$socket" "$dir/ssh/id_ed25519" "$(<"$dir/ssh/id_ed25519.pub")"
}

# The words of every service; become_WORD is the engine's own.
carry_out() {
    local pid
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
    become-*) "${1/-/_}" ;;
    *) die "usage: ${0##*/} [start|stop|status]" ;;
    esac
}
