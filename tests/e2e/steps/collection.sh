#!/bin/sh
# The collection dvo.host on this computer: the module's results, check mode and diff, the
# events, nothing evaluated twice, and ansible-lint at its strictest.
set -u
root=$(cd "$(dirname "$0")/../../.." && pwd) || exit 1
# shellcheck source=/dev/null
. "$root/tests/lib.sh"
PATH=/usr/sbin:/usr/bin:/sbin:/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/out"
cp -r "$root/etc/dvo/ansible/collections" "$work/"
steps=$work/collections/ansible_collections/dvo/host/plugins/module_utils
mkdir -p "$steps"
sh "$root/etc/dvo/ansible/steps.sh" >"$steps/steps.py"
cp "$(dirname "$0")/collection.yml" "$work/site.yml"
cp "$(dirname "$0")/collection-steps.yml" "$work/steps.yml"
site=site.yml
cat >"$work/ansible.cfg" <<'END'
[defaults]
callbacks_enabled = dvo.host.events
collections_path = collections
[connection]
pipelining = true
END
cd "$work" || exit 1

check() { # NAME COMMAND...
    name=$1
    shift
    if "$@" >log 2>&1; then
        ok
    else
        not_ok "$name" log
    fi
}
play() { # OPTION...
    DVO_EVENTS=$work/events ansible-playbook -i localhost, -c local -e "out=$work/out" \
        -e ansible_python_interpreter=/usr/bin/python3 "$@" "$site" >played 2>&1 || {
        cat played
        return 1
    }
}
# events EXPECTED: the results among them, as "event changed errno message".
events() {
    jq -r 'select(.event != "start" and .event != "end") |
        [.event, .changed, .errno // "-", .msg // "censored"] | join(" ")' events | diff "$1" -
}

# The library must survive as a raw string.
cat "$root"/etc/dvo/host/*.sh >library
check 'no end of a raw string in the library' test -z "$(grep "'''" library)"
check 'no open end of the library' test -z "$(tail -n 1 library | grep '\\$')"
check 'steps.py holds the library' "$PYTHON" -c "
import sys; sys.path.insert(0, '$steps'); import steps
assert steps.STEPS == '\n' + open('library').read()"

check 'check mode' play --check --diff
check 'check mode shows the difference' grep -qx '+it.s {{ not }} a template' played
check 'check mode writes nothing' test ! -e out/file
cat >expected <<'END'
ok true file is missing
ok false 
failed false EINVAL %s is a directory, not a file
ok false censored
ok true All items completed
skipped false 
END
sed -i "s|%s|$work/out|; s/^\([a-z]* [a-z]*\) \([^E]\)/\1 - \2/; s/ \$/ - /" expected
check 'events of check mode' events expected
rm events
check 'run' play
check 'events' events expected
check 'content' test "$(md5sum <out/file)" = "$(printf "it's {{ not }} a template\n\n" | md5sum)"
# any FILTER: it is true of some event.
any() {
    jq -es "any(.[]; $1)" events
}
check 'fields' any ".line == 13 and .result.fields.stdout == \"x'{{ y }}\\nsecret\""
check 'nothing of a hidden task' test -z "$(grep hidden events)"
check 'a start for each result' test "$(grep -c '"start"' events)" = 6
rm events
check 'second run' play
check 'second run changes nothing' any '.event == "end" and .hosts.localhost.changed == 0'
rm events
check 'silent without DVO_EVENTS' env -u DVO_EVENTS ansible-playbook -i localhost, -c local \
    -e "out=$work/out" site.yml
check 'no events without DVO_EVENTS' test ! -e events
site=steps.yml
# operations LINE EXPECTED: what the last task of that line said of each operation.
operations() {
    jq -rs "[.[] | select(.line == $1 and .event != \"start\")] | last.operations[] |
        \"\(.operation):\(.state)\"" events >found
    [ "$(tr '\n' ' ' <found)" = "$2 " ]
}
check 'several steps: check mode' play --check --diff
check 'several steps: check mode looks only' test ! -e out/steps
check 'several steps: check mode tells' operations 6 \
    'folder:changed text:changed count:unknown not wanted:skipped any of them:unknown'
check 'several steps: difference' grep -qx "+it.s {{ not }} a template" played
rm events
check 'several steps' play
check 'several steps: results' operations 6 \
    'folder:changed text:changed count:changed not wanted:skipped any of them:changed'
check 'several steps: registers' test "$(cat out/steps/result)" = x
check 'several steps: the first failure is the last' operations 46 'done:changed wrong:failed'
check 'several steps: nothing behind it' test ! -e out/steps/never
check 'several steps: failure' any '.event == "failed" and .errno == "EINVAL" and
    (.msg | startswith("wrong: ")) and .changed'
rm events
check 'several steps: again' play
check 'several steps: again the same' operations 6 \
    'folder:same text:same count:skipped not wanted:skipped any of them:same'
rm events
check 'several steps: without some' play \
    -e '{"left_out": {"6": [1, 2]}, "text": {"changed": false}}'
check 'several steps: without some' operations 6 \
    'folder:same text:skipped count:skipped not wanted:skipped any of them:same'
check 'several steps: unknown name' sh -c "sed 's/wanted: \[text\]/wanted: [nobody]/' steps.yml >wrong.yml &&
    ! ansible-playbook -i localhost, -c local -e 'out=$work/out' wrong.yml"
check 'ansible-lint' ansible-lint --nocolor --offline --profile production site.yml steps.yml
check 'documentation' sh -c 'ansible-doc -t module dvo.host.step && ansible-doc -t module dvo.host.steps &&
    ansible-doc -t callback dvo.host.events'
counted
