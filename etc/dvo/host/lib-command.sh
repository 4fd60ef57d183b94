# Step library: commands of the user, run byte for byte as a login with exactly the
# environment that was promised.

# dvo_login NAME: DVO_LOGIN_{UID,GID,HOME,SHELL}.
dvo_login() {
    dvo_name login "$1"
    dvo_entry=$(getent passwd "$1") || dvo_missing "there is no login $1"
    IFS=: read -r dvo_word dvo_word DVO_LOGIN_UID DVO_LOGIN_GID dvo_word DVO_LOGIN_HOME \
        DVO_LOGIN_SHELL <<END
$dvo_entry
END
}

# dvo_command_check: the parameters argv, cwd, env, login and success as the others expect
# them; sets defaults.
dvo_command_check() {
    [ -n "${P_argv_1-}" ] || dvo_fail EINVAL 'argv is empty'
    P_cwd=${P_cwd-/}
    [ "$P_cwd" = / ] || dvo_path "$P_cwd"
    P_login=${P_login-root}
    [ "$P_login" != root ] || [ -z "${DVO_LOCAL-}" ] || P_login=$(id -un)
    dvo_login "$P_login"
    dvo_words env
    eval "set -- $DVO_WORDS"
    for dvo_word; do
        dvo_variable "${dvo_word%%=*}"
    done
    dvo_words success
    eval "set -- $DVO_WORDS"
    for dvo_word; do
        dvo_number success "$dvo_word"
    done
    DVO_SUCCESS=" ${*:-0} "
    [ -d "$P_cwd" ] || dvo_missing "there is no directory $P_cwd"
}

# dvo_execute WORD...: becomes the command. Called in a subshell.
dvo_execute() {
    cd -- "$P_cwd" || exit 126
    set -- -- "$@"
    if [ "$DVO_LOGIN_UID" != 0 ]; then
        dvo_execute_path ENV_PATH /usr/local/bin:/usr/bin:/bin
    else
        dvo_execute_path ENV_SUPATH "$PATH"
    fi
    if [ "$(id -u)" = 0 ]; then
        set -- --reuid "$DVO_LOGIN_UID" --regid "$DVO_LOGIN_GID" --init-groups "$@"
    elif [ "$(id -u)" != "$DVO_LOGIN_UID" ]; then
        echo 'Operation not permitted: only root may run as another login' >&2
        exit 126
    fi
    set -- "$(command -v setpriv)" "$@"
    [ -z "${DVO_TIMEOUT-}" ] || set -- "$(command -v timeout)" -k 5 "$DVO_TIMEOUT" "$@"
    dvo_words env
    unset LC_ALL PWD OLDPWD http_proxy https_proxy no_proxy DVO_CHECK DVO_LOCKED DVO_LOCAL
    export "PATH=$DVO_PATH" "HOME=$DVO_LOGIN_HOME" "USER=$P_login" \
        "LOGNAME=$P_login" "SHELL=${DVO_LOGIN_SHELL:-/bin/sh}" LANG=C.UTF-8
    # All words are expanded before the first is set: no name can change a later one.
    eval "export LANG $DVO_WORDS"
    exec "$@"
}

# dvo_execute_path KEY DEFAULT: the PATH that logging in would give.
dvo_execute_path() {
    DVO_PATH=$(sed -n "s/^$1[[:blank:]]*\\(PATH=\\)*//p" /etc/login.defs 2>/dev/null)
    DVO_PATH=${DVO_PATH:-$2}
}

# dvo_guard KEY: does the command of that list succeed? One that does not exist fails.
dvo_guard() {
    dvo_words "$1"
    eval "(dvo_execute $DVO_WORDS)" </dev/null >/dev/null 2>&1
}

# dvo_capture: runs argv; DVO_STATUS, and the values stdout, stderr and status. Its output
# passes through pipes, because a file would let it fill the memory; what a daemon of it
# still holds open after it ended is not waited for.
dvo_capture() {
    mkfifo "$DVO_TMP/out" "$DVO_TMP/err"
    for dvo_word in out err; do
        (
            # 512 bytes more than what is kept, and each as soon as it comes.
            (trap '' XFSZ && ulimit -f 2049 && exec cat >"$DVO_TMP/std$dvo_word")
            : >"$DVO_TMP/$dvo_word.end"
            exec cat >/dev/null
        ) <"$DVO_TMP/$dvo_word" >/dev/null 2>&1 &
    done
    dvo_words argv
    if [ -n "${P_stdin+1}" ]; then
        printf '%s' "$P_stdin" |
            (eval "dvo_execute $DVO_WORDS") >"$DVO_TMP/out" 2>"$DVO_TMP/err"
    else
        (eval "dvo_execute $DVO_WORDS") >"$DVO_TMP/out" 2>"$DVO_TMP/err"
    fi
    DVO_STATUS=$?
    dvo_waits=0
    until [ -e "$DVO_TMP/out.end" ] && [ -e "$DVO_TMP/err.end" ]; do
        [ "$dvo_waits" -lt 50 ] || break
        sleep 0.01
        dvo_waits=$((dvo_waits + 1))
    done
    for dvo_word in stdout stderr; do
        mv "$DVO_TMP/$dvo_word" "$DVO_TMP/said"
        if [ "$(stat -c %s "$DVO_TMP/said")" -gt 1048576 ]; then
            truncate -s 1048576 "$DVO_TMP/said"
            dvo_differ "$dvo_word cut at 1 MiB"
        fi
        dvo_value_text "$dvo_word" "$DVO_TMP/said"
    done
    rm -f "$DVO_TMP/out" "$DVO_TMP/err" "$DVO_TMP/out.end" "$DVO_TMP/err.end"
    dvo_value status "$DVO_STATUS"
}

# dvo_judge: it ended in time, and the status must be one of `success`, else the step fails with its stderr.
dvo_judge() {
    case ${DVO_TIMEOUT-}:$DVO_STATUS in
    ?*:124 | ?*:137) dvo_fail ETIMEDOUT "ended after the $DVO_TIMEOUT seconds given to it" ;;
    esac
    case $DVO_SUCCESS in
    *" $DVO_STATUS "*) return 0 ;;
    esac
    dvo_said=$(tail -c 2000 "$DVO_TMP/said")
    case $DVO_STATUS:$dvo_said in
    127:'setpriv: failed to execute '*) dvo_fail ENOENT "$dvo_said" ;;
    126:*) dvo_errno "$dvo_said" ;;
    *) DVO_ERRNO=EUNKNOWN ;;
    esac
    dvo_fail "$DVO_ERRNO" "exit status $DVO_STATUS${DVO_WHY:+, $DVO_WHY}${dvo_said:+: $dvo_said}"
}
