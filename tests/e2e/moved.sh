#!/bin/bash
# moved(): things keep what they are under new addresses, whether the line stands or has gone,
# and nothing is made twice or taken for something else.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"

small='cloud.create(flavor=provider.FLAVOR_SMALL)'

# made ADDRESS: the id by which the state knows it.
made() {
    state "SELECT json_extract(result, '\$.id') FROM ops WHERE address = '$1'"
}

first() {
    program p <<END
server = $small
server.bootstrap()
server.file("/root/here", content="here")
web = [$small for i in range(3)]
END
    runs p || return
    server=$(made server)
    web0=$(made 'web[0]')
    web1=$(made 'web[1]')
    web2=$(made 'web[2]')
    [ "$(machines | wc -l)" -eq 4 ]
}

# What was done on a machine moves with it: the file is no news.
renamed() {
    program p <<END
moved("server", "front")
moved("front", "machine")
machine = $small
machine.bootstrap()
machine.file("/root/here", content="here")
web = [$small for i in range(3)]
END
    unchanged p && says 'server is now machine' && [ "$(made machine)" = "$server" ] &&
        [ "$(machines | wc -l)" -eq 4 ] && unchanged p && ! says 'is now'
}

# The key at the provider is that of the old address, and stays so.
line_gone() {
    sed -i '/^moved/d' "$work/p/p.dvo"
    unchanged p && [ "$(made machine)" = "$server" ]
}

# The old address is free for something new, which must not take the old thing for its own.
old_address_anew() {
    cat >>"$work/p/p.dvo" <<END
server = $small
END
    runs p && [ "$(made machine)" = "$server" ] && [ "$(made server)" != "$server" ] &&
        [ "$(machines | wc -l)" -eq 5 ] && unchanged p
}

# The first of a list goes: the others keep their machines.
shortened() {
    sed -i 's/range(3)/range(2)/' "$work/p/p.dvo"
    cat >>"$work/p/p.dvo" <<END
moved("web[1]", "web[0]")
moved("web[2]", "web[1]")
END
    unchanged p && [ "$(made 'web[0]')" = "$web1" ] && [ "$(made 'web[1]')" = "$web2" ] &&
        [ "$(made 'web[0]#former')" = "$web0" ] && unchanged p &&
        [ "$(made 'web[0]')" = "$web1" ] && [ "$(machines | wc -l)" -eq 5 ]
}

# Without the state the lines alone tell which machine is which.
adopted() {
    program q <<END
moved("web[1]", "web[0]")
moved("web[2]", "web[1]")
web = [$small for i in range(2)]
END
    mv "$work/p/.dvo/$project.db" "$work/kept.db"
    unchanged q && [ "$(made 'web[0]')" = "$web1" ] && [ "$(made 'web[1]')" = "$web2" ]
    local same=$?
    rm -f "$work/p/.dvo/$project.db"*
    mv "$work/kept.db" "$work/p/.dvo/$project.db"
    return $same
}

lengthened() {
    sed -i -e 's/range(2)/range(3)/' -e '/^moved/d' "$work/p/p.dvo"
    runs p && [ "$(made 'web[1]')" = "$web2" ] && [ "$(made 'web[2]')" != "$web2" ] &&
        [ "$(machines | wc -l)" -eq 6 ] && unchanged p
}

exchanged() {
    local new
    new=$(made server)
    cat >>"$work/p/p.dvo" <<END
moved("machine", "server")
moved("server", "machine")
END
    runs p && [ "$(made machine)" = "$new" ] && [ "$(made server)" = "$server" ] &&
        [ "$(machines | wc -l)" -eq 6 ] && unchanged p
}

other_kind() {
    program q <<END
moved("web[2]", "lan")
lan = cloud.find(display="lan")
web = [$small for i in range(2)]
END
    run q
    [ "$status" -ne 0 ] && says 'web[2] cannot become lan: it was made by cloud.create' &&
        [ -n "$(made 'web[2]')" ]
}

destroyed() {
    build_program p || return
    again p --destroy --yes
    says 'deleted  web[0]#former' && says '6 deleted, 0 failed, 0 left' && [ -z "$(machines)" ]
}

check moved/first first
check moved/renamed renamed
check moved/line-gone line_gone
check moved/old-address-anew old_address_anew
check moved/shortened shortened
check moved/adopted adopted
check moved/lengthened lengthened
check moved/exchanged exchanged
check moved/other-kind other_kind
check moved/destroyed destroyed
counted
