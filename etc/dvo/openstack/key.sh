#!/bin/sh
# The key that dvo logs in with on machines of an OpenStack: made once, then printed as
# identity=PATH public_key=TEXT, one per line. Without ssh-keygen nothing is printed: only
# machines that are bootstrapped need it.
#
#   key.sh [start]
#
#   DVO_KEY_DIR   folder of the key
set -eu
if [ "$(id -u)" = 0 ]; then
    dir=/var/lib/dvo/ssh
else
    dir=${XDG_STATE_HOME:-$HOME/.local/state}/dvo/ssh
fi
dir=${DVO_KEY_DIR:-$dir}
key=$dir/id_ed25519

if [ ! -f "$key.pub" ]; then
    command -v ssh-keygen >/dev/null || exit 0
    (umask 077 && mkdir -p "$(dirname "$dir")")
    new=$(mktemp -d "$dir.XXXXXX")
    ssh-keygen -q -t ed25519 -N '' -C dvo -f "$new/id_ed25519"
    # Another run may have been faster: a folder with a key in it is not replaced.
    mv -T "$new" "$dir" 2>/dev/null || rm -rf "$new"
fi
printf 'identity=%s\npublic_key=%s\n' "$key" "$(cat "$key.pub")"
