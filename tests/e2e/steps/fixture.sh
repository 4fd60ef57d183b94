# shellcheck shell=sh
# What the cases stand on: a database server, archivers, git, no network, a small repository of our own, a quiet package index.
set -e
# Little of the computer is left as it was: never one that somebody works at.
if [ ! -d /run/systemd/system ] || [ -e /var/lib/dvo/podman ]; then
    echo 'fixture.sh: this is no machine made for tests' >&2
    exit 1
fi
rm -rf /srv/t /srv/repo /srv/old /etc/dvo /var/lib/dvo
mkdir -p /srv/t /srv/repo/1
dpkg -s postgresql unzip bzip2 xz-utils zstd git >/dev/null 2>&1 || {
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y install postgresql unzip bzip2 xz-utils zstd git \
        >/dev/null 2>&1
}
find /etc/apt/sources.list /etc/apt/sources.list.d -type f -delete
mkdir -p /etc/apt/keyrings

deb() { # NAME VERSION DEPENDS FOLDER
    mkdir -p "$4/DEBIAN"
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: T <t@example.org>\n' "$1" "$2" >"$4/DEBIAN/control"
    [ -z "$3" ] || echo "$3" >>"$4/DEBIAN/control"
    printf 'Description: test\n' >>"$4/DEBIAN/control"
    [ ! -d "$4/etc" ] || (cd "$4" && find etc -type f | sed 's|^|/|') >"$4/DEBIAN/conffiles"
    dpkg-deb --root-owner-group -b "$4" "/srv/repo/$1_$2_all.deb" >/dev/null
    rm -rf "$4"
}
service() { # FOLDER NAME
    mkdir -p "$1/lib/systemd/system"
    printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' \
        >"$1/lib/systemd/system/$2.service"
}
for version in 1.0 1.1; do
    work=/srv/repo/work
    mkdir -p $work/etc
    echo "version=$version" >$work/etc/t-app.conf
    service $work t-app
    deb t-app $version 'Depends: t-lib' $work
done
deb t-lib 1 'Provides: t-virtual' /srv/repo/work
service /srv/repo/work t-two-a
service /srv/repo/work t-two-b
deb t-two 1 '' /srv/repo/work
mkdir -p /srv/repo/work/DEBIAN
printf '#!/bin/sh\necho postinst is broken >&2\nexit 1\n' >/srv/repo/work/DEBIAN/postinst
chmod 755 /srv/repo/work/DEBIAN/postinst
deb t-bad 1 '' /srv/repo/work
deb t-sec 1 '' /srv/repo/work
deb t-sec 2 '' /srv/repo/work
mkdir /srv/repo/sec
mv /srv/repo/t-sec_2_all.deb /srv/repo/sec
index() ( # FOLDER SUITE
    cd "$1"
    for file in *.deb; do
        dpkg-deb -f "$file"
        echo "Filename: ./$file"
        echo "Size: $(stat -c %s "$file")"
        echo "SHA256: $(sha256sum "$file" | cut -d' ' -f1)"
        echo
    done >Packages
    printf 'Suite: %s\nDate: %s\nSHA256:\n %s %s Packages\n' "$2" "$(date -uR)" \
        "$(sha256sum Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" >Release
)
index /srv/repo t
index /srv/repo/sec t-security
echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list
apt-get -qq update
systemctl -q disable --now t-two-a.service t-two-b.service t-app.service 2>/dev/null || true
apt-get -qq -y purge t-app t-lib t-two t-bad t-sec >/dev/null 2>&1 || true

cat >/etc/systemd/system/t-ok.service <<'END'
[Service]
ExecStart=/bin/sleep infinity
ExecReload=/bin/true
[Install]
WantedBy=multi-user.target
END
printf '[Service]\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/t-static.service
printf '[Service]\nExecStart=/bin/false\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/t-dies.service
printf '[Unit]\nPartOf=t-ok.service\n[Service]\nType=oneshot\nExecStart=/usr/bin/test -e /srv/t/part\nRemainAfterExit=yes\n' >/etc/systemd/system/t-part.service
ln -sf /dev/null /etc/systemd/system/t-masked.service
systemctl daemon-reload
systemctl -q disable --now t-ok.service t-dies.service 2>/dev/null || true
systemctl stop t-static.service t-part.service 2>/dev/null || true
systemctl reset-failed 2>/dev/null || true
groupadd -f t-group
id t-login >/dev/null 2>&1 || useradd -m -s /bin/sh -G t-group t-login
