#!/bin/bash
# The samples, and a program of every call, through each backend on machines that are alike: the
# second run finds nothing to do, and the machines are the same afterwards. `backends.sh
# PROGRAM...` takes some only.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
bash etc/dvo/engine/image.sh chef || exit 1

# Whoever runs the tests has the licence of Chef accepted for them.
export DVO_CHEF_LICENSE=accept-no-persist
export DVO_SECRET_SHOP_TOKEN='tok-{{ 1 }}#{2}'
# shellcheck disable=SC2016 # a password hash
export DVO_SECRET_APP_HASH='$6$salt$hash'
backends='ansible chef api'

# folder PROGRAM BACKEND: its folder, made the first time.
folder() {
    local folder=$work/$1-$2
    if [ ! -d "$folder" ]; then
        cp -r samples "$folder"
        mkdir -p "$folder/etc/dvo/providers"
        echo "backends: {default: $2}" >>"$folder/etc/dvo/dvo.yaml"
        # One image for all, so that only the backend differs.
        echo 'images: {DEFAULT: debian-12-chef}' >"$folder/etc/dvo/providers/local.yaml"
        [ -e "$folder/$1.dvo" ] || cp "tests/e2e/$1.dvo" "$folder"
        cp -r "$work/site" "$folder/site"
    fi
    echo "$folder"
}

# The project of a program and backend: keys of machines hold only short ones as they are.
project_of() {
    echo "$project-${1:0:3}-${2:0:2}"
}

# carry PROGRAM BACKEND [OPTION...]: runs it twice.
carry() {
    local program=$1 backend=$2 folder
    folder=$(folder "$1" "$2")
    shift 2
    cd "$folder" || return
    timeout 900 "$bin/dvoc" run --project "$(project_of "$program" "$backend")" "$program.dvo" "$@" &&
        timeout 900 "$bin/dvo-run" "build/$program" >again 2>&1 && grep -q '^nothing changed' again
    local status=$?
    cat again
    return $status
}

# shots PROGRAM BACKEND: one snapshot per machine, under its name.
shots() {
    local id name
    api GET '/containers/json?all=true' | jq -r --arg key "dvo:$(project_of "$1" "$2"):" '.[] |
        select(.Labels["dvo.key"] // "" | startswith($key)) | "\(.Id) \(.Labels["dvo.name"])"' |
        while read -r id name; do
            remote "$id" sh -s <tests/e2e/snapshot.sh | sort >"$work/shot-$1-$name-$2"
        done
    compgen -G "$work/shot-$1-*-$2" >/dev/null
}

# Differences that have a reason: the bookkeeping of the tools.
#   Ansible and Chef: their modules and cookbooks are below /var/cache and /root, left out above.
same() {
    local shot backend other status=0
    for shot in "$work/shot-$1-"*-api; do
        for backend in ansible chef; do
            other=${shot%-api}-$backend
            diff "$shot" "$other" >"$work/diff" && continue
            echo "api (<) and $backend (>), ${shot##*/}:"
            cat "$work/diff"
            status=1
        done
    done
    return $status
}

# all PROGRAM [OPTION...]: the three at once.
all() {
    local program=$1 backend status=0 pid pids=
    shift
    for backend in $backends; do
        carry "$program" "$backend" "$@" >"$work/$program-$backend.log" 2>&1 &
        pids="$pids $!"
    done
    for pid in $pids; do
        wait "$pid" || status=1
    done
    for backend in $backends; do
        cat "$work/$program-$backend.log"
        shots "$program" "$backend" || status=1
    done
    return $status
}

gone() {
    for id in $(machines); do
        api DELETE "/containers/$id?force=true&timeout=0&v=true" >/dev/null
    done
}

sh samples/my-app/build.sh samples/packages 1.0 1.1 || exit 1
mkdir -p "$work/site/bin" "$work/www"
echo '<h1>Hallo</h1>' >"$work/site/index.html"
ln -s index.html "$work/site/home.html"
printf '#!/bin/sh\necho ran\n' >"$work/site/bin/run"
chmod 0755 "$work/site/bin/run"
echo hi >"$work/www/hi"
python3 -u -m http.server --bind 127.0.0.1 --directory "$work/www" 0 >"$work/server" 2>&1 &
server=$!
trap 'kill $server; clean' EXIT
until_true grep -q 'port [0-9]' "$work/server"
url=http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$work/server")/hi

[ $# -gt 0 ] || set -- app web param system calls
for program in "$@"; do
    case $program in
    param) options='--set replicas=1' ;;
    calls) options="--set url=$url" ;;
    *) options= ;;
    esac
    # shellcheck disable=SC2086 # a list of words
    check "backends/$program" all "$program" $options
    check "backends/$program-same" same "$program"
    gone
done
counted
