#!/bin/sh
# Says what site.yml, site.dvo and floor.sh are about as it is on this host, in words that do not
# depend on who made it so: the name of a file of kernel parameters is anyone's own.
set -u
export LC_ALL=C

# file PATH: owner, group, mode and content.
file() {
    stat -c '%n %U:%G %a %F' "$1"
    sha256sum <"$1"
}

{
    # shellcheck disable=SC2016 # fields of dpkg
    dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' bc tinyproxy tree
    getent group deploy reports
    getent passwd deploy reports
    for path in ~deploy/.ssh/authorized_keys /srv/app/release /srv/app/data/data.txt \
        /etc/tinyproxy/tinyproxy.conf /etc/motd /etc/systemd/system/tick.service \
        /etc/security/limits.conf /etc/sudoers.d/deploy; do
        file "$path"
    done
    stat -c '%n %U:%G %a %F' ~deploy ~deploy/.ssh /srv/app /srv/app/data /etc/cron.d/report
    readlink /opt/app
    echo "somaxconn $(cat /proc/sys/net/core/somaxconn)"
    sed -n 's/^net\.core\.somaxconn *= */at boot: somaxconn /p' /etc/sysctl.d/*.conf
    sed '/^#/d; /^$/d' /etc/cron.d/report
    for unit in tick tinyproxy; do
        echo "$unit $(systemctl is-active $unit) $(systemctl is-enabled $unit)" \
            "$(systemctl show -p NeedDaemonReload --value $unit)"
    done
    # Both were restarted with what their files say.
    tr '\0' '\n' <"/proc/$(systemctl show -p MainPID --value tick)/environ" | grep '^PROXY='
    ss -Hltn 'src 127.0.0.1' | sed 's/.*127\.0\.0\.1:\([0-9]*\).*/listens on \1/'
} 2>&1
