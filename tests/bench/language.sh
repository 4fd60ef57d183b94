#!/bin/sh
# Measures the language: `sh tests/bench/language.sh [PART...]`, of evaluator, parser and ops.
# What is measured and which limits hold stands in language.py. The machine need not be
# quiet: only CPU time is compared.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"

sh "$root/etc/packages.sh" bench || exit 1
build release || exit 1
bin=$DVO_BUILD_DIR/release
cmake --build "$bin" --target bench_stage >"$DVO_BUILD_DIR/bench.log" 2>&1 || {
    cat "$DVO_BUILD_DIR/bench.log" >&2
    exit 1
}
# Debian's sources only; nothing is fetched.
GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOPROXY=off \
    go build -o "$DVO_BUILD_DIR/starlark-go" "$root/tests/bench/language/starlark.go" || exit 1

exec "$PYTHON" "$root/tests/bench/language.py" --dvoc "$bin/dvoc" \
    --stage "$bin/tests/bench/bench_stage" --starlark "$DVO_BUILD_DIR/starlark-go" "$@"
