# machine.authorized_key: a line of ~/.ssh/authorized_keys; a line with the same key but
# another comment or other options is replaced.
# Parameters: login, key, present.
dvo_authorized_key() {
    dvo_take 'login key present' '' "$@"
    dvo_need login key
    P_key=${P_key%"$DVO_NL"}
    case $P_key in
    *"$DVO_NL"*) dvo_fail EINVAL 'a key is one line' ;;
    esac
    dvo_key_blob=$(printf '%s\n' "$P_key" | dvo_key_find '')
    [ -n "$dvo_key_blob" ] || dvo_fail EINVAL 'not the text of a public key'
    dvo_login "$P_login"
    [ -d "$DVO_LOGIN_HOME" ] || dvo_missing "there is no home $DVO_LOGIN_HOME"
    dvo_key_dir=${DVO_LOGIN_HOME%/}/.ssh
    dvo_key_path=$dvo_key_dir/authorized_keys
    dvo_expect "$dvo_key_dir" directory
    dvo_expect "$dvo_key_path" file
    dvo_key_same=
    if [ "$DVO_KIND" = file ]; then
        dvo_key_same=$(dvo_key_find "$dvo_key_blob" <"$dvo_key_path")
    fi
    dvo_key_new=
    if dvo_flag present true; then
        dvo_key_new=$P_key$DVO_NL
        if [ -z "$dvo_key_same" ]; then
            dvo_differ 'key is missing'
        elif [ "$dvo_key_same" != "$P_key" ]; then
            dvo_differ 'key has another comment or other options'
        fi
    elif [ -n "$dvo_key_same" ]; then
        dvo_differ 'key is there'
    fi
    dvo_settle
    : >"$DVO_TMP/keys"
    if [ "$DVO_KIND" = file ]; then
        awk -v blob="$dvo_key_blob" "$DVO_KEY_AWK"' blob_of() != blob' \
            "$dvo_key_path" >"$DVO_TMP/keys" 2>"$DVO_TMP/said" || dvo_fail_said
    fi
    printf '%s' "$dvo_key_new" >>"$DVO_TMP/keys"
    if [ ! -d "$dvo_key_dir" ]; then
        dvo_owner "$DVO_LOGIN_UID" "$DVO_LOGIN_GID" 0700
        dvo_try mkdir -m 0700 -- "$dvo_key_dir"
        dvo_owner_set "$dvo_key_dir"
    fi
    # The folder belongs to the login, who could exchange it for a link at any moment: the
    # login's own rights are all that is used in it.
    P_cwd=/
    N_env=0
    (
        # shellcheck disable=SC2016 # for the other shell
        dvo_execute sh -c 'umask 077 && new=$(mktemp -- "$1.XXXXXX") && cat >"$new" &&
            mv -fT -- "$new" "$1"' sh "$dvo_key_path"
    ) <"$DVO_TMP/keys" >"$DVO_TMP/said" 2>&1 || dvo_fail_said
    dvo_changed
}

# The key itself is the first word that looks like one; comments are no keys.
# shellcheck disable=SC2016 # for awk
DVO_KEY_AWK='function blob_of(  i) {
    if ($1 !~ /^#/)
        for (i = 2; i <= NF; i++)
            if ($i ~ /^AAAA[0-9A-Za-z+\/]+=*$/)
                return $i
    return ""
}'

# dvo_key_find BLOB: the lines of standard input with that key; without one, all keys.
dvo_key_find() {
    if [ -n "$1" ]; then
        awk -v blob="$1" "$DVO_KEY_AWK"' blob_of() == blob'
    else
        awk "$DVO_KEY_AWK"' { print blob_of() }'
    fi
}
