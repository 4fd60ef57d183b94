#!/bin/sh
# The release compiler under valgrind, on every sample, tests included: it sees uses of
# uninitialised memory, which the sanitizer build does not.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
build release || exit 1
dvoc=$DVO_BUILD_DIR/release/dvoc-shared

log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --build "$DVO_BUILD_DIR/release" --target dvoc-shared >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
cd "$root/samples" || exit 1

# clean NAME ARGUMENT...
clean() {
    name=$1
    shift
    if valgrind -q --error-exitcode="$SANITIZER_STATUS" --leak-check=full \
        --errors-for-leak-kinds=definite "$dvoc" "$@" >"$log" 2>&1
    then
        ok
    else
        not_ok "valgrind $name" "$log"
    fi
}

for program in *.dvo; do
    [ -f "$program" ] || continue
    clean "$program" check "$program"
done
clean lib test lib
counted
