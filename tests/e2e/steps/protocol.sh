#!/bin/sh
# The protocol of the step library: cut-off scripts do nothing, results are complete, one run
# at a time. `sh protocol.sh COMMAND...` as run.sh.
set -u
root=$(cd "$(dirname "$0")/../../.." && pwd) || exit 1
# shellcheck source=/dev/null
. "$root/tests/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# send [HEAD]: the op lines on standard input, as one script.
send() {
    {
        [ $# = 0 ] || echo "$1"
        cat "$root"/etc/dvo/host/*.sh
        echo '{'
        cat
        echo '}'
    } >"$work/script"
}
check() { # NAME EXPECTED COMMAND...
    name=$1
    expected=$2
    shift 2
    "$@" <"$work/script" >"$work/output" 2>/dev/null
    if [ "$(cat "$work/output")" = "$expected" ]; then
        ok
    else
        not_ok "$name" "$work/output"
    fi
}

echo 'rm -rf /srv/protocol' | "$@"
send <<'END'
dvo_op 1 dvo_directory --path=/srv/protocol --mode='0700'
dvo_op 2 dvo_file --path='/srv/protocol/f' --content='x'
dvo_end
END
cp "$work/script" "$work/whole"
size=$(wc -c <"$work/whole")
for cut in 2 3 10 20 60 90 110 130 140 150 200 5000 50000; do
    head -c "$((size - cut))" "$work/whole" >"$work/script"
    check "cut off by $cut bytes" '' "$@"
done
echo 'ls /srv/protocol 2>&1' >"$work/script"
check 'cut off scripts did nothing' \
    "ls: cannot access '/srv/protocol': No such file or directory" "$@"
cp "$work/whole" "$work/script"
check 'whole script' 'dvo 1 changed - directory%20is%20missing
dvo 2 changed - file%20is%20missing
dvo end' "$@"

send <<'END'
dvo_op -c 1 dvo_nothing --a=b
dvo_op -c 2 dvo_file --path=/srv/protocol/f --content=x --colour=red
dvo_op 3 dvo_file --path=/srv/protocol --content=x
dvo_op 4 dvo_file --path=/srv/protocol/never --content=x
dvo_end
END
check 'failures' 'dvo 1 failed ENOSYS this%20machine%20has%20no%20step%20dvo_nothing
dvo 2 failed EINVAL unknown%20parameter:%20colour
dvo 3 failed EINVAL /srv/protocol%20is%20a%20directory,%20not%20a%20file' "$@"

op="dvo_op 1 dvo_file --path=/srv/protocol/f --content=x; dvo_end"
echo "$op" | send
echo 'exec flock /run/lock/dvo sleep 5' | "$@" &
sleep 1
check 'lock' 'dvo 1 failed EBUSY /run/lock/dvo%20is%20held%20by%20another%20run' "$@"
echo "$op" | send DVO_CHECK=1
check 'a look needs no lock' 'dvo 1 same - -
dvo end' "$@"
echo "$op" | send DVO_LOCKED=1
check 'lock of the sender' 'dvo 1 same - -
dvo end' "$@"
wait
echo 'ls -d /run/dvo.* /srv/protocol/never /srv/protocol/.dvo* 2>/dev/null' >"$work/script"
check 'nothing is left behind' '' "$@"
counted
