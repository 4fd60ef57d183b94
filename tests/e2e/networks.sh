#!/bin/bash
# Networks, images and absences on a container engine, and names that mean nothing: on Podman,
# and as a part of docker.sh on Docker.
if [ -z "${engine:-}" ]; then
    set -u
    root=$(cd "$(dirname "$0")/../.." && pwd)
    # shellcheck source=tests/e2e/lib.sh
    . "$root/tests/e2e/lib.sh"
    alone=yes
fi

# Where the engines differ: the list of networks, and what they say.
case $engine in
podman)
    networks=/networks/json
    absent_network='network not found'
    ;;
docker)
    networks=/networks
    absent_network='network nowhere not found'
    ;;
esac

# The networks of this test's projects, one name a line.
networks() {
    api GET "$networks" | jq -r ".[] | select((.labels // .Labels // {})[\"dvo.key\"] // \"\" |
        test(\"^dvo:${project}[:-]\")) | .name // .Name"
}
clean_networks() {
    for id in $(machines); do
        api DELETE "/containers/$id?force=true&v=true" >/dev/null
    done
    for id in $(networks); do
        api DELETE "/networks/$id" >/dev/null
    done
    clean
}
trap clean_networks EXIT

range=10.249.$(($$ % 256))
lan="lan = cloud.network(subnets=[\"$range.0/24\"], name=\"lan-$$\")"
# Names of its own: what shall be absent is so in all projects.
inner=inner-$$ outer=outer-$$
networked() {
    program net <<END
$lan
one = cloud.create(flavor=provider.FLAVOR_SMALL, networks=[lan, provider.NETWORK_DEFAULT],
                   name="$outer")
one.bootstrap()
output("inside", one.private_ip)
known = cloud.image("debian-12")
two = cloud.create(flavor=provider.FLAVOR_SMALL, image=known, networks=[lan],
                   name="$inner")
one.run(["getent", "hosts", "deb.debian.org"], always=True)
one.wait(argv=["bash", "-c", f"true </dev/tcp/{two.ip}/22"])
END
    runs net && grep -q "^inside = ${range//./\\.}\." "$work/out" &&
        { [ "$engine" = podman ] || on "$inner" '! timeout 10 getent hosts deb.debian.org'; }
}
net_again() {
    sed -i '/always=True/d' "$work/p/net.dvo"
    unchanged net && [ "$(networks | wc -l)" -eq 1 ]
}
overlapping() {
    program overlapping <<END
other = cloud.network(subnets=["$range.0/25"])
END
    fails EEXIST 'another network of this computer has these addresses' overlapping &&
        [ "$(networks | wc -l)" -eq 1 ]
}
# found: by its name and id; what matches and shall not be is deleted, once.
found() {
    program found <<END
gone = cloud.absent("machine", display="$inner")
one = cloud.find(display="$outer", id="$(machine "$outer")")
one.bootstrap()
END
    runs found && [ -z "$(machine "$inner")" ] && unchanged found
}
in_use() {
    program in-use <<END
gone = cloud.absent("network", display="lan-$$", retries=0)
END
    fails EBUSY 'machines are still on this network' in-use
}
destroyed() {
    build_program net || return
    again net --destroy --yes
    says ' 0 failed' && [ -z "$(networks)" ] && [ -z "$(machine "$outer")" ]
}
check "$engine/networks" networked
check "$engine/networks-again" net_again
check "$engine/networks-overlap" overlapping
check "$engine/absent" found
check "$engine/networks-in-use" in_use
check "$engine/networks-destroyed" destroyed

# --- names that mean nothing: all are told at once, at their places, and nothing is made
names() {
    program names <<'END'
a = cloud.create(flavor=provider.FLAVOR_SMALL, image="debian-99")
b = cloud.create(flavor=provider.FLAVOR_SMALL, networks=["nowhere"])
END
    fails ENOENT 'make the machine image with' names && says 'image="debian-99"' &&
        says 'networks=["nowhere"]' && says "$absent_network" &&
        [ -z "$(machine a)$(machine b)" ]
}
check "$engine/names" names

if [ -n "${alone:-}" ]; then
    counted
fi
