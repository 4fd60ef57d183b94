#!/bin/bash
# Text that a secret went into: it reaches whoever uses it, in the same tool run, in another
# one, and after a kill; and it is in nothing that anybody could read afterwards.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

export DVO_SECRET_SHOP_TOKEN="s3cr3t-$$-Tok'n \"{{ x }}\" \$HOME"
forms=("$DVO_SECRET_SHOP_TOKEN" "$(rev <<<"$DVO_SECRET_SHOP_TOKEN")"
    "$(printf %s "$DVO_SECRET_SHOP_TOKEN" | base64 -w0)"
    "$(printf %s "$DVO_SECRET_SHOP_TOKEN" | sha256sum | cut -d' ' -f1)")

program use <<'END'
m = cloud.create(flavor=provider.FLAVOR_SMALL)
m.bootstrap()
q = m.query(["sh", "-c", "printf %s \"$TOKEN\" | rev"], env={"TOKEN": secret("shop/token")})
r = m.run(["sh", "-c", "base64 -w0; echo of a secret >&2; exit 3"], stdin=secret("shop/token"),
          success=[3], always=True)
m.file("/root/rev", content=q.stdout, mode="0600")
m.file("/root/b64", content=f"{r.stdout} {r.stderr} {r.status}", mode="0600")
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
a = n.file("/root/rev", content=q.stdout, mode="0600")
n.file("/root/token", content=secret("shop/token"), mode="0600")
n.run(["sh", "-c", "cat >/root/stdin"], stdin=r.stdout, on=[a])
n.run(["sh", "-c", "printf %s \"$B64\" >/root/env"], env={"B64": r.stdout}, always=True)
output("status", r.status)
END
program later <<'END'
m = cloud.create(flavor=provider.FLAVOR_SMALL)
m.bootstrap()
q = m.query(["sh", "-c", "printf %s \"$TOKEN\" | rev"], env={"TOKEN": secret("shop/token")})
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
n.file("/root/later", content=q.stdout, mode="0600")
END
program wrong <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
n.run(["sh", "-c", "rev >&2; exit 7"], stdin=secret("shop/token"), always=True)
END
program owner <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
n.file("/root/x", content=secret("shop/token"), owner="nobody-here")
END
program slow <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
n.run(["sh", "-c", "cat >/dev/null; sleep 4"], stdin=secret("shop/token"), always=True)
END

arrived() {
    on m 'cat /root/rev' | diff - <(printf %s "${forms[1]}") &&
        on m 'cat /root/b64' | diff - <(printf '%s of a secret 3' "${forms[2]}") &&
        on n 'cat /root/rev' | diff - <(printf %s "${forms[1]}") &&
        on n 'cat /root/token' | diff - <(printf %s "${forms[0]}") &&
        on n 'cat /root/stdin' | diff - <(printf %s "${forms[2]}") &&
        on n 'cat /root/env' | diff - <(printf %s "${forms[2]}")
}

# nowhere: neither on this computer, nor where the machines keep what they were told.
nowhere() {
    local form machine
    for form in "${forms[@]}"; do
        grep -rlF -- "$form" "$work" /dev/shm /run/user 2>/dev/null && return 1
        for machine in m n; do
            remote "$(machine "$machine")" "journalctl -q --no-pager | grep -F -- \"\$(cat)\"" \
                <<<"$form" && return 1
            # shellcheck disable=SC2016 # for the machine
            remote "$(machine "$machine")" 'grep -rlF -- "$(cat)" /run /tmp /var/lib /var/log' \
                <<<"$form" && return 1
        done
    done
    return 0
}

# While it is at work, no command line and no environment of a long-lived process has it.
not_in_processes() {
    build_program slow && start slow || return
    local seen=0 form
    while kill -0 "$runner" 2>/dev/null; do
        for form in "${forms[@]}"; do
            if grep -qaF -- "$form" /proc/[0-9]*/cmdline 2>/dev/null; then
                seen=1
            fi
        done
    done
    gone
    [ "$status" -eq 0 ] && [ $seen -eq 0 ]
}

# A part of the program cannot use what the state does not hold; it says what to add.
only_asks() {
    build_program later &&
        again later --only n --only 'n.bootstrap()' --only 'n.file(/root/later)'
    [ "$status" -ne 0 ] && says 'takes no part in this run'
}

plain_values() {
    grep -q '"secrets"' "$work/p/build/use/ansible/values.example.json" &&
        ansible-playbook --syntax-check -i "$work/p/build/use/ansible/inventory.yml" \
            "$work/p/build/use/ansible/site.yml"
}

lint() {
    (cd "$work/p/build/use/ansible" && ansible-lint --nocolor)
}

check secrets/use runs use
check secrets/status says 'status = 3'
check secrets/arrived arrived
check secrets/nowhere nowhere
check secrets/again runs use
check secrets/later runs later
check secrets/only only_asks
if [ "$DVO_BACKEND" = ansible ]; then
    check secrets/syntax plain_values
    check secrets/lint lint
fi
check secrets/failed fails EUNKNOWN 'exit status 7, its words are hidden' wrong
check secrets/typed-error fails ENOENT 'its words are hidden' owner
check secrets/processes not_in_processes
check secrets/nowhere-after-failures nowhere
counted
