# Step library: files that somebody else writes too. Their owner, mode and links stay.

# dvo_edit_begin PATH: DVO_REAL is the file that it leads to; DVO_KIND as dvo_expect.
dvo_edit_begin() {
    dvo_path "$1"
    DVO_REAL=$1
    if [ -L "$1" ]; then
        DVO_REAL=$(readlink -fn -- "$1" && echo .) ||
            dvo_fail EINVAL "$1 is a link that leads nowhere"
        DVO_REAL=${DVO_REAL%.}
    fi
    dvo_expect "$DVO_REAL" file
}

# dvo_edit_temp: DVO_NEW as dvo_temp, with owner and mode of what is there.
dvo_edit_temp() {
    DVO_NAMES=1
    if [ "$DVO_KIND" = none ]; then
        dvo_owner root root 0644
    else
        dvo_edit_stat=$(stat -c '%u %g %a %h' -- "$DVO_REAL")
        # shellcheck disable=SC2086 # four numbers
        set -- $dvo_edit_stat
        DVO_UID=$1
        DVO_GID=$2
        DVO_MODE=$((0$3))
        DVO_NAMES=$4
    fi
    dvo_temp "$DVO_REAL"
}

# dvo_edit_append FILE: into DVO_NEW, what is there and that behind it.
dvo_edit_append() {
    {
        if [ "$DVO_KIND" = file ]; then
            cat -- "$DVO_REAL"
            # A last line that was never ended must not swallow ours.
            [ "$(tail -c 1 -- "$DVO_REAL" | wc -l)" = 1 ] || [ ! -s "$DVO_REAL" ] || echo
        fi
        cat "$1"
    } 2>"$DVO_TMP/said" >"$DVO_NEW" || dvo_fail_said
}

# dvo_edit_replace FROM TO FILE: into DVO_NEW, with that instead of the lines FROM to TO.
dvo_edit_replace() {
    {
        head -n "$(($1 - 1))" -- "$DVO_REAL"
        cat "$3"
        tail -n "+$(($2 + 1))" -- "$DVO_REAL"
    } 2>"$DVO_TMP/said" >"$DVO_NEW" || dvo_fail_said
}

# dvo_edit_put: DVO_NEW takes the place of DVO_REAL; a file of several names is rewritten in
# place, because those are links too.
dvo_edit_put() {
    if [ "$DVO_NAMES" = 1 ]; then
        dvo_swap "$DVO_REAL"
    else
        cat -- "$DVO_NEW" 2>"$DVO_TMP/said" >"$DVO_REAL" || dvo_fail_said
    fi
}

# dvo_edit_validated WORD...: dvo_edit_put if the test passes. It sees the new file under the
# name that replaces %s. Without %s it sees it in its place, and what was there comes back if
# the test fails.
dvo_edit_validated() {
    dvo_edit_inside=1
    dvo_edit_count=$#
    while [ "$dvo_edit_count" -gt 0 ]; do
        dvo_edit_word=$1
        shift
        dvo_edit_done=
        while [ "$dvo_edit_word" != "${dvo_edit_word#*%s}" ]; do
            dvo_edit_inside=
            dvo_edit_done=$dvo_edit_done${dvo_edit_word%%%s*}$DVO_NEW
            dvo_edit_word=${dvo_edit_word#*%s}
        done
        set -- "$@" "$dvo_edit_done$dvo_edit_word"
        dvo_edit_count=$((dvo_edit_count - 1))
    done
    if [ -z "$dvo_edit_inside" ]; then
        "$@" >"$DVO_TMP/said" 2>&1 || dvo_edit_refused $?
        dvo_edit_put
        return
    fi
    dvo_edit_old=
    if [ "$DVO_KIND" = file ]; then
        dvo_edit_old=$DVO_NEW.old
        trap 'rm -f -- "$DVO_NEW" "$dvo_edit_old"' EXIT
        if [ "$DVO_NAMES" = 1 ]; then
            dvo_try ln -T -- "$DVO_REAL" "$dvo_edit_old"
        else
            dvo_try cp -p -- "$DVO_REAL" "$dvo_edit_old"
        fi
    fi
    dvo_edit_put
    "$@" >"$DVO_TMP/said" 2>&1 && return
    dvo_edit_status=$?
    if [ -z "$dvo_edit_old" ]; then
        rm -f -- "$DVO_REAL"
    elif [ "$DVO_NAMES" = 1 ]; then
        mv -fT -- "$dvo_edit_old" "$DVO_REAL"
    else
        cat -- "$dvo_edit_old" >"$DVO_REAL"
    fi
    dvo_edit_refused "$dvo_edit_status"
}

# dvo_edit_refused STATUS: how the test ended.
dvo_edit_refused() {
    dvo_edit_said=$(tail -c 2000 "$DVO_TMP/said")
    dvo_fail EINVAL "validate refused the content: ${dvo_edit_said:-it ended with status $1}"
}
