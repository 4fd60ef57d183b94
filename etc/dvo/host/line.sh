# machine.line: a line of a text file; owner, mode and links of the file stay.
# Parameters: path, line, match (a POSIX extended regular expression), present.
dvo_line() {
    dvo_take 'path line match present' '' "$@"
    dvo_need path
    dvo_path "$P_path"
    case ${P_line-}${P_match-} in
    *"$DVO_NL"*) dvo_fail EINVAL 'a line has no newline in it' ;;
    esac
    # Patterns go through files: a line may be longer than any argument.
    printf '%s\n' "${P_line-}" >"$DVO_TMP/line"
    printf '%s\n' "${P_match-}" >"$DVO_TMP/match"
    dvo_line_real=$P_path
    if [ -L "$P_path" ]; then
        dvo_line_real=$(readlink -fn -- "$P_path" && echo .) ||
            dvo_fail EINVAL "$P_path is a link that leads nowhere"
        dvo_line_real=${dvo_line_real%.}
    fi
    dvo_expect "$dvo_line_real" file
    if ! dvo_flag present true; then
        dvo_line_remove
    fi
    [ -n "${P_line+1}" ] || dvo_fail EINVAL 'line is missing'
    if [ "$DVO_KIND" = none ]; then
        dvo_differ 'file is missing'
        dvo_settle
        dvo_owner root root 0644
        dvo_temp "$dvo_line_real"
        dvo_write "$P_line$DVO_NL"
        dvo_swap "$dvo_line_real"
        dvo_changed
    fi
    grep -qaxF -f "$DVO_TMP/line" -- "$dvo_line_real" && dvo_same
    dvo_line_at=
    if [ -n "${P_match-}" ]; then
        dvo_line_at=$(dvo_line_matches) || exit
    fi
    case $dvo_line_at in
    '') dvo_differ 'line is missing' ;;
    *"$DVO_NL"*)
        dvo_fail EINVAL "several lines match: $(head -n 10 "$DVO_TMP/found" | cut -c 1-200)"
        ;;
    *) dvo_differ "line $dvo_line_at is replaced" ;;
    esac
    dvo_settle
    dvo_line_temp
    if [ -n "$dvo_line_at" ]; then
        {
            head -n "$((dvo_line_at - 1))" -- "$dvo_line_real"
            cat "$DVO_TMP/line"
            tail -n "+$((dvo_line_at + 1))" -- "$dvo_line_real"
        } 2>"$DVO_TMP/said" >"$DVO_NEW" || dvo_fail_said
    else
        {
            cat -- "$dvo_line_real"
            # A last line that was never ended must not swallow ours.
            [ "$(tail -c 1 -- "$dvo_line_real" | wc -l)" = 1 ] || [ ! -s "$dvo_line_real" ] || echo
            cat "$DVO_TMP/line"
        } 2>"$DVO_TMP/said" >"$DVO_NEW" || dvo_fail_said
    fi
    dvo_line_put
    dvo_changed
}

dvo_line_remove() {
    [ "$DVO_KIND" = file ] || dvo_same
    [ -n "${P_line+1}${P_match-}" ] || dvo_fail EINVAL 'line or match is needed'
    if [ -n "${P_line+1}" ] && grep -qaxF -f "$DVO_TMP/line" -- "$dvo_line_real"; then
        dvo_differ 'line is there'
    fi
    if [ -n "${P_match-}" ]; then
        dvo_line_at=$(dvo_line_matches) || exit
        [ -z "$dvo_line_at" ] || dvo_differ 'a matching line is there'
    fi
    dvo_settle
    dvo_line_temp
    # grep answers 1 when nothing is left over, which is no failure here.
    if [ -n "${P_line+1}" ]; then
        grep -avxF -f "$DVO_TMP/line" -- "$dvo_line_real" >"$DVO_NEW" 2>"$DVO_TMP/said"
    else
        cat -- "$dvo_line_real" >"$DVO_NEW" 2>"$DVO_TMP/said"
    fi
    [ "$?" -le 1 ] || dvo_fail_said
    if [ -n "${P_match-}" ]; then
        cp -- "$DVO_NEW" "$DVO_TMP/rest"
        grep -avE -f "$DVO_TMP/match" -- "$DVO_TMP/rest" >"$DVO_NEW" 2>"$DVO_TMP/said"
        [ "$?" -le 1 ] || dvo_fail_said
    fi
    dvo_line_put
    dvo_changed
}

# dvo_line_matches: the numbers of the lines that match.
dvo_line_matches() {
    grep -naE -f "$DVO_TMP/match" -- "$dvo_line_real" >"$DVO_TMP/found" 2>"$DVO_TMP/said"
    [ "$?" -le 1 ] || dvo_fail EINVAL "match: $(cat "$DVO_TMP/said")"
    cut -d: -f1 "$DVO_TMP/found"
}

# dvo_line_temp, dvo_line_put: the new text takes the place of the file, with its owner and
# mode; a file of several names is rewritten in place, because those are links too.
dvo_line_temp() {
    dvo_line_stat=$(stat -c '%u %g %a %h' -- "$dvo_line_real")
    # shellcheck disable=SC2086 # four numbers
    set -- $dvo_line_stat
    DVO_UID=$1
    DVO_GID=$2
    DVO_MODE=$((0$3))
    dvo_line_names=$4
    dvo_temp "$dvo_line_real"
}

dvo_line_put() {
    if [ "$dvo_line_names" = 1 ]; then
        dvo_swap "$dvo_line_real"
    else
        cat -- "$DVO_NEW" 2>"$DVO_TMP/said" >"$dvo_line_real" || dvo_fail_said
    fi
}
