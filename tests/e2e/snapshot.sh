#!/bin/sh
# The state of the machine whose shell reads this on standard input, as lines that can be
# compared between machines once they are sorted. What is left out, and why:
#
#   /proc /sys /dev /run /tmp /var/tmp         the kernel's, or gone with the next boot
#   /var/log /var/lib/systemd                  what happened when, not what is
#   /var/cache /var/lib/apt                    copies of what can be had again
#   /var/lib/dpkg                              compared as packages with their versions
#   /var/lib/dvo/index                         a note when the package index was read
#   /root/.ansible /root/.chef                 what the tools note for themselves
#   /etc/machine-id, host keys                 each machine's own by intention
#   /etc/hosts /etc/hostname /etc/resolv.conf  the provider's, with addresses of its own
#   /etc/*- /etc/.pwd.lock /etc/ld.so.cache    backups, a lock, a cache of other files
#   .git                                       compared as what is checked out
#   /srv/disk /srv/app/ran /srv/app.tgz        commands made them: a file system with a UUID of
#                                              its own, a time, an archive with times
#   __pycache__                                Python's, made by whoever imports first
#
# Addresses of the provider's network are alike wherever they stand in a file.
set -u
export LC_ALL=C

# walk ACTION...: find over everything else.
walk() {
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp \
        -o -path /var/tmp -o -path /var/log -o -path /var/lib/systemd -o -path /var/cache \
        -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/dvo/index \
        -o -path /root/.ansible -o -path /root/.chef -o -path /etc/machine-id \
        -o -path /var/lib/dbus/machine-id -o -path '/etc/ssh/ssh_host_*' -o -path /etc/hosts \
        -o -path /etc/hostname -o -path /etc/resolv.conf -o -path '/etc/*-' \
        -o -path /etc/.pwd.lock -o -path /etc/ld.so.cache -o -name .git \
        -o -name __pycache__ \) -prune -o "$@"
}

walk \( -type f -printf 'file %m %u %g %p\n' \) \
    -o \( -type d -printf 'directory %m %u %g %p\n' \) \
    -o \( -type l -printf 'link %u %g %p -> %l\n' \) -o -printf 'other %y %m %u %g %p\n'
# What is below /usr and /opt came with packages and the image. Passwords have a line each.
# shellcheck disable=SC2016 # the inner shell's
walk \( -path /usr -o -path /opt/dvo -o -path /etc/shadow -o -path /srv/disk \
    -o -path /srv/app/ran -o -path /srv/app.tgz \) -prune -o \
    -type f -exec sh -c '
    for file; do
        sum=$(sed -E "s/10\.[0-9]+\.[0-9]+\.[0-9]+/ADDRESS/g" "$file" | sha256sum)
        printf "content %s %s\n" "${sum%% *}" "$file"
    done' sh {} +
cut -d : -f 1,2,4- /etc/shadow | sed 's/^/shadow /' # without the day of the change
getent passwd | sed 's/^/passwd /'
getent group | sed 's/^/group /'
# shellcheck disable=SC2016 # dpkg-query's
dpkg-query -W -f 'package ${db:Status-Abbrev}${Package} ${Version}\n'
apt-mark showhold | sed 's/^/hold /'
systemctl list-unit-files --no-legend --no-pager --plain |
    awk '$2 != "transient" { print "unit", $1, $2 }'
systemctl list-units --all --no-legend --no-pager --plain --type service,socket |
    awk '$4 == "running" || $4 == "failed" || $4 == "listening" { print "state", $1, $3, $4 }' |
    grep -vE '^state (user@|session-|systemd-)'
findmnt -rn -o TARGET,SOURCE,FSTYPE,OPTIONS | grep -E '^/(srv|mnt|home|opt)' | sed 's/^/mount /'
sysctl -n net.ipv4.ip_default_ttl | sed 's/^/sysctl /'
hostname | sed 's/^/hostname /'
