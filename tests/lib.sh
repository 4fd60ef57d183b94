# shellcheck shell=sh
# Common to the test scripts. The caller has set `root` to the project's folder.
#
# DVO_BUILD_DIR  holds the builds: release/ and asan/ (default: .build in the project)
# DVOC           the compiler under test, where the group uses only one (default: asan's)

: "${root:?}"
: "${DVO_BUILD_DIR:=$root/.build}"
case $DVO_BUILD_DIR in
/*) ;;
*) DVO_BUILD_DIR=$(pwd)/$DVO_BUILD_DIR ;;
esac
export DVO_BUILD_DIR

# Sanitizer reports must never look like an ordinary failure of the program.
SANITIZER_STATUS=99
ASAN_OPTIONS=exitcode=$SANITIZER_STATUS:detect_stack_use_after_return=1
UBSAN_OPTIONS=exitcode=$SANITIZER_STATUS:print_stacktrace=1
LSAN_OPTIONS=exitcode=$SANITIZER_STATUS
export SANITIZER_STATUS ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS

# Debian's interpreter: others in PATH may lack the packages the tests need.
PYTHON=/usr/bin/python3
export PYTHON

# build VARIANT: configures once and builds one preset of CMakePresets.json. Quiet unless
# it fails.
build() {
    build_log=$DVO_BUILD_DIR/$1.log
    mkdir -p "$DVO_BUILD_DIR"
    if ! { [ -f "$DVO_BUILD_DIR/$1/build.ninja" ] ||
        cmake -S "$root" --preset "$1" -B "$DVO_BUILD_DIR/$1"; } >"$build_log" 2>&1 ||
        ! cmake --build "$DVO_BUILD_DIR/$1" --parallel "$(nproc)" >>"$build_log" 2>&1
    then
        cat "$build_log" >&2
        echo "build of '$1' failed" >&2
        return 1
    fi
}

# use_dvoc: DVOC is the compiler under test.
use_dvoc() {
    if [ -z "${DVOC:-}" ]; then
        build asan || exit 1
        DVOC=$DVO_BUILD_DIR/asan/dvoc
    fi
    export DVOC
}

# Counting cases in shell: `ok`, or `not_ok NAME [LOG]`; `counted` as the last command.
passed=0
failed=0
ok() {
    passed=$((passed + 1))
}
not_ok() {
    failed=$((failed + 1))
    echo "FAILED $1"
    [ $# -lt 2 ] || sed 's/^/    /' "$2"
}
counted() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
