#!/bin/sh
# Installs what is missing of the given sections of packages.txt:
#   sh etc/packages.sh build run test
# Asks apt only if something is missing, so a second call takes no time.
set -eu

list=$(dirname "$0")/packages.txt

# The packages of one section.
section() {
    sed -n "/^\[$1\]\$/,/^\[/ { /^[a-z0-9]/p; }" "$list"
}

[ $# -gt 0 ] || {
    sections=$(sed -n 's/^\[\(.*\)\]$/\1/p' "$list" | xargs)
    echo "usage: packages.sh SECTION... (of: $sections)" >&2
    exit 2
}

wanted=
for name; do
    packages=$(section "$name")
    [ -n "$packages" ] || {
        echo "packages.sh: no section '$name' in $list" >&2
        exit 2
    }
    wanted="$wanted $packages"
done

missing=
# shellcheck disable=SC2086 # a list of words
installed=" $(dpkg-query -W -f='${db:Status-Status}:${Package} ' $wanted 2>/dev/null ||
    :)"
for package in $wanted; do
    case $installed in
    *" installed:$package "*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root=$(command -v sudo) || {
        echo "packages.sh: become root and run: apt-get install$missing" >&2
        exit 1
    }
fi
echo "Installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # lists of words
if ! {
    $as_root apt-get update &&
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=600 $missing
} >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "packages.sh: apt-get could not install$missing" >&2
    exit 1
fi
