#!/bin/sh
# Runs every cmocka program of the sanitizer build: one per tests/unit/test_NAME.c.
# Arguments choose some of them by NAME.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
build asan || exit 1
cd "$root" || exit 1

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
for source in tests/unit/test_*.c; do
    program=$(basename "$source" .c)
    [ $# -gt 0 ] && case " $* " in *" ${program#test_} "*) ;; *) continue ;; esac
    echo "$program"
done >"$logs/programs"

# Two at a time: some are mostly waiting.
# shellcheck disable=SC2016 # the inner shell's words
CMOCKA_MESSAGE_OUTPUT=TAP xargs -P 2 -n 1 sh -c '
    "$0/asan/tests/unit/$2" >"$1/$2" 2>&1
    echo $? >"$1/$2.status"
' "$DVO_BUILD_DIR" "$logs" <"$logs/programs"

while read -r program; do
    log=$logs/$program
    status=$(cat "$log.status")
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
done <"$logs/programs"
counted
