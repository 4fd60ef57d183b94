#!/bin/bash
# Makes a machine image of the embedded provider unless it is there, and has Docker load it if
# that is asked for.
#
#   image.sh [--docker]         localhost/dvo/debian-12:latest
#   image.sh [--docker] chef    localhost/dvo/debian-12-chef:latest, the same with Chef Infra
#                               Client
#
# Its other tag says what it was made from; another recipe or mirror makes a new image. A
# killed run leaves nothing behind that counts as an image.
set -euo pipefail
here=$(dirname "$0")
engine=podman
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

docker=
if [[ ${1:-} == --docker ]]; then
    docker=yes
    shift
fi
variant=${1:-}
repository=localhost/dvo/debian-12${variant:+-$variant}
packages=(
    ca-certificates cron dbus iproute2 libnss-myhostname libpam-systemd openssh-server
    procps python3 python3-apt sudo systemd systemd-sysv
)
# What fails, waits or wastes time in a container that shares the host's kernel.
masked=(
    apt-daily.timer apt-daily-upgrade.timer console-getty.service dev-hugepages.mount
    dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer getty.target
    ldconfig.service sys-kernel-debug.mount sys-kernel-tracing.mount systemd-binfmt.service
    systemd-firstboot.service systemd-journal-catalog-update.service
    systemd-journal-flush.service systemd-pcrphase.service systemd-pcrphase-sysinit.service
    systemd-random-seed.service systemd-remount-fs.service systemd-update-utmp.service
    systemd-update-utmp-runlevel.service
)

# The first mirror of a list that a mirror+file: source names, else the source itself.
plain_uri() {
    if [[ $1 == mirror+file:* ]]; then
        grep -v '^[[:space:]]*\(#\|$\)' "${1#mirror+file:}" | head -n 1 | cut -f 1
    else
        printf '%s\n' "$1"
    fi
}

# All sources of the host as lines "URI SUITE COMPONENTS SIGNED-BY", from both formats.
host_sources() {
    local file
    shopt -s nullglob
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [[ ! -r $file ]] || cat "$file"
    done | awk '$1 == "deb" {
        key = "-"
        line = $0
        if (match(line, /\[[^]]*\]/)) {
            options = substr(line, RSTART + 1, RLENGTH - 2)
            line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
            count = split(options, option, " ")
            for (i = 1; i <= count; i++)
                if (sub(/^signed-by=/, "", option[i])) key = option[i]
        }
        sub(/#.*/, "", line)
        count = split(line, word, " ")
        components = ""
        for (i = 4; i <= count; i++) components = components "," word[i]
        print word[2], word[3], components ",", key
    }'
    # An empty line ends a stanza; a file need not end with one.
    for file in /etc/apt/sources.list.d/*.sources; do
        cat "$file"
        echo
    done | awk '
        function flush(    u, s, i, j, nu, ns) {
            gsub(/[ \t]+/, ",", field["components"])
            if (field["types"] ~ /(^|[ \t])deb([ \t]|$)/ && field["enabled"] != "no") {
                nu = split(field["uris"], u, /[ \t]+/)
                ns = split(field["suites"], s, /[ \t]+/)
                for (i = 1; i <= nu; i++)
                    for (j = 1; j <= ns; j++)
                        print u[i], s[j], "," field["components"] ",",
                            field["signed-by"] ~ /^\// ? field["signed-by"] : \
                            field["signed-by"] == "" ? "-" : "inline"
            }
            split("", field)
        }
        /^#/ { next }
        /^[ \t]*$/ { flush(); next }
        /^[ \t]/ { sub(/^[ \t]+/, ""); field[name] = field[name] " " $0; next }
        {
            name = tolower(substr($0, 1, index($0, ":") - 1))
            value = substr($0, index($0, ":") + 1)
            gsub(/^[ \t]+|[ \t]+$/, "", value)
            field[name] = value
        }'
}

# Of those, Debian's own: main of the release, its updates and its security fixes. What
# else the host uses may need keys, versions or rights that a machine does not have.
debian_sources() {
    local uri suite components key found
    found=$(host_sources | while read -r uri suite components key; do
        [[ $suite == bookworm || $suite == bookworm-updates ||
            $suite == bookworm-security ]] || continue
        [[ $components == *,main,* ]] || continue
        [[ $key == - || $key == /usr/share/keyrings/debian-archive-* ]] || continue
        printf 'deb %s %s main\n' "$(plain_uri "$uri")" "$suite"
    done | sort -u)
    if ! grep -q ' bookworm main$' <<<"$found"; then
        found=$(printf 'deb http://deb.debian.org/%s main\n' 'debian bookworm' \
            'debian bookworm-updates' 'debian-security bookworm-security')
    fi
    printf '%s\n' "$found"
}

# How this host reaches its mirror holds for its machines too.
apt_options() {
    local name value
    for name in Acquire::http::Proxy Acquire::https::Proxy Acquire::Check-Valid-Until \
        Acquire::Check-Date; do
        value=$(apt-config --format '%v%n' dump "$name" | head -n 1)
        [[ -z $value ]] || printf '%s "%s";\n' "$name" "$value"
    done
}

recipe_digest() {
    {
        declare -p packages masked
        declare -f make_image
        cat "$work/sources" "$work/options"
        if [[ $variant == chef ]]; then
            declare -f add_chef
            cat "$chef/stamp"
        fi
        cd "$here/rootfs"
        find . -type f | LC_ALL=C sort | xargs sha256sum
    } | sha256sum | cut -c 1-12
}

# The hooks run as the machine's root, who need not see our files if we are not root.
make_image() {
    local options=()
    if [[ -s $work/options ]]; then options=(--aptopt="$work/options"); fi
    tar -C "$here/rootfs" --owner=0 --group=0 --mode=go-w -cf "$work/rootfs.tar" .
    # shellcheck disable=SC2016  # $1 is the root, filled in by mmdebstrap
    mmdebstrap --quiet --variant=minbase --include="${packages[*]}" "${options[@]}" \
        --skip=cleanup/apt/lists \
        --customize-hook='cd "$1/var/lib/apt/lists"
            # Their date is what tools believe the package lists to be from.
            find . -mindepth 1 ! -path ./partial -delete && touch --date=@0 .' \
        --customize-hook="tar-in '$work/rootfs.tar' /" \
        --customize-hook='cd "$1/etc/systemd/system"
            for unit in '"${masked[*]}"'; do ln -sf /dev/null "$unit"; done' \
        --customize-hook='chroot "$1" systemctl --quiet enable dvo-early dvo-access
            chroot "$1" systemctl --quiet set-default multi-user.target' \
        --customize-hook='cd "$1/etc/pam.d"
            # It fails where the podman service was started from a login of the host.
            sed -i "s/required\(.*pam_loginuid\)/optional\1/" cron login sshd' \
        --customize-hook='cd "$1/etc"
            rm -f ssh/ssh_host_* hostname resolv.conf && : >machine-id' \
        bookworm "$work/root.tar" "$work/sources"
}

# The folder is the same here and there, so that the image needs no registry and no compiler.
add_chef() {
    local root=$work/chef
    mkdir -p "$root/opt/dvo" "$root/usr/local/bin"
    cp -a "$chef" "$root/opt/dvo/chef"
    ln -s /opt/dvo/chef/bin/chef-client "$root/usr/local/bin/chef-client"
    tar -C "$root" --owner=0 --group=0 --mode=u=rwX,go=rX -rf "$work/root.tar" \
        ./opt/dvo ./usr/local/bin/chef-client
}

# forget_others TAG: those that an image replaces go, unless machines were made from them.
forget_others() {
    local old
    for old in $(api GET "/images/json?filters=%7B%22reference%22:%5B%22$repository%22%5D%7D" |
        grep -o "\"$repository:[^\"]*" | sort -u); do
        old=${old##*:}
        [[ $old == "$1" || $old == latest ]] ||
            api DELETE "/images/$repository:$old" >/dev/null 2>&1 || true
    done
}

# An image exists once its tar has arrived whole.
import_image() {
    api POST "/images/import?reference=$repository:$1" \
        -H 'Content-Type: application/x-tar' -T "$work/root.tar" >/dev/null
    forget_others "$1"
}

has_image() {
    api GET "/images/$repository:$1/json" >/dev/null 2>&1
}

call_latest() {
    api POST "/images/$repository:$1/tag?repo=$repository&tag=latest" >/dev/null
}

# The image crosses from engine to engine as an archive; what has gone wrong stands in the
# middle of Docker's answer.
lend_image() {
    local from=$socket engine=docker socket
    socket=$(bash "$here/docker.sh" start | sed -n 's/^socket=//p')
    if ! has_image "$1"; then
        curl -sS --fail-with-body --unix-socket "$from" -o "$work/image.tar" \
            "${api_base[podman]}/images/$repository:$1/get?format=docker-archive"
        api POST /images/load -H 'Content-Type: application/x-tar' -T "$work/image.tar" \
            >"$work/answer"
        has_image "$1" || die "Docker did not load the image: $(<"$work/answer")"
        forget_others "$1"
    fi
    call_latest "$1"
}

case $variant in
'') ;;
chef)
    packages+=(libarchive13 ruby)
    chef=$(sh "$here/../chef/install.sh")
    ;;
*) die "usage: image.sh [--docker] [chef]" ;;
esac
bash "$here/podman.sh" start >/dev/null
mkdir -p "$dir"
exec {lock}>"$dir/image.lock"
flock "$lock"
# What a killed run left is removed by the next.
work=$dir/image.work
rm -rf "$work"
mkdir -m 0700 "$work"
trap 'rm -rf "$work"' EXIT
debian_sources >"$work/sources"
apt_options >"$work/options"
tag=1-$(recipe_digest)
if ! has_image "$tag"; then
    echo "making the machine image $repository:$tag" >&2
    make_image
    [[ $variant != chef ]] || add_chef
    import_image "$tag"
fi
call_latest "$tag"
[[ -z $docker ]] || lend_image "$tag"
