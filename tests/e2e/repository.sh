#!/bin/bash
# machine.repository: a signed repository behind a key that an https server of the test's own
# gives out, on a machine that trusts its certificate only when told to.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

program base <<'END'
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
n.install(["ca-certificates", "python3"])
END

# The server runs on the machine itself, as key.test: nothing else need be reachable.
prepare() {
    (
        cd "$work" && mkdir -p site gnupg && chmod 700 gnupg &&
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=key.test \
                -addext subjectAltName=DNS:key.test -keyout site.key -out site.crt &&
            gpg --homedir gnupg --batch --passphrase '' --quick-gen-key 'Test <t@example.org>' &&
            gpg --homedir gnupg --armor --export >site/key.asc &&
            gpg --homedir gnupg --export >site/key.gpg &&
            mkdir -p deb/DEBIAN &&
            printf 'Package: from-ours\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x.org>\nDescription: x\n' \
                >deb/DEBIAN/control &&
            dpkg-deb --root-owner-group -b deb site/from-ours.deb && cd site &&
            dpkg-scanpackages . >Packages && {
                LC_ALL=C date -u '+Date: %a, %d %b %Y %T UTC'
                printf 'SHA256:\n %s %s Packages\n' \
                    "$(sha256sum <Packages | cut -d' ' -f1)" "$(stat -c %s Packages)"
            } >Release &&
            gpg --homedir ../gnupg --batch --clearsign -o InRelease Release
    ) || return
    tar -C "$work" -cf - site site.key site.crt | remote "$(machine n)" 'tar -C /srv -xf - && echo "127.0.0.1 key.test" >>/etc/hosts'
    on n 'cat >/srv/serve.py <<END
import functools, http.server, ssl
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="/srv/site")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/srv/site.crt", "/srv/site.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
END
        systemd-run -q --unit=serve python3 /srv/serve.py'
    until_true on n 'ss -ltn 2>/dev/null | grep -q :443 || grep -q ":01BB " /proc/net/tcp'
}
# repository KEY DIGEST: installs from it.
repository() {
    program ours <<END
n = cloud.create(flavor=provider.FLAVOR_SMALL)
n.bootstrap()
n.repository("ours", "https://key.test/", suites=["./"], key="https://key.test/$1",
             key_digest="$2")
n.install("from-ours")
END
}
digest() {
    echo "sha256:$(sha256sum <"$work/site/$1" | cut -d' ' -f1)"
}
untrusted() {
    repository key.asc "$(digest key.asc)"
    fails EAUTH 'certificate' ours
}
trusted() {
    on n 'cp /srv/site.crt /usr/local/share/ca-certificates/key.test.crt && update-ca-certificates >/dev/null'
    runs ours && on n 'dpkg -s from-ours >/dev/null && test -f /etc/apt/keyrings/ours.asc'
}
# With the right key in place nobody asks the server for it.
not_again() {
    on n 'mv /srv/site/key.asc /srv/key.asc'
    unchanged ours
    local result=$?
    on n 'mv /srv/key.asc /srv/site/key.asc'
    return $result
}
binary() {
    repository key.gpg "$(digest key.gpg)"
    runs ours && on n 'test -f /etc/apt/keyrings/ours.gpg && ! test -e /etc/apt/keyrings/ours.asc' &&
        unchanged ours
}
other_digest() {
    repository key.asc "sha256:$(printf '0%.0s' {1..64})"
    fails EPROTO "has another digest: $(digest key.asc)" ours &&
        on n 'test -f /etc/apt/keyrings/ours.gpg'
}
no_key() {
    repository nothing "$(digest key.asc)"
    fails ENOENT '404' ours
}

check repository/base runs base
check repository/prepare prepare
check repository/untrusted untrusted
check repository/trusted trusted
check repository/not-again not_again
check repository/binary binary
check repository/other-digest other_digest
check repository/no-key no_key
counted
