# shellcheck shell=bash
# Makes localhost/dvo/debian-12-cloud:latest of a machine of the embedded provider's image: the
# same with Debian's cloud-init, which takes its user data from the variable USER_DATA, in
# base64. Sourced by tests, of whose machine `seed` it is made.
: "${socket:?}" "${work:?}"

# What that machine is told.
cloud_image() {
    cat <<'END'
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -qy install --no-install-recommends cloud-init
cat >/etc/cloud/cloud.cfg.d/99-tests.cfg <<'EOF'
datasource_list: [NoCloud]
network: {config: disabled}
preserve_hostname: true
disable_root: false
ssh_deletekeys: false
locale: false
EOF
cat >/usr/lib/dvo/seed <<'EOF'
#!/bin/sh
set -eu
mkdir -p /var/lib/cloud/seed/nocloud
cd /var/lib/cloud/seed/nocloud
printf '%s' "${USER_DATA-}" | base64 -d >user-data
echo "instance-id: $(cat /etc/machine-id)" >meta-data
EOF
cat >/etc/systemd/system/dvo-seed.service <<'EOF'
[Unit]
Description=Give cloud-init the user data that the machine was created with
DefaultDependencies=no
After=dvo-early.service
Before=cloud-init-local.service

[Service]
Type=oneshot
RemainAfterExit=yes
PassEnvironment=USER_DATA
ExecStart=/bin/sh /usr/lib/dvo/seed

[Install]
WantedBy=sysinit.target
EOF
systemctl -q enable dvo-seed
cloud-init clean --logs --seed
rm -rf /root/.ssh /var/lib/dvo /etc/hostname /etc/resolv.conf
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id
END
}

# Once for each recipe and each image that it starts from.
make_cloud_image() {
    local repository=localhost/dvo/debian-12-cloud tag
    tag=1-$({
        cloud_image
        api GET /images/localhost/dvo/debian-12:latest/json | jq -r .Id
    } | sha256sum | cut -c 1-12)
    if [ "$(api GET "/images/$repository:$tag/exists" -o /dev/null -w '%{http_code}')" != 204 ]; then
        make_host seed && cloud_image | remote "$(machine seed)" 'sh -s' &&
            api POST "/commit?container=$(machine seed)&repo=$repository&tag=$tag" || return 1
    fi
    api POST "/images/$repository:$tag/tag?repo=$repository&tag=latest"
}

# inside NAME SCRIPT: as root on a machine, by the engine, which the provider says nothing of.
inside() {
    podman --url "unix://$socket" exec "$(machine "$1")" sh -c "$2"
}

# valid NAME FILE: cloud-init itself, on a machine, takes it as user data.
valid() {
    podman --url "unix://$socket" cp "$2" "$(machine "$1"):/tmp/user-data" &&
        inside "$1" 'cloud-init schema --config-file /tmp/user-data' >"$work/schema" 2>&1
    cat "$work/schema"
    grep -qx 'Valid cloud-config: /tmp/user-data' "$work/schema"
}
