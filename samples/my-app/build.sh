#!/bin/sh
# build.sh OUTDIR VERSION...: the package my-app of each version, the same bytes each time.
set -eu

[ $# -ge 2 ] || {
    echo 'usage: build.sh OUTDIR VERSION...' >&2
    exit 2
}
out=$1
shift
here=$(dirname "$0")
umask 022
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1700000000}"
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fill VERSION FROM TO: a copy with the version filled in.
fill() {
    sed "s/@VERSION@/$1/" "$2" >"$3"
}

for version; do
    case $version in
    [0-9]*) ;;
    *) echo "build.sh: $version: a version begins with a digit" >&2; exit 2 ;;
    esac
    case $version in
    *[!A-Za-z0-9.+~-]*) echo "build.sh: $version: not a version" >&2; exit 2 ;;
    esac
    root=$work/$version
    install -d "$root/DEBIAN" "$root/usr/bin" "$root/lib/systemd/system" "$root/etc/my-app"
    fill "$version" "$here/debian/control" "$root/DEBIAN/control"
    install -m 0644 "$here/debian/conffiles" "$root/DEBIAN/conffiles"
    for script in postinst prerm postrm; do
        install -m 0755 "$here/debian/$script" "$root/DEBIAN/$script"
    done
    fill "$version" "$here/my-app.py" "$root/usr/bin/my-app"
    chmod 0755 "$root/usr/bin/my-app"
    install -m 0644 "$here/my-app.service" "$root/lib/systemd/system/my-app.service"
    install -m 0644 "$here/my-app.conf" "$root/etc/my-app/my-app.conf"
    dpkg-deb --root-owner-group -Zxz --build "$root" "$work/package.deb" >/dev/null
    mv "$work/package.deb" "$out/my-app_${version}_all.deb"
done
