#!/bin/bash
# More machines than one ansible-playbook takes. So many there are not here: programs stand in
# for ssh and ansible-playbook.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

many=130
PATH=$root/tests/e2e/split:$PATH
export SPLIT_LOG=$work/playbooks

key=$(cut -d' ' -f1,2 "$identity.pub")
for ((i = 1; i <= many; i++)); do
    echo "  h$i: {address: 192.0.2.$i, identity: $identity, host_key: \"$key\"}"
done | sed '1s/^/hosts:\n/' >"$inventory"
program many <<'END'
for m in hosts.all():
    m.bootstrap()
    m.run(["echo", m.ip], always=True)
END

all_run() {
    runs many && says "$((2 * many)) changed, $many unchanged, 0 failed, 0 skipped"
}

at_most_100() {
    awk '{ print NF; most = NF > most ? NF : most } END { exit most > 100 }' "$SPLIT_LOG"
}

# Each of them once, with what is its own.
each_once() {
    for ((i = 1; i <= many; i++)); do
        echo "hosts_h$i=192.0.2.$i"
    done | sort >"$work/expected"
    tr ' ' '\n' <"$SPLIT_LOG" | sort | diff "$work/expected" -
}

check split/all-run all_run
check split/at-most-100 at_most_100
check split/each-once each_once
counted
