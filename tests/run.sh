#!/bin/sh
# Runs the tests: `sh tests/run.sh` all of them, `sh tests/run.sh GROUP...` some. Installs
# what they need, builds the release and the sanitizer variant, runs each group's run.sh.
# The last line says how many cases passed and failed.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
. tests/lib.sh

# Fast groups first. Every one of these must exist; bench is no test.
required="lint unit golden valgrind e2e"
groups=$required
for script in tests/*/run.sh; do
    name=$(basename "$(dirname "$script")")
    case " $groups bench " in
    *" $name "*) ;;
    *) groups="$groups $name" ;;
    esac
done

for name; do
    case " $groups " in
    *" $name "*) ;;
    *)
        echo "run.sh: no test group '$name'; there are: $groups" >&2
        exit 2
        ;;
    esac
done
[ $# -gt 0 ] && groups=$*

sh etc/packages.sh build run test chef || exit 1
sh etc/dvo/chef/install.sh >/dev/null || exit 1
echo "building release and asan in $DVO_BUILD_DIR"
if ! build release || ! build asan; then
    echo "0 passed, 1 failed"
    exit 1
fi

# The sample programs find their packages there.
sh samples/my-app/build.sh samples/packages 1.0 1.1 || exit 1

total_passed=0
total_failed=0
log=$(mktemp)
trap 'rm -f "$log" "$log.status" "$log.failed"' EXIT
trap 'exit 130' INT TERM

# A group's own summary is shown with its name, so that the one of the whole stands alone.
summary='[0-9][0-9]* passed, [0-9][0-9]* failed'
for name in $groups; do
    begin=$(date +%s)
    echo "== $name"
    {
        if [ -f "tests/$name/run.sh" ]; then
            sh "tests/$name/run.sh"
        else
            echo "tests/$name/run.sh is missing"
            false
        fi
        echo $? >"$log.status"
    } 2>&1 | tee "$log" | grep --line-buffered -v "^$summary\$"
    line=$(grep -x "$summary" "$log" | tail -n 1)
    group_passed=${line%% *}
    group_failed=${line#*, }
    group_failed=${group_failed%% *}
    : "${group_passed:=0}" "${group_failed:=0}"
    # A group that fails without naming a case, or counts nothing, has failed as a whole.
    if [ "$group_failed" -eq 0 ] &&
        { [ "$(cat "$log.status")" -ne 0 ] || [ "$group_passed" -eq 0 ]; }; then
        group_failed=1
    fi
    echo "$name: $group_passed passed, $group_failed failed ($(($(date +%s) - begin)) s)"
    [ "$group_failed" -eq 0 ] ||
        awk '/^FAILED/ {on = 1} !/^(FAILED|    )/ {on = 0} on' "$log" >>"$log.failed"
    total_passed=$((total_passed + group_passed))
    total_failed=$((total_failed + group_failed))
done

# Who sees only the end of a long log learns from it what failed first, and why.
if [ -s "$log.failed" ]; then
    echo "== failed"
    grep '^FAILED' "$log.failed" | head -n 40
    awk '/^FAILED/ && n++ {exit} {print}' "$log.failed" | head -n 40
fi
echo "$total_passed passed, $total_failed failed"
[ "$total_failed" -eq 0 ]
