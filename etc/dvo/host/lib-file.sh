# Step library: paths, owners, and the one way in which files are replaced.

# dvo_path TEXT: an absolute path with nothing to interpret in it.
dvo_path() {
    case $1 in
    *//* | */./* | */../* | */. | */.. | ?*/ | [!/]* | '')
        dvo_fail EINVAL "not a plain absolute path: $1"
        ;;
    esac
}

# dvo_kind PATH: DVO_KIND is none, file, directory, link or special.
dvo_kind() {
    if [ -L "$1" ]; then
        DVO_KIND=link
    elif [ -f "$1" ]; then
        DVO_KIND=file
    elif [ -d "$1" ]; then
        DVO_KIND=directory
    elif [ -e "$1" ]; then
        DVO_KIND=special
    else
        DVO_KIND=none
    fi
}

# dvo_expect PATH KIND: nothing or that kind is there, else EINVAL; DVO_KIND as dvo_kind.
dvo_expect() {
    dvo_path "$1"
    dvo_kind "$1"
    case $DVO_KIND in
    "$2" | none) ;;
    *) dvo_fail EINVAL "$1 is a $DVO_KIND, not a $2" ;;
    esac
    [ "$DVO_KIND" = "$2" ] || dvo_ancestor "$1"
}

# dvo_ancestor PATH: its nearest existing ancestor must be a directory.
dvo_ancestor() {
    set -- "${1%/*}"
    [ -n "$1" ] && [ ! -d "$1" ] || return 0
    if [ -e "$1" ] || [ -L "$1" ]; then
        dvo_fail EINVAL "$1 is not a directory"
    fi
    dvo_ancestor "$1"
}

# dvo_parents PATH: makes the missing ones, root:root 0755 even below a setgid directory.
dvo_parents() {
    set -- "${1%/*}"
    [ -n "$1" ] && [ ! -d "$1" ] || return 0
    dvo_parents "$1"
    dvo_try mkdir -m 0755 -- "$1"
    [ "$(id -u)" != 0 ] || dvo_try chown 0:0 -- "$1"
    dvo_try chmod 00755 -- "$1"
}

# dvo_uid LOGIN, dvo_gid GROUP: DVO_UID, DVO_GID; names or numbers.
dvo_uid() {
    DVO_UID=0
    if [ "$1" = root ]; then
        [ -z "${DVO_LOCAL-}" ] || DVO_UID=$(id -u)
        return 0
    fi
    dvo_name owner "$1"
    DVO_UID=$(getent passwd "$1" | cut -d: -f3)
    [ -z "$DVO_UID" ] || return 0
    case $1 in
    *[!0-9]*) dvo_missing "there is no login $1" ;;
    esac
    DVO_UID=$1
}

dvo_gid() {
    DVO_GID=0
    if [ "$1" = root ]; then
        [ -z "${DVO_LOCAL-}" ] || DVO_GID=$(id -g)
        return 0
    fi
    dvo_name group "$1"
    DVO_GID=$(getent group "$1" | cut -d: -f3)
    [ -z "$DVO_GID" ] || return 0
    case $1 in
    *[!0-9]*) dvo_missing "there is no group $1" ;;
    esac
    DVO_GID=$1
}

# dvo_owner_login LOGIN: DVO_UID and DVO_GID, the group that is his first one; no mode.
dvo_owner_login() {
    dvo_owner "$1" '' ''
    DVO_GID=$(getent passwd "$DVO_UID" | cut -d: -f4)
    DVO_GID=${DVO_GID:-0}
}

# dvo_owner OWNER GROUP MODE: resolves all three, empty ones stay empty.
dvo_owner() {
    DVO_UID=
    DVO_GID=
    DVO_MODE=
    [ -z "$1" ] || dvo_uid "$1"
    [ -z "$2" ] || dvo_gid "$2"
    case $3 in
    '') ;;
    *[!0-7]* | ?????*) dvo_fail EINVAL "not a mode: $3" ;;
    *) DVO_MODE=$((0$3)) ;;
    esac
}

# dvo_owner_differs PATH: compares with what dvo_owner resolved.
dvo_owner_differs() {
    dvo_stat=$(stat -c '%u %g %a' -- "$1")
    dvo_was_mode=${dvo_stat##* }
    dvo_was_gid=${dvo_stat#* }
    dvo_was_gid=${dvo_was_gid% *}
    dvo_was_uid=${dvo_stat%% *}
    if [ "${DVO_UID:-$dvo_was_uid}" != "$dvo_was_uid" ]; then
        dvo_differ "owner $dvo_was_uid becomes $DVO_UID"
    fi
    if [ "${DVO_GID:-$dvo_was_gid}" != "$dvo_was_gid" ]; then
        dvo_differ "group $dvo_was_gid becomes $DVO_GID"
    fi
    if [ -n "$DVO_MODE" ] && [ "$DVO_MODE" != "$((0$dvo_was_mode))" ]; then
        dvo_differ "mode 0$dvo_was_mode becomes $(printf '%04o' "$DVO_MODE")"
    fi
}

# dvo_owner_set PATH...: mode last, because a new owner clears setuid; in five digits,
# because chmod leaves setgid of a directory alone otherwise.
dvo_owner_set() {
    if [ -n "$DVO_UID$DVO_GID" ]; then
        dvo_try chown -h "$DVO_UID${DVO_GID:+:$DVO_GID}" -- "$@"
    fi
    if [ -n "$DVO_MODE" ]; then
        dvo_try chmod "$(printf '%05o' "$DVO_MODE")" -- "$@"
    fi
}

# dvo_below_differs PATH, dvo_below_set PATH: owner and mode of everything below a
# directory; links themselves have an owner but no mode and are never followed.
dvo_below_differs() {
    set -- "$1" "$(dvo_below_find "$1" -print -quit)"
    [ -z "$2" ] || dvo_differ "owner or mode differs at ${2#"$1"/}"
}

dvo_below_set() {
    if [ -n "$DVO_UID$DVO_GID" ]; then
        dvo_try find "$1" -mindepth 1 -exec \
            chown -h "$DVO_UID${DVO_GID:+:$DVO_GID}" -- {} +
    fi
    if [ -n "$DVO_MODE" ]; then
        dvo_try find "$1" -mindepth 1 -depth ! -type l -exec \
            chmod "$(printf '%05o' "$DVO_MODE")" -- {} +
    fi
}

dvo_below_find() {
    dvo_below_path=$1
    shift
    set -- -false ')' "$@"
    [ -z "$DVO_MODE" ] || set -- ! -type l ! -perm "$(printf '%04o' "$DVO_MODE")" -o "$@"
    [ -z "$DVO_GID" ] || set -- ! -gid "$DVO_GID" -o "$@"
    [ -z "$DVO_UID" ] || set -- ! -uid "$DVO_UID" -o "$@"
    find "$dvo_below_path" -mindepth 1 '(' "$@"
}

# dvo_temp PATH: DVO_NEW is an empty file beside it that already has the owner and mode
# resolved by dvo_owner, so that no byte is ever readable by others. Removed if not used.
dvo_temp() {
    dvo_parents "$1"
    DVO_NEW=$(mktemp -- "${1%/*}/.dvo.XXXXXX" 2>"$DVO_TMP/said") || dvo_fail_said
    trap 'rm -f -- "$DVO_NEW"' EXIT
    dvo_owner_set "$DVO_NEW"
}

# dvo_write TEXT: into DVO_NEW, without leaving the shell unless it fails.
dvo_write() {
    printf '%s' "$1" >"$DVO_NEW" && return 0
    printf '%s' "$1" | cat 2>"$DVO_TMP/said" >"$DVO_NEW" || dvo_fail_said
}

# dvo_swap PATH: DVO_NEW takes its place in one step.
dvo_swap() {
    dvo_try mv -fT -- "$DVO_NEW" "$1"
}

# dvo_text_differs PATH TEXT
dvo_text_differs() {
    if ! printf '%s' "$2" | cmp -s -- - "$1"; then
        dvo_differ 'content differs'
    fi
}

# dvo_ours PATH TEXT MODE: compares a file that belongs to root as a whole.
dvo_ours() {
    dvo_expect "$1" file
    if [ "$DVO_KIND" = none ]; then
        dvo_differ "${1##*/} is missing"
    else
        dvo_owner root root "$3"
        dvo_owner_differs "$1"
        dvo_text_differs "$1" "$2"
    fi
}

# dvo_ours_write PATH TEXT MODE
dvo_ours_write() {
    dvo_owner root root "$3"
    dvo_temp "$1"
    dvo_write "$2"
    dvo_swap "$1"
}
