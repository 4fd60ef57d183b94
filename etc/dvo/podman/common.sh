# shellcheck shell=bash
# Where the embedded provider lives, and how its scripts talk to it. Sourced, never run.
#
#   DVO_PODMAN_DIR     storage, configuration, key and log of the private podman
#   DVO_PODMAN_SOCKET  where its API listens

if [[ $(id -u) == 0 ]]; then
    default_dir=/var/lib/dvo/podman
    default_run=/run/dvo/podman
else
    default_dir=${XDG_STATE_HOME:-$HOME/.local/state}/dvo/podman
    default_run=${XDG_RUNTIME_DIR:-/tmp/dvo-$(id -u)}/dvo/podman
fi
dir=${DVO_PODMAN_DIR:-$default_dir}
# What must vanish at a reboot of the host lives apart: podman learns of the reboot by that.
if [[ $dir == "$default_dir" ]]; then run=$default_run; else run=$dir/run; fi
# shellcheck disable=SC2034  # used by the scripts that source this file
socket=${DVO_PODMAN_SOCKET:-$run/api.sock}

# api METHOD PATH [CURL-OPTION...]: one call; prints the body, fails on statuses >= 400.
api() {
    local method=$1 path=$2
    shift 2
    curl -sS --fail-with-body --max-time 300 --unix-socket "$socket" -X "$method" \
        "$@" "http://podman/v4.0.0/libpod$path"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}
