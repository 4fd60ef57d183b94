#!/bin/bash
# Hostile and odd strings through every backend arrive byte for byte, and do nothing else.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
bash etc/dvo/engine/image.sh chef || exit 1

# Whoever runs the tests has the licence of Chef accepted for them.
export DVO_CHEF_LICENSE=accept-no-persist
sh samples/my-app/build.sh "$work/p/packages" 1.0 || exit 1
echo "repositories: [{name: ours, type: directory, path: ../../packages}]" >"$work/p/etc/dvo/dvo.yaml"
# shellcheck disable=SC2016 # as it is
export DVO_SECRET_NAUGHTY_TEXT='it'"'"'s {{ 1 }} #{2} $(id) \ "x"'

"$PYTHON" tests/e2e/naughty.py "$work/p/naughty.dvo" "$work/expected" || exit 1

# What is there, told as naughty.py tells what there should be.
arrived() {
    until_true on m 'test -e /srv/ansible/cron && test -e /srv/chef/cron && test -e /srv/api/cron'
    remote "$(machine m)" python3 - <<'END' | LC_ALL=C sort >"$work/there"
import glob, hashlib, os
found = glob.glob("/home/*/.ssh/authorized_keys") + glob.glob("/etc/systemd/system/n*.service")
for folder, _, names in os.walk("/srv"):
    found += [os.path.join(folder, name) for name in names]
for path in found:
    content = os.readlink(path).encode() if os.path.islink(path) else open(path, "rb").read()
    print(hashlib.sha256(content).hexdigest(), ascii(path))
END
    diff <(LC_ALL=C sort "$work/expected") "$work/there"
}
# Each backend's deployment takes the service over from the one before: those three change.
settled() {
    runs naughty && says '3 changed, '
}
nothing_else() {
    on m '! test -e /tmp/pwned'
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
check naughty/settled settled
check naughty/cookstyle cookstyle
check naughty/nul refused NUL 'm.run(["echo", "a\0b"], always=True)'
check naughty/control refused line 'm.line("/srv/a", "a\nb")'
counted
