#!/bin/bash
# Programs on a genuine OpenStack behind a proxy that makes faults: connections cut at every
# phase of every creation, answers that are none, services that are away, runs that are killed.
# Each time there is the typed error or success, in time, and the next run ends it: everything
# is there once, and nothing else. What takes longer than a test should: DVO_OUTAGES names the
# services that are stopped, those with a plus sign together, DVO_CUTS (0 to 3) and DVO_ODDITIES
# (0 to 8) which thing meets which fault, DVO_KILLS the changes of the state after which runs are
# killed.
# shellcheck disable=SC2119 # without a kind, all are meant
# shellcheck disable=SC2030,SC2031 # what stands beside has its own
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/openstack/lib.sh
. "$root/tests/e2e/openstack/lib.sh"
: "${DVO_OUTAGES:=neutron-server+glance-api nova-api+cinder-api keystone placement rabbitmq}"
use demo

# What the kinds need beside them; of another state, so that it outlives them.
program base <<EOF
net = cloud.network(name="$project-net")
sub = cloud.subnet(net, "10.92.0.0/24", name="$project-sub")
m = cloud.create(flavor=provider.FLAVOR_SMALL, name="$project-server")
EOF
# A thing of each kind, as far as possible each for itself. The second is the same but for
# giving up soon.
kinds_with() {
    sed "s/)\$/$1)/" <<EOF
n = cloud.network(subnets=[])
s = cloud.subnet("$project-net", "10.92.1.0/24")
r = cloud.router(["$project-sub"])
f = cloud.firewall([allow("tcp", 22, source="10.0.0.0/8")])
k = cloud.keypair("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKV3k4rN0yEw8gUcnCQwvXVJ3aUqLmP5S8v3oYpG1a2b me")
v = cloud.volume("1GiB")
a = cloud.address("public")
m = cloud.create(flavor=provider.FLAVOR_SMALL)
b = cloud.find(display="$project-server")
b.attach(v)
EOF
}
kinds_with "" | program kinds
kinds_with ", retries=0, timeout=\"15s\"" | program hasty
state=(--state "$work/kinds.db")
# How each is made, and goes: method, and path as a regular expression.
creations=(
    "POST /networks$" "POST /subnets$" "POST /routers$" "PUT /add_router_interface$"
    "POST /security-groups$" "POST /security-group-rules$" "POST /os-keypairs$"
    "POST /volumes$" "POST /floatingips$" "POST /servers$" "POST /os-volume_attachments$"
)
deletions=(
    "DELETE /networks/" "DELETE /subnets/" "DELETE /routers/" "PUT /remove_router_interface$"
    "DELETE /security-groups/" "DELETE /security-group-rules/" "DELETE /os-keypairs/"
    "DELETE /volumes/" "DELETE /floatingips/" "DELETE /servers/[^/]*$"
    "DELETE /os-volume_attachments/"
)

# at FAULT REQUEST...: a rule for each of these. rotated SHIFT FAULT... -- REQUEST...: the
# first request gets the fault after SHIFT others, the second the next, and so on.
at() {
    local fault=$1 request
    shift
    for request; do
        rule "$(jq -n --argjson fault "$fault" --arg method "${request%% *}" \
            --arg path "${request#* }" '$fault + {$method, $path}')" >/dev/null || return
    done
}
rotated() {
    local faults=() i=$1
    shift
    while [ "$1" != -- ]; do
        faults+=("$1")
        shift
    done
    shift
    for request; do
        at "${faults[i++ % ${#faults[@]}]}" "$request" || return
    done
}
# all_acted: no rule was for nothing.
all_acted() {
    curl -sS "$control/rules" | jq -c '.[] | select(.acted == 0)' >"$work/idle" &&
        cat "$work/idle" && [ ! -s "$work/idle" ] && [ "$(asked '.service == "stranger"')" -eq 0 ]
}
# There is exactly what the two programs say; and only what the first one says.
is_whole() {
    local router server
    things >"$work/things" && cat "$work/things" &&
        [ "$(jq -r .kind "$work/things" | sort | uniq -c | xargs)" = "1 floatingips 1 keypairs \
2 networks 1 routers 1 security-group-rules 1 security-groups 2 servers 2 subnets \
1 volumes" ] &&
        router=$(jq -r 'select(.kind == "routers").id' "$work/things") &&
        server=$(jq -r "select(.name == \"$project-server\").id" "$work/things") &&
        [ "$(api_call GET network "/v2.0/ports?device_id=$router" | jq '.ports | length')" -eq 1 ] &&
        [ "$(api_call GET compute "/servers/$server/os-volume_attachments" |
            jq '.volumeAttachments | length')" -eq 1 ]
}
is_base() {
    things >"$work/things" && cat "$work/things" &&
        [ "$(jq -r .kind "$work/things" | sort | xargs)" = "networks servers subnets" ]
}
is_empty() {
    things >"$work/things" && cat "$work/things" && [ ! -s "$work/things" ]
}
# makes: it ends well. settled: it has, and there is nothing to do any more. resumes: it had not,
# and now it does.
makes() {
    again kinds "${state[@]}" && [ "$status" -eq 0 ]
}
settled() {
    no_rules && is_whole && makes && says "nothing changed"
}
resumes() {
    no_rules && makes && settled
}
destroys() {
    (cd "$work/p" && timeout 300 "$bin/dvoc" destroy "${state[@]}" --yes --with-data build/kinds) && is_base
}

# --- connections --------------------------------------------------------------------------

# The service has heard nothing; has made it; and has begun to say so.
cuts=('{"action": "reset-head"}' '{"action": "reset-before"}' '{"action": "reset-after"}'
    '{"action": "reset-middle"}')
cut() { # SHIFT
    no_rules >/dev/null && rotated "$1" "${cuts[@]}" -- "${creations[@]}" && makes &&
        all_acted && settled
}
cut_deleting() {
    no_rules >/dev/null && rotated "$1" "${cuts[@]}" -- "${deletions[@]}" && destroys &&
        all_acted
}
# Each connection is over when it is to be used again.
stale() {
    no_rules >/dev/null && rule '{"action": "close", "times": 0}' && makes && settled &&
        rule '{"action": "close", "times": 0}' && destroys
}

# --- answers ------------------------------------------------------------------------------

# Each is given once, whether or not the thing was made.
oddities() {
    local page='"headers": {"Content-Type": "text/html"}, "body": "<html>Sorry</html>"'
    local to
    to=$(jq -r .stranger "$work/proxy")/elsewhere
    answers=(
        '{"action": "answer", "status": 429, "headers": {"Retry-After": "1"}}'
        '{"action": "answer", "status": 500, "forward": true}'
        '{"action": "half"}'
        "{\"action\": \"answer\", \"status\": 503, $page}"
        '{"action": "drip", "bytes": 40, "interval": 0.02}'
        "{\"action\": \"answer\", \"status\": 502, \"forward\": true, $page}"
        '{"action": "flood"}'
        "{\"action\": \"answer\", \"status\": 307, \"headers\": {\"Location\": \"$to\"}}"
        '{"action": "answer", "status": 429}'
    )
}
odd() { # SHIFT
    no_rules >/dev/null && rotated "$1" "${answers[@]}" -- "${creations[@]}" && makes &&
        all_acted && settled && destroys
}

# Given each time. Those of lookups come before anything is changed, so that all are told.
lookups=(
    '{"action": "reset-before"}' ECONN
    '{"action": "reset-after"}' ECONN
    '{"action": "reset-middle"}' ECONN
    '{"action": "hang"}' ETIMEDOUT
    '{"action": "drip", "interval": 1}' ETIMEDOUT
    '{"action": "half"}' EPROTO
    '{"action": "flood"}' EPROTO
    '{"action": "answer", "status": 429}' EAGAIN
    '{"action": "answer", "status": 429, "headers": {"Retry-After": "1"}}' EAGAIN
    '{"action": "answer", "status": 500}' EREMOTE
    '{"action": "answer", "status": 502, "body": "<html>Bad gateway</html>"}' EREMOTE
    '{"action": "answer", "status": 503}' EREMOTE
    '{"action": "answer", "status": 200}' EPROTO
    '{"action": "answer", "status": 200, "body": "<html>Log in here</html>"}' EPROTO
    '{"action": "answer", "status": 200, "body": "{\"networks\": 7}"}' EPROTO
    '{"action": "answer", "status": 300, "body": "{\"choices\": []}"}' EPROTO
    '{"action": "answer", "status": 302, "headers": {"Location": "STRANGER"}}' EPROTO
    '{"action": "answer", "status": 406}' ENOSYS
    '{"action": "answer", "status": 418, "body": "I am a teapot\nof PASSWORD\n"}' EUNKNOWN
)
looks_up() {
    local i begin=$SECONDS n=$((${#lookups[@]} / 2)) rule key
    for ((i = 0; i < n; i++)); do
        echo "n$i = cloud.network(timeout=\"6s\", retries=1)"
    done | program lookups
    no_rules >/dev/null && build_program lookups || return
    for ((i = 0; i < n; i++)); do
        key=$(jq -r --arg name "n$i" '.calls[] | select(.address == $name).key' \
            "$work/p/build/lookups/api/calls.json")
        rule=$(jq -c '. + {times: 0}' <<<"${lookups[2 * i]}")
        rule=${rule/STRANGER/$(jq -r .stranger "$work/proxy")}
        at "${rule/PASSWORD/$(cat "$cloud/password")}" "GET ${key##*:}" || return
    done
    again lookups --state "$work/lookups.db" --events "$work/events"
    # The same problem of several is told on the screen once.
    for ((i = 0; i < n; i++)); do
        jq -es --arg at "n$i" --arg error "${lookups[2 * i + 1]}" 'any(
            .event == "problem" and .address == $at and .error == $error)' "$work/events" || {
            echo "n$i is not ${lookups[2 * i + 1]}, although: ${lookups[2 * i]}"
            return 1
        }
    done
    [ "$status" -eq 21 ] && [ $((SECONDS - begin)) -lt 60 ] && all_acted && is_empty
}
# What nothing explains is kept, but for what is nobody's business.
kept() {
    grep -F "I am a teapot" "$work/out" && ! grep -qF "$(cat "$cloud/password")" "$work/out" &&
        grep -rl "I am a teapot" "$work/runs" >"$work/answers" && [ -s "$work/answers" ] &&
        ! grep -rqF "$(cat "$cloud/password")" "$work/runs" "$work/lookups.db"
}

# Those of creations, by who gives up at once.
gives_up() {
    local begin=$SECONDS
    no_rules >/dev/null
    at '{"action": "hang", "times": 0, "forward": true}' "POST /networks$"
    at '{"action": "reset-after", "times": 0}' "POST /subnets$"
    at '{"action": "answer", "times": 0, "status": 500, "forward": true}' "POST /routers$"
    at '{"action": "answer", "times": 0, "status": 503}' "POST /security-groups$"
    at '{"action": "half", "times": 0}' "POST /os-keypairs$"
    at '{"action": "flood", "times": 0}' "POST /floatingips$"
    at '{"action": "answer", "times": 0, "status": 429}' "POST /servers$"
    at '{"action": "answer", "times": 0, "status": 418, "forward": true}' \
        "POST /os-volume_attachments$"
    again hasty "${state[@]}"
    [ "$status" -eq 19 ] && says ": n: ETIMEDOUT: " && says ": s: ECONN: " &&
        says ": r: EREMOTE: " && says ": f: EREMOTE: " && says ": k: EPROTO: " &&
        says ": a: EPROTO: " && says ": m: EAGAIN: " && says ": b.attach(v): EUNKNOWN: " &&
        [ $((SECONDS - begin)) -lt 60 ] && all_acted
}

# Compute leaves out of lists what a cell that does not answer has: that makes no second
# machine, and forgets none.
echo 'only = cloud.create(flavor=provider.FLAVOR_SMALL)' | program solo
short_list() {
    no_rules >/dev/null && runs solo &&
        at '{"action": "answer", "times": 0, "body": "{\"servers\": []}"}' "GET /servers/detail" &&
        again solo && [ "$status" -eq 22 ] && says ": only: EREMOTE: what has the id" &&
        again solo --destroy --yes && [ "$status" -eq 22 ] && says "failed   only" && all_acted &&
        no_rules >/dev/null && unchanged solo &&
        [ "$(things servers | jq -r .name | grep -c '^only$')" -eq 1 ] &&
        again solo --destroy --yes && [ "$status" -eq 0 ]
}

# --- sessions and limits ------------------------------------------------------------------

# Three calls find out at once that their token has run out: one logs in, for all.
program three <<'EOF'
n = [cloud.network() for i in range(3)]
EOF
expires() {
    no_rules >/dev/null && use short && build_program three &&
        at '{"action": "pass", "delay": 11, "times": 3}' "POST /networks$" &&
        again three --state "$work/three.db" && [ "$status" -eq 0 ] &&
        [ "$(asked '.status == 401')" -eq 3 ] &&
        [ "$(asked '.service == "keystone-short" and .method == "POST"')" -eq 2 ]
    local result=$?
    use demo
    return $result
}
# One call is asked to wait for three seconds: nothing comes before, but what was on its way.
waits() {
    no_rules >/dev/null && build_program three &&
        (cd "$work/p" && "$bin/dvoc" destroy --state "$work/three.db" --yes build/three) &&
        no_rules >/dev/null &&
        at '{"action": "answer", "status": 429, "headers": {"Retry-After": "3"}}' \
            "POST /networks$" &&
        again three --state "$work/three.db" && [ "$status" -eq 0 ] &&
        curl -sS "$control/log" | jq -e '
            (map(select(.status == 429))[0] | .begun + .seconds) as $told |
            map(select(.begun > $told + 1 and .begun < $told + 2.9)) | length == 0' &&
        (cd "$work/p" && "$bin/dvoc" destroy --state "$work/three.db" --yes build/three) &&
        is_empty
}

# --- quotas that show when it is too late -------------------------------------------------

# What may not be read beforehand is told by the services: Compute says 403, Networking 409,
# Block Storage 413. Of machines that are let in together, some become ERROR.
program over <<'EOF'
m = cloud.create(flavor="m1.medium")
n = cloud.network()
v = cloud.volume("3GiB")
EOF
program race <<'EOF'
m = [cloud.create(flavor=provider.FLAVOR_SMALL) for i in range(5)]
EOF
over() {
    no_rules >/dev/null && use tight && build_program over &&
        at '{"action": "answer", "status": 403, "times": 0}' "GET (/limits|/quotas/)" &&
        again over --state "$work/over.db"
    use demo
    [ "$status" -eq 15 ] && says ": m: EQUOTA: " && says ": n: EQUOTA: " &&
        says ": v: EQUOTA: " && all_acted && OS_CLOUD=tight is_empty
}
races() {
    no_rules >/dev/null && use tight && build_program race &&
        at '{"action": "answer", "status": 403, "times": 0}' "GET /limits" &&
        again race --state "$work/race.db"
    use demo
    [ "$status" -eq 15 ] && says ": EQUOTA: " && OS_CLOUD=tight things >"$work/things" &&
        cat "$work/things" && jq -se 'length <= 2 and all(.status == "ACTIVE")' "$work/things" &&
        (cd "$work/p" && "$bin/dvoc" destroy --state "$work/race.db" --yes build/race) &&
        OS_CLOUD=tight is_empty
}

# --- services and runs that end -----------------------------------------------------------

made_something() {
    [ "$(asked '.method == "POST" and (.service | startswith("keystone") | not)')" -gt 0 ]
}
# Whether the run ended well, or with what passes: EBUSY to EREMOTE. A machine that nothing
# could be placed for says so itself.
passes() {
    [ "$status" -eq 0 ] || { [ "$status" -ge 17 ] && [ "$status" -le 22 ]; } || says ": m: ENOSPC: "
}
# back SERVICE...: they have been away for a moment.
back() {
    sleep 2 && recovery "$@"
}
# The services stop in the middle of what makes things. The next run ends it; then they stop
# before the run, and come back in the middle of what deletes.
away() { # SERVICE[+SERVICE...]
    local services begin=$SECONDS
    IFS=+ read -ra services <<<"$1"
    no_rules >/dev/null && start kinds "${state[@]}" && until_true made_something &&
        outage "${services[@]}" && back "${services[@]}" && gone && passes &&
        [ $((SECONDS - begin)) -lt 120 ] && resumes || return
    begin=$SECONDS
    outage "${services[@]}" && again hasty "${state[@]}" && refused_by "$1" &&
        start kinds "${state[@]}" --destroy --yes --with-data && back "${services[@]}" && gone &&
        passes && [ $((SECONDS - begin)) -lt 120 ] && destroys
}
# Who asks nobody but the services that run finds all as it was.
refused_by() {
    case $1 in
    placement | rabbitmq) [ "$status" -eq 0 ] && says "nothing changed" ;;
    *) says ": ECONN: " && [ "$status" -eq 21 ] ;;
    esac
}

# killed CHANGE...: after so many changes of the state, one run after the other. What ended
# before that begins anew.
killed() {
    local change kills=0
    no_rules >/dev/null
    for change; do
        start kinds "${state[@]}"
        "$PYTHON" -B "$openstack/killer.py" "$runner" "$work/kinds.db-wal" "$change"
        gone
        if [ "$status" -eq 137 ]; then
            kills=$((kills + 1))
        elif [ "$status" -ne 0 ] || ! settled || ! destroys; then
            return 1
        fi
    done
    echo "killed $kills times" && [ "$kills" -ge $(($# / 2)) ] && resumes && destroys
}

# What needs none of the things, in a project and behind a proxy of its own.
beside() (
    project=beside-$project proxy='' passed=0 failed=0
    mkdir "$work/beside" && cp -r "$work/p" "$work/beside/p"
    log=$work/beside/log work=$work/beside
    trap 'leave_cloud; clean' EXIT
    check openstackfaults/proxy-beside proxy_start
    check openstackfaults/looks-up looks_up
    check openstackfaults/kept kept
    check openstackfaults/expires expires
    check openstackfaults/waits waits
    check openstackfaults/over over
    check openstackfaults/races races
    counted
)
# joined LOG: what came of that.
joined() {
    grep -vE '^[0-9]+ passed, [0-9]+ failed$' "$1"
    if [[ $(tail -n 1 "$1") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        failed=$((failed + BASH_REMATCH[2]))
    else
        not_ok openstackfaults/beside
    fi
}

check openstackfaults/up cloud_up
beside >"$work/beside.log" 2>&1 &
beside=$!
check openstackfaults/proxy proxy_start
check openstackfaults/base runs base
check openstackfaults/build build_program kinds
check openstackfaults/build-hasty build_program hasty
check openstackfaults/stale stale
check openstackfaults/short-list short_list
for shift in ${DVO_CUTS:-1 2}; do
    check "openstackfaults/cut-$shift" cut "$shift"
    check "openstackfaults/cut-deleting-$shift" cut_deleting "$shift"
done
oddities
for shift in ${DVO_ODDITIES:-4}; do
    check "openstackfaults/odd-$shift" odd "$shift"
done
check openstackfaults/gives-up gives_up
check openstackfaults/gives-up-resumes resumes
check openstackfaults/gives-up-destroys destroys
# Outages are for everybody.
wait "$beside"
joined "$work/beside.log"
for services in $DVO_OUTAGES; do
    check "openstackfaults/away-$services" away "$services"
done
read -ra kills <<<"${DVO_KILLS:-4 9 14 19 24 29}"
check openstackfaults/killed killed "${kills[@]}"
counted
