#!/bin/bash
# Machines that exist already: an inventory of system containers that this test makes itself,
# reached as root, as a login with sudo, with a password for sudo, and over other hosts.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

export DVO_SECRET_GAMMA_SUDO='pass w0rd #'

for name in alpha beta gamma; do
    make_host "$name" || exit 1
done
for name in beta gamma; do
    on "$name" 'useradd --create-home --shell /bin/bash ops
        install -d -m 0700 -o ops -g ops ~ops/.ssh
        install -m 0600 -o ops -g ops ~/.ssh/authorized_keys ~ops/.ssh/authorized_keys
        echo "ops:pass w0rd #" | chpasswd' || exit 1
done
on beta 'echo "ops ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/ops' || exit 1
on gamma 'echo "ops ALL=(ALL) ALL" >/etc/sudoers.d/ops' || exit 1
host alpha 'roles: [web], vars: {color: red}'
host beta 'login: ops, roles: [web, db]'
host gamma 'login: ops, become_password: gamma/sudo, jump: beta, roles: [db]'
# beta is itself reached over alpha: two hops to gamma.
sed -i 's/login: ops, roles: \[web, db\]/jump: alpha, &/' "$inventory"

program fleet <<'END'
for m in hosts.all():
    m.bootstrap()
    m.group("readers")
    m.user("ana", groups=["readers"])
    f = m.file("/etc/app.conf", owner="ana", mode="0600",
               content="%s %s %s %s\n" % (m.name, m.vars.get("color", "none"), m.os, m.release))
    r = m.run(["id", "-un"], login="ana", on=[f])
    m.unit("tick.service", content="[Service]\nExecStart=/bin/sleep infinity\n" +
                                   "[Install]\nWantedBy=multi-user.target\n")
    m.service("tick", restart_on=[f])
    m.file("/etc/cpus", content=str(m.cpus), when=m.memory > 1000)
    expect(m.arch == "amd64", "not the architecture of this test")
    output("who-" + m.name, r.stdout)
END
program web <<'END'
names = [m.name for m in hosts.all(role="db")]
print(names)
m = hosts.find("beta")
m.bootstrap()
END
program loopback <<'END'
m = hosts.find("gamma")
m.bootstrap()
m.unit("hello.service", content="[Service]\nExecStart=/usr/bin/python3 -m http.server 8123 " +
                                "--bind 127.0.0.1 --directory /etc/ssh\n")
m.service("hello")
http.expect(f"http://{m.endpoint(8123)}/moduli", body="Time Type", within="30s")
END
program shown <<'END'
m = hosts.find("gamma")
m.bootstrap()
output("door", m.endpoint(22))
END
program one <<'END'
m = hosts.find("gamma")
m.bootstrap()
END
program alpha <<'END'
m = hosts.find("alpha")
m.bootstrap()
END
program gone <<'END'
a = hosts.find("alpha")
g = hosts.find("nowhere")
g.bootstrap(retries=0, timeout="20s")
g.file("/etc/g", content="g")
a.bootstrap()
a.file("/etc/a", content="a")
END
program twins <<'END'
for m in [hosts.find("alpha"), hosts.find("twin")]:
    m.bootstrap()
END

first_run() {
    runs fleet && says 'who-alpha = ana' && says 'who-gamma = ana' &&
        [ "$(on gamma 'cat /etc/app.conf; stat -c %U:%a /etc/app.conf')" = \
            "gamma none debian 12"$'\n'"ana:600" ] &&
        [ "$(on alpha 'cat /etc/app.conf')" = 'alpha red debian 12' ] &&
        [ "$(on alpha 'cat /etc/cpus')" -ge 1 ]
}

# Nothing that is written or can be listed while it runs holds the password.
no_password() {
    local seen=$work/seen
    build_program fleet && start fleet || return
    while kill -0 "$runner" 2>/dev/null; do
        cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' '
        on gamma 'cat /proc/[0-9]*/cmdline | tr "\0" " "'
    done >"$seen" 2>/dev/null
    gone
    [ "$status" -eq 0 ] && ! grep -qF "$DVO_SECRET_GAMMA_SUDO" "$seen" &&
        ! grep -rqF "$DVO_SECRET_GAMMA_SUDO" "$work/p" &&
        ! grep -qF "$DVO_SECRET_GAMMA_SUDO" "$work/out"
}

wrong_password() {
    DVO_SECRET_GAMMA_SUDO=other fails EAUTH 'does not accept the password' one
}

missing_password() {
    (unset DVO_SECRET_GAMMA_SUDO && run one && says 'gamma/sudo' && [ "$status" -ne 0 ])
}

# with SED-SCRIPT COMMAND...: the command, with the inventory changed for so long.
with() {
    local kept=$work/inventory script=$1 result
    shift
    cp "$inventory" "$kept"
    sed -i "$script" "$inventory"
    "$@"
    result=$?
    cp "$kept" "$inventory"
    return $result
}

loops() {
    run one
    [ "$status" -eq 1 ] && says 'lead in a circle'
}

unknown_jump() {
    run one
    [ "$status" -eq 1 ] && says 'no host "delta" to jump over'
}

others_go_on() {
    printf '  nowhere: {address: 127.0.0.9, port: 9, host_key: "%s"}\n' \
        "$(host_key alpha)" >>"$inventory"
    fails EUNREACH 'cannot be reached' gone && says 'changed  hosts.alpha.file(/etc/a)' &&
        says 'blocked  hosts.nowhere.file(/etc/g)'
}

same_machine() {
    printf '  twin: {address: %s, identity: %s, host_key: "%s"}\n' "$(host_ip alpha)" \
        "$identity" "$(host_key alpha)" >>"$inventory"
    fails EINVAL 'are one machine' twins
}

check hosts/first first_run
check hosts/unchanged unchanged fleet
check hosts/no-password no_password
check hosts/roles runs web
check hosts/forward runs loopback
check hosts/forward-not-shown fails EINVAL 'forward' shown
check hosts/wrong-password wrong_password
check hosts/missing-password missing_password
check hosts/password-wanted with 's/become_password: [^,]*, //' \
    fails EAUTH 'become_password:' one
check hosts/other-key with 's/\(alpha:.*ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI\)./\1x/' \
    fails EAUTH 'another host key' alpha
check hosts/no-key with 's/host_key: "[^"]*", login: ops, become/login: ops, become/' \
    fails EAUTH 'ssh-keyscan' one
check hosts/jump-circle with 's/\(alpha: {\)/\1jump: gamma, /' loops
check hosts/unknown-jump with 's/jump: beta/jump: delta/' \
    unknown_jump
check hosts/others-go-on others_go_on
check hosts/same-machine same_machine
counted
