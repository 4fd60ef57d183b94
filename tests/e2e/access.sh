#!/bin/bash
# Machines of a provider that does not tell their host keys, and that are reached over a host of
# the inventory: the embedded provider under a driver that says so.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

make_host gate || exit 1
host gate
drivers=$work/p/etc/dvo/drivers
mkdir -p "$drivers/lib" "$work/p/etc/dvo/providers"
sed 's/^driver("podman"/driver("quiet"/' etc/dvo/drivers/podman.dvo >"$drivers/quiet.dvo"
sed -e 's/"ssh_host": host, "ssh_port": port,/"ssh_host": var("ip"), "ssh_port": 22,\
        "first_use": provider_setting("access", "host_key", "console") == "first-use",\
        "jump": provider_jump(),/' \
    -e 's/"host_key": var("host_key")/"host_key": None/' \
    etc/dvo/drivers/lib/engine.dvo >"$drivers/lib/engine.dvo"
provider=$work/p/etc/dvo/providers/quiet.yaml
sed 's/^driver: .*/driver: quiet/' etc/dvo/providers/local.yaml >"$provider"
printf 'provider: quiet\ndrivers: drivers\n' >>"$work/p/etc/dvo/dvo.yaml"
echo 'access: {host_key: console, jump: gate}' >>"$provider"

program one <<'END'
m = cloud.create(flavor=provider.FLAVOR_SMALL)
m.bootstrap()
m.file("/etc/one", content=m.ip)
END

not_told() {
    fails EAUTH 'the host key of m is not known' one
}

# Over the gate, which lets in whoever goes on to the machine.
first_use() {
    local before
    before=$(on gate 'journalctl -u ssh | grep -c Accepted')
    sed -i 's/host_key: console/host_key: first-use/' "$provider"
    runs one && says 'm is believed to be the machine whose key is ssh-' &&
        [ "$(on m 'cat /etc/one')" != "" ] &&
        [ "$(on gate 'journalctl -u ssh | grep -c Accepted')" -gt $((before + 1)) ] &&
        state "SELECT json_extract(result, '\$.host_key') FROM ops WHERE address = 'm'" |
            grep -q '^ssh-'
}

believed_once() {
    unchanged one && ! says 'is believed'
}

other_key() {
    on m 'rm /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart ssh' &&
        fails EAUTH 'another host key' one
}

# What this program made anew may have another one.
replaced() {
    runs one --replace m && says 'm is believed' && unchanged one
}

unknown_jump() {
    sed -i 's/jump: gate/jump: nowhere/' "$provider"
    run one
    [ "$status" -eq 1 ] && says 'no host "nowhere" to jump over'
}

check access/host-key-not-told not_told
check access/first-use first_use
check access/believed-once believed_once
check access/other-key other_key
check access/replaced replaced
check access/unknown-jump unknown_jump
counted
