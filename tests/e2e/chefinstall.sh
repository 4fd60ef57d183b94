#!/bin/bash
# `chef: {install: ...}`: where bootstrap() takes Chef Infra Client from, on machines that exist
# and have none.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
chef=$(sh etc/dvo/chef/install.sh) || exit 1

# Whoever runs the tests has the licence of Chef accepted for them.
export DVO_CHEF_LICENSE=accept-no-persist

for name in gems packages; do
    make_host "$name" && host "$name" || exit 1
done
# What this computer trusts, as the gem registry may be reached through somebody it trusts.
remote "$(machine gems)" 'cat >/etc/ssl/certs/ca-certificates.crt' \
    </etc/ssl/certs/ca-certificates.crt || exit 1

# The client as a package of a repository that the machine has: the folder of install.sh.
mkdir -p "$work/deb/DEBIAN" "$work/deb/opt/dvo" "$work/deb/usr/bin"
cp -a "$chef" "$work/deb/opt/dvo/chef"
ln -s /opt/dvo/chef/bin/chef-client "$work/deb/usr/bin/cinc-client"
cat >"$work/deb/DEBIAN/control" <<'END'
Package: cinc
Version: 1
Architecture: all
Depends: ruby, libarchive13
Maintainer: Tests <tests@example.org>
Description: Chef Infra Client, as the tests have it
END
dpkg-deb --root-owner-group -Znone --build "$work/deb" "$work/cinc.deb" >/dev/null || exit 1
# shellcheck disable=SC2016 # for the machine
remote "$(machine packages)" 'mkdir /srv/repo && cat >/srv/repo/cinc.deb && cd /srv/repo &&
    { dpkg-deb --field cinc.deb && echo Filename: ./cinc.deb && echo Size: $(stat -c %s cinc.deb) &&
    echo SHA256: $(sha256sum <cinc.deb); } | sed "s/ -\$//" >Packages &&
    echo "deb [trusted=yes] file:/srv/repo ./" >/etc/apt/sources.list.d/cinc.list' \
    <"$work/cinc.deb" || exit 1
rm -rf "$work/deb" "$work/cinc.deb"

installs() { # present|package|gem
    echo "chef: {install: $1}" >"$work/p/etc/dvo/dvo.yaml"
}
for name in gems packages; do
    program "$name" <<END
m = hosts.find("$name")
m.bootstrap()
m.file("/srv/by-chef", content="it's here\n", via="chef")
END
done

none() {
    installs present
    fails ENOSYS 'let chef: {install: package} or {install: gem} in dvo.yaml put one there' gems &&
        on gems '! test -e /srv/by-chef'
}
from() { # gem|package PROGRAM
    installs "$1"
    runs "$2" && on "$2" "grep -qx \"it's here\" /srv/by-chef"
}
no_package() {
    installs package
    fails ENOENT 'no repository of this machine has a package cinc or chef' gems
}

check chefinstall/present none
check chefinstall/no-package no_package
check chefinstall/package from package packages
check chefinstall/package-unchanged unchanged packages
check chefinstall/gem from gem gems
check chefinstall/gem-unchanged unchanged gems
counted
