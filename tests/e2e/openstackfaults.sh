#!/bin/bash
# Programs on a genuine OpenStack behind a proxy that makes faults: connections cut at every
# phase of every creation, answers that are none, services that are away, runs that are killed.
# Each time there is the typed error or success, in time, and the next run ends it: everything
# is there once, and nothing else.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/openstack/lib.sh
. "$root/tests/e2e/openstack/lib.sh"
use demo

# What the kinds need beside them; of another state, so that it outlives them.
program base <<EOF
net = cloud.network(name="$project-net")
sub = cloud.subnet(net, "10.92.0.0/24", name="$project-sub")
m = cloud.create(flavor=provider.FLAVOR_SMALL, name="$project-server")
EOF
# A thing of each kind, as far as possible each for itself.
program kinds <<EOF
n = cloud.network()
s = cloud.subnet("$project-net", "10.92.1.0/24")
r = cloud.router(["$project-sub"])
f = cloud.firewall([allow("tcp", 22, source="10.0.0.0/8")])
k = cloud.keypair("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKV3k4rN0yEw8gUcnCQwvXVJ3aUqLmP5S8v3oYpG1a2b me")
v = cloud.volume("1GiB")
a = cloud.address("public")
m = cloud.create(flavor=provider.FLAVOR_SMALL)
cloud.find(display="$project-server").attach(v)
EOF
# How each is made, and goes: method, and path as a regular expression.
creations=(
    "POST /networks$" "POST /subnets$" "POST /routers$" "PUT /add_router_interface$"
    "POST /security-groups$" "POST /security-group-rules$" "POST /os-keypairs$"
    "POST /volumes$" "POST /floatingips$" "POST /servers$" "POST /os-volume_attachments$"
)
deletions=(
    "DELETE /networks/" "DELETE /subnets/" "DELETE /routers/" "PUT /remove_router_interface$"
    "DELETE /security-groups/" "DELETE /security-group-rules/" "DELETE /os-keypairs/"
    "DELETE /volumes/" "DELETE /floatingips/" "DELETE /servers/"
    "DELETE /os-volume_attachments/"
)
kinds=(--state "$work/kinds.db")

# at JSON REQUEST...: a rule for each of these.
at() {
    local fault=$1 request
    shift
    for request; do
        rule "$(jq -n --argjson fault "$fault" --arg method "${request%% *}" \
            --arg path "${request#* }" '$fault + {$method, $path}')" >/dev/null || return
    done
}
# all_acted: no rule was for nothing.
all_acted() {
    curl -sS "$control/rules" | jq -c '.[] | select(.acted == 0)' >"$work/idle" &&
        cat "$work/idle" && [ ! -s "$work/idle" ]
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
# The next run finds all there, or ends it; the one after that has nothing to do.
resumes() {
    no_rules && again kinds "${kinds[@]}" && [ "$status" -eq 0 ] && is_whole &&
        again kinds "${kinds[@]}" && [ "$status" -eq 0 ] && says "nothing changed"
}
destroys_kinds() {
    (cd "$work/p" && timeout 300 "$bin/dvoc" destroy "${kinds[@]}" --yes build/kinds) &&
        is_base
}

# Cut at each phase: all is made, and goes, in one run.
cut() { # ACTION
    no_rules >/dev/null && at "{\"action\": \"$1\"}" "${creations[@]}" &&
        again kinds "${kinds[@]}" && [ "$status" -eq 0 ] && all_acted && is_whole && resumes
}
cut_deleting() {
    no_rules >/dev/null && at "{\"action\": \"$1\"}" "${deletions[@]}" && destroys_kinds &&
        all_acted
}
stale() {
    no_rules >/dev/null && rule '{"action": "close", "times": 0}' >/dev/null &&
        again kinds "${kinds[@]}" && [ "$status" -eq 0 ] && is_whole && resumes &&
        rule '{"action": "close", "times": 0}' && destroys_kinds
}

check openstackfaults/up cloud_up
check openstackfaults/proxy proxy_start
check openstackfaults/base runs base
check openstackfaults/build build_program kinds
check openstackfaults/stale stale
for action in reset-head reset-before reset-after reset-middle; do
    check "openstackfaults/$action" cut "$action"
    check "openstackfaults/$action-deleting" cut_deleting "$action"
done
counted
