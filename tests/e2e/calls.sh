#!/bin/bash
# One call of each kind: works, holds, and is left alone by the second run.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

# shellcheck disable=SC2016 # a password hash
export DVO_SECRET_APP_HASH='$6$salt$never-on-disk'
cp tests/e2e/calls.dvo "$work/p"

nothing_written() {
    ! grep -rlF "$DVO_SECRET_APP_HASH" "$work/p"
}

# What the calls send: a folder, and a file of a server on this computer.
mkdir -p "$work/p/site/bin" "$work/www"
echo '<h1>Hallo</h1>' >"$work/p/site/index.html"
ln -s index.html "$work/p/site/home.html"
printf '#!/bin/sh\necho ran\n' >"$work/p/site/bin/run"
chmod 0755 "$work/p/site/bin/run"
echo hi >"$work/www/hi"
python3 -u -m http.server --bind 127.0.0.1 --directory "$work/www" 0 >"$work/server" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; clean' EXIT
until_true grep -q 'port [0-9]' "$work/server"
url=http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$work/server")/hi

# refused TEXT PROGRAM: that program of one machine is refused with this text.
refused() {
    printf 'm = cloud.create(flavor=provider.FLAVOR_SMALL)\nm.bootstrap()\n%s\n' "$2" |
        program refused
    ! build_program refused 2>"$work/out" && cat "$work/out" && says "$1"
}
digest=sha256:98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4
check calls/fetch-digest refused "has another digest: $digest, not sha256:0000" \
    "m.fetch('/a', '$url', 'sha256:$(printf '%064d' 0)')"
check calls/fetch-missing refused '404' "m.fetch('/a', '${url}x', 'sha256:$(printf '%064d' 1)')"
check calls/fetch-unreachable refused 'onnect' \
    "m.fetch('/a', 'http://127.0.0.1:1/', 'sha256:$(printf '%064d' 1)')"

# A branch is pinned where it is found first, and stays there.
commit() {
    git -C "$work/up" -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m "$1"
    git -C "$work/up" rev-parse HEAD
}
pins() { # COMMIT
    build_program pinned && grep -q "commit: \"$1\"" "$work/p/dvo.lock" &&
        grep -rqE "commit\W+$1" "$work/p/build/pinned/$DVO_BACKEND"
}
not_pinned() {
    ! build_program pinned --locked 2>"$work/out" && cat "$work/out" &&
        says 'is not pinned in dvo.lock'
}
git init -q -b main "$work/up"
first=$(commit 1)
git -C "$work/up" -c user.name=t -c user.email=t@example.org tag -a -m 1 v1
program pinned <<END
m = cloud.create(flavor=provider.FLAVOR_SMALL)
m.bootstrap()
m.git("/srv/a", "$work/up", "main")
m.git("/srv/b", "$work/up", "v1")
END
check calls/git-pinned pins "$first"
second=$(commit 2)
check calls/git-pinned-again pins "$first"
check calls/git-locked build_program pinned --locked
rm "$work/p/dvo.lock"
check calls/git-not-locked not_pinned
check calls/git-pinned-anew pins "$second"

# This computer, where nothing but files of the test is touched.
program here <<END
here = hosts.controller()
f = here.file("$work/here/f", content="it's {{ here }}\n", mode="0600")
here.run(["sh", "-c", "cat f; id -un"], on=[f], cwd="$work/here")
q = hosts.controller().query(["cat", "$work/here/f"])
expect(q.stdout == "it's {{ here }}", "the file is here")
END
check calls/here runs here
check calls/here-unchanged unchanged here
check calls/here-file test "$(stat -c '%U %a' "$work/here/f")" = "$(id -un) 600"

check calls/run runs calls --set "url=$url"
kill "$server"
check calls/unchanged unchanged calls --set "url=$url"
check calls/secret nothing_written
counted
