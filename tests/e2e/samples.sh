#!/bin/bash
# The samples: built, run, run again, read by the tools themselves, killed, destroyed; and the
# step library on the machine that the first one makes.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

# A copy of the samples: the state lies beside the program.
fresh() {
    rm -rf "${work:?}/$1"
    cp -r samples "$work/$1"
}

app_run() {
    (cd "$work/$1" && timeout 600 "$bin/dvoc" run --project "$project" app.dvo)
}

first_run() {
    app_run app && [ "$(machines | wc -l)" -eq 1 ]
}

answers() {
    local ip
    ip=$(api GET "/containers/$(machines)/json" | jq -r .NetworkSettings.Networks.dvo.IPAddress)
    [ "$(curl -sS --retry 20 --retry-connrefused --retry-delay 1 "http://$ip:8080/")" = "my-app 1.1" ]
}

service_state() {
    [ "$(remote "$(machines)" systemctl is-active my-app)" = active ] &&
        [ "$(remote "$(machines)" systemctl is-enabled my-app)" = enabled ]
}

second_run() {
    app_run app >"$work/second" 2>&1
    local status=$?
    cat "$work/second"
    [ $status -eq 0 ] && grep -qi 'nothing changed' "$work/second" && [ "$(machines | wc -l)" -eq 1 ]
}

# The same bytes from another folder and moment.
reproducible() {
    fresh again
    (cd / && "$bin/dvoc" build --project "$project" "$work/again/app.dvo" \
        -o "$work/again/build/app") &&
        diff -r "$work/app/build" "$work/again/build"
}

lint() {
    (cd "$work/app/build/app/ansible" && ansible-lint --nocolor)
}

syntax() {
    (cd "$work/app/build/app/ansible" && ansible-playbook --syntax-check site.yml)
}

# Without dvoc: the playbook, a values file filled in by hand.
plain_ansible() {
    local id port key
    id=$(machines)
    port=$(door "$id")
    key=$(remote "$id" cat /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f1,2)
    echo "[127.0.0.1]:$port $key" >"$work/known_hosts"
    jq -n --arg port "$port" --arg identity "$identity" --arg known "$work/known_hosts" '
        {machines: {machine: {address: "127.0.0.1", port: ($port | tonumber), user: "root",
         identity: $identity, known_hosts: $known}}, changed_before: [], secrets: {}}' \
        >"$work/values.json"
    (cd "$work/app/build/app/ansible" && ansible-playbook site.yml -e "@$work/values.json") |
        tee "$work/plain"
    grep -q 'changed=0 .*unreachable=0 .*failed=0' "$work/plain"
}

edited_artefact() {
    cp -r "$work/app/build/app" "$work/app/build/edited"
    echo '# mine' >>"$work/app/build/edited/ansible/segment-1.yml"
    "$bin/dvo-run" "$work/app/build/edited" >"$work/edited" 2>&1
    [ $? -eq 1 ] && grep -q 'segment-1.yml' "$work/edited"
}

destroyed() {
    (cd "$work/app" && "$bin/dvoc" destroy --yes build/app) && [ -z "$(machines)" ]
}

# Killed after some seconds, run again: exactly one machine, and it works.
killed() {
    fresh killed
    (cd "$work/killed" && "$bin/dvoc" build --project "$project" app.dvo) || return
    (cd "$work/killed" && exec setsid "$bin/dvo-run" build/app) &
    local runner=$!
    sleep "$1"
    kill -KILL $runner
    wait $runner 2>/dev/null
    app_run killed && [ "$(machines | wc -l)" -eq 1 ] && answers &&
        (cd "$work/killed" && "$bin/dvoc" destroy --yes build/app) && [ -z "$(machines)" ]
}

compiles() {
    (cd samples && "$bin/dvoc" check "$1")
}

sh samples/my-app/build.sh samples/packages 1.0 1.1 || exit 1
for sample in samples/*.dvo; do
    check "sample/$(basename "$sample")" compiles "$(basename "$sample")"
done
check podman/rest bash tests/e2e/podman/rest.sh
check system bash tests/e2e/twice.sh system ansible api
check database bash tests/e2e/twice.sh database ansible api
check reboot bash tests/e2e/reboot.sh
fresh app
check app/run first_run
check app/answers answers
check app/service service_state
check app/unchanged second_run
check app/reproducible reproducible
check app/ansible-lint lint
check app/syntax-check syntax
check app/plain-ansible plain_ansible
check app/edited-artefact edited_artefact

# The step library, on the machine the program made.
if bash tests/e2e/steps/run.sh ssh -i "$identity" -o BatchMode=yes -o LogLevel=ERROR \
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -p "$(door "$(machines)")" \
    root@127.0.0.1 sh -s >"$work/steps" 2>&1; then
    :
fi
steps=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$work/steps" | tail -n 1)
if [ -n "$steps" ]; then
    passed=$((passed + ${steps%% *}))
    steps=${steps#*, }
    failed=$((failed + ${steps%% *}))
    grep -A6 FAILED "$work/steps" | head -60
else
    not_ok e2e/steps "$work/steps"
fi

check app/destroy destroyed
for seconds in 0.2 0.6 1.5 4 8; do
    check "app/kill-after-$seconds" killed "$seconds"
done
counted
