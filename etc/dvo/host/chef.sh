# One tool run of Chef Infra Client: not a step, but what its sender has instead of one.
#
#     dvo_chef HOME DIGEST RECIPE CLIENT LICENSE VALUES
#
# HOME is a folder below /var/cache/dvo/chef with the cookbooks of a build, DIGEST says which;
# if they are not there, "chef send" asks for them: the size of a tar archive on a line, and
# then so many bytes. CLIENT is a program, "" finds one. LICENSE is what the user says to the
# licence question, or "". VALUES is the text of the values file. Events come as lines of
# JSON, each start waits for a line that answers it.
dvo_chef() {
    dvo_chef_begin "$4" "$6"
    dvo_chef_home=/var/cache/dvo/chef/$1
    if [ "$(cat "$dvo_chef_home/digest" 2>/dev/null)" != "$2" ]; then
        echo "chef send" >&3
        read -r DVO_SIZE || exit 1
        dvo_chef_unpack "$2" >&2 || exit 1
    fi
    cd "$dvo_chef_home" || exit 1
    dvo_chef_run "$5" --local-mode --config client.rb --override-runlist "recipe[$3]"
}

#     dvo_chef_pull CONFIG RUNLIST CLIENT LICENSE VALUES
#
# The same with the cookbooks of a server, which the machine's own configuration, the file
# CONFIG, names; if it is not there, "chef stranger" says so. RUNLIST becomes the machine's run
# list on the server: the machine writes it there with its own key.
dvo_chef_pull() {
    dvo_chef_begin "$3" "$5"
    [ -e "$1" ] || {
        echo "chef stranger" >&3
        exit 1
    }
    cd / || exit 1
    dvo_chef_run "$4" --config "$1" --runlist "$2" --once
}

# dvo_chef_begin CLIENT VALUES
dvo_chef_begin() {
    dvo_id=0
    dvo_begin
    if [ -n "$DVO_REFUSED" ]; then
        echo "chef refused" >&3
        exit 1
    fi
    # The steps of the run take this lock one by one.
    exec 8<&-
    dvo_chef_find "$1" || {
        echo "chef missing" >&3
        exit 1
    }
    (umask 077 && printf '%s' "$2" >"$DVO_TMP/values.json") || exit 1
}

# dvo_chef_find CLIENT: DVO_CHEF is the path of that program, or of one that is usual.
dvo_chef_find() {
    if [ -n "$1" ]; then
        DVO_CHEF=$(command -v "$1")
        return
    fi
    for DVO_CHEF in cinc-client chef-client /opt/cinc/bin/cinc-client \
        /opt/chef/bin/chef-client /opt/dvo/chef/bin/chef-client; do
        DVO_CHEF=$(command -v "$DVO_CHEF") && return
    done
    return 1
}

# dvo_chef_unpack DIGEST: the archive on standard input takes the place of what is there.
dvo_chef_unpack() {
    (
        umask 077
        mkdir -p "${dvo_chef_home%/*}" && rm -rf -- "$dvo_chef_home.new" &&
            mkdir -- "$dvo_chef_home.new"
    ) || return 1
    head -c "$DVO_SIZE" | tar -xf - --no-same-owner -C "$dvo_chef_home.new" || return 1
    printf '%s\n' "$1" >"$dvo_chef_home.new/digest" || return 1
    rm -rf -- "$dvo_chef_home"
    mv -T -- "$dvo_chef_home.new" "$dvo_chef_home"
}

# dvo_chef_run LICENSE ARGUMENT...: runs the client and ends. Descriptor 3 takes the events,
# standard input has the answers.
dvo_chef_run() {
    HOME=/root
    DVO_VALUES=$DVO_TMP/values.json
    DVO_EVENTS=3,4
    LANG=C.UTF-8
    LC_ALL=C.UTF-8
    export HOME DVO_VALUES DVO_EVENTS DVO_LOCKED LANG LC_ALL
    if [ -n "$1" ]; then
        CHEF_LICENSE=$1
        export CHEF_LICENSE
    fi
    shift
    "$DVO_CHEF" "$@" --no-color --no-fork 4<&0 </dev/null >"$DVO_TMP/said" 2>&1
    dvo_word=$?
    tail -c 200000 "$DVO_TMP/said" >&2
    exit "$dvo_word"
}
