#!/bin/bash
# The embedded provider without root: samples/app.dvo by an unprivileged login, in a view of
# the cgroups in which a part of a pure cgroup v2 tree is delegated to it, as systemd does.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

user=dvo-rootless
home=/home/$user
work=$home/e2e
log=$(mktemp)

# as_user COMMAND: a shell command as that login, which owns the cgroup it is in. It starts
# in a group of its own: podman moves what is beside it.
as_user() {
    # shellcheck disable=SC2016 # the other shell's
    COMMAND=$1 unshare --mount --propagation private bash -c '
        user=$1 home=$2
        umount --recursive --lazy /sys/fs/cgroup
        mount -t cgroup2 none /sys/fs/cgroup || exit 1
        # Anybody may use it where udev is at work.
        mount -t tmpfs -o mode=0755 none /dev/net && mknod -m 0666 /dev/net/tun c 10 200 ||
            exit 1
        mkdir -p "/sys/fs/cgroup/$user/main"
        chown -R "$user:" "/sys/fs/cgroup/$user"
        echo $$ >"/sys/fs/cgroup/$user/main/cgroup.procs" || exit 1
        exec setpriv --reuid "$user" --regid "$user" --init-groups --reset-env \
            env "HOME=$home" "XDG_RUNTIME_DIR=/run/user/$(id -u "$user")" \
            PATH="$home/bin:/usr/sbin:/usr/bin:/sbin:/bin" sh -c "cd; $COMMAND"
    ' as_user "$user" "$home"
}

check() {
    local name=$1
    shift
    if "$@" >"$log" 2>&1; then ok; else not_ok "e2e/rootless/$name" "$log"; fi
}

run_app() {
    as_user "cd e2e/samples && timeout 300 dvoc run --project rootless app.dvo" | tee "$log.run"
    [ "${PIPESTATUS[0]}" -eq 0 ]
}

unchanged() {
    run_app && grep -q '^nothing changed' "$log.run"
}

destroyed() {
    as_user "cd e2e/samples && dvoc destroy --yes build/app"
}

clean() {
    destroyed >/dev/null 2>&1
    as_user "bash $work/provider/engine/podman.sh stop" >/dev/null 2>&1
    rm -rf "$work" "$log" "$log.run"
}

id "$user" >/dev/null 2>&1 ||
    useradd --system --home-dir "$home" --create-home --shell /bin/bash \
        --add-subids-for-system "$user" || exit 1
rm -rf "$work"
runtime=/run/user/$(id -u "$user")
mkdir -p "$home/bin" "$runtime" "$work"
cp "$DVO_BUILD_DIR"/asan/dvoc "$DVO_BUILD_DIR"/asan/dvo-run "$home/bin"
cp -r samples "$work/samples"
cp -r etc/dvo "$work/provider"
rm -rf "$work"/samples/.dvo "$work"/samples/build
chown -R "$user:" "$home" "$runtime"
chmod 0700 "$runtime"
trap clean EXIT

check image as_user "bash $work/provider/engine/image.sh"
check run run_app
check unchanged unchanged
check destroy destroyed
counted
