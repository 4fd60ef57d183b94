#!/bin/sh
# Installs what is missing of the given sections of packages.txt:
#   sh etc/packages.sh build run test
#   sh etc/packages.sh --unpack FOLDER SECTION...
# The second unpacks the packages into the folder and installs nothing: they are services,
# which would start themselves. Asks apt only if something is missing, so a second call takes
# no time.
set -eu

list=$(dirname "$0")/packages.txt

# The packages of one section.
section() {
    sed -n "/^\[$1\]\$/,/^\[/ { /^[a-z0-9]/p; }" "$list"
}

folder=
if [ "${1-}" = --unpack ] && [ $# -gt 1 ]; then
    folder=$2
    shift 2
fi
[ $# -gt 0 ] || {
    sections=$(sed -n 's/^\[\(.*\)\]$/\1/p' "$list" | xargs)
    echo "usage: packages.sh [--unpack FOLDER] SECTION... (of: $sections)" >&2
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

log=$(mktemp)
downloads=
trap 'rm -rf "$log" "$downloads"' EXIT

# loudly COMMAND...: what it says is shown if it fails.
loudly() {
    "$@" >"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        echo "packages.sh: failed: $*" >&2
        exit 1
    }
}

as_root=
become_root() {
    [ "$(id -u)" -eq 0 ] && return
    as_root=$(command -v sudo) || {
        echo "packages.sh: become root and run: apt-get install$1" >&2
        exit 1
    }
}

unpack() {
    # What the folder has is noted last, when it is complete.
    if [ "$(cat "$folder/packages" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    echo "Unpacking$wanted"
    # shellcheck disable=SC2086 # a list of words
    if ! apt-cache show $wanted >/dev/null 2>&1; then
        become_root "$wanted"
        loudly ${as_root:+"$as_root"} apt-get update
    fi
    downloads=$(mktemp -d)
    # apt reads and writes as a user of its own.
    chmod 0777 "$downloads"
    # shellcheck disable=SC2086 # a list of words
    (cd "$downloads" && loudly apt-get download $wanted)
    mkdir -p "$folder"
    for package in "$downloads"/*.deb; do
        dpkg-deb --extract "$package" "$folder"
    done
    printf '%s\n' "$wanted" >"$folder/packages"
}

install() {
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
    [ -n "$missing" ] || return 0
    become_root "$missing"
    echo "Installing$missing"
    loudly ${as_root:+"$as_root"} apt-get update
    # shellcheck disable=SC2086 # lists of words
    loudly ${as_root:+"$as_root"} env DEBIAN_FRONTEND=noninteractive apt-get install -y \
        --no-install-recommends -o DPkg::Lock::Timeout=600 $missing
}

if [ -n "$folder" ]; then
    unpack
else
    install
fi
