#!/bin/sh
# From a fresh Debian machine to an application that answers: installs what is missing, builds,
# prepares the embedded provider, builds and runs samples/app.dvo. May be repeated.
#
#   quickstart.sh [--with-chef]   with Chef Infra Client, here and in a machine image
set -eu

case $#,${1:-} in
0,) chef= ;;
1,--with-chef) chef=chef ;;
*)
    echo "usage: quickstart.sh [--with-chef]" >&2
    exit 2
    ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
build=${DVO_BUILD_DIR:-$root/.build}/release

failed() {
    status=$?
    [ "$status" -eq 0 ] || echo "quickstart: FAILED, see the messages above" >&2
}
trap failed EXIT

step() {
    printf '\n==> %s\n' "$*"
}

step "Installing what is missing (apt)"
# shellcheck disable=SC2086 # a section or none
sh etc/packages.sh build run $chef

step "Building dvoc and dvo-run in $build"
[ -f "$build/build.ninja" ] || cmake -S . --preset release -B "$build" >/dev/null
cmake --build "$build" --target dvoc dvo-run >/dev/null
"$build/dvoc" --version

step "Building the sample application's packages in samples/packages"
sh samples/my-app/build.sh samples/packages 1.0 1.1
ls samples/packages

step "Preparing the embedded provider: its service and the machine image"
bash etc/dvo/engine/podman.sh start >/dev/null
bash etc/dvo/engine/image.sh

if [ -n "$chef" ]; then
    step "Installing Chef Infra Client, and making the machine image that has it"
    sh etc/dvo/chef/install.sh
    bash etc/dvo/engine/image.sh chef
fi

step "dvoc run samples/app.dvo"
cat samples/app.dvo
echo
"$build/dvoc" run samples/app.dvo

step "Asking the application"
# The machine's address, as the provider knows it.
eval "$(bash etc/dvo/engine/podman.sh start | grep '^socket=')"
address=$(curl -sS --unix-socket "${socket:?}" -G http://podman/v4.0.0/libpod/containers/json \
    --data-urlencode 'filters={"label":["dvo.name=machine"]}' |
    sed -n 's/.*"Id":"\([0-9a-f]*\)".*/\1/p')
address=$(curl -sS --unix-socket "$socket" \
    "http://podman/v4.0.0/libpod/containers/${address:?}/json" |
    sed -n 's/.*"IPAddress":"\([0-9.][0-9.]*\)".*/\1/p')
echo "curl http://${address:?}:8080/"
curl -sS --retry 20 --retry-connrefused --retry-delay 1 "http://$address:8080/"

printf '\nquickstart: OK. Next: "%s" preview samples/app.dvo\n' "$build/dvoc"
