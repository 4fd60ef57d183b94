#!/bin/sh
# Uploads the cookbooks beside it to the Chef Infra Server of knife's configuration.
#
#   upload.sh VERSION [KNIFE [OPTION...]]
#
# They become VERSION there, frozen: what other builds have uploaded stays what it is. What is
# there already is left alone. Without KNIFE, or with "", it is looked for; the options are
# knife's. Exits with 127 if there is no knife.
set -u
cd "$(dirname "$0")" || exit 1
[ $# -ge 1 ] || {
    echo "usage: upload.sh VERSION [KNIFE [OPTION...]]" >&2
    exit 2
}
version=$1
shift
wanted=${1:-}
[ $# -eq 0 ] || shift

find_knife() {
    if [ -n "$wanted" ]; then
        command -v "$wanted"
    else
        command -v knife || command -v /opt/dvo/chef/bin/knife
    fi
}
knife=$(find_knife) || {
    echo "no program ${wanted:-knife}" >&2
    exit 127
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cp -R cookbooks "$work" || exit 1
count=0
# Later lines of a metadata.rb win.
for folder in "$work/cookbooks"/*/; do
    set -- "$(basename "$folder")" "$@"
    count=$((count + 1))
    printf "\nversion '%s'\n" "$version" >>"$folder/metadata.rb" || exit 1
    case $folder in
    */dvo/) ;;
    *) printf "depends 'dvo', '= %s'\n" "$version" >>"$folder/metadata.rb" || exit 1 ;;
    esac
done
"$knife" cookbook upload "$@" --cookbook-path "$work/cookbooks" --freeze --no-color \
    </dev/null >"$work/said" 2>&1
status=$?
# That all of them are there already is no failure.
[ "$(grep -c "$version of cookbook .* is frozen" "$work/said")" -ne "$count" ] || status=0
[ "$status" -eq 0 ] || cat "$work/said" >&2
exit "$status"
