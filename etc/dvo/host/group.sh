# machine.group: Parameters: group, gid, system, present.
dvo_group() {
    dvo_take 'group gid system present' '' "$@"
    dvo_name group "${P_group-}"
    dvo_group_was=$(getent group "$P_group" | cut -d: -f3)
    if ! dvo_flag present true; then
        [ -z "$dvo_group_was" ] || dvo_differ 'group exists'
        dvo_settle
        dvo_account groupdel -- "$P_group"
        dvo_changed
    fi
    [ -z "${P_gid-}" ] || dvo_number gid "$P_gid"
    if [ -z "$dvo_group_was" ]; then
        dvo_differ 'group is missing'
    elif [ "${P_gid:-$dvo_group_was}" != "$dvo_group_was" ]; then
        dvo_differ "gid is $dvo_group_was"
    fi
    dvo_settle
    set -- ${P_gid:+-g "$P_gid"}
    if [ -n "$dvo_group_was" ]; then
        dvo_account groupmod "$@" -- "$P_group"
    elif dvo_flag system false; then
        dvo_account groupadd -r "$@" -- "$P_group"
    else
        dvo_account groupadd "$@" -- "$P_group"
    fi
    dvo_changed
}

# dvo_account COMMAND...: one of the tools of passwd(5), with their exit statuses.
dvo_account() {
    "$@" >"$DVO_TMP/said" 2>&1 && return 0
    case $? in
    2 | 3) DVO_ERRNO=EINVAL ;;
    4 | 9) DVO_ERRNO=EEXIST ;;
    6) DVO_ERRNO=ENOENT ;;
    1 | 8) DVO_ERRNO=EBUSY ;;
    *) dvo_fail_said ;;
    esac
    dvo_fail "$DVO_ERRNO" "$(tail -c 2000 "$DVO_TMP/said")"
}
