#!/bin/bash
# The third driver: the same programs on Docker Engine, by configuration alone. The engine is
# Debian's, unpacked into a folder, with a socket of its own.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${DVO_BUILD_DIR:=$root/.build}"
sh "$root/etc/packages.sh" --unpack "$DVO_BUILD_DIR/docker-engine" docker || exit 1
# shellcheck disable=SC2034 # for lib.sh
engine=docker
# shellcheck disable=SC2034 # for lib.sh
engine_path=$DVO_BUILD_DIR/docker-engine/usr/bin:$DVO_BUILD_DIR/docker-engine/usr/sbin
bash "$root/etc/dvo/engine/docker.sh" status >/dev/null
ran=$?
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
sh samples/my-app/build.sh "$work/p/packages" 1.0 1.1 || exit 1
cat >>"$work/p/etc/dvo/dvo.yaml" <<'END'
repositories: [{name: ours, type: directory, path: ../../packages}]
END

# --- the essay's program
cp "$root/samples/app.dvo" "$work/p/app.dvo"
address() {
    api GET "/containers/$(machine "$1")/json" | jq -r '.NetworkSettings.Networks.dvo.IPAddress'
}
essay() {
    runs app && [ "$(curl -sS "http://$(address machine):8080/")" = 'my-app 1.1' ]
}
# carried BACKEND: from now on by that one.
carried() {
    sed -i "s/^backends:.*/backends: {default: $1}/" "$work/p/etc/dvo/dvo.yaml"
}
by_api() {
    carried api
    unchanged app
}
# The outside is there for packages; a machine boots again as itself.
calls() {
    program calls <<'END'
machine = cloud.create(flavor=provider.FLAVOR_COMPUTE)
machine.bootstrap()
machine.install("tree")
machine.user("ana")
machine.file("/etc/motd", content=f"at {machine.ip}\n", owner="ana")
machine.reboot(always=True)
machine.run(["systemctl", "is-system-running", "--wait"], always=True)
machine.query(["sh", "-c", "! mountpoint /etc/hosts && getent hosts localhost"])
END
    runs calls && on machine "grep -qx 'at $(address machine)' /etc/motd && tree --version"
}
by_ansible() {
    carried ansible
    sed -i '/always=True/d' "$work/p/calls.dvo"
    unchanged calls
}
# The engine goes down and comes again; its machines have not noticed.
engine_restarted() {
    local before
    before=$(on machine 'cat /proc/sys/kernel/random/boot_id')
    bash "$root/etc/dvo/engine/docker.sh" stop && ! bash "$root/etc/dvo/engine/docker.sh" status &&
        unchanged app && [ "$(on machine 'cat /proc/sys/kernel/random/boot_id')" = "$before" ]
}
check docker/essay essay
check docker/by-api by_api
check docker/calls calls
check docker/by-ansible by_ansible
check docker/engine-restarted engine_restarted

# shellcheck source=tests/e2e/networks.sh
. "$root/tests/e2e/networks.sh"

# --- killed without a word, again and again: one machine, made once
killed() {
    program one <<'END'
one = cloud.create(flavor=provider.FLAVOR_SMALL)
one.bootstrap()
END
    build_program one || return
    for moment in 0.1 0.3 0.5 0.7 0.9 1.2; do
        start one
        sleep "$moment"
        kill -KILL -- "-$runner"
        pkill -KILL -s "$runner"
        gone
        [ "$(machine one | wc -l)" -le 1 ] || return
    done
    again one
    [ "$status" -eq 0 ] && [ "$(machine one | wc -l)" -eq 1 ] && unchanged one
}
check docker/killed killed

all_destroyed() {
    build_program app || return
    again app --destroy --yes
    again one --destroy --yes
    [ "$status" -eq 0 ] && [ -z "$(machines)$(networks)" ]
}
check docker/destroyed all_destroyed
[ "$ran" -eq 0 ] || bash "$root/etc/dvo/engine/docker.sh" stop
counted
