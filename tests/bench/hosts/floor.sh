#!/bin/sh
# The work of site.yml as one script that runs on the host itself, beside files/ and templates/:
# less than this no tool can do. The host's values come as variables. Says "changed=N".
set -eu
cd "$(dirname "$0")"
: "${inventory_hostname:?}" "${proxy_port:?}" "${report_minute:?}"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
changed=0

did() {
    changed=$((changed + 1))
}

# packages NAME...: all of them are installed.
packages() {
    # shellcheck disable=SC2016 # a field of dpkg
    [ "$(dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null |
        grep -cx installed)" = $# ] && return
    apt-get -qq install --yes "$@" >apt.log 2>&1 || {
        cat apt.log >&2
        exit 1
    }
    did
}

# folder PATH: a directory of the application.
folder() {
    [ "$(stat -c %U:%G:%a "$1" 2>/dev/null)" = deploy:deploy:750 ] && return
    install -d -o deploy -g deploy -m 0750 "$1"
    did
}

# put PATH MODE: the file `new` is there; whether it was not before.
put() {
    chmod "$2" new
    if cmp -s new "$1" && [ "$(stat -c %U:%G:%a "$1")" = "root:root:${2#0}" ]; then
        return 1
    fi
    cp new "$1.new"
    chmod "$2" "$1.new"
    mv "$1.new" "$1"
    did
}

# filled NAME: that template with the values of this host becomes `new`.
filled() {
    sed "s/{{ inventory_hostname }}/$inventory_hostname/
        s/{{ proxy_port }}/$proxy_port/" "templates/$1" >new
}

# running UNIT TRIGGER: it runs and starts at boot; and anew where TRIGGER is 1.
running() {
    if ! systemctl is-enabled -q "$1" 2>/dev/null; then
        systemctl enable -q "$1"
        did
    fi
    if ! systemctl is-active -q "$1"; then
        systemctl start "$1"
        did
    elif [ "$2" = 1 ]; then
        systemctl restart "$1"
        did
    fi
}

[ -n "$(find /var/lib/apt/lists -maxdepth 0 -mmin -60)" ] || {
    apt-get -qq update
    touch /var/lib/apt/lists
}
packages tinyproxy
packages bc tree
getent group deploy >/dev/null || {
    groupadd -g 2000 deploy
    did
}
getent passwd deploy >/dev/null || {
    useradd -m -u 2000 -g deploy -s /bin/bash deploy
    did
}
getent passwd reports >/dev/null || {
    useradd -r -s /usr/sbin/nologin reports
    did
}
cmp -s files/deploy.pub ~deploy/.ssh/authorized_keys || {
    install -d -m 0700 -o deploy -g deploy ~deploy/.ssh
    install -m 0600 -o deploy -g deploy files/deploy.pub ~deploy/.ssh/authorized_keys
    did
}
folder /srv/app
folder /srv/app/data
[ "$(readlink /opt/app)" = /srv/app ] || {
    ln -sfn /srv/app /opt/app
    did
}
echo "release 1" >new
put /srv/app/release 0644 || :
cp files/data.txt new
put /srv/app/data/data.txt 0644 || :
restart_proxy=0
filled tinyproxy.conf
! put /etc/tinyproxy/tinyproxy.conf 0644 || restart_proxy=1
filled motd
put /etc/motd 0644 || :
restart_application=0
filled tick.service
if put /etc/systemd/system/tick.service 0644; then
    restart_application=1
    systemctl daemon-reload
fi
grep -qx 'deploy hard nofile 65536' /etc/security/limits.conf || {
    echo 'deploy hard nofile 65536' >>/etc/security/limits.conf
    did
}
echo 'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart tick' >new
cmp -s new /etc/sudoers.d/deploy || visudo -qcf new
put /etc/sudoers.d/deploy 0440 || :
echo 'net.core.somaxconn = 1024' >new
! put /etc/sysctl.d/60-proxy.conf 0644 || sysctl -qp /etc/sysctl.d/60-proxy.conf
echo "$report_minute 4 * * 0 reports /usr/bin/tree /var/log" >new
put /etc/cron.d/report 0644 || :
running tick "$restart_application"
running tinyproxy "$restart_proxy"
echo "changed=$changed"
