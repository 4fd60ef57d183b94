# machine.user: a login. What is not written stays, or is the usual value when new.
# Parameters: login, uid, group, groups (list: at least these), home, shell, system,
# password (a hash), comment, present.
dvo_user() {
    dvo_take 'login uid group home shell system password comment present' groups "$@"
    dvo_name login "${P_login-}"
    dvo_user_entry=$(getent passwd "$P_login")
    if ! dvo_flag present true; then
        [ -z "$dvo_user_entry" ] || dvo_differ 'login exists'
        dvo_settle
        dvo_user_busy "$(printf '%s' "$dvo_user_entry" | cut -d: -f3)"
        dvo_account userdel -- "$P_login"
        dvo_changed
    fi
    [ -z "${P_uid-}" ] || dvo_number uid "$P_uid"
    [ -z "${P_home-}" ] || dvo_path "$P_home"
    [ -z "${P_shell-}" ] || dvo_path "$P_shell"
    case ${P_comment-}${P_password-}${P_home-}${P_shell-} in
    *"$DVO_NL"* | *:*) dvo_fail EINVAL 'a field of /etc/passwd has no colon and no newline' ;;
    esac
    dvo_user_gid=
    if [ -n "${P_group-}" ]; then
        dvo_gid "$P_group"
        dvo_user_gid=$DVO_GID
    fi
    dvo_user_groups
    if [ -z "$dvo_user_entry" ]; then
        dvo_differ 'login is missing'
        dvo_settle
        dvo_user_add
    else
        dvo_user_change
    fi
    # The hash goes through standard input: arguments are for everyone to see.
    if [ -n "${P_password-}" ] && [ "$P_password" != "$(dvo_user_hash)" ]; then
        printf '%s:%s\n' "$P_login" "$P_password" | chpasswd -e >"$DVO_TMP/said" 2>&1 ||
            dvo_fail_said
    fi
    dvo_changed
}

# dvo_user_groups: dvo_user_join are those that the login is not yet in, comma-separated.
dvo_user_groups() {
    dvo_user_join=
    dvo_words groups
    eval "set -- $DVO_WORDS"
    [ "$#" != 0 ] || return 0
    dvo_user_in=" $(id -nG -- "$P_login" 2>/dev/null) "
    for dvo_word; do
        dvo_name group "$dvo_word"
        getent group "$dvo_word" >/dev/null || dvo_missing "there is no group $dvo_word"
        case $dvo_user_in in
        *" $dvo_word "*) ;;
        *) dvo_user_join=$dvo_user_join${dvo_user_join:+,}$dvo_word ;;
        esac
    done
}

# dvo_user_busy UID: the tools of passwd(5) look for processes too, but see none of another
# login's in a container that may not trace.
dvo_user_busy() {
    if cat /proc/[0-9]*/status 2>/dev/null | grep -q "^Uid:.*$DVO_TAB$1$DVO_TAB"; then
        dvo_fail EBUSY "$P_login has running processes"
    fi
}

dvo_user_hash() {
    getent shadow "$P_login" | cut -d: -f2
}

dvo_user_add() {
    if [ -n "${P_group-}" ]; then
        set -- -N -g "$P_group"
    elif getent group "$P_login" >/dev/null; then
        set -- -N -g "$P_login"
    else
        set -- -U
    fi
    if dvo_flag system false; then
        set -- "$@" -r -s "${P_shell:-/usr/sbin/nologin}"
        [ -n "${P_home-}" ] || set -- "$@" -M
    else
        set -- "$@" -s "${P_shell:-/bin/bash}"
    fi
    if [ -n "${P_home-}" ] || ! dvo_flag system false; then
        P_home=${P_home:-/home/$P_login}
        dvo_parents "$P_home"
        set -- "$@" -m -d "$P_home"
    fi
    [ -z "${P_uid-}" ] || set -- "$@" -u "$P_uid"
    [ -z "${P_comment+1}" ] || set -- "$@" -c "$P_comment"
    [ -z "$dvo_user_join" ] || set -- "$@" -G "$dvo_user_join"
    dvo_account useradd "$@" -- "$P_login"
}

dvo_user_change() {
    IFS=: read -r dvo_word dvo_word dvo_was_uid dvo_was_gid dvo_was_comment dvo_was_home \
        dvo_was_shell <<END
$dvo_user_entry
END
    set --
    if [ "${P_uid:-$dvo_was_uid}" != "$dvo_was_uid" ]; then
        dvo_differ "uid is $dvo_was_uid"
        set -- "$@" -u "$P_uid"
    fi
    if [ "${dvo_user_gid:-$dvo_was_gid}" != "$dvo_was_gid" ]; then
        dvo_differ "group is $dvo_was_gid"
        set -- "$@" -g "$P_group"
    fi
    if [ "${P_home:-$dvo_was_home}" != "$dvo_was_home" ]; then
        dvo_differ "home is $dvo_was_home"
        set -- "$@" -d "$P_home"
    fi
    if [ "${P_shell:-$dvo_was_shell}" != "$dvo_was_shell" ]; then
        dvo_differ "shell is $dvo_was_shell"
        set -- "$@" -s "$P_shell"
    fi
    if [ "${P_comment-$dvo_was_comment}" != "$dvo_was_comment" ]; then
        dvo_differ 'comment differs'
        set -- "$@" -c "$P_comment"
    fi
    if [ -n "$dvo_user_join" ]; then
        dvo_differ "not in $dvo_user_join"
        set -- "$@" -a -G "$dvo_user_join"
    fi
    if [ -n "${P_password-}" ] && [ "$P_password" != "$(dvo_user_hash)" ]; then
        dvo_differ 'password differs'
    fi
    dvo_settle
    case " $* " in
    *' -u '* | *' -d '*) dvo_user_busy "$dvo_was_uid" ;;
    esac
    [ "$#" = 0 ] || dvo_account usermod "$@" -- "$P_login"
}
