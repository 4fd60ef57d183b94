# machine.wait: until all that is written holds: something listens on a TCP port, a path
# exists, a unit is active, a command succeeds.
# Parameters: port, path, unit, argv (list), within (seconds). In check mode it looks once.
dvo_wait() {
    dvo_take 'port path unit within' 'argv env success' "$@"
    P_within=${P_within-60}
    dvo_number within "$P_within"
    [ -n "${P_port-}${P_path-}${P_unit-}" ] || [ "$N_argv" != 0 ] ||
        dvo_fail EINVAL 'nothing to wait for'
    if [ -n "${P_port-}" ]; then
        dvo_number port "$P_port"
    fi
    [ -z "${P_path-}" ] || dvo_path "$P_path"
    if [ -n "${P_unit-}" ]; then
        dvo_unit_name "$P_unit"
    fi
    if [ "$N_argv" != 0 ]; then
        dvo_command_check
        dvo_words argv
        eval "set -- $DVO_WORDS"
    else
        set --
    fi
    dvo_uptime
    dvo_wait_end=$((DVO_UPTIME + P_within))
    while ! dvo_wait_holds "$@"; do
        if dvo_checking; then
            dvo_result unknown - "$dvo_wait_for"
        fi
        dvo_uptime
        [ "$DVO_UPTIME" -lt "$dvo_wait_end" ] ||
            dvo_fail ETIMEDOUT "after $P_within seconds $dvo_wait_for"
        sleep 0.25
    done
    dvo_same
}

dvo_wait_holds() {
    if [ -n "${P_port-}" ]; then
        dvo_wait_for="nothing listens on port $P_port"
        cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
            grep -q "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' "$P_port") [0-9A-F:]* 0A " || return 1
    fi
    if [ -n "${P_path-}" ]; then
        dvo_wait_for="$P_path does not exist"
        [ -e "$P_path" ] || [ -L "$P_path" ] || return 1
    fi
    if [ -n "${P_unit-}" ]; then
        dvo_wait_for="$DVO_UNIT is not active"
        systemctl -q is-active -- "$DVO_UNIT" || return 1
    fi
    if [ "$#" != 0 ]; then
        dvo_wait_for='the command does not succeed'
        dvo_uptime
        dvo_wait_left=$((dvo_wait_end - DVO_UPTIME))
        [ "$dvo_wait_left" -gt 0 ] || dvo_wait_left=1
        (dvo_execute timeout -k 5 "$dvo_wait_left" "$@") </dev/null >/dev/null 2>&1 || return 1
    fi
}

# dvo_uptime: whole seconds that no correction of the clock moves.
dvo_uptime() {
    read -r DVO_UPTIME dvo_word </proc/uptime
    DVO_UPTIME=${DVO_UPTIME%%.*}
}
