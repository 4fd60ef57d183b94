#!/bin/sh
# Whether the API calls of previews are commands that a person can run: bash and shellcheck
# read them, and jq every filter in them. The programs are those of golden cases. The
# compiler is $DVOC, or that of the sanitizer build.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
use_dvoc

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Answers are empty, and good enough for whoever waits; a filter that is none is noted.
cat >"$work/stubs" <<EOF
curl() { printf '{}\\n0123\\n'; }
jq() {
    command jq "\$@" 2>>"$work/jq"
    [ \$? -ne 3 ] || echo "jq refuses: \$*" >>"$work/refused"
}
tar() { cat; }
sleep() { exit 1; }
EOF

# read_back CASE: the page of a golden case.
read_back() {
    : >"$work/log"
    rm -f "$work/refused"
    (cd "$root/tests/golden/$1" && "$DVOC" preview input.dvo) >"$work/page" 2>>"$work/log" ||
        return 1
    # A segment of a tool comes after the calls, under a line with its file's name.
    sed '1,/^API calls$/d; /^ansible\//,$d; /^api script/,$d' "$work/page" >"$work/calls.sh"
    [ -s "$work/calls.sh" ] || return 1
    bash -n "$work/calls.sh" >>"$work/log" 2>&1 || return 1
    # Not every result is used, and JSON may hold "$".
    shellcheck --shell=bash --exclude=SC2034,SC2016,SC2154 "$work/calls.sh" \
        >>"$work/log" 2>&1 || return 1
    cat "$work/stubs" "$work/calls.sh" >"$work/dry.sh"
    timeout 120 bash "$work/dry.sh" >/dev/null 2>>"$work/log" || return 1
    [ ! -e "$work/refused" ] || { cat "$work/refused" >>"$work/log"; return 1; }
}

for case in api/create api/find api/openstack api/openstack-machine cli/preview-openstack; do
    if read_back "$case"; then ok; else not_ok "preview of $case" "$work/log"; fi
done
counted
