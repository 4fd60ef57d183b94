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

# The networks of this test's projects, one id a line.
networks() {
    api GET /networks |
        jq -r ".[] | select(.Labels[\"dvo.key\"] // \"\" | test(\"^dvo:${project}[:-]\")) | .Id"
}
clean_all() {
    for id in $(machines); do
        api DELETE "/containers/$id?force=true&v=true" >/dev/null
    done
    for id in $(networks); do
        api DELETE "/networks/$id" >/dev/null
    done
    rm -rf "$work"
}
trap clean_all EXIT

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

# --- networks
lan='lan = cloud.network(subnets=["10.249.7.0/24"])'
networked() {
    program net <<END
$lan
one = cloud.create(flavor=provider.FLAVOR_SMALL, networks=[lan, provider.NETWORK_DEFAULT])
one.bootstrap()
output("inside", one.private_ip)
known = cloud.image("debian-12")
two = cloud.create(flavor=provider.FLAVOR_SMALL, image=known, networks=[lan])
one.run(["getent", "hosts", "deb.debian.org"], always=True)
one.wait(argv=["bash", "-c", f"true </dev/tcp/{two.ip}/22"])
END
    runs net && grep -q '^inside = 10\.249\.7\.' "$work/out" &&
        on two '! ip route | grep -q ^default'
}
net_again() {
    sed -i '/always=True/d' "$work/p/net.dvo"
    unchanged net && [ "$(networks | wc -l)" -eq 1 ]
}
overlapping() {
    program overlapping <<'END'
other = cloud.network(subnets=["10.249.7.0/25"])
END
    fails EEXIST 'another network of this computer has these addresses' overlapping &&
        [ "$(networks | wc -l)" -eq 1 ]
}
# found: by its name and id; what matches and shall not be is deleted, once.
found() {
    program found <<END
gone = cloud.absent("machine", display="two")
one = cloud.find(display="one", id="$(machine one)")
one.bootstrap()
END
    runs found && [ -z "$(machine two)" ] && unchanged found
}
in_use() {
    program in-use <<'END'
gone = cloud.absent("network", display="lan", retries=0)
END
    fails EBUSY 'machines are still on this network' in-use
}
destroyed() {
    build_program net || return
    again net --destroy --yes
    [ "$status" -eq 0 ] && [ -z "$(networks)" ] && [ -z "$(machine one)" ]
}
check docker/networks networked
check docker/networks-again net_again
check docker/networks-overlap overlapping
check docker/absent found
check docker/networks-in-use in_use
check docker/networks-destroyed destroyed

# --- names that mean nothing: all are told at once, at their places, and nothing is made
names() {
    program names <<'END'
a = cloud.create(flavor=provider.FLAVOR_SMALL, image="debian-99")
b = cloud.create(flavor=provider.FLAVOR_SMALL, networks=["nowhere"])
END
    fails ENOENT 'image.sh --docker' names && says 'image="debian-99"' &&
        says 'networks=["nowhere"]' && says 'nowhere not found' && [ -z "$(machine a)$(machine b)" ]
}
check docker/names names

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
    again one --destroy --yes && build_program app && again app --destroy --yes
    [ "$status" -eq 0 ] && [ -z "$(machines)$(networks)" ]
}
check docker/destroyed all_destroyed
[ "$ran" -eq 0 ] || bash "$root/etc/dvo/engine/docker.sh" stop
counted
