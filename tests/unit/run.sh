#!/bin/sh
# Runs every cmocka program of the sanitizer build: one per tests/unit/test_NAME.c.
# Arguments choose some of them by NAME.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
build asan || exit 1
cd "$root" || exit 1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
for source in tests/unit/test_*.c; do
    program=$(basename "$source" .c)
    [ $# -gt 0 ] && case " $* " in *" ${program#test_} "*) ;; *) continue ;; esac
    CMOCKA_MESSAGE_OUTPUT=TAP "$DVO_BUILD_DIR/asan/tests/unit/$program" >"$log" 2>&1
    status=$?
    program_passed=$(grep -c '^ok ' "$log")
    program_failed=$(grep -c '^not ok ' "$log")
    # A program that dies between two cases reports neither.
    if [ "$status" -ne 0 ] && [ "$program_failed" -eq 0 ]; then
        program_failed=1
    fi
    passed=$((passed + program_passed))
    if [ "$program_failed" -gt 0 ]; then
        not_ok "$program (exit status $status)" "$log"
        failed=$((failed + program_failed - 1))
    fi
done
counted
