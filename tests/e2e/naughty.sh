#!/bin/bash
# Hostile and odd strings through every backend arrive byte for byte, and do nothing else.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
bash etc/dvo/podman/image.sh chef || exit 1

# Whoever runs the tests has the licence of Chef accepted for them.
export DVO_CHEF_LICENSE=accept-no-persist
# shellcheck disable=SC2016 # as it is
export DVO_SECRET_NAUGHTY_TEXT='it'"'"'s {{ 1 }} #{2} $(id) \ "x"'

python3 tests/e2e/naughty.py "$work/p/naughty.dvo" "$work/expected" || exit 1

# What is there, as `sha256sum` says it; of links, where they lead.
arrived() {
    remote "$(machine m)" sh -s >"$work/there" <<'END'
find /srv -type f -exec sha256sum {} +
find /srv -type l | while read -r link; do
    sum=$(readlink -n "$link" | sha256sum)
    echo "${sum%% *}  $link"
done
END
    diff <(sort -k 2 "$work/expected") <(sort -k 2 "$work/there")
}
nothing_else() {
    on m '! test -e /tmp/pwned'
}
lint() {
    (cd "$work/p/build/naughty/ansible" && ansible-lint --nocolor)
}
cookstyle() {
    (cd "$work/p/build/naughty/chef" && /opt/dvo/chef/bin/cookstyle cookbooks)
}
# refused TEXT PROGRAM: it does not compile, and says so.
refused() {
    printf 'm = cloud.create(flavor=provider.FLAVOR_SMALL)\nm.bootstrap()\n%s\n' "$2" |
        program refused
    ! build_program refused 2>"$work/out" && cat "$work/out" && says "$1" && says refused.dvo:3:
}

check naughty/run runs naughty
check naughty/arrived arrived
check naughty/nothing-else nothing_else
check naughty/unchanged unchanged naughty
check naughty/lint lint
check naughty/cookstyle cookstyle
check naughty/nul refused NUL 'm.run(["echo", "a\0b"], always=True)'
check naughty/control refused line 'm.line("/srv/a", "a\nb")'
counted
